"""Questions about what the ledger keeps: changes, deviations, coverage of the specification, the service itself."""

from __future__ import annotations

from dataclasses import asdict

import strawberry
from strawberry.types import Info

from graph.times import render
from graph.vocabulary import LISTS
from queries import coverage as covering
from queries import history as changing
from resolvers import reading
from schema.asking import context_of
from schema.described import question
from schema.deviations import Deviation, show_deviation
from schema.pages import Connection, page_size, paged
from schema.scalars import JSON, DateTime

__all__ = ["KeepingQuery"]


@strawberry.type(description="One member that was recorded or changed.")
class Change:
    seq: int = strawberry.field(description="The ledger entry.")
    record: str = strawberry.field(description="node, operation, closing, correction or amendment.")
    record_id: str
    recorded_at: DateTime = strawberry.field(description="When it was recorded; for historic data as claimed.")
    clock_at: DateTime = strawberry.field(description="The ledger's own clock.")
    person: str | None = strawberry.field(description="Who answers for it: the record's own `by` or operator.")
    actor: str | None = strawberry.field(description="Who was signed in.")
    role: str | None
    purpose: str | None
    member: str = strawberry.field(description="As records name it; `operation` where a whole operation came or went.")
    old: JSON | None
    new: JSON | None
    reason: str | None
    is_masked: bool = strawberry.field(description="Something of it is kept back: its tier is above the viewer's.")


@strawberry.type(description="A page of deviations, in the order of the ledger.")
class DeviationConnection(Connection[Deviation]):
    pass


strawberry.enum(
    covering.CoverageStatus,
    description="PRESENT: recorded wherever it belongs. MISSING: not, in at least one place. NOT_APPLICABLE: it belongs nowhere.",
)


@strawberry.type(description="One of the specification's information items.")
class CoveredItem:
    id: strawberry.ID = strawberry.field(description="COL-01.")
    list: str = strawberry.field(description="Its list's code.")
    list_zh: str
    list_en: str
    zh: str
    en: str
    status: covering.CoverageStatus
    present_count: int
    expected_count: int


@strawberry.type(description="Which of the 158 items are recorded.")
class Coverage:
    lot: strawberry.ID | None
    items: list[CoveredItem]
    present: int
    missing: int
    not_applicable: int
    as_of_seq: int


@strawberry.type(description="Where the ledger stands.")
class LedgerHead:
    seq: int
    digest: str
    epoch: str = strawberry.field(description="Another one after a restore, or in another store.")


@strawberry.type(description="How the index of the lineage in memory stands.")
class IndexState:
    state: str = strawberry.field(description="empty (nothing was asked yet), building, ready, or broken.")
    seq: int = strawberry.field(description="The ledger entry up to which it goes; it is caught up before each answer.")
    things: int
    edges: int = strawberry.field(description="Edges, and presences in machines and positions.")
    bytes: float = strawberry.field(description="Memory of the edges.")
    reason: str | None = strawberry.field(description="Why it is broken, or was built anew.")


@strawberry.type(description="What answers.")
class ServiceInfo:
    version: str
    engine: str
    engine_version: str
    ledger_head: LedgerHead
    index: IndexState | None = strawberry.field(
        description="Null: questions of lineage are answered level by level in the database."
    )


@strawberry.type
class KeepingQuery:
    @question
    async def history(self, info: Info, id: strawberry.ID) -> list[Change]:  # noqa: A002 - the argument's name in the API
        """The changes of a node (Kind:key) or an operation (Operation:O07), oldest first."""
        return [_change(each) for each in await reading.history(context_of(info), id)]

    @question
    async def deviations(
        self,
        info: Info,
        open: bool | None = None,  # noqa: A002 - the argument's name in the API
        first: int | None = 20,
        after: str | None = None,
    ) -> DeviationConnection:
        """Departures; open ones, handled ones, or all."""
        page = await reading.deviations(context_of(info), is_open=open, first=page_size(first, 20), after=after)
        return DeviationConnection(**paged(page, show_deviation))

    @question
    async def coverage(self, info: Info, lot: strawberry.ID | None = None) -> Coverage:
        """Which of the specification's items are recorded: of a lot with all it comes from, or of everything."""
        found = await reading.coverage(context_of(info), lot)
        return Coverage(
            lot=None if found.lot is None else strawberry.ID(found.lot),
            items=[_item(each) for each in found.items],
            present=found.present,
            missing=found.missing,
            not_applicable=found.not_applicable,
            as_of_seq=found.as_of_seq,
        )

    @question
    async def service_info(self, info: Info) -> ServiceInfo:
        """Product, engine, ledger, index."""
        found = await reading.service(context_of(info))
        return ServiceInfo(
            version=found.version,
            engine=found.engine,
            engine_version=found.engine_version,
            ledger_head=LedgerHead(seq=found.seq, digest=found.digest, epoch=found.epoch),
            index=None if found.index is None else IndexState(**asdict(found.index)),
        )


def _change(found: changing.Change) -> Change:
    return Change(
        seq=found.seq,
        record=found.record,
        record_id=found.record_id,
        recorded_at=DateTime(render(found.recorded_ms)),
        clock_at=DateTime(render(found.clock_ms)),
        person=found.by,
        actor=found.actor,
        role=found.role,
        purpose=found.purpose,
        member=found.member,
        old=None if found.old is None else JSON(found.old),
        new=None if found.new is None else JSON(found.new),
        reason=found.reason,
        is_masked=found.is_masked,
    )


def _item(found: covering.CoveredItem) -> CoveredItem:
    en, zh = LISTS[found.list]
    return CoveredItem(
        id=strawberry.ID(found.id),
        list=found.list,
        list_zh=zh,
        list_en=en,
        zh=found.zh,
        en=found.en,
        status=found.status,
        present_count=found.present_count,
        expected_count=found.expected_count,
    )
