"""What can be wrong with material, and what it passes through (recall.md, "Hazards")."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, unique

from graph.errors import BadInput
from graph.reader import NodeId
from graph.saying import said

__all__ = ["Channel", "Hazard", "Seed", "channel_sets"]


@unique
class Hazard(Enum):
    HERITABLE = "HERITABLE"
    CONTAGIOUS = "CONTAGIOUS"
    EXPOSURE = "EXPOSURE"
    ELIGIBILITY = "ELIGIBILITY"
    IDENTITY = "IDENTITY"


@unique
class Channel(Enum):
    """MATERIAL is always on; the others are for CONTAGIOUS only."""

    MATERIAL = "MATERIAL"
    EQUIPMENT = "EQUIPMENT"
    STORAGE = "STORAGE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """What is wrong, and over which time: [from, until), None where there is no such bound.

    Material and reagents have no ``until_ms``. A window whose two bounds are equal is that instant.
    """

    node: NodeId
    from_ms: int | None = None
    until_ms: int | None = None


def channel_sets(hazard: Hazard, channels: Collection[Channel] | None) -> list[tuple[int, bool, bool]]:
    """The nested sets of channels to be computed: (tier, equipment, storage) each. None: the hazard's default.

    Raises BadInput where a channel does not go with the hazard.
    """
    is_contagious = hazard is Hazard.CONTAGIOUS
    if channels is None:
        channels = {Channel.EQUIPMENT} if is_contagious else ()
    beside = {channel for channel in channels if channel is not Channel.MATERIAL}
    if beside and not is_contagious:
        names = " and ".join(sorted(channel.value for channel in beside))
        raise BadInput(
            said("{names} does not go with {hazard}.", names=names, hazard=hazard.value),
            remedy=said("Leave the channels out, or ask for CONTAGIOUS."),
            member="channels",
        )
    sets = [(1, False, False)]
    if Channel.EQUIPMENT in beside:
        sets.append((2, True, False))
    if Channel.STORAGE in beside:
        sets.append((3, Channel.EQUIPMENT in beside, True))
    return sets
