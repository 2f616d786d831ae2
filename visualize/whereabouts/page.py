"""Where a thing has been as one HTML page that needs nothing else: the answer, the picture, a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from graph.reader import NodeId, id_text
from graph.times import render as time_text
from queries.whereabouts import Interval, Manner
from visualize.details import Row, Section, operation_section
from visualize.frame import notes_of, render, script_words, told
from visualize.network import READABLE
from visualize.rollup import ONE_BY_ONE
from visualize.values import span_text
from visualize.whereabouts.asking import WhereaboutsPicture, WhereaboutsQuestion
from visualize.whereabouts.drawing import Bar
from visualize.whereabouts.network import LOOKS, band_text, bar_text, network_of_whereabouts
from visualize.whereabouts.saying import end_text, hand_text, manner_label, place_text, start_text
from visualize.words import LANGUAGES, Speech

__all__ = ["WhereaboutsAddress", "whereabouts_picture_page"]

# The address of the page that answers a question, in a language; without one, a page leads nowhere.
WhereaboutsAddress = Callable[[WhereaboutsQuestion, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BarRow:
    shape: int
    count: int
    start: str
    end: str
    manner: str
    place: str
    address: str | None  # of several intervals their own picture
    which: str
    began: str
    ended: str


def whereabouts_picture_page(
    picture: WhereaboutsPicture,
    *,
    language: str = "en",
    nonce: str | None = None,
    address: WhereaboutsAddress | None = None,
    listed: str | None = None,
    thing_address: Callable[[NodeId], str] | None = None,
) -> str:
    """The page, as text: as `visualize.page.trace_page`."""
    say = Speech(language)
    page = _Page(picture, say, address, thing_address)
    question, answer = picture.question, picture.answer
    timeline = network_of_whereabouts(picture, say)
    content = {
        "nodes": timeline.network.nodes,
        "edges": timeline.network.edges,
        "options": timeline.network.options,
        "behind": timeline.behind,
        "shapes": [page.details(bar) for bar in picture.drawing.bars],
        "lines": page.lines(),
        "anchors": {str(anchor): bar for anchor, bar in timeline.anchors.items()},
        "paths": {str(bar): path for bar in range(len(picture.drawing.bars)) if (path := picture.drawing.path(bar))},
        "target": None,
        "operations": {each.id: told(operation_section(each, say)) for each in picture.operations.values()},
        "start": 0 if picture.drawing.bars else None,
        "readable": READABLE,
        "height": timeline.network.height,
        "leads": "right",
        "words": script_words(say),
    }
    known_at = question.known_at_ms
    return render(
        "whereabouts.html",
        say,
        network=timeline.network,
        content=content,
        nonce=nonce,
        has_timeline=True,
        title=say("whereabouts_title", thing=id_text(answer.node)),
        is_complete=answer.completeness.complete,
        as_of_seq=answer.as_of.seq,
        total=len(answer.intervals),
        total_word="in_intervals",
        notes=page.notes(),
        known_at=None if known_at is None else span_text(known_at, None, question.known_at_offset),
        kind_counts=[(manner_label(each, say), answer.by_manner[each]) for each in Manner if answer.by_manner[each]],
        rolled_up=page.rolled_up(),
        legend=[],
        manners=page.manners(),
        signs=page.signs(),
        languages=[] if address is None else [(name, tag, address(question, name)) for name, tag in LANGUAGES.items()],
        leads=[*([] if listed is None else [(say("as_list"), listed)]), *page.leads()],
        reading=say("whereabouts_reading", zone=time_text(0, picture.offset_minutes)[-6:]),
        picture_of=say("picture_of_whereabouts"),
        intervals=page.rows(),
    )


class _Page:
    """What a page says of the bars of a picture."""

    def __init__(
        self,
        picture: WhereaboutsPicture,
        say: Speech,
        address: WhereaboutsAddress | None,
        thing_address: Callable[[NodeId], str] | None,
    ) -> None:
        self._picture, self._say = picture, say
        self._address, self._thing_address = address, thing_address

    def notes(self) -> list[str]:
        say, answer, question = self._say, self._picture.answer, self._picture.question
        notes = notes_of(answer.completeness, say)
        if answer.contradictions:
            notes.append(say("contradict", operations=say("joined").join(answer.contradictions[:10])))
        if answer.is_assumed:
            notes.append(say("assumed"))
        if question.within is not None:
            notes.append(say("only_within", place=question.within[1]))
        if question.manner is not None or question.within is not None:
            notes.append(say("part_drawn", count=f"{self._picture.listed:,}"))
        if question.part is not None and self._picture.parts > 1:
            notes.append(say("part_of_parts", part=question.part, parts=self._picture.parts))
        return notes

    def leads(self) -> list[tuple[str, str]]:
        """To the whole answer, and to the parts before and after."""
        question, say = self._picture.question, self._say
        if self._address is None:
            return []
        found = []
        if question.part is not None:
            for word, part in (("part_before", question.part - 1), ("part_after", question.part + 1)):
                if 1 <= part <= self._picture.parts:
                    found.append((say(word), self._address(replace(question, part=part), say.language)))
        if question.manner is not None or question.within is not None or question.part is not None:
            every = replace(question, manner=None, within=None, part=None)
            found.append((say("whole_answer"), self._address(every, say.language)))
        return found

    def rolled_up(self) -> dict[str, Any] | None:
        """What is said of groups."""
        groups = [bar for bar in self._picture.drawing.bars if bar.interval is None]
        if not groups:
            return None
        grouped = sum(bar.count for bar in groups)
        total = f"{self._picture.listed:,}"
        text = self._say("whereabouts_rolled_up", total=total, grouped=f"{grouped:,}", groups=len(groups))
        return {"text": text, "smaller": []}

    def manners(self) -> list[tuple[str, str, int]]:
        """How the bars look: what is said of a look, the look, and how many intervals are so."""
        counts: Counter[Manner] = Counter()
        for bar in self._picture.drawing.bars:
            counts[bar.manner] += bar.count
        return [(manner_label(each, self._say), LOOKS[each], counts[each]) for each in Manner if counts[each]]

    def signs(self) -> list[tuple[str, str]]:
        """What else the picture tells by a sign."""
        drawing, say = self._picture.drawing, self._say
        found = [(say("legend_open"), "open")] if any(bar.is_open for bar in drawing.bars) else []
        if any(bar.interval is not None and _has_soft_end(bar) for bar in drawing.bars):
            found.append((say("legend_inexact"), "soft"))
        found += [(say("legend_went_on"), "went_on")] if drawing.links else []
        return found + ([(say("legend_several_intervals"), "several")] if drawing.is_rolled_up else [])

    def rows(self) -> list[_BarRow]:
        return [self._row(number, bar) for number, bar in enumerate(self._picture.drawing.bars)]

    def _row(self, number: int, bar: Bar) -> _BarRow:
        say, each = self._say, bar.interval
        return _BarRow(
            shape=number,
            count=bar.count,
            start=self._start(bar),
            end=self._end(bar),
            manner=manner_label(bar.manner, say),
            place=self._place(bar),
            address=self._own_address(bar),
            which=bar_text(self._picture, bar, say),
            began="" if each is None else hand_text(each, each.began, self._picture.operations, say),
            ended="" if each is None else hand_text(each, each.ended, self._picture.operations, say),
        )

    def details(self, bar: Bar) -> dict[str, Any]:
        """What the page's script is given of a bar."""
        row = self._row(0, bar)
        texts = (
            ("manner", row.manner),
            ("place_name", row.place),
            ("which", row.which),
            ("start_time", row.start),
            ("end_time", row.end),
            ("began_by", row.began),
            ("ended_by", row.ended),
        )
        rows = [Row(self._say(word), text) for word, text in texts if text]
        return {
            "kind": row.manner,  # what the legend leaves out by
            "heading": f"{row.place} · {row.which}",
            "sections": [told(Section("", rows))],
            "operations": self._operations(bar.interval),
            "links": self._links(bar),
        }

    def lines(self) -> list[dict[str, Any]]:
        """What the page's script is given of the lines, from what was there to where it went."""
        bars = self._picture.drawing.bars
        found = []
        for link in self._picture.drawing.links:
            source, target = bars[link.source], bars[link.target]
            heading = " → ".join(self._place(bar) for bar in (source, target))
            rows = [
                Row(self._say("start_time"), self._start(target)),
                Row(self._say("began_by"), self._row(0, target).began),
            ]
            found.append({"heading": heading, "sections": [told(Section("", rows))], "operations": [], "links": []})
        return found

    def _operations(self, interval: Interval | None) -> list[str]:
        """Those that began and ended it, as far as they are shown."""
        hands = [] if interval is None else [interval.began, interval.ended]
        names = dict.fromkeys(hand.operation for hand in hands if hand is not None)
        return [name for name in names if name in self._picture.operations]

    def _links(self, bar: Bar) -> list[tuple[str, str]]:
        say, links = self._say, list[tuple[str, str]]()
        if (own := self._own_address(bar)) is not None:
            links.append((say("open_group"), own))
        if self._address is None:
            return links
        question = self._picture.question
        for name in reversed(() if bar.interval is None else bar.interval.names):
            if name[1].startswith("•"):
                continue
            if self._thing_address is not None:
                links.append((f"{say('own_page')}{say('colon')}{name[1]}", self._thing_address(name)))
        if bar.interval is not None and bar.interval.place is not None and question.within is None:
            asked = replace(question, within=bar.interval.place, part=None)
            links.append((say("only_this_place"), self._address(asked, say.language)))
        return links

    def _own_address(self, bar: Bar) -> str | None:
        """A picture of what the bar stands for; of more of one place and manner than can be drawn, in parts."""
        if bar.interval is not None or self._address is None:
            return None
        band = self._picture.drawing.bands[bar.band]
        question = replace(self._picture.question, manner=bar.manner, part=None)
        if band.names:
            question = replace(question, within=band.names[-1])
        if bar.count > ONE_BY_ONE and not band.is_cut:
            question = replace(question, part=1)
        return self._address(question, self._say.language)

    def _place(self, bar: Bar) -> str:
        if bar.interval is not None:
            return place_text(bar.interval, self._say)
        return band_text(self._picture.drawing.bands[bar.band], self._say)

    def _start(self, bar: Bar) -> str:
        if bar.interval is not None:
            return start_text(bar.interval, self._say)
        return self._say("since_masked") if bar.start is None else self._time(bar.start[0])

    def _end(self, bar: Bar) -> str:
        if bar.interval is not None:
            return end_text(bar.interval, self._say)
        if bar.is_open:
            return self._say("still_open")
        return "" if bar.end is None else self._time(bar.end[1])

    def _time(self, ms: int) -> str:
        return span_text(ms, None, self._picture.offset_minutes)


def _has_soft_end(bar: Bar) -> bool:
    return any(bounds is not None and bounds[0] != bounds[1] for bounds in (bar.start, bar.end)) or (
        bar.end is None and not bar.is_open
    )
