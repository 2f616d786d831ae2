"""Watches the course of a thing as the rules run it, and notes where each part of it was, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from graph.reader import NodeId
from graph.rules.account import Account, Event, events_of
from graph.rules.course import Course, Parcel, Step, Thing, steps_in_order, take
from graph.rules.deeds import Deeds, IsWithin
from graph.times import Moment
from graph.vocabulary import OPERATIONS
from queries.whereabouts.acts import Act, Manner, Visit, visits_of

__all__ = ["Cause", "Followed", "Span", "Track", "follow"]

_POSITION = "StoragePosition"
_Presence = tuple[Manner, str, str | None]  # how, by which operation, and where


class Cause(NamedTuple):
    """The beginning of an operation, or its end."""

    operation: str
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in one place. ``end`` None: it goes on, or, where not ``is_end_known``, nothing says until when.

    ``began`` and ``ended``: what began and what ended it.
    """

    manner: Manner
    place: NodeId | None
    start: Moment
    end: Moment | None = None
    is_end_known: bool = True
    began: Cause
    ended: Cause | None = None


@dataclass(slots=True)
class Track:
    """The way of one part of a thing: a unit, some of a counted lot, or all of it."""

    unit: str | None
    amount: float | None
    spans: list[Span] = field(default_factory=list)
    here: Span | None = None
    presence: _Presence | None = None
    standing: tuple[str, str | None] | None = None  # its disposition and what lies over that, as seen last
    is_gone: bool = False

    def enter(self, span: Span) -> None:
        self.here = span

    def leave(self, at: Moment, cause: Cause) -> None:
        if self.here is not None:
            self.spans.append(replace(self.here, end=at, ended=cause))
            self.here = None

    @property
    def all_spans(self) -> list[Span]:
        return [*self.spans, *([] if self.here is None else [self.here])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """``loose``: where some of a counted lot was, with how much; which part is not recorded.

    ``contradictions``: what the records, as known, say that cannot be, by operation.
    """

    mode: str  # itemised, counted, uncounted
    tracks: Sequence[Track]
    loose: Sequence[tuple[Span, float]]
    contradictions: Sequence[str]


def follow(thing: NodeId, lot: NodeId, acts: Mapping[str, Act], is_within: IsWithin) -> Followed:
    """``thing`` is the lot itself, or one of its units."""
    unit = thing[1].partition("#")[2] if thing != lot else None
    events = [
        event
        for act in acts.values()
        for kind, key, each in events_of(act.record, act.seq, creates=OPERATIONS[act.record.type].creates)
        if (kind, key) == lot and (event := _of_unit(each, unit)) is not None
    ]
    known, account = Thing(kind=lot[0], key=lot[1]), Account(events=events)
    watcher = _Watcher(Course(thing=known), is_within, acts, lot)
    if not any(event.role == "made" for event in events):
        watcher.make(None)
        watcher.look(None)
    for step in steps_in_order(known, account, is_within=is_within):
        take(watcher, step)
        watcher.look(step)
    for parcel, track in watcher.tracks.items():
        track.amount = parcel.amount
    impossible = [problem.operation for problem in watcher.course.problems if not problem.is_forbidden]
    return Followed(
        mode=watcher.course.mode,
        tracks=list(watcher.tracks.values()),
        loose=watcher.loose,
        contradictions=list(dict.fromkeys(impossible)),
    )


def _of_unit(event: Event, unit: str | None) -> Event | None:
    """What an event did with one unit; None: nothing."""
    if unit is None or not event.units:
        return event
    return replace(event, units=(unit,), quantity=1) if unit in event.units else None


class _Watcher(Deeds):
    """Lets events happen, and looks after each where the parcels are."""

    def __init__(self, course: Course, is_within: IsWithin, acts: Mapping[str, Act], lot: NodeId) -> None:
        super().__init__(course, is_within)
        self.tracks: dict[Parcel, Track] = {}
        self.loose: list[tuple[Span, float]] = []
        self._acts, self._lot = acts, lot
        self._by_unit: dict[str | None, Parcel] = {}

    def split(self, parcel: Parcel, amount: float) -> Parcel:
        part = super().split(parcel, amount)
        if part is not parcel:
            way = self.tracks[parcel]
            self.tracks[part] = replace(way, spans=list(way.spans))
        return part

    def _stands_elsewhere(self, event: Event, parcel: Parcel) -> bool:
        """As the ledger stands, nothing does; as it was known once, the end of a stay may not have been recorded yet.

        Then what is said to have come after it counts.
        """
        if super()._stands_elsewhere(event, parcel):
            self._leave(parcel, event.start)
            parcel.transport = None
        return False

    def look(self, step: Step | None) -> None:
        for parcel in self._concerned(step):
            track = self.tracks.get(parcel)
            is_new = track is None
            if track is None:
                track = self.tracks[parcel] = Track(parcel.unit, parcel.amount)
            if step is not None:
                if is_new:
                    self._left(track, self._acts[step.event.operation])
                self._note(track, parcel, step)
            track.standing = parcel.base, parcel.overlay
        if step is not None and not step.is_end:
            for visit in visits_of(self._acts[step.event.operation], self._lot):
                self._visit(step.event, visit)

    def _concerned(self, step: Step | None) -> list[Parcel]:
        """The parcels that a step may have changed: a lot of many units is not looked through for each of them."""
        every = self.course.parcels
        if step is None or not self.tracks:
            return every
        if step.is_end:
            return [parcel for parcel in every if (self.tracks[parcel].presence or ("", ""))[1] == step.event.operation]
        if self.course.mode == "itemised" and step.event.units and step.event.type != "COUNTED":
            return self._named(step.event.units)
        return every

    def _named(self, units: Iterable[str]) -> list[Parcel]:
        if not self._by_unit:
            self._by_unit = {parcel.unit: parcel for parcel in self.course.parcels}
        return [self._by_unit[unit] for unit in units if unit in self._by_unit]

    @staticmethod
    def _left(track: Track, act: Act) -> None:
        """Where what made it left it."""
        if act.left_in is not None and act.end is not None:
            place = (_POSITION, act.left_in)
            track.enter(
                Span(manner=Manner.TEMPORARY, place=place, start=act.end, began=Cause(act.record.id, is_end=True))
            )

    def _note(self, track: Track, parcel: Parcel, step: Step) -> None:
        """What the step changed for the parcel."""
        act, cause = self._acts[step.event.operation], Cause(step.event.operation, step.is_end)
        at = act.end if step.is_end else act.record.start
        assert at is not None  # only what has an end has an end step
        presence = self._presence(parcel)
        if parcel.is_final and not track.is_gone:
            track.leave(at, cause)
            place = None if act.location is None else (_POSITION, act.location)
            taken = Span(manner=Manner.TAKEN, place=place, start=at, end=at, began=cause, ended=cause)
            track.spans.append(taken)
            track.is_gone = True
        elif presence is not None and presence != track.presence:
            track.leave(at, cause)
            manner, _, position = presence
            place = None if position is None else (_POSITION, position)
            track.enter(Span(manner=manner, place=place, start=at, began=cause))
        elif presence is None and track.presence is not None:
            came_from = track.here.place if track.here is not None else None
            track.leave(at, cause)
            if step.is_end and step.event.type == "TRANSPORTED":
                track.enter(Span(manner=Manner.ARRIVED, place=came_from, start=at, began=cause))
        elif track.here is not None and presence is None and step.event.type in {"CHANGED_DISPOSITION", "COUNTED"}:
            is_changed = (parcel.base, parcel.overlay) != track.standing
            is_claimed = track.here.manner is Manner.TEMPORARY and parcel.base != "unaccounted"
            if is_changed and not is_claimed:  # sent back, or not found: it is not said to be there any more
                track.leave(at, cause)
        track.presence = presence

    def _presence(self, parcel: Parcel) -> _Presence | None:
        if parcel.is_final:
            return None
        if parcel.stay is not None:
            return Manner.STAY, parcel.stay.operation, parcel.stay.position
        if parcel.transport is not None:
            return Manner.ON_THE_WAY, parcel.transport, self._acts[parcel.transport].position
        return None

    def _visit(self, event: Event, visit: Visit) -> None:
        span = Span(
            manner=visit.manner,
            place=visit.place,
            start=visit.start,
            end=visit.end,
            is_end_known=visit.is_end_known,
            began=Cause(event.operation),
            ended=None if visit.end is None else Cause(event.operation, is_end=True),
        )
        is_whole = self._lot in visit.things
        if is_whole and self.course.mode == "counted" and visit.quantity is not None:
            self.loose.append((span, visit.quantity))
            return
        units = [key.partition("#")[2] for kind, key in visit.things if kind == "CellUnit"]
        for parcel in self.course.parcels if is_whole else self._named(units):
            track = self.tracks[parcel]
            # What an operation takes as a whole was at it, too.
            is_there = not is_whole or not track.is_gone or track.spans[-1].began.operation == event.operation
            if is_there and span not in track.spans:
                track.spans.append(span)
