"""Departures from reference ranges, found at the write (specification 4, R-07 and R-08).

A value is held against the narrowest range that fits it: what a transport itself requires, then ReferenceRange records
(those of the protocol and cell type first), then the program's defaults. Outside the reference limits it is marked;
outside the allowed limits the deviation is major.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph.errors import Deviation
from graph.records import AmendmentRecord, ClosingRecord, CorrectionRecord, OperationRecord, Record, is_sealed
from graph.rules.departures import between, outside
from graph.rules.world import KnownNode, World
from graph.times import Moment, day_end_ms
from graph.vocabulary import KINDS, OPERATIONS, USES
from graph.vocabulary.base import Field, FieldType
from graph.vocabulary.ranges import DEFAULT_RANGES, ReferenceRangeDefault
from graph.vocabulary.tiers import field_tier

__all__ = ["DEFAULTS_VERSION", "AppliedRange", "Limits", "applied_ranges", "range_deviations"]

DEFAULTS_VERSION = "1"  # raised whenever a default changes
_TRANSPORT_FIELDS = frozenset({"departure_temperature", "in_transit_temperature", "arrival_temperature"})
_PER_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One value with what decides which range is its own."""

    member: str
    field: str
    value: Any
    tier: int
    item: str | None = None
    method: str | None = None
    cell_type: str | None = None
    stage: str | None = None
    equipment_class: str | None = None
    reagent_name: str | None = None
    beside: Mapping[str, Any] | None = None  # what stands in the same step of a map


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits are within; None is open."""

    version: str
    low: float | None = None
    high: float | None = None
    allowed_low: float | None = None
    allowed_high: float | None = None
    is_high_excluded: bool = False
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRange:
    """The limits that hold for one value of an operation.

    ``member`` is where it stands (``data.storage_temperature``, ``uses[0].data.equipment_parameters``); ``field`` the
    value's name, in a map the name there.
    """

    member: str
    field: str
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """What the operation tells of itself: its type, inputs, study, method, day."""

    operation: OperationRecord
    world: World
    ranged: frozenset[str]  # names of the fields for which there is any range

    @cached_property
    def inputs(self) -> tuple[KnownNode, ...]:
        known = (self.world.nodes.get((end.kind, end.id)) for end in self.operation.inputs)
        return tuple(node for node in known if node is not None)

    @cached_property
    def equipment_classes(self) -> frozenset[str]:
        known = (self.world.nodes.get((use.kind, use.id)) for use in self.operation.uses)
        classes = (node.values.get("equipment_class") for node in known if node is not None)
        return frozenset(name for name in classes if isinstance(name, str))

    @property
    def protocols(self) -> frozenset[str]:
        named = (
            self.operation.study,
            self.operation.values.get("operation_method"),
            self.operation.values.get("sop_version"),
        )
        return frozenset(name for name in named if isinstance(name, str))


def range_deviations(record: Record, world: World) -> list[Deviation]:
    """The departures that the values of one record show: an operation's, a closing's, an amended result's."""
    operation = _operation_of(record, world)
    if operation is None:
        return []
    setting = _setting(operation, world)
    if isinstance(record, ClosingRecord):
        measured = _of_closing(operation, record, setting)
    elif isinstance(record, AmendmentRecord):
        measured = _of_amendment(operation, record, setting, world)
    else:
        measured = _of_operation(operation, setting, world)
    return [deviation for value in measured for deviation in _judge(value, setting, world)]


def _operation_of(record: Record, world: World) -> OperationRecord | None:
    """The operation that a record is, puts into effect or ends, or that made what it amends."""
    if isinstance(record, OperationRecord):
        return record
    if isinstance(record, CorrectionRecord):
        return record.replacement
    name = record.operation if isinstance(record, ClosingRecord) else None
    if isinstance(record, AmendmentRecord):
        node = world.node(record.kind, record.id_of)
        name = node.made_by if node is not None else None
    known = world.operations.get(name or "")
    return known.record if known is not None else None


