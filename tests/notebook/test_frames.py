"""A table's columns have the same types whatever it holds, so that what works on one answer works on the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from service.notebook.frames import EDGE, INTERVAL, ITEM, NODE, PLACE, STANDING, STEP, frame

EAST = timezone(timedelta(hours=8))
ITEMS = [
    {
        "id": "CellLot:L1",
        "kind": "CELL_LOT",
        "tier": 2,
        "exposedFrom": "2025-03-08T10:00:00.250+08:00",
        "isExposedFromMasked": False,
        "uncertain": True,
    },
    {
        "id": "Donor:D1",
        "kind": "DONOR",
        "tier": 1,
        "exposedFrom": None,
        "isExposedFromMasked": False,
        "uncertain": False,
    },
]


@pytest.mark.parametrize("columns", [EDGE, INTERVAL, ITEM, NODE, PLACE, STANDING, STEP])
def test_an_empty_table_has_every_column_with_its_type(columns: dict[str, object]) -> None:
    empty = frame([], columns, EAST)  # type: ignore[arg-type]
    assert len(empty) == 0
    assert len(empty.columns) == len(columns)
    assert not any(pd.api.types.is_object_dtype(dtype) for dtype in empty.dtypes)


def test_types_do_not_depend_on_the_rows() -> None:
    types = [frame(rows, ITEM, EAST).dtypes.to_dict() for rows in ([], ITEMS, ITEMS[1:])]
    assert types[0] == types[1] == types[2]


def test_times_keep_their_instant_to_the_millisecond_in_the_zone_asked_for() -> None:
    (time, missing) = frame(ITEMS, ITEM, EAST)["exposed_from"]
    assert time == datetime(2025, 3, 8, 2, 0, 0, 250_000, tzinfo=UTC)
    assert str(time) == "2025-03-08 10:00:00.250000+08:00"
    assert missing is pd.NaT


def test_offsets_may_differ_from_row_to_row() -> None:
    rows = [{**ITEMS[0], "exposedFrom": text} for text in ("2025-03-08T10:00:00.000+08:00", "1931-03-08T02:00:00.000Z")]
    times = frame(rows, ITEM, UTC)["exposed_from"]
    assert list(times) == [datetime(2025, 3, 8, 2, tzinfo=UTC), datetime(1931, 3, 8, 2, tzinfo=UTC)]


def test_kinds_are_in_the_order_of_the_vocabulary() -> None:
    assert list(frame(ITEMS, ITEM, UTC).sort_values("kind")["id"]) == ["Donor:D1", "CellLot:L1"]
