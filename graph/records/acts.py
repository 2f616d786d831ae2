"""Operation records being read: what goes in and comes out, what is used, what is set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.records.model import InputEnd, OutputEnd, ResourceUse
from graph.records.reading import MEMBER_NAMES, Reading, nearest
from graph.records.values import clean_key
from graph.saying import said
from graph.vocabulary import FORBIDDEN_CODES, KINDS, OPERATIONS, USES
from graph.vocabulary.base import Operation
from graph.vocabulary.words import PROCESSES

__all__ = ["ActReading", "Ends"]

Ends = Sequence[InputEnd | OutputEnd]
_PLACE = "StoragePosition"


class ActReading(Reading):
    """Reads the parts of an operation. ``operation`` is None where its type is not known: flows are not checked then."""

    def operation_type(self, value: Mapping[str, Any]) -> type[Operation] | None:
        name = value.get("type")
        if name is None:
            self.bad("missing_member", "type", said("is missing."), said("Add it."))
        elif not isinstance(name, str) or name not in OPERATIONS:
            self.bad("unknown_type", "type", said("is no type of operation."), nearest(name, OPERATIONS))
        else:
            return OPERATIONS[name]
        return None

    # -- ends ------------------------------------------------------------------------------------------------------

    def inputs(self, given: Any, operation: type[Operation] | None) -> tuple[InputEnd, ...]:
        if given is None or given == []:
            self.bad("missing_member", "inputs", said("is missing."), said("An operation has at least one input."))
            return ()
        ends: list[InputEnd] = []
        for number, item in enumerate(self.items(given, "inputs")):
            where = f"inputs[{number}]."
            found = self.end(item, where, MEMBER_NAMES["inputs"])
            if found is None:
                continue
            members, kind, key = found
            if operation is not None and kind not in {flow[0] for flow in operation.flows}:
                self._wrong_kind(where, kind, operation, 0)
            quantity, unit, units = self.amount(members, kind, key, where)
            consumed = self.flag(members, "consumed", where)
            if consumed and operation is not None and not operation.may_consume:
                self.bad("bad_value", f"{where}consumed", said("is said of what no test takes."), said("Leave it out."))
            ends.append(InputEnd(kind=kind, id=key, quantity=quantity, unit=unit, units=units, consumed=consumed))
        self._no_double(ends, "inputs")
        return tuple(ends)

    def outputs(self, given: Any, operation: type[Operation] | None) -> tuple[OutputEnd, ...]:
        if not given and operation is not None and operation.needs_output and not operation.is_reflexive:
            self.bad(
                "missing_member",
                "outputs",
                said("is missing."),
                said("{type} says what came out, or where.", type=operation.name),
            )
            return ()
        ends: list[OutputEnd] = []
        for number, item in enumerate(self.items(given, "outputs")):
            where = f"outputs[{number}]."
            found = self.end(item, where, MEMBER_NAMES["outputs"])
            if found is None:
                continue
            members, kind, key = found
            if operation is not None and kind not in {flow[1] for flow in operation.flows}:
                self._wrong_kind(where, kind, operation, 1)
                continue
            quantity, unit, units = self.amount(members, kind, key, where)
            if operation is not None and operation.creates:
                self._created(kind, key, members.get("units"), where)
            elif operation is not None and members.get("data"):
                self.bad(
                    "bad_value", f"{where}data", said("is given for what exists already."), said("Use an amendment.")
                )
            values = self.values(members.get("data"), KINDS[kind].fields, f"{where}data.")
            ends.append(OutputEnd(kind=kind, id=key, quantity=quantity, unit=unit, units=units, values=values))
        self._no_double(ends, "outputs")
        return tuple(ends)

    def _wrong_kind(self, where: str, kind: str, operation: type[Operation], side: int) -> None:
        kinds = " or ".join(sorted({flow[side] for flow in operation.flows}))
        self.bad(
            "wrong_kind",
            f"{where}kind",
            said("is {kind}.", kind=kind),
            said("{type} gives {kinds}.", type=operation.name, kinds=kinds)
            if side
            else said("{type} takes {kinds}.", type=operation.name, kinds=kinds),
        )

    def _created(self, kind: str, key: str, units: Any, where: str) -> None:
        """Codes that come into being hold no personal identifier, nor do names of units."""
        self.made_key(kind, key, f"{where}id")
        for name in units if isinstance(units, list) else ():
            if isinstance(name, str) and self.code(name.rpartition("#")[2], f"{where}units"):
                break

    def made_key(self, kind: str, key: str, member: str) -> None:
        """Checks the key of a new thing."""
        if KINDS[kind].is_code:
            self.code(key, member)
        if kind == "CellLot" and "#" in key:
            self.bad("bad_value", member, said("holds a #, which marks a unit."), said("Leave it out of a lot's key."))

    def flows(self, operation: type[Operation], inputs: Ends, outputs: Ends) -> None:
        """Checks that what goes in and what comes out fit together."""
        taken, given = {end.kind for end in inputs}, {end.kind for end in outputs}
        sides = {flow[0] for flow in operation.flows}, {flow[1] for flow in operation.flows}
        for start in sorted(taken & sides[0]):
            for end in sorted(given & sides[1]):
                if (start, end) not in operation.flows:
                    flows = ", ".join(f"{one} → {other}" for one, other in operation.flows)
                    self.bad(
                        "wrong_kind",
                        "outputs",
                        said("does not go from {start} to {end}.", start=start, end=end),
                        said("{type} goes {flows}.", type=operation.name, flows=flows),
                    )
        itself = {(end.kind, end.id) for end in inputs}
        for number, output in enumerate(outputs):
            is_itself = (output.kind, output.id) in itself
            if operation.is_reflexive and not is_itself:
                self.bad(
                    "wrong_kind",
                    f"outputs[{number}].id",
                    said("is no input of it."),
                    said("It is done to itself: leave outputs out."),
                )
            elif is_itself and not operation.is_reflexive:
                self.bad(
                    "cycle",
                    f"outputs[{number}].id",
                    said("is one of its own inputs."),
                    said("Nothing comes from itself."),
                )
        if sum(output.kind == _PLACE for output in outputs) > 1:
            self.bad(
                "two_places",
                "outputs",
                said("names more than one position."),
                said("Give each position an operation of its own."),
            )

    def _no_double(self, ends: Ends, member: str) -> None:
        seen: set[tuple[str, str]] = set()
        for number, end in enumerate(ends):
            if (end.kind, end.id) in seen:
                self.bad(
                    "named_twice", f"{member}[{number}].id", said("stands there twice."), said("Put it into one entry.")
                )
            seen.add((end.kind, end.id))

    # -- uses ------------------------------------------------------------------------------------------------------

    def uses(self, given: Any, ends: Ends) -> tuple[ResourceUse, ...]:
        uses: list[ResourceUse] = []
        for number, item in enumerate(self.items(given, "uses")):
            where = f"uses[{number}]."
            found = self.end(item, where, MEMBER_NAMES["uses"])
            if found is None:
                continue
            members, kind, key = found
            if kind not in USES:
                self.bad(
                    "wrong_kind",
                    f"{where}kind",
                    said("is {kind}.", kind=kind),
                    said("What is used is {uses}.", uses=" or ".join(USES)),
                )
                continue
            start, end = self.moment(members, "start", where), self.moment(members, "end", where)
            if members.get("start") is None and end is not None:
                self.bad("missing_member", f"{where}start", said("is missing beside an end."), said("Add it."))
            if start is not None and end is not None and end.latest_ms < start.earliest_ms:
                self.bad("end_before_start", f"{where}end", said("is before the start."), said("Check both times."))
            process = members.get("process")
            if process is not None and process not in PROCESSES:
                self.bad(
                    "bad_value", f"{where}process", said("is neither open nor closed."), said("Write open or closed.")
                )
            on = self._on(members.get("on"), ends, where)
            uses.append(
                ResourceUse(
                    kind=kind,
                    id=key,
                    start=start,
                    end=end,
                    is_open=start is not None and end is None,
                    process="closed" if process == "closed" else "open",
                    on=tuple(on),
                    named_on=tuple(on.values()),
                    values=self.values(members.get("data"), USES[kind].fields, f"{where}data."),
                )
            )
        return tuple(uses)

    def _on(self, given: Any, ends: Ends, where: str) -> dict[str, str]:
        """Full ids (``Kind:key``) of what the use touched, each once, with its name in the record: bare if that will do."""
        named: dict[str, str] = {}
        if given is None:
            return named
        things = [(end.kind, end.id) for end in ends] + [("CellUnit", unit) for end in ends for unit in end.units]
        bare: dict[str, set[str]] = {}
        for kind, key in things:
            bare.setdefault(key, set()).add(f"{kind}:{key}")
        full = {f"{kind}:{key}": key for kind, key in things}
        for item in self.items(given, f"{where}on"):
            key = self.attempt(f"{where}on", lambda name=item: clean_key(name, said("holds what is no id: it")))  # type: ignore[misc]
            if key is None:
                continue
            matches = bare.get(key, set()) | ({key} if key in full else set())
            if not matches:
                self.bad(
                    "unknown_on", f"{where}on", said("names {key}, which this operation does not handle.", key=key),
                    said("Name its inputs, outputs or their units."),
                )  # fmt: skip
            elif len(matches) > 1:
                self.bad(
                    "ambiguous_on", f"{where}on", said("names {key}, which two things share.", key=key),
                    said("Write {matches}.", matches=" or ".join(sorted(matches))),
                )  # fmt: skip
            else:
                found = matches.pop()
                own = full[found]
                named[found] = own if len(bare[own]) == 1 and own not in full else found
        return named

    # -- the rest --------------------------------------------------------------------------------------------------

    def captured(
        self, given: Any, operation: type[Operation] | None, uses: Sequence[ResourceUse], outputs: Ends
    ) -> dict[str, str]:
        """Field -> the device that read its value."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.bad("bad_value", "captured", said("is no object."), said('Write {"field": "equipment id"}.'))
            return {}
        fields = operation.fields if operation is not None else {}
        known = set(fields).union(
            *(USES[use.kind].fields for use in uses), *(KINDS[output.kind].fields for output in outputs)
        )
        captured: dict[str, str] = {}
        for name, device in given.items():
            if operation is not None and name not in known:
                self.bad(
                    "unknown_member", f"captured.{name}", said("is no field of this operation."), nearest(name, known)
                )
            elif key := self.attempt(f"captured.{name}", lambda: clean_key(device, said("is no device: it"))):  # noqa: B023 - called at once
                captured[name] = key
        return captured

    def despite(
        self, value: Mapping[str, Any], operator: str | None, acknowledged_by: str | None
    ) -> tuple[tuple[str, ...], str | None]:
        """The rules that were set aside, and why."""
        reason = self.text(value, "reason")
        codes = self.items(value.get("despite"), "despite")
        if not codes:
            if value.get("despite") in (None, []) and (reason is not None or acknowledged_by is not None):
                self.bad(
                    "despite",
                    "despite",
                    said("is missing beside a reason or an acknowledgement."),
                    said("Name the rule."),
                )
            return (), reason
        for number, code in enumerate(codes):
            if code not in FORBIDDEN_CODES:
                self.bad(
                    "despite",
                    f"despite[{number}]",
                    said("is no rule that can be set aside."),
                    nearest(code, FORBIDDEN_CODES),
                )
        if value.get("reason") in (None, ""):
            self.bad("despite", "reason", said("is missing beside despite."), said("Say why it was done all the same."))
        if value.get("acknowledged_by") is None:
            self.bad(
                "despite", "acknowledged_by", said("is missing beside despite."), said("Name who acknowledged it.")
            )
        elif acknowledged_by is not None and acknowledged_by == operator:
            self.bad("despite", "acknowledged_by", said("is the operator."), said("Somebody else acknowledges it."))
        return tuple(sorted({code for code in codes if isinstance(code, str)})), reason
