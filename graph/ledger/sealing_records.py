"""Takes tier-3 values out of records on their way into the ledger, leaving the digest of each."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graph.keys import KeyRing
from graph.records import AmendmentRecord, CorrectionRecord, NodeRecord, OperationRecord, Record, is_sealed
from graph.rules.world import World
from graph.saying import said
from graph.sealing import SALT_LENGTH, digest_of, matches, same_person_digest, seal
from graph.vocabulary import KINDS, OPERATIONS, field_tier, is_genetic
from graph.vocabulary.base import Field
from graph.vocabulary.tiers import RESULT_FIELDS, result_tier

__all__ = ["PendingValue", "Sealer", "is_same_record", "tier3_members"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingValue:
    """A value to be sealed when the request is accepted."""

    digest: str
    salt: bytes = field(repr=False)
    value: Any = field(repr=False)
    persons: tuple[str, ...]
    keyed: str | None = None
    is_returning: bool = False  # it came with the salt it had before, so the store may hold it


def tier3_members(
    payload: Mapping[str, Any], *, is_personal: bool = False
) -> Iterator[tuple[dict[str, Any], str, Field]]:
    """(object, member, field) of each value in a canonical record whose tier is 3; in an order that only names decide.

    A node record or amendment of a result does not say whose result it is: ``is_personal`` says that it is a donor's
    or subject's own, or genetic. Without it, those that name a genetic item are found, and those sealed already.
    """
    shape = payload["record"]
    if shape in {"node", "amendment"}:
        values = payload.get("data") or {}
        is_personal = is_personal or is_genetic(values.get("test_item"))
        yield from _of_fields(values, KINDS[payload["kind"]].fields, _OF_KIND[payload["kind"]], is_personal=is_personal)
    elif shape == "correction":
        if payload.get("replacement"):
            yield from tier3_members(payload["replacement"])
    elif shape == "operation":
        operation = OPERATIONS[payload["type"]]
        yield from _of_fields(payload.get("data") or {}, operation.fields, _OF_OPERATION[operation.name])
        kinds = [end["kind"] for end in payload["inputs"]]
        for output in payload.get("outputs", ()):
            values, sealable = output.get("data", {}), _OF_KIND[output["kind"]]
            for name in sorted(values.keys() & sealable) if sealable else ():
                declared = KINDS[output["kind"]].fields[name]
                item = values.get("test_item")
                tier = field_tier(declared, operation=operation.name, input_kinds=kinds, test_item=item)
                if tier == 3:
                    yield values, name, declared


def _sealable(fields: Mapping[str, Field], *, has_results: bool = False) -> frozenset[str]:
    """The fields whose values may be of tier 3: always, or as what some tests have found."""
    return frozenset(
        name for name, field in fields.items() if field.tier == 3 or (has_results and name in RESULT_FIELDS)
    )


_OF_KIND = {name: _sealable(kind.fields, has_results=name == "QCResult") for name, kind in KINDS.items()}
_OF_OPERATION = {name: _sealable(operation.fields) for name, operation in OPERATIONS.items()}


def _of_fields(
    values: dict[str, Any], fields: Mapping[str, Field], sealable: frozenset[str], *, is_personal: bool = False
) -> Iterator[tuple[dict[str, Any], str, Field]]:
    for name in sorted(values.keys() & sealable):
        if values[name] is not None and (fields[name].tier == 3 or is_personal or is_sealed(values[name])):
            yield values, name, fields[name]


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def is_same_record(given: Mapping[str, Any], stored: Mapping[str, Any], salt_of: Callable[[str], bytes | None]) -> bool:
    """Whether two canonical records say the same, where one has plain values and the other their digests."""
    if given == stored:
        return True
    mine, theirs = _copy(given), _copy(stored)
    pairs = zip(tier3_members(mine, is_personal=True), tier3_members(theirs, is_personal=True), strict=False)
    for (holder, name, _), (other, other_name, _) in pairs:
        value, sealed = holder[name], other[other_name]
        if name != other_name:
            return False
        if not is_sealed(sealed):
            continue  # not that personal after all; compared as it is
        if is_sealed(value):
            holder[name] = {"sealed": value["sealed"]}
            continue
        salt = salt_of(sealed["sealed"])
        if salt is None or not matches(value, sealed["sealed"], salt):
            return False
        holder[name] = {"sealed": sealed["sealed"]}
    return bool(mine == theirs)


class Sealer:
    """Replaces the tier-3 values of records by digests, and keeps the values until the request is accepted."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self.pending: dict[str, PendingValue] = {}

    def seal(self, record: Record, world: World) -> Record:
        is_personal = _is_personal(record, world)
        if not any(True for _ in tier3_members(record.canonical, is_personal=is_personal)):
            return record
        payload = _copy(record.canonical)
        persons = _persons(record, world)
        for holder, name, declared in tier3_members(payload, is_personal=is_personal):
            holder[name] = {"sealed": self._keep(holder[name], declared, persons, world)}
        return _with_payload(record, payload)

    def _keep(self, value: Any, declared: Field, persons: tuple[str, ...], world: World) -> str:
        keyed = None
        if is_sealed(value) and "value" not in value:
            return str(value["sealed"])  # its value stays unavailable here
        is_returning = is_sealed(value)
        if is_returning:
            salt, plain = base64.b64decode(value["salt"]), value["value"]
        else:
            salt, plain = secrets.token_bytes(SALT_LENGTH), value
        digest = digest_of(plain, salt)
        if declared.ref is not None:
            keyed = same_person_digest(str(plain), self._ring)
            world.keyed_digests[digest] = keyed
        self.pending[digest] = PendingValue(
            digest=digest, salt=salt, value=plain, persons=persons, keyed=keyed, is_returning=is_returning
        )
        return digest

    def rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The sealed values as database rows: new ones, and those that the store may hold already.

        Makes missing keys, durably, first.
        """
        self._ring.ensure({person for value in self.pending.values() for person in value.persons})
        new: list[dict[str, Any]] = []
        returning: list[dict[str, Any]] = []
        for value in self.pending.values():
            sealed = seal(value.value, value.persons, self._ring, salt=value.salt)
            row: dict[str, Any] = {
                "digest": sealed.digest,
                "ciphertext": sealed.ciphertext,
                "persons": list(sealed.persons),
            }
            if value.keyed is not None:
                row["keyed"] = value.keyed
            (returning if value.is_returning else new).append(row)
        return new, returning


def _with_payload(record: Record, payload: dict[str, Any]) -> Record:
    """The record that ``parse_stored`` would read from the payload, which differs from the record's own in values only."""
    values = payload.get("data", {})
    if isinstance(record, NodeRecord | AmendmentRecord):
        return replace(record, canonical=payload, values=values)
    if isinstance(record, OperationRecord):
        ends = zip(record.outputs, payload.get("outputs", ()), strict=True)
        outputs = tuple(replace(output, values=end.get("data", {})) for output, end in ends)
        return replace(record, canonical=payload, values=values, outputs=outputs)
    if isinstance(record, CorrectionRecord) and record.replacement is not None:
        replacement = _with_payload(record.replacement, payload["replacement"])
        assert isinstance(replacement, OperationRecord)  # as it was
        return replace(record, canonical=payload, replacement=replacement)
    return record


