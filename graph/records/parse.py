"""From a JSON object to a record, with everything that is wrong with it. Looks at the record alone, at no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from graph.errors import Violation
from graph.records.acts import ActReading
from graph.records.model import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    RawRecord,
    Record,
)
from graph.records.reading import MEMBER_NAMES
from graph.records.values import printable
from graph.saying import said
from graph.times import BadTime, Moment, parse_zone
from graph.vocabulary import KINDS, OPERATIONS, USES, Field, personal_identifier

__all__ = ["CLOSING_FIELDS", "parse", "parse_stored"]

_SHAPES = ("node", "operation", "closing", "correction", "amendment")
_MISSING = object()

# What a closing may add: fields of the operations that last, and of uses. Which of them fit is known when the operation
# is. No two of these declare one name differently (tested).
CLOSING_FIELDS: dict[str, Field] = {
    name: field
    for part in (*(operation for operation in OPERATIONS.values() if operation.is_lasting), *USES.values())
    for name, field in part.fields.items()
}
_ACT_FIELDS: dict[str, Field] = {
    name: field for operation in OPERATIONS.values() for name, field in operation.fields.items()
}


class _Parser(ActReading):
    def parse(self, value: Any) -> Record | None:
        if not isinstance(value, dict):
            self.bad("bad_value", "record", said("is no JSON object."), said("Write one object a line."))
            return None
        shape = value.get("record")
        if isinstance(value.get("id"), str):
            self.record = printable(value["id"])
        if shape not in _SHAPES:
            what = said("is missing.") if shape is None else said("is no record that there is.")
            self.bad("unknown_record", "record", what, said("Write one of {shapes}.", shapes=", ".join(_SHAPES)))
            return None
        self.unknown(value, MEMBER_NAMES[shape])
        self._take_zone(value.get("zone"))
        recorded_at = self.moment(value, "recorded_at")
        self.takes_zone = False  # the recorded time is kept in UTC
        if recorded_at is not None and not recorded_at.is_exact:
            self.bad(
                "bad_time", "recorded_at", said("is not exact."), said("The recorded time is known to the second.")
            )
        key = self.key(value, "id")
        reader: Callable[[Mapping[str, Any], str, Moment | None], Record | None] = getattr(self, f"_{shape}")
        return reader(value, key or "", recorded_at)

    def _take_zone(self, zone: object) -> None:
        if zone is None:
            return
        try:
            parse_zone(zone)
            self.zone = str(zone)
        except BadTime as error:
            self.bad("bad_time", "zone", said("{problem}.", problem=error.problem), said("Write it like +08:00."))

    def _base(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None, **canonical: Any) -> dict[str, Any]:
        members = {"record": value["record"], "id": key, **canonical}
        kept = {name: member for name, member in members.items() if member}
        if self.takes_zone:
            kept["zone"] = self.zone
        return {"id": key, "canonical": kept, "recorded_at": recorded_at, "place": self.place}

    def _node(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> NodeRecord | None:
        kind = self.kind(value)
        stub = self.flag(value, "stub")
        if kind is None:
            return None
        if kind == "CellUnit":
            self.bad(
                "unknown_kind",
                "kind",
                said("is not recorded by itself."),
                said("Units come from the units of their lot."),
            )
        self.made_key(kind, key, "id")
        values = self.values(value.get("data"), KINDS[kind].fields, "data.")
        if stub and values:
            self.bad("bad_value", "data", said("is given for a stub."), said("A stub has no fields; leave out stub."))
        return NodeRecord(
            **self._base(value, key, recorded_at, kind=kind, data=values, stub=stub),
            kind=kind,
            values=values,
            is_stub=stub,
        )

    def _operation(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> OperationRecord | None:
        operation = self.operation_type(value)
        start = self.moment(value, "start", required=True)
        end = self.moment(value, "end")
        if start is not None and end is not None and end.latest_ms < start.earliest_ms:
            self.bad("end_before_start", "end", said("is before the start."), said("Check both times."))
        keys = {who: self.key(value, who) for who in ("performing_org", "operator")}
        others = {
            who: self.key(value, who, required=False)
            for who in ("reviewer", "study", "source_document", "acknowledged_by")
        }
        inputs = self.inputs(value.get("inputs"), operation)
        outputs = self.outputs(value.get("outputs"), operation)
        uses = self.uses(value.get("uses"), (*inputs, *outputs))
        captured = self.captured(value.get("captured"), operation, uses, outputs)
        despite, reason = self.despite(value, keys["operator"], others["acknowledged_by"])
        values = self.values(value.get("data"), _ACT_FIELDS if operation is None else operation.fields, "data.")
        if operation is None or start is None:
            return None
        self.flows(operation, inputs, outputs)
        return OperationRecord(
            **self._base(
                value,
                key,
                recorded_at,
                type=operation.name,
                start=start.text,
                end=end.text if end else None,
                **keys,
                **others,
                inputs=[item.as_json() for item in inputs],
                outputs=[item.as_json() for item in outputs],
                uses=[item.as_json() for item in uses],
                data=values,
                captured=captured,
                despite=list(despite),
                reason=reason,
            ),
            type=operation.name,
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

    def _closing(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> ClosingRecord | None:
        operation = self.key(value, "operation")
        end = self.moment(value, "end", required=True)
        use = self.key(value, "use", required=False)
        by = self.key(value, "by", required=False)
        values = self.values(value.get("data"), CLOSING_FIELDS, "data.")
        if operation is None or end is None:
            return None
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
                "missing_member",
                "replacement",
                said("is missing."),
                said("Give the operation as it was, or null to void it."),
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
            self.bad(
                "bad_value", "replacement", said("is no operation record."), said("Give a whole operation, or null.")
            )
            return None
        if "recorded_at" in given:
            self.bad(
                "unknown_member",
                "replacement.recorded_at",
                said("is not given."),
                said("It is that of the correction."),
            )
        kept = self.prefix, self.record, self.zone, self.takes_zone
        self.prefix = "replacement."
        found = self.parse({member: item for member, item in given.items() if member != "recorded_at"})
        self.prefix, self.record, self.zone, self.takes_zone = kept
        return found if isinstance(found, OperationRecord) else None

    def _amendment(self, value: Mapping[str, Any], key: str, recorded_at: Moment | None) -> AmendmentRecord | None:
        kind, id_of = self.kind(value), self.key(value, "id_of")
        reason = self.text(value, "reason", required=True)
        by = self.key(value, "by", required=False)
        faults = len(self.violations)
        given = value.get("data")
        values = self.values(given, KINDS[kind].fields, "data.", nullable=True) if kind is not None else {}
        if not (values or (kind is None and given)) and len(self.violations) == faults:
            self.bad("missing_member", "data", said("is missing."), said("Name the fields that change."))
        if kind is None or id_of is None or reason is None:
            return None
        return AmendmentRecord(
            **self._base(value, key, recorded_at, kind=kind, id_of=id_of, data=values, reason=reason, by=by),
            kind=kind,
            id_of=id_of,
            values=values,
            reason=reason,
            by=by,
        )


def parse(raw: RawRecord, zone: str | None = None) -> tuple[Record | None, list[Violation]]:
    """The record, or None, and all that is wrong with it. ``zone`` serves times without an offset of their own."""
    if raw.problems:
        return None, list(raw.problems)
    parser = _Parser(raw.place, zone)
    record = parser.parse(raw.value)
    if not parser.violations:
        return record, []
    # An id that is refused for whom it may tell of is not told again.
    return None, [
        replace(each, record=None) if each.record is not None and personal_identifier(each.record) else each
        for each in parser.violations
    ]


def parse_stored(payload: Mapping[str, Any]) -> Record:
    """The record of a ledger entry's payload, which was checked when it came in."""
    record, violations = parse(RawRecord(payload))
    if record is None:
        raise ValueError(f"a ledger entry that is no record: {violations[0].message}")
    return record