def applied_ranges(operation: OperationRecord, world: World) -> list[AppliedRange]:
    """The limits that the operation's values are held against, whether they keep them or not; each once."""
    setting = _setting(operation, world)
    found = {
        (measured.member, measured.field, limits.version): AppliedRange(
            member=measured.member, field=measured.field, limits=limits
        )
        for measured in _of_operation(operation, setting, world)
        for limits in _limits_of(measured, setting, world)
    }
    return list(found.values())


def _setting(operation: OperationRecord, world: World) -> _Setting:
    ranged = _RANGED.union(str(node.values.get("field")) for node in world.ranges) if world.ranges else _RANGED
    return _Setting(operation=operation, world=world, ranged=ranged)


def _cell_type(nodes: Iterable[KnownNode]) -> str | None:
    return next((str(node.values["cell_type"]) for node in nodes if "cell_type" in node.values), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _opened(value: Any) -> Any:
    """The plain value of one that comes with its seal, as an opened export has it."""
    return value["value"] if is_sealed(value) and "value" in value else value


def _numbers(
    declared: Field, value: Any, ranged: Container[str]
) -> Iterator[tuple[str, Any, Mapping[str, Any] | None]]:
    """(field name, value, what stands beside it) of the bare values in a field's value that have ranges."""
    if declared.type is FieldType.MAP:
        for part in value if declared.many else [value]:
            if isinstance(part, Mapping):
                yield from ((str(name), one, part) for name, one in part.items() if name in ranged)
    elif declared.name not in ranged:
        return
    elif declared.type is FieldType.SERIES:
        if isinstance(value, list):
            yield from ((declared.name, row[1], None) for row in value)
        elif isinstance(value, Mapping):
            yield from ((declared.name, one, None) for name, one in value.items() if name != "mean")
        else:
            yield declared.name, value, None
    elif declared.type in {FieldType.NUMBER, FieldType.INTEGER, FieldType.DURATION}:
        yield declared.name, value, None


def _of_operation(operation: OperationRecord, setting: _Setting, world: World) -> Iterator[_Measured]:
    outputs = [node for end in operation.outputs if (node := world.nodes.get((end.kind, end.id))) is not None]
    cell_type = _cell_type([*outputs, *setting.inputs])
    stage = next((str(node.values["stage"]) for node in outputs if "stage" in node.values), None)
    fields = OPERATIONS[operation.type].fields
    for name, value in operation.values.items():
        for named, number, beside in _numbers(fields[name], value, setting.ranged):
            yield _Measured(
                member=f"data.{name}",
                field=named,
                value=number,
                tier=fields[name].tier,
                cell_type=cell_type,
                stage=stage,
                beside=beside,
            )
    for number, use in enumerate(operation.uses):
        node = world.nodes.get((use.kind, use.id))
        known = node.values if node else {}
        for name, value in use.values.items():
            for named, one, beside in _numbers(USES[use.kind].fields[name], value, setting.ranged):
                yield _Measured(
                    member=f"uses[{number}].data.{name}", field=named, value=one, tier=0, cell_type=cell_type, stage=stage,
                    equipment_class=known.get("equipment_class"), reagent_name=known.get("name"), beside=beside,
                )  # fmt: skip
    for number, output in enumerate(operation.outputs):
        where = f"outputs[{number}].data."
        yield from _of_output(operation, setting, output.kind, output.values, output.values, where, cell_type, stage)
    if operation.type == "TRANSPORTED" and operation.end is not None:
        yield _hours(operation, operation.end)


def _of_output(
    operation: OperationRecord,
    setting: _Setting,
    kind: str,
    values: Mapping[str, Any],
    told: Iterable[str],
    where: str,
    cell_type: str | None,
    stage: str | None,
) -> Iterator[_Measured]:
    """The fields named in ``told`` of one thing that the operation made."""
    kinds = [end.kind for end in operation.inputs]
    for name in told:
        value = _opened(values.get(name))
        if kind == "QCResult" and name == "test_result":
            item = values.get("test_item")
            tier = field_tier(KINDS[kind].fields[name], operation=operation.type, input_kinds=kinds, test_item=item)
            yield _Measured(
                member=f"{where}{name}", field=name, value=value, tier=tier, item=item,
                method=values.get("test_method"), cell_type=cell_type, stage=stage,
            )  # fmt: skip
        elif kind != "QCResult" and name in setting.ranged and _is_number(value):
            yield _Measured(
                member=f"{where}{name}", field=name, value=value, tier=KINDS[kind].fields[name].tier,
                cell_type=values.get("cell_type") or cell_type, stage=values.get("stage"),
            )  # fmt: skip


def _of_amendment(
    operation: OperationRecord, record: AmendmentRecord, setting: _Setting, world: World
) -> Iterator[_Measured]:
    known = world.node(record.kind, record.id_of)
    values = {**(known.values if known is not None else {}), **record.values}
    cell_type = _cell_type(setting.inputs)
    yield from _of_output(operation, setting, record.kind, values, record.values, "data.", cell_type, None)


def _hours(operation: OperationRecord, end: Moment) -> _Measured:
    """The certain length of a transport, in hours."""
    hours = max(0, end.earliest_ms - operation.start.latest_ms) / _PER_HOUR_MS
    return _Measured(member="end", field="transfer_hours", value=round(hours, 3), tier=0)


def _of_closing(operation: OperationRecord, closing: ClosingRecord, setting: _Setting) -> Iterator[_Measured]:
    use = next(iter(operation.open_uses(closing.use)), None) if closing.use else None
    fields = USES[use.kind].fields if use else OPERATIONS[operation.type].fields
    for name, value in closing.values.items():
        if name in fields:
            for named, number, beside in _numbers(fields[name], value, setting.ranged):
                yield _Measured(
                    member=f"data.{name}",
                    field=named,
                    value=number,
                    tier=fields[name].tier,
                    cell_type=_cell_type(setting.inputs),
                    beside=beside,
                )
    if operation.type == "TRANSPORTED" and closing.use is None:
        yield _hours(operation, closing.end)


# -- which range -----------------------------------------------------------------------------------------------------


def _judge(measured: _Measured, setting: _Setting, world: World) -> Iterator[Deviation]:
    operation = setting.operation
    for one in _limits_of(measured, setting, world):
        found = _outside(measured.value, one)
        if found is not None:
            direction, severity = found
            shown = str(measured.value) if measured.tier < 2 else None  # personal values stay out of messages
            yield Deviation(
                code="out_of_range",
                severity=severity,
                operation=operation.id,
                subject=f"Operation:{operation.id}",
                field=measured.member,
                value=shown,
                direction=direction,
                range_version=one.version,
                message=outside(
                    field=measured.member,
                    operation=operation.id,
                    direction=direction,
                    version=one.version,
                    limits=between(one.low, one.high),
                    allowed=between(one.allowed_low, one.allowed_high),
                ),
                tier=measured.tier if measured.tier >= 2 else None,
            )


def _limits_of(measured: _Measured, setting: _Setting, world: World) -> list[Limits]:
    required = setting.operation.values.get("required_transport_temperature")
    if required is None or measured.field not in _TRANSPORT_FIELDS:
        return _recorded(measured, setting, world) or _defaults(measured, setting)
    return [
        Limits(
            version=f"required_transport_temperature of {setting.operation.id}",
            allowed_low=required[0],
            allowed_high=required[1],
        )
    ]


def _outside(value: Any, limits: Limits) -> tuple[str, str] | None:
    """(direction, severity), or None where the value is within."""
    if isinstance(value, str):
        if not limits.expected:
            return None
        return (
            None
            if value.strip().casefold() in {word.casefold() for word in limits.expected}
            else ("not within", "major")
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for low, high, severity in (
        (limits.allowed_low, limits.allowed_high, "major"),
        (limits.low, limits.high, "minor"),
    ):
        if low is not None and value < low:
            return "below", severity
        if high is not None and (value >= high if limits.is_high_excluded else value > high):
            return "above", severity
    return None


def _recorded(measured: _Measured, setting: _Setting, world: World) -> list[Limits]:
    """The ReferenceRange records for the value on the operation's day: the most particular ones."""
    fitting: list[tuple[int, KnownNode]] = []
    day = setting.operation.start
    for node in world.ranges:
        known = node.values
        if known.get("field") != measured.field or known.get("item") != measured.item:
            continue
        if known.get("cell_type") not in (None, measured.cell_type):
            continue
        if known.get("protocol") is not None and known["protocol"] not in setting.protocols:
            continue
        first, last = known.get("valid_from"), known.get("valid_to")
        if first is not None and day.latest_ms < day_end_ms(first, day.offset_minutes) - _DAY_MS:
            continue
        if last is not None and day.earliest_ms >= day_end_ms(last, day.offset_minutes):
            continue
        fitting.append((2 * ("protocol" in known) + ("cell_type" in known), node))
    if not fitting:
        return []
    narrowest = max(rank for rank, _ in fitting)
    latest = max((node for rank, node in fitting if rank == narrowest), key=lambda node: node.seq)
    known = latest.values
    return [
        Limits(
            version=f"{latest.id}@{latest.amended_seq or latest.seq}", low=known.get("low"), high=known.get("high"),
            allowed_low=known.get("allowed_low"), allowed_high=known.get("allowed_high"),
            expected=tuple(known.get("expected", ())),
        )
    ]  # fmt: skip


def _defaults(measured: _Measured, setting: _Setting) -> list[Limits]:
    return [
        Limits(
            version=f"default {row.name} v{DEFAULTS_VERSION}", low=row.low, high=row.high, allowed_low=row.allowed_low,
            allowed_high=row.allowed_high, is_high_excluded=row.is_high_excluded, expected=row.expected,
        )
        for row in _DEFAULTS.get((measured.field, measured.item), ())
        if _applies(row, measured, setting)
    ]  # fmt: skip


_DEFAULTS: dict[tuple[str, str | None], list[ReferenceRangeDefault]] = {}
for _row in DEFAULT_RANGES:
    _DEFAULTS.setdefault((_row.field, _row.item), []).append(_row)
_RANGED = _TRANSPORT_FIELDS.union(row.field for row in DEFAULT_RANGES)


def _applies(row: ReferenceRangeDefault, measured: _Measured, setting: _Setting) -> bool:
    def has(wanted: tuple[str, ...], found: Iterable[object]) -> bool:
        return not wanted or any(one in wanted for one in found)

    tissues = [node.values.get("tissue_type") for node in setting.inputs if node.kind == "Tissue"]
    classes = [measured.equipment_class] if measured.member.startswith("uses") else list(setting.equipment_classes)
    reagent = (measured.reagent_name or "").casefold()
    beside = (measured.beside or {}).get(row.beside or "")
    return (
        row.cell_type in (None, measured.cell_type)
        and (row.beside_low is None or (isinstance(beside, int | float) and beside >= row.beside_low))
        and has(row.operations, [setting.operation.type])
        and has(row.input_kinds, [end.kind for end in setting.operation.inputs])
        and has(row.equipment_classes, classes)
        and (not row.reagent_words or any(word in reagent for word in row.reagent_words))
        and has(row.stages, [measured.stage])
        and has(row.tissue_types, tissues)
        and not (row.not_tissue_types and any(one in row.not_tissue_types for one in tissues))
        and has(row.methods, [measured.method])
    )
