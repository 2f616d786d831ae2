"""One storage cell holds one thing at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from graph.rules.course import Course, Problem
from graph.rules.departures import CELL_TAKEN
from graph.rules.hearing import Hearing
from graph.rules.world import KnownNode, NodeId, World
from graph.saying import said

__all__ = ["check_cells"]


class _Held(NamedTuple):
    """A stay in a cell, over the time that is certain. ``end`` None: it goes on."""

    start: int
    end: int | None
    operation: str
    thing: NodeId


class _Clash(NamedTuple):
    """Two things certainly in one cell at once; ``late`` came second."""

    cell: str
    early: _Held
    late: _Held

    @property
    def operations(self) -> frozenset[str]:
        return frozenset({self.early.operation, self.late.operation})


def check_cells(
    hearing: Hearing,
    courses: Mapping[NodeId, Course],
    before: Mapping[NodeId, Course],
    course_of: Callable[[KnownNode], Course],
) -> None:
    """Tells what stands where something else stands. ``courses`` and ``before``: of what the request touches."""
    world = hearing.world
    others = {
        thing: course_of(node)
        for thing in {thing for things in world.occupants.values() for thing in things} - courses.keys()
        if (node := world.nodes.get(thing)) is not None and node.account is not None and not node.is_void
    }
    clashes = list(_clashes(world, {**courses, **others}))
    known = {(clash.cell, clash.operations) for clash in _clashes(world, {**before, **others})} if clashes else set()
    for clash in clashes:
        if not hearing.is_doubtful([clash.early.thing, clash.late.thing, ("StoragePosition", clash.cell)]):
            _tell(hearing, clash, is_known=(clash.cell, clash.operations) in known)


def _tell(hearing: Hearing, clash: _Clash, *, is_known: bool) -> None:
    early, late = clash.early, clash.late
    if late.operation not in hearing.owners and early.operation in hearing.owners:
        early, late = late, early  # whoever is recorded second is told
    problem = Problem(
        late.operation,
        "position_taken",
        said(
            CELL_TAKEN,
            cell=clash.cell,
            thing=f"{early.thing[0]}:{early.thing[1]}",
            operation=early.operation,
        ),
        said("Take that out first, or name another cell."),
        is_forbidden=True,
    )
    subject = f"StoragePosition:{clash.cell}"
    owner = hearing.owners.get(late.operation)
    if owner is not None:
        about = [early.thing, late.thing]
        hearing.forbid(owner, problem, subject=subject, member="outputs[0].id", about=about)
    elif not is_known:
        node = hearing.world.nodes[late.thing]
        hearing.tell_as_now_known(hearing.culprit(node), problem, subject)


def _clashes(world: World, courses: Mapping[NodeId, Course]) -> Iterator[_Clash]:
    for cell, held in _by_cell(world, courses.items()).items():
        held.sort(key=lambda stay: (stay.start, stay.operation, stay.thing))
        for number, early in enumerate(held):
            for late in held[number + 1 :]:
                is_over = early.end is not None and late.start >= early.end
                is_instant = late.end is not None and late.start >= late.end
                is_one_act = late.operation == early.operation and late.thing == early.thing
                if not (is_over or is_instant or is_one_act):
                    yield _Clash(cell, early, late)


def _by_cell(world: World, courses: Iterable[tuple[NodeId, Course]]) -> dict[str, list[_Held]]:
    stays: dict[str, list[_Held]] = defaultdict(list)
    for thing, course in courses:
        for stay in course.stays:
            position = world.node("StoragePosition", stay.position)
            if position is not None and position.values.get("level") == "cell":
                end = None if stay.end is None else stay.end[0]
                stays[stay.position].append(_Held(stay.start[1], end, stay.operation, thing))
    return stays
