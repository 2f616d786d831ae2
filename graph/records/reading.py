"""One record being read: its members taken one by one, its violations gathered. Looks at the record alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graph.errors import Place, Violation
from graph.records.units import expand_units
from graph.records.values import BadValue, check_value, clean_key, clean_moment, clean_text, is_sealed, printable
from graph.saying import Saying, said
from graph.times import BadTime, Moment, parse_moment
from graph.vocabulary import KINDS, MEMBERS
from graph.vocabulary.base import Field, FieldType
from graph.vocabulary.privacy import personal_identifier
from graph.vocabulary.tiers import RESULT_FIELDS

__all__ = ["MEMBER_NAMES", "Reading", "nearest"]

MEMBER_NAMES = {name: frozenset(members.fields) for name, members in MEMBERS.items()}
_RESULTS = tuple(KINDS["QCResult"].fields[name] for name in sorted(RESULT_FIELDS))  # of tier 3 in some tests
_LONGEST_MEMBER = 200
_EMPTY: tuple[Any, ...] = ("", [], {})
_SEARCHED = 60  # characters of a misspelt word that are compared


def nearest(word: object, known: Iterable[str]) -> Saying:
    """What to do about a word that is not known: the nearest one that is, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word[:_SEARCHED], names, n=1, cutoff=0.5) if isinstance(word, str) else []
    return (
        said("Did you mean {nearest}?", nearest=close[0]) if close else said("Known: {known}.", known=", ".join(names))
    )


