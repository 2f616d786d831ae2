"""How an interval is said: how and where it was, which of it, from when to when, by whom; for pictures and pages."""

from __future__ import annotations

from collections.abc import Mapping

from graph.times import Moment
from queries.operations import Operation
from queries.whereabouts import Hand, Interval, Manner, Whereabouts
from visualize.values import moment_text
from visualize.words import Speech, edge_label

__all__ = ["end_text", "hand_text", "manner_label", "part_text", "place_text", "start_text"]


def manner_label(manner: Manner, say: Speech) -> str:
    return say(f"manner_{manner.value}")


def place_text(interval: Interval, say: Speech) -> str:
    """The place with what it stood in, from the outside to the inside."""
    if interval.manner is Manner.GAP:
        return say("manner_gap")
    names = " › ".join(name for _, name in interval.names)
    if interval.manner is Manner.ON_THE_WAY and names:
        return say("way_to", place=names)
    return names or say("no_place")


def part_text(interval: Interval, answer: Whereabouts, say: Speech) -> str:
    """Which of it: units by name as far as they are named, an amount, or all."""
    if interval.count is not None:
        if interval.is_all and answer.node[0] != "CellUnit":
            return say("all_units", count=f"{interval.count:,}")
        names = say("joined").join(interval.units)
        if interval.count == 1:
            return say("one_unit", names=names)
        named = names if interval.has_all_names else say("names_and_more", names=names)
        return say("some_units", count=f"{interval.count:,}", names=named)
    if interval.quantity is None:
        return say("whole_of_it")
    return f"{interval.quantity:,.15g} {answer.unit or ''}".strip()


def start_text(interval: Interval, say: Speech) -> str:
    return say("since_masked") if interval.is_start_masked else _text(interval.start)


def end_text(interval: Interval, say: Speech) -> str:
    """When it was over; that it goes on; or that nothing says so."""
    if interval.is_end_masked:
        return say("since_masked")
    if interval.is_open:
        return say("nothing_since" if interval.manner is Manner.GAP else "still_open")
    if interval.is_end_known:
        return _text(interval.end)
    return say("end_not_recorded") if interval.end is None else say("at_the_latest", end=_text(interval.end))


def hand_text(interval: Interval, hand: Hand | None, operations: Mapping[str, Operation], say: Speech) -> str:
    """What began or ended an interval, and who did that, where the viewer may see it."""
    if hand is None:
        return ""
    act = f"{edge_label(hand.type, say.language)} · {hand.operation}"
    person = interval.person(hand, operations)
    return act if person is None else say("by_person", act=act, person=person)


def _text(moment: Moment | None) -> str:
    return "" if moment is None else moment_text(moment)
