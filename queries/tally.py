"""How much an impact answer comes to: by kind, tier, site and disposition; and whether it is whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from graph.index.codes import KIND_CODES, KIND_NAMES
from graph.index.impact import hubs_reached
from graph.keeping.standing import Parts, Standing
from graph.reader import NodeId
from queries.impact import Impact
from queries.privacy import View
from queries.stubs import stubs_of
from queries.trace import NAMED_STUBS, Completeness, why_hidden, why_unrecorded

__all__ = ["Parts", "completeness", "counts", "parts", "sites", "standing_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many items there are: in all, by kind (by name), by tier; and how many of them are subjects."""

    total: int
    by_kind: tuple[tuple[str, int], ...]
    by_tier: tuple[tuple[int, int], ...]
    subjects: int


def counts(answer: Impact) -> Counts:
    """From the arrays alone."""
    kinds = np.bincount(answer.kinds, minlength=len(KIND_NAMES)).tolist()
    tiers = np.bincount(answer.spread.tier, minlength=1).tolist()
    return Counts(
        total=answer.total,
        by_kind=tuple(sorted((KIND_NAMES[code], count) for code, count in enumerate(kinds) if count)),
        by_tier=tuple((tier, count) for tier, count in enumerate(tiers) if count),
        subjects=kinds[KIND_CODES["Subject"]],
    )


def standing_of(answer: Impact) -> Standing:
    """What became of the items, to be asked for its parts and sites."""
    return Standing(answer.lineage, answer.spread.nodes, answer.spread.since)


def parts(standing: Standing) -> Parts:
    """The affected units and lots by disposition, as of the answer's position."""
    return standing.parts()


def sites(view: View, answer: Impact, standing: Standing) -> list[tuple[NodeId | None, int]]:
    """Where the items are, or were last; the most first. None: not recorded. What may not be named is a stub."""
    found: Counter[int | None] = standing.sites()
    known = [(None if site is None else answer.lineage.node(site), count) for site, count in found.items()]
    known.sort(key=lambda each: (-each[1], each[0] is None, each[0] or ("", "")))
    return [
        (view.stubs.name(site) if site is not None and view.hides_kind(site[0]) else site, count)
        for site, count in known
    ]


def completeness(view: View, answer: Impact) -> Completeness:
    """Not whole: it was stopped, or meets what was only named and whose origin is not recorded."""
    reasons: list[str] = []
    if not answer.spread.is_complete:
        limit = "" if view.kernel_seconds is None else f" after {view.kernel_seconds:g} seconds"
        reasons.append(f"stopped{limit}: more may be affected")
    stubs = stubs_of(answer.lineage)
    rows = np.flatnonzero(np.isin(answer.spread.nodes, stubs))
    first = answer.rows(0, NAMED_STUBS, rows)
    nodes = [(answer.lineage.node(int(answer.spread.nodes[row])), bool(answer.hidden[row])) for row in first]
    # A machine or a position that was only named may have been cleaned, or stood in another: who knows.
    causes = sorted({*answer.seeds, *hubs_reached(answer.lineage.derived.view, answer.spread)}.intersection(stubs))
    causes = [number for number in causes if answer.spread.place(number) is None]
    nodes += [(answer.lineage.node(number), False) for number in causes[: NAMED_STUBS - len(nodes)]]
    names = [view.shown_id(node, {node} if is_hidden else ()) for node, is_hidden in nodes]
    stub_count = len(rows) + len(causes)
    if stub_count:
        reasons.append(why_unrecorded(names, stub_count))
    is_complete = not reasons
    if answer.is_widened:
        reasons.append("windows are whole days (+08:00): your role may not see when persons were treated")
    hidden = int(answer.hidden.sum())
    if hidden:
        reasons.append(why_hidden(hidden))
    return Completeness(
        complete=is_complete,
        reason="; ".join(reasons) or None,
        depth_reached=None,
        nodes_seen=sum(len(run.nodes) for run in answer.spread.runs[-1:]),
        hidden=hidden,
        unrecorded=tuple(names),
        unrecorded_count=stub_count,
    )
