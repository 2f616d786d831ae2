"""What a viewer may see. Every answer passes through a ``View``: values above the viewer's tier become None and are
named, keys above it are replaced by stubs, and what was shown of tiers 2 and 3 goes into the access log.

Source: specification 2 (G-05).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from graph.errors import IntegrityBroken, NotPermitted
from graph.index.lineage import Lineage
from graph.keeping import Asked, Index, Lineages, Pushdown
from graph.reader import LATEST, AsOf, NodeId, Reader, autologous_donors, descendants_of, descended_from, id_text
from graph.saying import said
from graph.viewer import Permission, Viewer
from graph.vocabulary import KINDS, Field, lot_key_tier
from queries.personal import all_personal, personal_marks

__all__ = ["AccessLog", "NoLog", "NoVault", "Shown", "Stubs", "Unshown", "Vault", "View", "not_to_be_looked_up"]

_SEALED_TIER = 3
_LOGGED_TIER = 2
_OF_DONORS = frozenset({"Tissue", "CellLot", "CellUnit", "Reagent"})  # what may come from one person


class Vault(Protocol):
    """Where sealed values are kept."""

    async def open(self, digests: Collection[str]) -> Mapping[str, Any]:
        """The values behind these digests; what was destroyed is left out."""
        ...


class AccessLog(Protocol):
    """Who read what of tiers 2 and 3. Kept beside the ledger; durable before the answer is sent."""

    def append(self, viewer: Viewer, what: str, ids: Iterable[str], tier: int) -> None: ...

    async def flush(self) -> None: ...


class NoVault:
    """A vault that holds nothing, for a store without sealed values."""

    async def open(self, digests: Collection[str]) -> Mapping[str, Any]:  # noqa: ARG002 - it holds nothing
        return {}


class NoLog:
    """A log that keeps nothing: for the owner of a store that nobody else reads."""

    def append(self, viewer: Viewer, what: str, ids: Iterable[str], tier: int) -> None:
        """Keeps nothing."""

    async def flush(self) -> None:
        """There is nothing to write."""


class Stubs:
    """Names for what may not be named: ``Donor:•1``, the same for the same thing throughout one answer."""

    def __init__(self) -> None:
        self._names: dict[NodeId, NodeId] = {}
        self._counts: dict[str, int] = defaultdict(int)

    def name(self, node: NodeId) -> NodeId:
        if node not in self._names:
            self._counts[node[0]] += 1
            self._names[node] = (node[0], f"•{self._counts[node[0]]}")
        return self._names[node]


@dataclass(frozen=True, slots=True)
class Unshown:
    """Values to be shown: of what (an id for the log), which fields, and the values as stored."""

    id: str
    fields: Mapping[str, Field]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be seen of some values, and the names of those that were kept back."""

    values: Mapping[str, Any]
    masked: tuple[str, ...]


def not_to_be_looked_up(thing: str) -> NotPermitted:
    """What is said of a thing of a kind whose codes the viewer may not see, whether it exists or not."""
    return NotPermitted(
        said("Your role may not look up {thing}.", thing=thing), remedy=said("Ask a colleague whose role may.")
    )


def _digest(value: Any) -> str | None:
    if isinstance(value, Mapping) and set(value) == {"sealed"}:
        digest: str = value["sealed"]
        return digest
    return None


