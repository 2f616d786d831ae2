"""From a JSON object to a record, with everything that is wrong with it. Looks at the record alone, at no state."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graph.errors import Place, Violation
from graph.records.model import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    InputEnd,
    NodeRecord,
    OperationRecord,
    OutputEnd,
    RawRecord,
    Record,
    ResourceUse,
)
from graph.records.units import expand_units
from graph.records.values import BadValue, check_value, clean_key, is_sealed
from graph.times import BadTime, Moment, parse_moment, parse_zone
from graph.vocabulary import FORBIDDEN_CODES, KINDS, MEMBERS, OPERATIONS, USES
from graph.vocabulary.base import Field, FieldType, Operation
from graph.vocabulary.privacy import personal_identifier
from graph.vocabulary.tiers import RESULT_FIELDS
from graph.vocabulary.words import PROCESSES

__all__ = ["parse", "parse_stored"]

_SHAPES = ("node", "operation", "closing", "correction", "amendment")
_MEMBERS = {name: frozenset(members.fields) for name, members in MEMBERS.items()}
_RESULTS = tuple(KINDS["QCResult"].fields[name] for name in sorted(RESULT_FIELDS))  # of tier 3 in some tests
_MISSING = object()


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."


class _Parser:
    """Reads one record and gathers its violations; members are named by their path (``inputs[0].units``)."""

    def __init__(self, place: Place, zone: str | None) -> None:
        self.place = place
        self.zone = zone
        self.takes_zone = False  # some time has no offset of its own
        self.record: str | None = None
        self.violations: list[Violation] = []
        self.prefix = ""

    # -- gathering -------------------------------------------------------------------------------------------------

    def bad(self, code: str, member: str, message: str, remedy: str) -> None:
        self.violations.append(
            Violation(
                code=code,
                member=self.prefix + member,
                message=f"{self.prefix}{member} {message}",
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
            self.bad(code, member, str(error), error.remedy)
            return None

    def unknown(self, given: Mapping[str, Any], known: frozenset[str], where: str = "") -> None:
        for name in given:
            if name not in known:
                self.bad("unknown_member", f"{where}{name}", "is no member here.", _nearest(name, known))

    # -- pieces ----------------------------------------------------------------------------------------------------

    def key(self, given: Mapping[str, Any], name: str, where: str = "", *, required: bool = True) -> str | None:
        value = given.get(name)
        if value is None:
            if required:
                self.bad("missing_member", f"{where}{name}", "is missing.", "Add it.")
            return None
        found: str | None = self.attempt(f"{where}{name}", lambda: clean_key(value))
        return found

    def text(self, given: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
        value = given.get(name)
        if value is None or value == "":
            if required:
                self.bad("missing_member", name, "is missing.", "Add it.")
            return None
        if not isinstance(value, str) or not value.strip():
            self.bad("bad_value", name, "is not a text.", "Write it in quotes.")
            return None
        return value

    def moment(self, given: Mapping[str, Any], name: str, where: str = "", *, required: bool = False) -> Moment | None:
        value = given.get(name)
        if value is None:
            if required:
                self.bad("missing_member", f"{where}{name}", "is missing.", "Add it, with an offset.")
            return None
        if not isinstance(value, str):
            self.bad("bad_time", f"{where}{name}", "is no time.", "Write it in quotes, in ISO 8601.")
            return None
        try:
            moment = parse_moment(value.strip(), self.zone)
            self.takes_zone = self.takes_zone or _lacks_offset(moment.text)
            return moment
        except BadTime as error:
            self.bad("bad_time", f"{where}{name}", f"is no time: {error}.", "Use ISO 8601 with an offset.")
            return None

    def values(self, given: Any, fields: Mapping[str, Field], where: str, *, nullable: bool = False) -> dict[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.bad("bad_value", where.rstrip("."), "is no object.", "Write { … }.")
            return {}
        checked: dict[str, Any] = {}
        for name, value in given.items():
            field = fields.get(name)
            if field is None:
                self.bad("unknown_member", f"{where}{name}", "is no field here.", _nearest(name, fields))
            elif value is None:
                if nullable:
                    checked[name] = None
            else:
                result = self.attempt(f"{where}{name}", lambda f=field, v=value: check_value(f, v, self.zone))  # type: ignore[misc]
                if is_sealed(value) and field.tier < 3 and field not in _RESULTS:
                    self.bad("bad_value", f"{where}{name}", "is sealed but is no tier-3 field.", "Give the value.")
                elif result is not None:
                    checked[name] = result
                    if field.type in (FieldType.TIME, FieldType.SERIES) and _lacks_offset(result):
                        self.takes_zone = True
        return checked

    def kind(self, given: Mapping[str, Any], where: str = "") -> str | None:
        kind = given.get("kind")
        if kind is None:
            self.bad("missing_member", f"{where}kind", "is missing.", "Add it.")
        elif not isinstance(kind, str) or kind not in KINDS:
            self.bad("unknown_kind", f"{where}kind", "is no kind of node.", _nearest(str(kind), KINDS))
        else:
            return kind
        return None

    def end(self, given: Any, where: str, known: frozenset[str]) -> tuple[Mapping[str, Any], str, str] | None:
        """Kind and key of an input, output or use."""
        if not isinstance(given, dict):
            self.bad("bad_value", where.rstrip("."), "is no object.", 'Write {"kind": …, "id": …}.')
            return None
        self.unknown(given, known, where)
        kind, key = self.kind(given, where), self.key(given, "id", where)
        return (given, kind, key) if kind is not None and key is not None else None

    def amount(
        self, given: Mapping[str, Any], kind: str, lot: str, where: str
    ) -> tuple[float | None, str | None, tuple[str, ...]]:
        quantity, unit, units = given.get("quantity"), given.get("unit"), given.get("units")
        named: tuple[str, ...] = ()
        if units:
            if kind != "CellLot":
                self.bad("bad_value", f"{where}units", f"are named for a {kind}.", "Only cell lots have units.")
            elif isinstance(units, list):
                named = self.attempt(f"{where}units", lambda: expand_units(units, lot)) or ()
            else:
                self.bad("bad_value", f"{where}units", "is no list.", 'Write ["1", "2"] or ["1-20"].')
        if quantity is not None:
            if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not 0 < quantity < 2**53:
                self.bad("bad_quantity", f"{where}quantity", "is not a positive number.", "Leave it out where unknown.")
                quantity = None
            elif named and quantity != len(named):
                message = f"is {quantity:g}, but {len(named)} units are named."
                self.bad("bad_quantity", f"{where}quantity", message, "It is the number of the units.")
        if unit is not None and (not isinstance(unit, str) or not unit.strip()):
            self.bad("bad_value", f"{where}unit", "is not a text.", "Write vial, dose, bag, mL, …")
            unit = None
        if quantity is not None and unit is None:
            self.bad("missing_member", f"{where}unit", "is missing beside a quantity.", "Write vial, dose, bag, mL, …")
        return (float(len(named)) if named else quantity), unit, named

    # -- the five records ------------------------------------------------------------------------------------------

    def parse(self, value: Any) -> Record | None:
        if not isinstance(value, dict):
            self.bad("bad_value", "record", "is no JSON object.", "Write one object a line.")
            return None
        shape = value.get("record")
        if isinstance(value.get("id"), str):
            self.record = value["id"][:80]
        if shape not in _SHAPES:
            what = "is missing." if shape is None else "is no record that there is."
            self.bad("unknown_record", "record", what, f"Write one of {', '.join(_SHAPES)}.")
            return None
        self.unknown(value, _MEMBERS[shape])
        if (zone := value.get("zone")) is not None:
            try:
                parse_zone(zone)
                self.zone = zone
            except BadTime as error:
                self.bad("bad_time", "zone", f"is wrong: {error}.", "Write it like +08:00.")
        recorded_at = self.moment(value, "recorded_at")
        if recorded_at is not None and not recorded_at.is_exact:
            self.bad("bad_time", "recorded_at", "is not exact.", "The recorded time is known to the second.")
        key = self.key(value, "id")
        reader: Callable[[Mapping[str, Any], str, Moment | None], Record | None] = getattr(self, f"_{shape}")
        return reader(value, key or "", recorded_at)

    def _base(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None, **canonical: Any) -> dict[str, Any]:
        members = {"record": value["record"], "id": key, **canonical}
        kept = {name: member for name, member in members.items() if member not in (None, [], {}, (), "", False)}
        if self.takes_zone:
            kept["zone"] = self.zone
        return {"id": key, "canonical": kept, "recorded_at": recorded_at, "place": self.place}

    def code(self, kind: str, key: str, member: str) -> None:
        if KINDS[kind].is_code and (found := personal_identifier(key)):
            self.bad(
                "personal_identifier",
                member,
                f"looks like {found}.",
                "Codes hold no personal identifier (21 CFR 1271.290): use a code of your own.",
            )
        if kind == "CellLot" and "#" in key:
            self.bad("bad_value", member, "holds a #, which marks a unit.", "Leave it out of a lot's key.")

    def _node(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> NodeRecord | None:
        kind = self.kind(value)
        stub = value.get("stub", False)
        if not isinstance(stub, bool):
            self.bad("bad_value", "stub", "is neither true nor false.", "Leave it out.")
        if kind is None:
            return None
        if kind == "CellUnit":
            self.bad("unknown_kind", "kind", "is not recorded by itself.", "Units come from the units of their lot.")
        self.code(kind, key, "id")
        values = self.values(value.get("data"), KINDS[kind].fields, "data.")
        if stub and values:
            self.bad("bad_value", "data", "is given for a stub.", "A stub has no fields; leave out stub.")
        return NodeRecord(
            **self._base(value, key, recorded_at, kind=kind, data=values, stub=stub),
            kind=kind,
            values=values,
            is_stub=bool(stub),
        )

    def _operation(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> OperationRecord | None:
        name = value.get("type")
        if name is None:
            self.bad("missing_member", "type", "is missing.", "Add it.")
            return None
        if not isinstance(name, str) or name not in OPERATIONS:
            self.bad("unknown_type", "type", "is no type of operation.", _nearest(str(name), OPERATIONS))
            return None
        operation = OPERATIONS[name]
        start = self.moment(value, "start", required=True)
        end = self.moment(value, "end")
        keys = {who: self.key(value, who) for who in ("performing_org", "operator")}
        others = {
            who: self.key(value, who, required=False)
            for who in ("reviewer", "study", "source_document", "acknowledged_by")
        }
        inputs = self._inputs(value.get("inputs"), operation)
        outputs = self._outputs(value.get("outputs"), operation)
        self._flows(operation, inputs, outputs)
        uses = self._uses(value.get("uses"), inputs, outputs)
        values = self.values(value.get("data"), operation.fields, "data.")
        captured = self._captured(value.get("captured"), operation, uses)
        despite, reason = self._despite(value, keys["operator"], others["acknowledged_by"])
        if start is None:
            return None
        if end is not None and end.latest_ms < start.earliest_ms:
            self.bad("end_before_start", "end", "is before the start.", "Check both times.")
        return OperationRecord(
            **self._base(
                value,
                key,
                recorded_at,
                type=name,
                start=start.text,
                end=end.text if end else None,
                **keys,
                **others,
                inputs=[_end_json(item) for item in inputs],
                outputs=[_end_json(item) for item in outputs],
                uses=[_use_json(item) for item in uses],
                data=values,
                captured=captured,
                despite=list(despite),
                reason=reason,
            ),
            type=name,
            start=start,
            end=end,
            is_open=operation.is_lasting and end is None,
            performing_org=keys["performing_org"] or "",
            operator=keys["operator"] or "",
            reviewer=others["reviewer"],
            study=others["study"],
            source_document=others["source_document"],
            inputs=inputs,
            outputs=outputs,
            uses=uses,
            values=values,
            captured=captured,
            despite=despite,
            reason=reason,
            acknowledged_by=others["acknowledged_by"],
        )

    def _list(self, given: Any, member: str) -> Sequence[Any]:
        if given is None:
            return ()
        if not isinstance(given, list):
            self.bad("bad_value", member, "is no list.", "Write [ … ].")
            return ()
        return given

    def _inputs(self, given: Any, operation: type[Operation]) -> tuple[InputEnd, ...]:
        if given is None or given == []:
            self.bad("missing_member", "inputs", "is missing.", "An operation has at least one input.")
            return ()
        ends: list[InputEnd] = []
        kinds = {flow[0] for flow in operation.flows}
        for number, item in enumerate(self._list(given, "inputs")):
            where = f"inputs[{number}]."
            found = self.end(item, where, _MEMBERS["inputs"])
            if found is None:
                continue
            members, kind, key = found
            if kind not in kinds:
                self.bad(
                    "wrong_kind", f"{where}kind", f"is {kind}.", f"{operation.name} takes {' or '.join(sorted(kinds))}."
                )
            quantity, unit, units = self.amount(members, kind, key, where)
            consumed = members.get("consumed", False)
            if not isinstance(consumed, bool):
                self.bad("bad_value", f"{where}consumed", "is neither true nor false.", "Write true or leave it out.")
            elif consumed and not operation.may_consume:
                self.bad("bad_value", f"{where}consumed", "is said of what no test takes.", "Leave it out.")
            ends.append(
                InputEnd(kind=kind, id=key, quantity=quantity, unit=unit, units=units, consumed=consumed is True)
            )
        self._no_double(ends, "inputs")
        return tuple(ends)

    def _outputs(self, given: Any, operation: type[Operation]) -> tuple[OutputEnd, ...]:
        if not given and operation.needs_output and not operation.is_reflexive:
            self.bad("missing_member", "outputs", "is missing.", f"{operation.name} says what came out, or where.")
            return ()
        ends: list[OutputEnd] = []
        kinds = {flow[1] for flow in operation.flows}
        for number, item in enumerate(self._list(given, "outputs")):
            where = f"outputs[{number}]."
            found = self.end(item, where, _MEMBERS["outputs"])
            if found is None:
                continue
            members, kind, key = found
            if kind not in kinds:
                self.bad(
                    "wrong_kind", f"{where}kind", f"is {kind}.", f"{operation.name} gives {' or '.join(sorted(kinds))}."
                )
                continue
            quantity, unit, units = self.amount(members, kind, key, where)
            if members.get("data") and not operation.creates:
                self.bad("bad_value", f"{where}data", "is given for what exists already.", "Use an amendment.")
            values = self.values(members.get("data"), KINDS[kind].fields, f"{where}data.")
            if operation.creates:
                self.code(kind, key, f"{where}id")
            ends.append(OutputEnd(kind=kind, id=key, quantity=quantity, unit=unit, units=units, values=values))
        self._no_double(ends, "outputs")
        return tuple(ends)

    def _flows(self, operation: type[Operation], inputs: Sequence[InputEnd], outputs: Sequence[OutputEnd]) -> None:
        for end in inputs:
            for output in outputs:
                known = any(flow == (end.kind, output.kind) for flow in operation.flows)
                sides = {flow[0] for flow in operation.flows}, {flow[1] for flow in operation.flows}
                if not known and end.kind in sides[0] and output.kind in sides[1]:
                    flows = ", ".join(f"{taken} → {given}" for taken, given in operation.flows)
                    message = f"does not go from {end.kind} to {output.kind}."
                    self.bad("wrong_kind", "outputs", message, f"{operation.name} goes {flows}.")
                elif operation.is_reflexive and (end.kind, end.id) != (output.kind, output.id):
                    self.bad(
                        "wrong_kind", "outputs", f"names {output.id}, not {end.id} itself.", "Leave the outputs out."
                    )

    def _no_double(self, ends: Sequence[InputEnd | OutputEnd], member: str) -> None:
        seen: set[tuple[str, str]] = set()
        for number, end in enumerate(ends):
            if (end.kind, end.id) in seen:
                self.bad("named_twice", f"{member}[{number}].id", "stands there twice.", "Put it into one entry.")
            seen.add((end.kind, end.id))

    def _uses(self, given: Any, inputs: Sequence[InputEnd], outputs: Sequence[OutputEnd]) -> tuple[ResourceUse, ...]:
        uses: list[ResourceUse] = []
        for number, item in enumerate(self._list(given, "uses")):
            where = f"uses[{number}]."
            found = self.end(item, where, _MEMBERS["uses"])
            if found is None:
                continue
            members, kind, key = found
            if kind not in USES:
                self.bad("wrong_kind", f"{where}kind", f"is {kind}.", f"What is used is {' or '.join(USES)}.")
                continue
            start, end = self.moment(members, "start", where), self.moment(members, "end", where)
            if start is None and end is not None:
                self.bad("missing_member", f"{where}start", "is missing beside an end.", "Add it.")
            if start is not None and end is not None and end.latest_ms < start.earliest_ms:
                self.bad("end_before_start", f"{where}end", "is before the start.", "Check both times.")
            process = members.get("process", "open")
            if process not in PROCESSES:
                self.bad("bad_value", f"{where}process", "is neither open nor closed.", "Write open or closed.")
            on = self._on(members.get("on"), inputs, outputs, where)
            values = self.values(members.get("data"), USES[kind].fields, f"{where}data.")
            uses.append(
                ResourceUse(
                    kind=kind,
                    id=key,
                    start=start,
                    end=end,
                    is_open=start is not None and end is None,
                    process=str(process),
                    on=on,
                    values=values,
                )
            )
        return tuple(uses)

    def _on(self, given: Any, inputs: Sequence[InputEnd], outputs: Sequence[OutputEnd], where: str) -> tuple[str, ...]:
        """Full ids (``Kind:key``) of what the use touched, sorted as named."""
        if not given:
            return ()
        ends = [*inputs, *outputs]
        named: list[str] = []
        for item in self._list(given, f"{where}on"):
            key = self.attempt(f"{where}on", lambda i=item: clean_key(i, "an id"))  # type: ignore[misc]
            if key is None:
                continue
            matches = {f"{end.kind}:{end.id}" for end in ends if key in (end.id, f"{end.kind}:{end.id}")}
            matches |= {f"CellUnit:{unit}" for end in ends for unit in end.units if key in (unit, f"CellUnit:{unit}")}
            if not matches:
                self.bad(
                    "unknown_on",
                    f"{where}on",
                    f"names {key}, which this operation does not handle.",
                    "Name its inputs, outputs or their units.",
                )
            elif len(matches) > 1:
                self.bad(
                    "ambiguous_on",
                    f"{where}on",
                    f"names {key}, which two kinds share.",
                    f"Write {' or '.join(sorted(matches))}.",
                )
            else:
                named += matches
        return tuple(named)

    def _captured(self, given: Any, operation: type[Operation], uses: Sequence[ResourceUse]) -> dict[str, str]:
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.bad("bad_value", "captured", "is no object.", 'Write {"field": "equipment id"}.')
            return {}
        known = set(operation.fields).union(*(USES[use.kind].fields for use in uses))
        captured: dict[str, str] = {}
        for name, device in given.items():
            if name not in known:
                self.bad("unknown_member", f"captured.{name}", "is no field of this operation.", _nearest(name, known))
            elif key := self.attempt(f"captured.{name}", lambda d=device: clean_key(d, "the device")):  # type: ignore[misc]
                captured[name] = key
        return captured

    def _despite(
        self, value: Mapping[str, Any], operator: str | None, acknowledged_by: str | None
    ) -> tuple[tuple[str, ...], str | None]:
        codes = value.get("despite")
        reason = self.text(value, "reason")
        if not codes:
            if reason or acknowledged_by:
                self.bad("despite", "despite", "is missing beside a reason or an acknowledgement.", "Name the rule.")
            return (), reason
        for number, code in enumerate(self._list(codes, "despite")):
            if code not in FORBIDDEN_CODES:
                self.bad(
                    "despite",
                    f"despite[{number}]",
                    "is no rule that can be set aside.",
                    _nearest(str(code), FORBIDDEN_CODES),
                )
        if reason is None:
            self.bad("despite", "reason", "is missing beside despite.", "Say why it was done all the same.")
        if acknowledged_by is None:
            self.bad("despite", "acknowledged_by", "is missing beside despite.", "Name who acknowledged it.")
        elif acknowledged_by == operator:
            self.bad("despite", "acknowledged_by", "is the operator.", "Somebody else acknowledges it.")
        return tuple(sorted({str(code) for code in codes if isinstance(code, str)})), reason

    def _closing(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> ClosingRecord | None:
        operation = self.key(value, "operation")
        end = self.moment(value, "end", required=True)
        use = self.key(value, "use", required=False)
        by = self.key(value, "by", required=False)
        given = value.get("data")
        values = dict(given) if isinstance(given, dict) else {}
        if given is not None and not isinstance(given, dict):
            self.bad("bad_value", "data", "is no object.", "Write { … }.")
        if operation is None or end is None:
            return None
        # which fields fit is known when the operation is: `closing_values` checks them then
        return ClosingRecord(
            **self._base(value, key, recorded_at, operation=operation, end=end.text, use=use, data=values, by=by),
            operation=operation,
            end=end,
            use=use,
            values=values,
            by=by,
        )

    def _correction(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> CorrectionRecord | None:
        operation = self.key(value, "operation")
        reason = self.text(value, "reason", required=True)
        by = self.key(value, "by", required=False)
        given = value.get("replacement", _MISSING)
        replacement: OperationRecord | None = None
        if given is _MISSING:
            self.bad(
                "missing_member", "replacement", "is missing.", "Give the operation as it was, or null to void it."
            )
        elif given is not None:
            replacement = self._replacement(given)
        if operation is None or reason is None:
            return None
        base = self._base(value, key, recorded_at, operation=operation, reason=reason, by=by)
        base["canonical"]["replacement"] = replacement.canonical if replacement else None
        return CorrectionRecord(**base, operation=operation, reason=reason, by=by, replacement=replacement)

    def _replacement(self, given: Any) -> OperationRecord | None:
        if not isinstance(given, dict) or given.get("record") != "operation":
            self.bad("bad_value", "replacement", "is no operation record.", "Give a whole operation, or null.")
            return None
        if "recorded_at" in given:
            self.bad("unknown_member", "replacement.recorded_at", "is not given.", "It is that of the correction.")
        outer, self.prefix = self.prefix, "replacement."
        name, zone, takes_zone = self.record, self.zone, self.takes_zone
        found = self.parse({member: item for member, item in given.items() if member != "recorded_at"})
        self.prefix, self.record, self.zone, self.takes_zone = outer, name, zone, takes_zone
        return found if isinstance(found, OperationRecord) else None

    def _amendment(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> AmendmentRecord | None:
        kind, id_of = self.kind(value), self.key(value, "id_of")
        reason = self.text(value, "reason", required=True)
        by = self.key(value, "by", required=False)
        if kind is None:
            return None
        values = self.values(value.get("data"), KINDS[kind].fields, "data.", nullable=True)
        if not value.get("data"):
            self.bad("missing_member", "data", "is missing.", "Name the fields that change.")
        if id_of is None or reason is None:
            return None
        return AmendmentRecord(
            **self._base(value, key, recorded_at, kind=kind, id_of=id_of, data=values, reason=reason, by=by),
            kind=kind,
            id_of=id_of,
            values=values,
            reason=reason,
            by=by,
        )


def _lacks_offset(value: Any) -> bool:
    """True where a time, or the first of a series, takes its offset from the record's zone."""
    if isinstance(value, list):
        return any(_lacks_offset(row[0]) for row in value)
    if not isinstance(value, str):
        return False
    try:
        parse_moment(value)
    except BadTime:
        return True
    return False


