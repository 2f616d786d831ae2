"""The lineage as it stood at one position: what questions are asked of. Never changes; what is written later is not in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graph.errors import NotFound
from graph.index.codes import CONTAINS, KIND_CODES, MATERIAL, USE
from graph.index.derivation import Derived
from graph.index.facts import Facts
from graph.index.hazards import Channel, Hazard, Seed
from graph.index.impact import Spread, find_spread, place_seeds
from graph.index.reaching import CANCELLED, CUT, reach, untouch
from graph.index.tables import Array
from graph.index.work import Workshop
from graph.reader import AsOf, Direction, NodeId

__all__ = ["Lineage", "Reached", "never"]

_MATERIAL_CLASSES = 1 << MATERIAL | 1 << CONTAINS
_NO_LIMIT = 2**62


def never() -> Array:
    """A flag that nobody raises. Set a flag's one element to 1, from any thread, to stop what was given it."""
    return np.zeros(1, dtype=np.int8)


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Things by depth, the starts first. Not ``is_complete``: more lies beyond the greatest depth, or it was cancelled."""

    nodes: Array
    depth: Array
    is_complete: bool
    is_cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Answers questions about things by number. Numbers are those of the index's facts, the same at every position."""

    facts: Facts
    derived: Derived
    workshop: Workshop
    as_of: AsOf

    @property
    def seq(self) -> int:
        return self.as_of.seq

    @property
    def count(self) -> int:
        """How many things have numbers; not all of them may exist at this position."""
        return self.derived.view.thing_count

    @property
    def kinds(self) -> Array:
        """The kind of each thing, as its place in ``KIND_NAMES`` (uint8)."""
        return self.derived.kinds

    @property
    def leads_to_one_person(self) -> Array:
        """By thing: whether it is, or comes from, a donor who is the one to be treated (bool)."""
        said_count = len(self.facts.columns["donor_is_autologous"])
        known: tuple[int, Array] | None = self.__dict__.get("_personal")
        if known is None or known[0] != said_count:  # what is said of donors later holds for all time
            found = np.zeros(self.count, dtype=np.bool_)
            if donors := self._autologous():
                found[self.reach(donors, Direction.FORWARD).nodes] = True
            known = said_count, found
            self.__dict__["_personal"] = known
        return known[1]

    def _autologous(self) -> list[int]:
        """The donors who are themselves to be treated, as is now known, whatever the position: an amendment holds for all
        time, and what it hides is not to be seen in what was.
        """
        things, marks = (self.facts.columns[f"donor_{name}"].frozen_copy() for name in ("thing", "is_autologous"))
        count = min(len(things), len(marks))  # another thread may be adding one
        said = dict(zip(things[:count].tolist(), marks[:count].tolist(), strict=True))  # the last one counts
        return [thing for thing, is_autologous in said.items() if is_autologous and thing < self.count]

    def find(self, node: NodeId) -> int | None:
        """The number of a thing; None where the ledger did not name it by then."""
        found = self.facts.names.get(KIND_CODES[node[0]], node[1])
        return None if found is None or found >= self.count else found

    def node(self, number: int) -> NodeId:
        return self.facts.node(number)

    def impact(
        self,
        hazard: Hazard,
        seeds: Sequence[Seed],
        channels: Collection[Channel] | None = None,
        *,
        closed: bool = False,
        cancel: Array | None = None,
    ) -> Spread:
        """Who is affected. ``closed``: ends count as still present (rule 8).

        Raises NotFound for seeds that the ledger does not name, BadInput for a window or channel that does not fit.
        """
        numbers = self._numbers(seed.node for seed in seeds)
        kinds = self.facts.columns["thing_kind"]
        placed = place_seeds(self.derived, kinds, hazard, list(zip(numbers, seeds, strict=True)), closed=closed)
        flag = never() if cancel is None else cancel
        return find_spread(self.derived, placed, self.workshop, hazard, channels, closed=closed, cancel=flag)

    def _numbers(self, nodes: Iterable[NodeId]) -> list[int]:
        found = [(node, self.find(node)) for node in nodes]
        if missing := tuple(f"{kind}:{key}" for (kind, key), number in found if number is None):
            raise NotFound(missing)
        return [number for _, number in found if number is not None]

    def reach(
        self,
        starts: Sequence[int],
        direction: Direction,
        *,
        with_uses: bool = False,
        max_depth: int | None = None,
        cancel: Array | None = None,
    ) -> Reached:
        """All that the starts lead to, or come from, along material edges, whatever the time.

        ``with_uses``: also from reagents to what they were used on, as an exposure spreads.
        """
        classes = _MATERIAL_CLASSES | (1 << USE if with_uses else 0)
        with self.workshop.walking(self.derived.view) as work:
            count, levels, status = reach(
                self.derived.view,
                np.array(starts, dtype=np.int32),
                direction is Direction.FORWARD,
                classes,
                _NO_LIMIT if max_depth is None else max_depth,
                work,
                never() if cancel is None else cancel,
            )
            nodes = work.reached[:count].copy()
            sizes = np.diff(work.levels[:levels], prepend=0)
            untouch(work.seen, work.reached, count)
        return Reached(
            nodes=nodes,
            depth=np.repeat(np.arange(levels, dtype=np.int32), sizes),
            is_complete=status not in {CUT, CANCELLED},
            is_cancelled=status == CANCELLED,
        )
