"""The store's classes, derived from the vocabulary, and its layout: constraints, indexes, version, migrations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from neomodel import (
    AsyncRelationshipTo,
    AsyncStructuredNode,
    AsyncStructuredRel,
    BooleanProperty,
    FloatProperty,
    IntegerProperty,
    StringProperty,
)

from graph.engine import Engine, Transaction
from graph.errors import Misconfigured
from graph.vocabulary import EDGE_FLOWS, EDGE_TYPES, KINDS, OPERATIONS, USES, Field, FieldType

__all__ = ["EDGE_MODELS", "LEDGER_MODELS", "MIGRATIONS", "NODE_MODELS", "STORE_VERSION", "Migration", "install"]

STORE_VERSION = 1

_Properties = dict[str, Any]
_PLAIN = {
    FieldType.INTEGER: IntegerProperty,
    FieldType.NUMBER: FloatProperty,
    FieldType.DURATION: FloatProperty,
    FieldType.BOOLEAN: BooleanProperty,
}
_INDEXED_FIELDS = {"Reagent": ("lot_number",), "Equipment": ("equipment_class",)}


def _property(field: Field, *, index: bool = False) -> Any:
    """Lists, maps, ranges, series are kept as text; so is what may be sealed, whose property names the digest."""
    if field.many or field.tier == 3:
        return StringProperty(index=index)
    return _PLAIN.get(field.type, StringProperty)(index=index)


def _node_model(kind: str) -> type[AsyncStructuredNode]:
    members: _Properties = {
        "key": StringProperty(unique_index=True, required=True),
        "seq": IntegerProperty(),
        "recorded_ms": IntegerProperty(),
        "voided_seq": IntegerProperty(),
        "voided_ms": IntegerProperty(),
        "made_by": StringProperty(),
        "made_ms": IntegerProperty(),
        "made_latest_ms": IntegerProperty(),
        "is_stub": BooleanProperty(),
        "account": StringProperty(),
    }
    if kind == "CellUnit":
        members["lot"] = StringProperty()
    indexed = _INDEXED_FIELDS.get(kind, ())
    for name, field in KINDS[kind].fields.items():
        members.setdefault(name, _property(field, index=name in indexed))
    for edge_type, flows in EDGE_FLOWS.items():
        for target in (end for start, end in flows if start == kind):
            members[f"{edge_type.lower()}_to_{_snake(target)}"] = AsyncRelationshipTo(
                target, edge_type, model=EDGE_MODELS[edge_type]
            )
    model: type[AsyncStructuredNode] = _made(kind, AsyncStructuredNode, members)
    return model


def _edge_model(edge_type: str) -> type[AsyncStructuredRel]:
    members: _Properties = {
        "operation_id": StringProperty(index=True),
        "seq": IntegerProperty(),
        "recorded_ms": IntegerProperty(),
        "voided_seq": IntegerProperty(),
        "voided_ms": IntegerProperty(),
        "start_ms": IntegerProperty(),
        "start_latest_ms": IntegerProperty(),
        "end_ms": IntegerProperty(),
        "end_latest_ms": IntegerProperty(),
        "closed_ms": IntegerProperty(),
        "closed_seq": IntegerProperty(),
        "offset_minutes": IntegerProperty(),
        "quantity": FloatProperty(),
        "unit": StringProperty(),
        "consumed": BooleanProperty(),
    }
    part = OPERATIONS.get(edge_type) or next((use for use in USES.values() if use.edge == edge_type), None)
    if edge_type not in OPERATIONS:
        members |= {"process": StringProperty(), "is_uncertain": BooleanProperty()}
    for name, field in part.fields.items() if part is not None else ():
        members.setdefault(name, _property(field))
    name = "".join(word.title() for word in edge_type.split("_")) + "Edge"
    model: type[AsyncStructuredRel] = _made(name, AsyncStructuredRel, members)
    return model


def _ledger_models() -> Iterator[type[AsyncStructuredNode]]:
    """What is kept beside the graph. Only what is looked up is declared; the rest the ledger writes as it needs."""
    text, number = StringProperty, IntegerProperty
    tables: dict[str, _Properties] = {
        "Head": {"key": text(unique_index=True), "seq": number(), "digest": text(), "epoch": text()},
        "Entry": {
            "seq": number(unique_index=True),
            "name": text(unique_index=True),
            "also": text(index=True),  # the name of the replacement that a correction brings along
            "target": text(index=True),
            "operator": text(),
            "payload": text(),
            "digest": text(),
            "previous": text(),
        },
        "Sealed": {"digest": text(unique_index=True)},
        "Deviation": {
            "key": text(unique_index=True),
            "seq": number(index=True),
            "operation": text(index=True),
            "subject": text(index=True),
            "is_open": BooleanProperty(index=True),
        },
        "Request": {"key": text(unique_index=True)},
        "Token": {"key": text(unique_index=True), "hash": text(unique_index=True)},
        "Access": {"key": text(unique_index=True), "at_ms": number(index=True), "person": text(index=True)},
        "Meta": {"key": text(unique_index=True), "version": number(), "layout": text()},
    }
    for label, members in tables.items():
        yield _made(label, AsyncStructuredNode, members)


def _made(name: str, base: type, members: _Properties) -> Any:
    for member in members:
        if hasattr(base, member):
            raise AssertionError(f"{name}.{member} would hide a member of neomodel's {base.__name__}")
    return type(name, (base,), {"__module__": __name__, **members})


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


# Built once and kept: neomodel's own registry of them is weak.
EDGE_MODELS: dict[str, type[AsyncStructuredRel]] = {name: _edge_model(name) for name in EDGE_TYPES}
NODE_MODELS: dict[str, type[AsyncStructuredNode]] = {kind: _node_model(kind) for kind in KINDS}
LEDGER_MODELS: dict[str, type[AsyncStructuredNode]] = {model.__name__: model for model in _ledger_models()}


@dataclass(frozen=True, kw_only=True)
class Migration:
    """What brings a store from the version before to ``version``. Runs again if it was cut short: idempotent."""

    version: int
    apply: Callable[[Engine], Awaitable[None]]


# In order, one for each version after the first. A change of constraints alone needs none: they are made if missing.
MIGRATIONS: tuple[Migration, ...] = ()


async def install(
    engine: Engine, *, version: int = STORE_VERSION, migrations: tuple[Migration, ...] = MIGRATIONS
) -> None:
    """Brings the store to the layout of this program; one statement where it has it already. May run in several at once.

    Raises Misconfigured where the store was written by a newer program.
    """
    statements = list(_layout())
    layout = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    rows = await engine.read("MATCH (m:Meta {key: 'store'}) RETURN m.version AS version, m.layout AS layout")
    stored = rows[0]["version"] if rows else None
    if stored is not None and stored > version:
        raise Misconfigured(
            f"The store at {engine.address} has version {stored}; this program knows versions up to {version}.",
            remedy="Use the program that wrote it, or a newer one. A store does not go back to an older version.",
            code="store_is_newer",
        )
    if rows and stored == version and rows[0]["layout"] == layout:
        return
    for statement in statements:
        await engine.write(_alone(statement))
    for migration in migrations:
        if stored is not None and stored < migration.version <= version:
            await migration.apply(engine)
            await engine.write(_reached(migration.version, None))
    await engine.write(_reached(version, layout))


def _layout() -> Iterator[str]:
    """Statements that make what is missing. Names are given, so that a second program finds the same."""
    for label, model in {**NODE_MODELS, **LEDGER_MODELS}.items():
        for name, column in sorted(model.defined_properties(aliases=False, rels=False).items()):
            if column.unique_index:
                yield f"CREATE CONSTRAINT {label}_{name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{name} IS UNIQUE"
            elif column.index:
                yield f"CREATE INDEX {label}_{name} IF NOT EXISTS FOR (n:{label}) ON (n.{name})"
    for edge_type, edge in EDGE_MODELS.items():
        for name, column in sorted(edge.defined_properties(aliases=False, rels=False).items()):
            if column.index:
                yield f"CREATE INDEX {edge_type}_{name} IF NOT EXISTS FOR ()-[r:{edge_type}]-() ON (r.{name})"


def _alone(statement: str) -> Callable[[Transaction], Awaitable[None]]:
    async def work(transaction: Transaction) -> None:
        await transaction.run(statement)

    return work


def _reached(version: int, layout: str | None) -> Callable[[Transaction], Awaitable[None]]:
    async def work(transaction: Transaction) -> None:
        await transaction.run(
            "MERGE (m:Meta {key: 'store'}) SET m.version = $version, m.layout = $layout", version=version, layout=layout
        )

    return work
