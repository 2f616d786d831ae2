"""Impact by brute force, to hold the index against: every rule is applied to everything, over and over, until all rests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.reader import EntryRow, NodeId
from graph.records import RawRecord, parse
from graph.vocabulary import KINDS
from support.plain_lineage import INF, PlainLineage

__all__ = ["Affected", "Oracle", "OracleSeed", "entries_of"]

Epoch = tuple[NodeId, float, float]  # of a machine or vessel, from one decontamination to the next
Node = NodeId | Epoch


def entries_of(records: Iterable[Mapping[str, Any]]) -> list[EntryRow]:
    """Records as the ledger's entries, in this order. Without a claimed time they are recorded at their number."""
    entries = []
    for seq, given in enumerate(records, start=1):
        record, problems = parse(RawRecord(dict(given)))
        assert record is not None, problems
        recorded = seq if record.recorded_at is None else record.recorded_at.earliest_ms
        entries.append(
            EntryRow(
                seq=seq,
                name=record.name,
                target=record.target,
                record=record.canonical,
                recorded_ms=recorded,
                clock_ms=recorded,
            )
        )
    return entries


@dataclass(frozen=True)
class OracleSeed:
    node: NodeId
    since: float = -INF
    until: float | None = None


@dataclass(frozen=True)
class Affected:
    tier: int
    since: float
    uncertain: bool


@dataclass(frozen=True)
class _Step:
    """One way in which a node affects another: up to ``last`` (``holds``: at that instant too), not before ``start``."""

    source: Node
    target: Node
    start: float
    last: float
    holds: bool
    inexact: bool

    def reaches(self, tau: float) -> float:
        return max(tau, self.start) if tau < self.last or (tau == self.last and self.holds) else INF


class Oracle(PlainLineage):
    def impact(
        self, hazard: str, seeds: Sequence[OracleSeed], channels: Sequence[str] = (), *, closed: bool = False
    ) -> dict[NodeId, Affected]:
        """Tier, time and doubt of all that is affected. ``channels`` besides material."""
        found: dict[NodeId, Affected] = {}
        starts = [start for seed in seeds for start in self._first(hazard, seed, closed=closed)]
        kinds: tuple[str, ...] = ()
        sets = [(1, kinds)]
        for tier, channel, kind in ((2, "EQUIPMENT", "run"), (3, "STORAGE", "stay")):
            if channel in channels:
                kinds = (*kinds, kind)
                sets.append((tier, kinds))
        for tier, kinds in sets:
            steps = [*self._along(closed=closed), *self._through(kinds, closed=closed)]
            times = self._times(starts, steps)
            sure = self._sure(starts, steps, times)
            for node, tau in times.items():
                if len(node) == 2 and node not in found:
                    found[node] = Affected(tier, tau, node not in sure)
        return found

    # -- rule 5 ----------------------------------------------------------------------------------------------------

    def _first(self, hazard: str, seed: OracleSeed, *, closed: bool) -> list[tuple[NodeId, float, bool]]:
        """(thing, since, inexact) of what the seed affects itself."""
        kind, key = seed.node
        if KINDS[kind].is_material:
            return [(seed.node, seed.since, False)]
        until, ended = (INF, False) if seed.until is None else (seed.until, closed or seed.until == seed.since)
        if seed.until is None and hazard == "CONTAGIOUS" and kind != "Person" and seed.since > -INF:
            until = min((cut for cut in self.cuts.get(seed.node, {}) if cut > seed.since), default=INF)
        places = [(key, (-INF, False), INF, True)]
        if kind == "StoragePosition":
            places = [(place.name, place.since, place.until.at, place.is_sure) for place in self.inside(key)]
        found = []
        for place, begun, over, is_sure in places:
            for presence in self.presences:
                if presence.place != (kind, place) or presence.kind == "stay":
                    continue
                if hazard == "CONTAGIOUS" and presence.kind == "run" and not presence.is_open_process:
                    continue
                part = presence.within(seed.since, until, closed=closed, ended=ended)
                if part is None:
                    continue
                first, last, holds = part
                since = max(first, begun[0])
                # in the place when it was there itself
                is_there = since < over or (since == over and closed)
                if is_there and (since < last or (since == last and holds)):
                    doubt = presence.inexact or (begun[0] > first and begun[1]) or not is_sure
                    found.append((presence.thing, since, doubt))
        return found

    # -- rules 1 to 4, 8 -------------------------------------------------------------------------------------------

    def _along(self, *, closed: bool) -> Iterable[_Step]:
        for edge in self.edges:
            if edge.end[1] > edge.start[1]:
                yield _Step(edge.source, edge.target, edge.start[0], edge.end[1], closed, edge.inexact)
            else:
                yield _Step(edge.source, edge.target, edge.start[0], edge.start[1], True, edge.inexact)

    def _through(self, kinds: Sequence[str], *, closed: bool) -> Iterable[_Step]:
        for presence in self.presences:
            if presence.kind in kinds and presence.is_open_process:
                for epoch, inexact in self._epochs(presence.place):
                    part = presence.within(epoch[1], epoch[2], closed=closed)
                    if part is not None:
                        doubt = presence.inexact or inexact
                        yield _Step(presence.thing, epoch, *part, doubt)
                        yield _Step(epoch, presence.thing, *part, presence.inexact)

    def _epochs(self, place: NodeId) -> list[tuple[Epoch, bool]]:
        cuts = sorted(self.cuts.get(place, {}).items())
        bounds = [(-INF, True), *cuts, (INF, True)]
        return [
            ((place, bounds[number][0], bounds[number + 1][0]), not (bounds[number][1] and bounds[number + 1][1]))
            for number in range(len(bounds) - 1)
        ]

    @staticmethod
    def _times(starts: Sequence[tuple[NodeId, float, bool]], steps: Sequence[_Step]) -> dict[Node, float]:
        times: dict[Node, float] = {}
        for node, since, _ in starts:
            times[node] = min(since, times.get(node, INF))
        is_changed = True
        while is_changed:
            is_changed = False
            for step in steps:
                if step.source in times:
                    tau = step.reaches(times[step.source])
                    if tau < times.get(step.target, INF):
                        times[step.target] = tau
                        is_changed = True
        return times

    @staticmethod
    def _sure(
        starts: Sequence[tuple[NodeId, float, bool]], steps: Sequence[_Step], times: Mapping[Node, float]
    ) -> set[Node]:
        """What has a winning path on which every time is exact (rule 7)."""
        sure: set[Node] = {node for node, since, inexact in starts if since == times[node] and not inexact}
        is_changed = True
        while is_changed:
            is_changed = False
            for step in steps:
                is_next = step.source in sure and step.target not in sure and not step.inexact
                if is_next and step.reaches(times[step.source]) == times.get(step.target):
                    sure.add(step.target)
                    is_changed = True
        return sure