@dataclass(frozen=True, kw_only=True)
class View:
    """The lineage through the eyes of one viewer. Make one for each answer: stubs are counted in it.

    ``remembers``: what was found to lead to one person, or not, is not looked up again. For answers put together from
    several questions about the same things.
    """

    reader: Reader
    viewer: Viewer
    vault: Vault = field(default_factory=NoVault)
    log: AccessLog = field(default_factory=NoLog)
    stubs: Stubs = field(default_factory=Stubs)
    remembers: bool = False
    index: Index | None = None  # None: questions of lineage are pushed down to the database
    kernel_seconds: float | None = None  # how long a question of lineage may be thought about
    gone: asyncio.Future[None] | None = None  # done when nobody waits for the answer any more
    _personal: set[NodeId] = field(default_factory=set, repr=False)  # lots found to lead to one person
    _donors: dict[AsOf, frozenset[str]] = field(default_factory=dict, repr=False)  # autologous ones, by position
    _latest: list[AsOf] = field(default_factory=list, repr=False)  # to where the index was looked at for this answer
    _head: list[int] = field(default_factory=list, repr=False)  # the same, of the ledger
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _asked: dict[AsOf, dict[NodeId, bool]] = field(default_factory=dict, repr=False)  # does it lead to one person?

    def __post_init__(self) -> None:
        if not self.viewer.may(Permission.READ):
            raise NotPermitted(said("Your role may not read."), remedy=said("Ask for a role that may."))

    @property
    def tier(self) -> int:
        """The highest tier that is shown unmasked."""
        return self.viewer.highest_tier

    def lineages(self, *, pushdown: bool = False) -> Lineages:
        """Where the lineage is read from: the index where there is one, otherwise, or as asked, the database."""
        return Pushdown(self.reader) if pushdown or self.index is None else self.index

    async def indexed(self, as_of: AsOf) -> Lineage | None:
        """The lineage at a position, where there is an index."""
        return None if self.index is None else await self.index.lineage(as_of, Asked(starts=()))

    def hides_kind(self, kind: str) -> bool:
        """Whether the keys of a kind are above the viewer's tier."""
        return KINDS[kind].tier > self.tier

    async def hidden(
        self, nodes: Iterable[NodeId], as_of: AsOf = LATEST, lineage: Lineage | None = None
    ) -> frozenset[NodeId]:
        """Those whose keys the viewer may not see: kinds above the tier, and lots that lead to one person.

        ``as_of`` is the position of the answer: what led to one person there, or is now known to, is hidden.
        ``lineage``: the index's at that position, where it is at hand; otherwise the database is asked.
        """
        every = list(dict.fromkeys(nodes))
        hidden = {node for node in every if self.hides_kind(node[0])}
        personal = await self.led_to_one_person([node for node in every if node not in hidden], as_of, lineage)
        if self.tier < lot_key_tier(is_autologous=True):
            return frozenset(hidden | personal)
        self._personal.update(personal)  # shown, and therefore logged
        return frozenset(hidden)

    async def concealed(self, as_of: AsOf) -> frozenset[NodeId]:
        """All lots and units that the viewer may not see because they lead to one person; empty from tier 2 on."""
        if self.tier >= lot_key_tier(is_autologous=True):
            return frozenset()
        if (lineage := await self.at_hand(as_of)) is not None:
            marks = await all_personal(lineage)
            found = (lineage.node(number) for number in np.flatnonzero(marks).tolist())
            return frozenset(node for node in found if node[0] in _OF_DONORS)
        donors = await self._autologous_donors(as_of)
        return await descendants_of(self.reader, donors, as_of) if donors else frozenset()

    async def led_to_one_person(
        self, nodes: Iterable[NodeId], as_of: AsOf, lineage: Lineage | None = None
    ) -> set[NodeId]:
        """What of the nodes comes from a donor who is the one to be treated (requirements.md: tier 2)."""
        wanted = [node for node in nodes if node[0] in _OF_DONORS]
        found: set[NodeId] = set()
        if wanted and lineage is None and (lineage := await self.at_hand(as_of)) is not None:
            as_of = lineage.as_of
        if wanted and lineage is not None and self.index is not None:
            numbers = [(node, number) for node in wanted if (number := lineage.find(node)) is not None]
            places = np.array([number for _, number in numbers], dtype=np.int64)
            marks = await personal_marks(self.index, lineage, places, as_of)
            found = {node for (node, _), is_personal in zip(numbers, marks.tolist(), strict=True) if is_personal}
            known = {node for node, _ in numbers}
            wanted = [node for node in wanted if node not in known]  # what came after the index was looked at
        for position in await self._positions(as_of) if wanted else ():
            if donors := await self._autologous_donors(position):
                asked = self._asked.setdefault(position, {}) if self.remembers else {}
                if fresh := [node for node in wanted if node not in asked]:
                    personal = await descended_from(self.reader, fresh, donors, position)
                    asked |= {node: node in personal for node in fresh}
                found |= {node for node in wanted if asked[node]}
        return found

    async def _positions(self, as_of: AsOf) -> set[AsOf]:
        """Where it is looked whose something is: at the position, with all that was recorded by then, and at the head."""
        found = {AsOf(as_of.seq), as_of}
        if as_of.seq < LATEST.seq:
            if not self._head:
                self._head.append((await self.reader.head()).seq)
            if as_of.seq < self._head[0]:
                found.add(LATEST)
        return found

    async def at_hand(self, as_of: AsOf) -> Lineage | None:
        """The index's lineage as it is now, where that is asked for and the index is there already: nobody waits for it
        to learn what may be seen. What stood at earlier positions is told by the database sooner.
        """
        if self.index is None or as_of.known_at_ms is not None or self.index.state().state != "ready":
            return None
        try:
            async with self._looking:
                if not self._latest:
                    self._latest.append(await self.index.position())
            if as_of.seq < self._latest[0].seq:
                return None
            return await self.index.lineage(self._latest[0], Asked(starts=()))
        except IntegrityBroken:  # told to who asks for the lineage
            return None

    async def _autologous_donors(self, as_of: AsOf) -> frozenset[str]:
        """Keys of the donors who are themselves to be treated."""
        if as_of not in self._donors:
            self._donors[as_of] = await autologous_donors(self.reader, as_of)
        return self._donors[as_of]

    def note_personal(self, nodes: Iterable[NodeId]) -> None:
        """These were found to lead to one person: where they are shown, that is logged."""
        self._personal.update(nodes)

    def keeps_back(self, nodes: Iterable[NodeId], hidden: Collection[NodeId]) -> bool:
        """Whether one of the nodes is hidden for whom it leads to: when something was done with it is not shown either."""
        return any(node in hidden and not self.hides_kind(node[0]) for node in nodes)

    def shown_id(self, node: NodeId, hidden: Collection[NodeId]) -> str:
        """The id, or the stub's where the node is hidden."""
        return id_text(self.stubs.name(node) if node in hidden else node)

    async def show(self, what: str, unshown: Sequence[Unshown]) -> list[Shown]:
        """Masks, unseals and logs in one go, in the order given: one read of the vault at most."""
        opened = await self._unseal(unshown)
        shown: list[Shown] = []
        seen: dict[int, dict[str, None]] = defaultdict(dict)
        for item in unshown:
            values: dict[str, Any] = {}
            masked: list[str] = []
            for name, value in item.values.items():
                declared = item.fields.get(name)
                digest = _digest(value)
                tier = max(declared.tier if declared else 0, _SEALED_TIER if digest is not None else 0)
                if tier > self.tier or (digest is not None and digest not in opened):
                    masked.append(name)
                    continue
                values[name] = value if digest is None else opened[digest]
                if tier >= _LOGGED_TIER:
                    seen[tier][item.id] = None
            # A field that is not recorded is masked too: what is missing would tell as well.
            masked += [
                name for name, declared in item.fields.items() if name not in item.values and declared.tier > self.tier
            ]
            shown.append(Shown(values=values, masked=tuple(masked)))
        for tier in sorted(seen):
            self.log.append(self.viewer, what, list(seen[tier]), tier)
        return shown

    async def _unseal(self, unshown: Sequence[Unshown]) -> Mapping[str, Any]:
        if self.tier < _SEALED_TIER:
            return {}
        digests = {digest for item in unshown for value in item.values.values() if (digest := _digest(value))}
        return await self.vault.open(sorted(digests)) if digests else {}

    def show_keys(self, what: str, nodes: Iterable[NodeId]) -> None:
        """Logs that the keys of these nodes are shown, where they are personal. `hidden` was asked of them before."""
        self.show_personal(
            what, [node for node in nodes if KINDS[node[0]].tier >= _LOGGED_TIER or node in self._personal]
        )

    def show_personal(self, what: str, nodes: Iterable[NodeId]) -> None:
        """Logs that the keys of these nodes are shown, all of which are personal."""
        ids = [id_text(node) for node in nodes if not node[1].startswith("•")]
        if ids:
            self.log.append(self.viewer, what, ids, _LOGGED_TIER)