def _end_json(end: InputEnd | OutputEnd) -> dict[str, Any]:
    members: dict[str, Any] = {"kind": end.kind, "id": end.id}
    if end.units:
        members["units"] = list(end.units)
    elif end.quantity is not None:
        members["quantity"] = end.quantity
    if end.unit is not None:
        members["unit"] = end.unit
    if isinstance(end, InputEnd):
        if end.consumed:
            members["consumed"] = True
    elif end.values:
        members["data"] = end.values
    return members


def _use_json(use: ResourceUse) -> dict[str, Any]:
    members: dict[str, Any] = {"kind": use.kind, "id": use.id}
    if use.start is not None:
        members["start"] = use.start.text
    if use.end is not None:
        members["end"] = use.end.text
    if use.process != "open":
        members["process"] = use.process
    if use.on:
        members["on"] = list(use.on)
    if use.values:
        members["data"] = use.values
    return members


def parse(raw: RawRecord, zone: str | None = None) -> tuple[Record | None, list[Violation]]:
    """The record, or None, and all that is wrong with it. ``zone`` serves times without an offset of their own."""
    if raw.problems:
        return None, list(raw.problems)
    parser = _Parser(raw.place, zone)
    record = parser.parse(raw.value)
    return (None if parser.violations else record), parser.violations


def parse_stored(payload: Mapping[str, Any]) -> Record:
    """The record of a ledger entry's payload, which was checked when it came in."""
    record, violations = parse(RawRecord(payload))
    if record is None:
        raise ValueError(f"a ledger entry that is no record: {violations[0].message}")
    return record
