"""Rows of answers as pandas frames, in which each column has its own type whatever the rows hold, none at all included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from enum import Enum, auto
from typing import Any, Final

from graph.vocabulary import KINDS, kind_code

try:
    import pandas as pd
    from pandas import DataFrame
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "A notebook's tables need pandas: pip install 'stemgraph[notebook]'", name=error.name
    ) from error

__all__ = ["EDGE", "INTERVAL", "ITEM", "NODE", "PLACE", "STANDING", "STEP", "Column", "DataFrame", "frame"]


class Column(Enum):
    """What a column holds."""

    TEXT = auto()
    COUNT = auto()
    COUNT_IF_ANY = auto()  # missing where there is nothing to count
    QUANTITY = auto()
    FLAG = auto()
    FLAG_IF_ANY = auto()  # missing where it was not asked
    TIME = auto()
    KIND = auto()  # in the order of the vocabulary
    CHOICE = auto()  # one of few words


EDGE: Final = {
    "type": Column.CHOICE,
    "operationId": Column.TEXT,
    "from": Column.TEXT,
    "to": Column.TEXT,
    "start": Column.TIME,
    "startLatest": Column.TIME,
    "end": Column.TIME,
    "endLatest": Column.TIME,
}
NODE: Final = {"id": Column.TEXT, "kind": Column.KIND, "depth": Column.COUNT}
ITEM: Final = {
    "id": Column.TEXT,
    "kind": Column.KIND,
    "tier": Column.COUNT,
    "exposedFrom": Column.TIME,
    "isExposedFromMasked": Column.FLAG,
    "uncertain": Column.FLAG,
}
INTERVAL: Final = {
    "manner": Column.CHOICE,
    "place": Column.TEXT,
    "path": Column.TEXT,
    "start": Column.TIME,
    "startLatest": Column.TIME,
    "end": Column.TIME,
    "endLatest": Column.TIME,
    "isStartMasked": Column.FLAG,
    "isEndMasked": Column.FLAG,
    "isOpen": Column.FLAG,
    "isEndKnown": Column.FLAG,
    "units": Column.TEXT,
    "hasAllNames": Column.FLAG,
    "unitCount": Column.COUNT_IF_ANY,
    "quantity": Column.QUANTITY,
    "isAll": Column.FLAG,
    "began": Column.TEXT,
    "beganBy": Column.TEXT,
    "ended": Column.TEXT,
    "endedBy": Column.TEXT,
}
PLACE: Final = {
    "position": Column.TEXT,
    "isItself": Column.FLAG,
    "total": Column.COUNT,
    "affected": Column.COUNT_IF_ANY,
    "uncertain": Column.COUNT,
}
STANDING: Final = {
    "id": Column.TEXT,
    "kind": Column.KIND,
    "position": Column.TEXT,
    "path": Column.TEXT,
    "since": Column.TIME,
    "sinceLatest": Column.TIME,
    "isSinceMasked": Column.FLAG,
    "until": Column.TIME,
    "isUntilMasked": Column.FLAG,
    "isLeft": Column.FLAG,
    "uncertain": Column.FLAG,
    "operationId": Column.TEXT,
    "dispositions": Column.TEXT,
    "amount": Column.QUANTITY,
    "affected": Column.FLAG_IF_ANY,
    "tier": Column.COUNT_IF_ANY,
    "exposedFrom": Column.TIME,
    "isExposedFromMasked": Column.FLAG,
    "isExposureUncertain": Column.FLAG_IF_ANY,
}
STEP: Final = {"item": Column.TEXT, "step": Column.COUNT, **EDGE}
_KINDS: Final = pd.CategoricalDtype([kind_code(kind) for kind in KINDS], ordered=True)


def frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, Column], zone: tzinfo) -> DataFrame:
    """The rows in their order. A member of GraphQL becomes a column in Python's spelling: ``operation_id``.

    Times are to the millisecond and stand in ``zone``; what is not recorded, or masked, is missing (NaT, NA).
    """
    held = list(rows)
    return DataFrame({_spelt(name): _series([row[name] for row in held], kind, zone) for name, kind in columns.items()})


def _spelt(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _series(values: Sequence[Any], kind: Column, zone: tzinfo) -> pd.Series:
    match kind:
        case Column.TIME:
            times = pd.to_datetime(pd.Series(values, dtype="string"), utc=True, format="ISO8601")
            return times.astype("datetime64[ms, UTC]").dt.tz_convert(zone)
        case Column.KIND:
            return pd.Series(values, dtype=_KINDS)
        case Column.CHOICE:
            return pd.Series(values, dtype="string").astype("category")
        case Column.COUNT:
            return pd.Series(values, dtype="int64")
        case Column.COUNT_IF_ANY:
            return pd.Series(values, dtype="Int64")
        case Column.QUANTITY:
            return pd.Series(values, dtype="Float64")
        case Column.FLAG:
            return pd.Series(values, dtype="bool")
        case Column.FLAG_IF_ANY:
            return pd.Series(values, dtype="boolean")
        case Column.TEXT:
            return pd.Series(values, dtype="string")
