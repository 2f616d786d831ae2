"""An impact as one HTML page that needs nothing else: the answer, the picture on its axis of time, and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.reader import NodeId, id_text
from graph.vocabulary import HAZARDS
from queries.impact import ImpactAsked
from queries.operations import Operation
from queries.trace import TraceEdge
from visualize.details import Row, Section, edge_section, node_rows, operation_section
from visualize.frame import BY_ID, legend_of, names_of_starts, notes_of, render, rolled_up_text, script_words, told
from visualize.impact.asking import ImpactPicture, ImpactQuestion
from visualize.impact.drawing import Bar, Mark
from visualize.impact.network import network_of_impact
from visualize.links import LinkRow, act_label, edge_row
from visualize.network import READABLE
from visualize.rollup import NOTHING_OPENED, ONE_BY_ONE, Opened, openings
from visualize.values import span_text
from visualize.words import LANGUAGES, Speech, kind_label

__all__ = ["ImpactAddress", "impact_page"]

# The address of the page that answers a question, in a language; without one, a page leads nowhere.
ImpactAddress = Callable[[ImpactQuestion, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MarkRow:
    shape: int
    tier: int
    kind: str
    name: str
    address: str | None  # of a group its own picture
    count: int
    since: str
    notes: Sequence[str]
    reached_by: str
    recorded: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BarRow:
    shape: int
    kind: str
    carrier: str
    act: str
    start: str
    end: str


def impact_page(
    picture: ImpactPicture,
    *,
    language: str = "en",
    nonce: str | None = None,
    address: ImpactAddress | None = None,
    listed: str | None = None,
    thing_address: Callable[[NodeId], str] | None = None,
    contents_address: Callable[[NodeId, ImpactAsked], str] | None = None,
    remarks: Sequence[str] = (),
) -> str:
    """The page, as text: as `visualize.page.trace_page`. ``contents_address``: where it is told what stands in a position,
    and what of that is affected by the same question; ``remarks``: what is said first of how the question was taken.
    """
    say = Speech(language)
    told_page = _Told(picture, say, address, thing_address, contents_address)
    question = picture.question
    timeline = network_of_impact(picture.drawing, say, picture.offset_minutes)
    content = {
        "nodes": timeline.network.nodes,
        "edges": timeline.network.edges,
        "options": timeline.network.options,
        "behind": timeline.behind,
        "anchors": {str(anchor): bar for anchor, bar in timeline.anchors.items()},
        "paths": {str(mark): links for mark, links in picture.drawing.paths.items()},
        "target": picture.drawing.target if question.target is not None else told_page.last_opened(),
        **told_page.content(),
        "start": picture.drawing.first_start,
        "readable": READABLE,
        "height": timeline.network.height,
        "leads": "right",
        "words": script_words(say),
    }
    return render(
        "impact.html",
        say,
        network=timeline.network,
        content=content,
        nonce=nonce,
        has_timeline=True,
        title=_title(question, say),
        is_complete=picture.completeness.complete,
        as_of_seq=picture.as_of_seq,
        total=picture.counts.total,
        notes=[*remarks, *_notes(picture, say)],
        known_at=told_page.time(question.asked.known_at_ms) or None,
        kind_counts=[(kind_label(kind, language), count) for kind, count in picture.counts.by_kind],
        rolled_up=_rolled_up(picture, say, address),
        legend=legend_of(picture.drawing.marks, say),
        languages=[] if address is None else [(name, tag, address(question, name)) for name, tag in LANGUAGES.items()],
        leads=[] if listed is None else [(say("as_list"), listed)],
        reading=say("impact_reading", zone=_zone(picture.offset_minutes)),
        picture_of=say("picture_of_impact"),
        looks=told_page.looks(),
        things=told_page.marks(),
        carriers=told_page.bars(),
        steps=told_page.steps(),
        target=question.target,
    )


def _title(question: ImpactQuestion, say: Speech) -> str:
    seeds = names_of_starts([id_text(seed.node) for seed in question.asked.seeds], say)
    return say("impact_title", hazard=HAZARDS.label(question.asked.hazard.value, say.language), seeds=seeds)


def _zone(offset_minutes: int) -> str:
    sign = "-" if offset_minutes < 0 else "+"
    return f"{sign}{abs(offset_minutes) // 60:02}:{abs(offset_minutes) % 60:02}"


def _notes(picture: ImpactPicture, say: Speech) -> list[str]:
    question = picture.question
    notes = [say("stopped")] if picture.is_stopped else []
    notes += notes_of(picture.completeness, say)
    if question.is_part:
        notes.append(say("part_drawn", count=f"{picture.listed:,}"))
    if question.target is not None and not picture.is_target_affected:
        notes.append(say("not_affected", target=question.target))
    if picture.not_opened:
        notes.append(say("not_in_answer", names=say("joined").join(map(id_text, picture.not_opened))))
    return notes


def _rolled_up(picture: ImpactPicture, say: Speech, address: ImpactAddress | None) -> dict[str, Any] | None:
    """What is said of groups, and the parts that can be seen one by one."""
    text = rolled_up_text("impact_rolled_up", picture.listed, picture.drawing.marks, say)
    if text is None:
        return None
    smaller = [] if address is None else _smaller(picture, say, address)
    if address is not None and picture.question.opened:
        whole = replace(picture.question, opened=NOTHING_OPENED)
        smaller.append((say("put_all_back"), address(whole, say.language)))
    return {"text": text, "smaller": smaller}


def _smaller(picture: ImpactPicture, say: Speech, address: ImpactAddress) -> list[tuple[str, str]]:
    """Tiers and kinds of which there are few enough."""
    question, counts = picture.question, picture.counts
    parts = []
    if question.tiers is None:
        for tier, count in counts.by_tier:
            if count <= ONE_BY_ONE:
                text = f"{say('tier')} {say(f'tier_{tier}')} ({count})"
                parts.append((text, address(replace(question, tiers=(tier,)), say.language)))
    if question.kinds is None:
        for kind, count in counts.by_kind:
            if 1 < count <= ONE_BY_ONE:
                text = f"{kind_label(kind, say.language)} ({count})"
                parts.append((text, address(replace(question, kinds=(kind,)), say.language)))
    return parts


class _Told:
    """What a page says of the shapes and lines of a picture."""

    def __init__(
        self,
        picture: ImpactPicture,
        say: Speech,
        address: ImpactAddress | None,
        thing_address: Callable[[NodeId], str] | None,
        contents_address: Callable[[NodeId, ImpactAsked], str] | None,
    ) -> None:
        self._picture, self._say = picture, say
        self._address, self._thing_address = address, thing_address
        self._contents_address = contents_address
        self._drawing = picture.drawing

    def time(self, ms: int | None, offset_minutes: int | None = None) -> str:
        if ms is None:
            return ""
        return span_text(ms, None, self._picture.offset_minutes if offset_minutes is None else offset_minutes)

    def since(self, mark: Mark) -> str:
        """From when a mark is affected."""
        if mark.is_carrier:
            return ""
        if mark.is_since_masked:
            return self._say("since_masked")
        if mark.since_ms is None:
            return self._say("always")
        if mark.before_ms is not None:
            return f"{self.time(mark.since_ms)} – {self.time(mark.before_ms)}"
        return self.time(mark.since_ms, None if mark.is_start else mark.offset_minutes)

    def name(self, mark: Mark) -> str:
        if mark.is_group:
            return f"{mark.count:,} × {kind_label(mark.kind, self._say.language)}"
        return id_text(mark.node)

    def notes(self, mark: Mark) -> list[str]:
        say = self._say
        notes = [say("seed")] if mark.is_start else []
        notes += [say("carrier")] if mark.is_carrier and not mark.is_start else []
        notes += [say("uncertain")] if mark.is_uncertain else []
        notes += [say("affected_by", thing=id_text(mark.next_to))] if mark.next_to is not None else []
        return notes + ([say("beside")] if mark.is_beside else [])

    def looks(self) -> set[str]:
        """How the bars look: what the legend has to tell."""
        bars = self._drawing.bars
        kinds = {self._drawing.marks[bar.carrier].kind for bar in bars if bar.operation_id is not None}
        looks = {"run"} if "Equipment" in kinds else set()
        looks |= {"stay"} if kinds - {"Equipment"} else set()
        looks |= {"several"} if any(bar.operation_id is None and not bar.is_window for bar in bars) else set()
        looks |= {"window"} if any(bar.is_window for bar in bars) else set()
        looks |= {"uncertain"} if any(mark.is_uncertain for mark in self._drawing.marks) else set()
        return looks

    def marks(self) -> list[_MarkRow]:
        """One row a mark, carriers last."""
        rows = [
            _MarkRow(
                shape=number,
                tier=mark.tier,
                kind=kind_label(mark.kind, self._say.language),
                name=self.name(mark) if mark.is_group else mark.node[1],
                address=self._group_address(mark),
                count=mark.count,
                since=self.since(mark),
                notes=self.notes(mark),
                reached_by=self._reached_by(number),
                recorded=self._recorded(mark),
            )
            for number, mark in enumerate(self._drawing.marks)
        ]
        return sorted(rows, key=lambda row: (self._drawing.marks[row.shape].is_carrier, row.tier))

    def bars(self) -> list[_BarRow]:
        first = len(self._drawing.marks)
        return [
            _BarRow(
                shape=first + number,
                kind=kind_label(self._drawing.marks[bar.carrier].kind, self._say.language),
                carrier=self._drawing.marks[bar.carrier].node[1],
                act=self._bar_act(bar),
                start=self._bar_time(bar, bar.start_ms, self._say("always")),
                end=self._bar_time(bar, bar.end_ms, self._say("still_open")),
            )
            for number, bar in enumerate(self._drawing.bars)
        ]

    def steps(self) -> list[LinkRow]:
        """The path to the target, in its order; empty without one."""
        target = self._drawing.target
        path = () if target is None else self._drawing.paths.get(target, ())
        edges = [(number, edge) for number in path if (edge := self._drawing.links[number].edge) is not None]
        return [edge_row(number, edge, self._operation(edge), self._say) for number, edge in edges]

    def content(self) -> dict[str, Any]:
        """What the page's script is given of shapes and lines."""
        operations = {
            operation.id: told(operation_section(operation, self._say))
            for operation in self._picture.operations.values()
        }
        shapes = [self._mark_details(number, mark) for number, mark in enumerate(self._drawing.marks)]
        shapes += [self._bar_details(bar) for bar in self._drawing.bars]
        lines = []
        for link in self._drawing.links:
            edge = link.edge
            own = [] if edge is None else [told(edge_section(edge, self._operation(edge), self._say))]
            known = edge is not None and edge.operation_id in operations
            lines.append(
                {
                    "heading": " → ".join((self._shape_name(link.source), self._shape_name(link.target))),
                    "sections": own,
                    "operations": [edge.operation_id] if edge is not None and known else [],
                }
            )
        return {"shapes": shapes, "lines": lines, "operations": operations}

    def _mark_details(self, number: int, mark: Mark) -> dict[str, Any]:
        say = self._say
        rows = [Row(say("kind"), kind_label(mark.kind, say.language))]
        if not mark.is_carrier:
            rows += [Row(say("tier"), say(f"tier_{mark.tier}")), Row(say("since"), self.since(mark))]
            if reached_by := self._reached_by(number):
                rows.append(Row(say("reached_by"), reached_by))
        rows += [Row(note, "") for note in self.notes(mark)]
        rows += self._recorded(mark)
        links = []
        if (group := self._group_address(mark)) is not None:
            links.append((say("open_group"), group))
        if self._address is not None and not mark.is_group and not mark.is_hidden:
            if self._thing_address is not None:
                links.append((say("own_page"), self._thing_address(mark.node)))
            if self._contents_address is not None and mark.kind == "StoragePosition":
                links.append((say("stands_here"), self._contents_address(mark.node, self._picture.question.asked)))
            if not mark.is_carrier:
                pointed = replace(self._picture.question, target=id_text(mark.node))
                links.append((say("path_to_it"), self._address(pointed, say.language)))
                links += self._openings(mark.node)
        told_mark: dict[str, Any] = {
            "kind": kind_label(mark.kind, say.language),
            "heading": self.name(mark),
            "sections": [told(Section("", rows))],
            "links": links,
        }
        if mark.is_group and self._address is not None:
            opened = self._picture.question.opened
            told_mark["open"] = self._opened(replace(opened, things=(*opened.things, (mark.kind, BY_ID))))
        return told_mark

    def last_opened(self) -> int | None:
        """The mark that a reader opened last, if it is drawn by itself."""
        numbers = {mark.node: number for number, mark in enumerate(self._drawing.marks) if not mark.is_group}
        return self._picture.question.opened.last_of(numbers)

    def _opened(self, opened: Opened) -> str:
        assert self._address is not None, "only a page that leads somewhere opens anything"
        return self._address(replace(self._picture.question, opened=opened, target=None), self._say.language)

    def _openings(self, node: NodeId) -> list[tuple[str, str]]:
        """What can be opened next to a thing that stands on its own, and that it can be put back."""
        if not self._drawing.is_rolled_up:
            return []
        ways = openings(self._picture.question.opened, node, "open_cause", "open_affected")
        return [(self._say(word), self._opened(each)) for word, each in ways]

    def _bar_details(self, bar: Bar) -> dict[str, Any]:
        rows = [
            Row(self._say("start_time"), self._bar_time(bar, bar.start_ms, self._say("always"))),
            Row(self._say("end_time"), self._bar_time(bar, bar.end_ms, self._say("still_open"))),
        ]
        known = [bar.operation_id] if bar.operation_id in self._picture.operations else []
        heading = f"{id_text(self._drawing.marks[bar.carrier].node)} · {self._bar_act(bar)}"
        return {
            "kind": kind_label(self._drawing.marks[bar.carrier].kind, self._say.language),
            "heading": heading,
            "sections": [told(Section("", rows))],
            "operations": known,
            "links": [],
        }

    def _bar_act(self, bar: Bar) -> str:
        if bar.is_window:
            return self._say("window")
        return self._say("carried", count=f"{bar.count:,}") if bar.edge is None else act_label(bar.edge, self._say)

    def _bar_time(self, bar: Bar, ms: int | None, otherwise: str) -> str:
        if bar.is_masked:
            return self._say("since_masked")
        return self.time(ms, None if bar.edge is None else bar.offset_minutes) or otherwise

    def _reached_by(self, number: int) -> str:
        """The last step of the path to a mark."""
        edges = [self._drawing.links[link].edge for link in self._drawing.paths.get(number, ())]
        last = next((edge for edge in reversed(edges) if edge is not None), None)
        return "" if last is None else f"{act_label(last, self._say)} ← {id_text(last.source)}"

    def _operation(self, edge: TraceEdge) -> Operation | None:
        return self._picture.operations.get(edge.operation_id or "")

    def _recorded(self, mark: Mark) -> list[Row]:
        if mark.is_hidden:
            return [Row(self._say("hidden_code"), "")]
        body = None if mark.is_group else self._picture.bodies.get(mark.node)
        return [] if body is None else node_rows(body, self._say)

    def _shape_name(self, shape: int) -> str:
        marks = self._drawing.marks
        return self.name(marks[shape]) if shape < len(marks) else id_text(marks[self._bar(shape).carrier].node)

    def _bar(self, shape: int) -> Bar:
        return self._drawing.bars[shape - len(self._drawing.marks)]

    def _group_address(self, mark: Mark) -> str | None:
        """A picture of the group alone. Of what is affected from always, or from a time that is not shown, all of it."""
        if not mark.is_group or self._address is None:
            return None
        question = self._picture.question
        between = question.between if mark.since_ms is None else (mark.since_ms, mark.before_ms)
        asked = replace(question, kinds=(mark.kind,), tiers=(mark.tier,), between=between, target=None)
        return None if asked == replace(question, target=None) else self._address(asked, self._say.language)