class Reading:
    """Takes members out of one record; they are named by their path (``inputs[0].units``).

    What is wrong is gathered in ``violations``; nothing is raised, and no value is repeated in a message: it may be
    personal. ``zone`` serves times without an offset of their own.
    """

    def __init__(self, place: Place, zone: str | None) -> None:
        self.place = place
        self.zone = zone
        self.takes_zone = False  # some time has no offset of its own
        self.record: str | None = None  # id, as violations may name it
        self.violations: list[Violation] = []
        self.prefix = ""

    # -- gathering -------------------------------------------------------------------------------------------------

    def bad(self, code: str, member: str, message: Saying, remedy: Saying) -> None:
        named = printable(self.prefix + member, _LONGEST_MEMBER)
        self.violations.append(
            Violation(
                code=code,
                member=named,
                message=said("{member} {problem}", member=named, problem=message),
                remedy=remedy,
                record=self.record,
                place=self.place,
            )
        )

    def attempt(self, member: str, work: Callable[[], Any], code: str = "bad_value") -> Any:
        """What ``work`` gives, or None and a violation for ``member``."""
        try:
            return work()
        except BadValue as error:
            self.bad(code, member, said("{problem}.", problem=error.problem), error.remedy)
            return None

    def unknown(self, given: Mapping[str, Any], known: frozenset[str], where: str = "") -> None:
        for name in given:
            if name not in known:
                self.bad("unknown_member", f"{where}{name}", said("is no member here."), nearest(name, known))

    # -- single members --------------------------------------------------------------------------------------------

    def key(self, given: Mapping[str, Any], name: str, where: str = "", *, required: bool = True) -> str | None:
        value = given.get(name)
        if value is None:
            if required:
                self.bad("missing_member", f"{where}{name}", said("is missing."), said("Add it."))
            return None
        found: str | None = self.attempt(f"{where}{name}", lambda: clean_key(value, said("is no key: it")))
        return found

    def text(self, given: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
        value = given.get(name)
        if value is None or value == "":
            if required:
                self.bad("missing_member", name, said("is missing."), said("Add it."))
            return None
        found: str | None = self.attempt(name, lambda: clean_text(value))
        return found

    def moment(self, given: Mapping[str, Any], name: str, where: str = "", *, required: bool = False) -> Moment | None:
        value = given.get(name)
        if value is None:
            if required:
                self.bad("missing_member", f"{where}{name}", said("is missing."), said("Add it, with an offset."))
            return None
        found: Moment | None = self.attempt(f"{where}{name}", lambda: clean_moment(value, self.zone), "bad_time")
        if found is not None:
            self._note_zone(found.text)
        return found

    def kind(self, given: Mapping[str, Any], where: str = "") -> str | None:
        kind = given.get("kind")
        if kind is None:
            self.bad("missing_member", f"{where}kind", said("is missing."), said("Add it."))
        elif not isinstance(kind, str) or kind not in KINDS:
            self.bad("unknown_kind", f"{where}kind", said("is no kind of node."), nearest(kind, KINDS))
        else:
            return kind
        return None

    def flag(self, given: Mapping[str, Any], name: str, where: str = "") -> bool:
        value = given.get(name)
        if value is not None and not isinstance(value, bool):
            self.bad(
                "bad_value", f"{where}{name}", said("is neither true nor false."), said("Write true or leave it out.")
            )
        return value is True

    def items(self, given: Any, member: str) -> Sequence[Any]:
        """The items of a list; none where it is missing or is no list."""
        if given is None:
            return ()
        if not isinstance(given, list):
            self.bad("bad_value", member, said("is no list."), said("Write [ … ]."))
            return ()
        return given

    # -- fields ----------------------------------------------------------------------------------------------------

    def values(self, given: Any, fields: Mapping[str, Field], where: str, *, nullable: bool = False) -> dict[str, Any]:
        """The values of declared fields in canonical form; empty ones are left out, and null where not ``nullable``."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.bad("bad_value", where.rstrip("."), said("is no object."), said("Write { … }."))
            return {}
        checked: dict[str, Any] = {}
        for name, value in given.items():
            field = fields.get(name)
            if field is None:
                self.bad("unknown_member", f"{where}{name}", said("is no field here."), nearest(name, fields))
            elif value is None:
                if nullable:
                    checked[name] = None
            elif value not in _EMPTY:
                self._take_value(checked, field, value, f"{where}{name}")
        return checked

    def _take_value(self, checked: dict[str, Any], field: Field, value: Any, member: str) -> None:
        if is_sealed(value) and field.tier < 3 and field not in _RESULTS:
            self.bad("bad_value", member, said("is sealed but is no tier-3 field."), said("Give the value."))
            return
        result = self.attempt(member, lambda: check_value(field, value, self.zone))
        if result is None:
            return
        checked[field.name] = result
        if field.is_code and isinstance(result, str):
            self.code(result, member)
        if field.type is FieldType.TIME and isinstance(result, str):
            self._note_zone(result)
        elif field.type is FieldType.SERIES and isinstance(result, list):
            for row in result:
                self._note_zone(row[0])

    def code(self, code: str, member: str) -> bool:
        """Refuses a code that holds a personal identifier; True where it does. Source: 21 CFR 1271.290."""
        found = personal_identifier(code)
        if found is not None:
            self.bad(
                "personal_identifier",
                member,
                said("looks like {found}.", found=found),
                said("Codes hold no personal identifier (21 CFR 1271.290): use a code of your own."),
            )
        return found is not None

    def _note_zone(self, text: str) -> None:
        """Notes whether a time that was read takes its offset from the record's zone."""
        if self.zone is None or self.takes_zone:
            return
        try:
            parse_moment(text)
        except BadTime:
            self.takes_zone = True

    # -- ends ------------------------------------------------------------------------------------------------------

    def end(self, given: Any, where: str, known: frozenset[str]) -> tuple[Mapping[str, Any], str, str] | None:
        """Members, kind and key of an input, output or use."""
        if not isinstance(given, dict):
            self.bad("bad_value", where.rstrip("."), said("is no object."), said('Write {"kind": …, "id": …}.'))
            return None
        self.unknown(given, known, where)
        kind, key = self.kind(given, where), self.key(given, "id", where)
        return (given, kind, key) if kind is not None and key is not None else None

    def amount(
        self, given: Mapping[str, Any], kind: str, lot: str, where: str
    ) -> tuple[float | None, str | None, tuple[str, ...]]:
        """Quantity, its unit and the units named, listed; the quantity is their number where units are named."""
        quantity, unit, units = given.get("quantity"), given.get("unit"), given.get("units")
        named: tuple[str, ...] = ()
        if units is not None and not isinstance(units, list):
            self.bad("bad_value", f"{where}units", said("is no list."), said('Write ["1", "2"] or ["1-20"].'))
        elif units and kind != "CellLot":
            self.bad(
                "bad_value",
                f"{where}units",
                said("are named for a {kind}.", kind=kind),
                said("Only cell lots have units."),
            )
        elif units:
            named = self.attempt(f"{where}units", lambda: expand_units(units, lot)) or ()
        if quantity is not None:
            if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not 0 < quantity < 2**53:
                self.bad(
                    "bad_quantity",
                    f"{where}quantity",
                    said("is not a positive number."),
                    said("Leave it out where unknown."),
                )
                quantity = None
            elif named and quantity != len(named):
                message = said(
                    "is {quantity}, but {count} units are named.", quantity=f"{quantity:g}", count=len(named)
                )
                self.bad("bad_quantity", f"{where}quantity", message, said("It is the number of the units."))
        if unit is not None:
            unit = self.attempt(f"{where}unit", lambda: clean_key(unit, said("is no unit: it")))
        return (float(len(named)) if named else quantity), unit, named
