"""Names of units: ``WCB1#3``; a bare ``3`` is completed; ``WCB1#1-20`` and ``WCB1#01-20`` name twenty."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graph.records.values import LONGEST_KEY, BadValue, clean_key
from graph.saying import said

__all__ = ["expand_units", "lot_of_unit"]

_SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
MOST_UNITS = 100_000


def lot_of_unit(unit: str) -> str:
    return unit.partition("#")[0]


def _expand_one(name: str, lot: str) -> list[str]:
    own, mark, unit = name.partition("#")
    if not mark:
        own, unit = lot, name
    elif own.strip() != lot:
        raise BadValue(
            said("names the unit {name} of another lot than {lot}", name=name, lot=lot),
            said("Give each lot an input of its own."),
        )
    unit = unit.strip()
    if not unit:
        raise BadValue(said("names a unit of {lot} without a name", lot=lot), said("Write lot#unit."))
    if "#" in unit:
        raise BadValue(said("has more than one # in {name}", name=name), said("Write lot#unit."))
    if (span := _SPAN.fullmatch(unit)) and int(span[1]) < int(span[2]):
        first, last, width = int(span[1]), int(span[2]), len(span[1])
        if last - first >= MOST_UNITS:
            raise BadValue(
                said("names {count} units in one range", count=last - first + 1),
                said("Name at most {most}.", most=MOST_UNITS),
            )
        return [f"{lot}#{number:0{width}d}" for number in range(first, last + 1)]
    return [f"{lot}#{unit}"]


def expand_units(names: Iterable[object], lot: str) -> tuple[str, ...]:
    """Full ids of the units named, in the order named. BadValue where a name is none or stands twice."""
    listed: list[str] = []
    for name in names:
        listed += _expand_one(clean_key(name, said("a unit's name")), lot)
        if len(listed) > MOST_UNITS:
            raise BadValue(
                said("names more than {most} units", most=MOST_UNITS),
                said("Name at most {most} in one operation.", most=MOST_UNITS),
            )
    seen: set[str] = set()
    for unit in listed:
        if unit in seen:
            raise BadValue(said("names {unit} twice", unit=unit), said("Name each unit once."))
        seen.add(unit)
        if len(unit) > LONGEST_KEY:
            raise BadValue(
                said("names a unit whose id has {count} characters", count=len(unit)),
                said("Use at most {longest}.", longest=LONGEST_KEY),
            )
    return tuple(listed)