def opened_seal_problem(value: Mapping[str, Any]) -> str | None:
    """Why ``{"sealed", "salt", "value"}`` cannot be taken in, None where it can."""
    if "value" not in value:
        return None
    try:
        salt = base64.b64decode(str(value.get("salt")), validate=True)
    except binascii.Error:
        return said("has a salt that is not base64")
    if len(salt) != SALT_LENGTH:
        return said("has a salt that has not {length} bytes", length=SALT_LENGTH)
    return (
        None if matches(value["value"], str(value["sealed"]), salt) else said("has a value that is not the one sealed")
    )


def _is_personal(record: Record, world: World) -> bool:
    """Whether a result that is amended is a donor's or subject's own, or genetic."""
    if not isinstance(record, AmendmentRecord) or record.kind != "QCResult":
        return False
    node = world.nodes.get((record.kind, record.id_of))
    made_by = world.operations.get(node.made_by) if node is not None and node.made_by is not None else None
    if node is None or is_genetic(node.values.get("test_item")):
        return True
    if any(is_sealed(node.values.get(name)) for name in RESULT_FIELDS):
        return True
    return (
        made_by is not None and result_tier(made_by.record.type, (end.kind for end in made_by.record.inputs), None) == 3
    )


def _persons(record: Record, world: World) -> tuple[str, ...]:
    """Whom the tier-3 values of the record concern: their keys seal them."""
    if isinstance(record, NodeRecord | AmendmentRecord):
        kind, _, key = record.target.partition(":")
        if kind == "Institution" and isinstance(officer := record.values.get("principal_officer"), str):
            return (f"Person:{officer}",)
        if KINDS[kind].is_person:
            return (record.target,)
        node = world.nodes.get((kind, key))
        made_by = world.operations.get(node.made_by) if node is not None and node.made_by is not None else None
        return _of_operation(made_by.record, world) if made_by is not None else (record.target,)
    operation = getattr(record, "replacement", record)
    return _of_operation(operation, world)


def _of_operation(operation: Any, world: World) -> tuple[str, ...]:
    persons: set[str] = set()
    for end in operation.inputs:
        if KINDS[end.kind].is_person:
            persons.add(f"{end.kind}:{end.id}")
            continue
        donors = world.donors_of(end.kind, end.id)
        persons |= {f"Donor:{donor}" for donor in donors} or {f"{end.kind}:{end.id}"}
    return tuple(sorted(persons))
