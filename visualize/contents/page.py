"""What stands in a place as one HTML page that needs nothing else: the answer, the plan, and tables that say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.reader import NodeId, id_text
from graph.vocabulary import DISPOSITIONS, KINDS
from queries.standings import Standing
from visualize.contents.asking import ContentsPicture, ContentsQuestion
from visualize.contents.drawing import Box, Item
from visualize.contents.network import CLEAN, TIER_COLOURS, box_name, network_of_plan
from visualize.details import Row, Section, node_rows
from visualize.frame import legend_of, notes_of, render, rolled_up_text, script_words, told
from visualize.network import READABLE
from visualize.rollup import ONE_BY_ONE
from visualize.values import field_text, span_text
from visualize.words import LANGUAGES, Speech, kind_label

__all__ = ["ContentsAddress", "contents_page"]

# The address of the page that answers a question, in a language, as a list where that is wanted.
ContentsAddress = Callable[[ContentsQuestion, str, bool], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThingRow:
    shape: int
    where: str
    kind: str
    name: str
    way: tuple[str, str] | None  # of a group, where it is shown one by one
    count: int
    affected: str
    since: str
    until: str
    disposition: str
    notes: Sequence[str]
    recorded: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoxRow:
    shape: int
    name: str
    level: str
    count: int
    affected: int
    address: str | None


def contents_page(
    picture: ContentsPicture,
    *,
    site_offset: int,
    language: str = "en",
    nonce: str | None = None,
    address: ContentsAddress | None = None,
    above: NodeId | None = None,
    thing_address: Callable[[NodeId], str] | None = None,
) -> str:
    """The page, as text: as `visualize.page.trace_page`. ``above``: the position that this one stood in."""
    say = Speech(language)
    page = _Told(picture, say, address, thing_address, site_offset)
    network = network_of_plan(picture, say)
    question, answer = picture.question, picture.answer
    content = {
        "nodes": network.nodes,
        "edges": network.edges,
        "options": network.options,
        "plan": True,
        **page.content(network.edges),
        "start": 0,
        "readable": READABLE,
        "width": network.width,
        "height": network.height,
        "leads": "right",
        "words": script_words(say),
    }
    moment = page.moment()
    return render(
        "contents.html",
        say,
        network=network,
        content=content,
        nonce=nonce,
        behind="plan.js",
        title=say("contents_title", position=question.asked.position[1], moment=moment),
        is_complete=picture.completeness.complete,
        as_of_seq=answer.as_of.seq,
        total=answer.total,
        notes=page.notes(),
        known_at=page.time(question.asked.known_at_ms) or None,
        kind_counts=[(kind_label(kind.kind, language), kind.count) for kind in answer.by_kind],
        rolled_up=page.rolled_up(),
        legend=_legend(picture, say),
        languages=(
            [] if address is None else [(name, tag, address(question, name, False)) for name, tag in LANGUAGES.items()]
        ),
        leads=page.leads(above),
        reading=say("contents_reading"),
        picture_of=say("picture_of_contents"),
        moment=moment,
        is_asked=page.is_asked,
        affected=answer.affected,
        affected_text=say("affected_of", affected=f"{answer.affected:,}", clean=f"{answer.total - answer.affected:,}"),
        tiers=[
            (tier, colour, say(f"tier_{tier}"))
            for tier, colour in TIER_COLOURS.items()
            if any(item.tier == tier for item in picture.plan.items)
        ],
        has_uncertain=any(item.is_uncertain for item in picture.plan.items),
        things=page.things(),
        boxes=page.boxes(),
    )


def _legend(picture: ContentsPicture, say: Speech) -> list[tuple[str, str, str, int]]:
    """Where colours tell what is affected, the shapes alone tell the kinds."""
    found = legend_of(picture.plan.items, say)
    if picture.question.asked.impact is None:
        return found
    return [(label, shape, CLEAN, count) for label, shape, _, count in found]


class _Told:
    """What a page says of the boxes, and of what stands in them."""

    def __init__(
        self,
        picture: ContentsPicture,
        say: Speech,
        address: ContentsAddress | None,
        thing_address: Callable[[NodeId], str] | None,
        site_offset: int,
    ) -> None:
        self._picture, self._say = picture, say
        self._address, self._thing_address = address, thing_address
        self._offset = site_offset
        self._plan = picture.plan
        self.is_asked = picture.question.asked.impact is not None

    # -- of the whole ----------------------------------------------------------------------------------------------

    def time(self, ms: int | None, offset_minutes: int | None = None) -> str:
        return "" if ms is None else span_text(ms, None, self._offset if offset_minutes is None else offset_minutes)

    def moment(self) -> str:
        """The moment to the second, in the site's zone."""
        return self.time(self._picture.question.asked.at_ms // 1000 * 1000)

    def notes(self) -> list[str]:
        say, answer, question = self._say, self._picture.answer, self._picture.question
        notes = [say("stopped")] if not self._is_found_whole() else []
        notes += [say("moment_is_day")] if answer.is_widened else []
        notes += notes_of(self._picture.completeness, say)
        notes += [say("nothing_there")] if not answer.total else []
        notes += [say("uncertain_of", count=f"{answer.uncertain:,}")] if answer.uncertain else []
        notes += [say("affected_later", count=f"{answer.affected_later:,}")] if answer.affected_later else []
        notes += [say("empty_positions", count=f"{self._plan.empty:,}")] if self._plan.empty else []
        notes += [say("part_drawn", count=f"{self._picture.listed:,}")] if question.is_part else []
        return notes

    def _is_found_whole(self) -> bool:
        answer = self._picture.answer
        return answer.places.is_complete and (answer.impact is None or answer.impact.spread.is_complete)

    def rolled_up(self) -> dict[str, Any] | None:
        text = rolled_up_text("contents_rolled_up", self._picture.listed, self._plan.items, self._say)
        if text is None:
            return None
        question, answer, smaller = self._picture.question, self._picture.answer, []
        if self._address is not None and question.affected is None and 0 < answer.affected <= ONE_BY_ONE:
            part = replace(question, affected=True)
            text_of_part = self._say("only_affected", count=f"{answer.affected:,}")
            smaller.append((text_of_part, self._address(part, self._say.language, False)))
        return {"text": text, "smaller": smaller}

    def leads(self, above: NodeId | None) -> list[tuple[str, str]]:
        """The same as a list, and what stands in the position above."""
        if self._address is None:
            return []
        question, language = self._picture.question, self._say.language
        leads = [(self._say("as_list"), self._address(question, language, True))]
        if above is not None:
            leads.append((self._say("go_up", position=above[1]), self._address(self._at(above), language, False)))
        return leads

    def _at(self, position: NodeId) -> ContentsQuestion:
        """The same question of another position."""
        question = self._picture.question
        return replace(question, asked=replace(question.asked, position=position))

    # -- tables ----------------------------------------------------------------------------------------------------

    def things(self) -> list[_ThingRow]:
        first, say = len(self._plan.boxes), self._say
        rows = []
        for number, item in enumerate(self._plan.items):
            row = None if item.row is None else self._picture.rows[item.row]
            rows.append(
                _ThingRow(
                    shape=first + number,
                    where=self._where(item),
                    kind=kind_label(item.kind, say.language),
                    name=self._name(item),
                    way=self._way_into(item),
                    count=item.count,
                    affected=self._affected(item, row),
                    since="" if row is None else self._since(row),
                    until="" if row is None else self._until(row),
                    disposition="" if row is None else self._disposition(row),
                    notes=self._notes(item, row),
                    recorded=self._recorded(row),
                )
            )
        return rows

    def boxes(self) -> list[_BoxRow]:
        return [
            _BoxRow(
                shape=number,
                name=self._box_key(box),
                level=self._level(box),
                count=box.count,
                affected=box.affected,
                address=self._box_address(box),
            )
            for number, box in enumerate(self._plan.boxes)
        ]

    # -- shapes ----------------------------------------------------------------------------------------------------

    def content(self, edges: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What the page's script is given of boxes, things, and what stands in what."""
        shapes = [self._box_details(box) for box in self._plan.boxes]
        shapes += [self._item_details(item) for item in self._plan.items]
        lines = [
            {"heading": f"{shapes[edge['from']]['heading']} → {shapes[edge['to']]['heading']}", "sections": []}
            for edge in edges
        ]
        return {"shapes": shapes, "lines": lines, "operations": {}}

    def _box_details(self, box: Box) -> dict[str, Any]:
        say = self._say
        rows = [Row(say("count"), say("so_many", count=f"{box.count:,}"))]
        rows += [Row(say("level"), level)] if (level := self._level(box)) else []
        rows += [Row(say("is_affected"), f"{box.affected:,}")] if self.is_asked else []
        links = []
        if (address := self._box_address(box)) is not None:
            links.append((say("these_as_list" if box.positions > 1 else "go_into"), address))
        if self._thing_address is not None and box.positions == 1:
            links.append((say("own_page"), self._thing_address(box.node)))
        return {
            "kind": kind_label("StoragePosition", say.language),
            "heading": box_name(box, say, is_asked=self.is_asked),
            "sections": [told(Section("", rows))],
            "links": links,
        }

    def _item_details(self, item: Item) -> dict[str, Any]:
        say = self._say
        row = None if item.row is None else self._picture.rows[item.row]
        rows = [Row(say("kind"), kind_label(item.kind, say.language)), Row(say("where"), self._where(item))]
        for word, text in (
            ("is_affected", self._affected(item, row) if self.is_asked else ""),
            ("stands_since", "" if row is None else self._since(row)),
            ("stands_until", "" if row is None else self._until(row)),
            ("disposition", "" if row is None else self._disposition(row)),
        ):
            rows += [Row(say(word), text)] if text else []
        rows += [Row(note, "") for note in self._notes(item, row)]
        rows += self._recorded(row)
        links = []
        if (way := self._way_into(item)) is not None:
            links.append(way)
        if self._thing_address is not None and row is not None and not row.is_hidden:
            links.append((say("own_page"), self._thing_address(row.node)))
        return {
            "kind": kind_label(item.kind, say.language),
            "heading": self._name(item),
            "sections": [told(Section("", rows))],
            "links": links,
        }

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _name(self, item: Item) -> str:
        if item.is_group:
            return f"{item.count:,} × {kind_label(item.kind, self._say.language)}"
        return id_text(item.node)

    def _box_key(self, box: Box) -> str:
        return box.node[1] if box.positions == 1 else self._say("more_positions", count=f"{box.positions:,}")

    def _where(self, item: Item) -> str:
        """The positions from the one asked about down to its own."""
        names: list[str] = []
        box: int | None = item.box
        while box is not None:
            names.append(self._box_key(self._plan.boxes[box]))
            box = self._plan.boxes[box].parent
        return " / ".join(reversed(names))

    def _level(self, box: Box) -> str:
        body = self._picture.bodies.get(box.node)
        level = None if body is None else body.values.get("level")
        declared = KINDS["StoragePosition"].fields["level"]
        return "" if body is None or level is None else field_text(declared, level, self._say, body.values)

    def _affected(self, item: Item, row: Standing | None) -> str:
        say = self._say
        if not self.is_asked:
            return ""
        if not item.affected:
            return say("is_clean")
        if row is None:
            return say("affected_count", count=f"{item.affected:,}")
        since = (
            say("since_masked") if row.is_hidden
            else self.time(row.affected_since_ms, row.offset_minutes) or say("always")
        )  # fmt: skip
        doubt = " ?" if row.is_affected_uncertain else ""
        return f"▲ {say(f'tier_{item.tier}')}{say('joined')}{say('since')} {since}{doubt}"

    def _since(self, row: Standing) -> str:
        if row.is_since_masked or row.since_ms is None:
            return self._say("since_masked")
        return span_text(row.since_ms, row.since_latest_ms, row.offset_minutes)

    def _until(self, row: Standing) -> str:
        return self._say("since_masked") if row.is_until_masked else self.time(row.until_ms, row.offset_minutes)

    def _disposition(self, row: Standing) -> str:
        text = self._say("joined").join(DISPOSITIONS.label(name, self._say.language) for name in row.dispositions)
        return text if row.amount is None else f"{row.amount:,.15g} × {text}"

    def _notes(self, item: Item, row: Standing | None) -> list[str]:
        notes = []
        if item.is_uncertain:
            told = self._say("uncertain_part", count=f"{item.uncertain:,}")
            notes.append(told if item.is_group else self._say("where_uncertain"))
        notes += [self._say("left_there")] if row is not None and row.is_left else []
        return notes + ([self._say("hidden_code")] if row is not None and row.is_hidden else [])

    def _recorded(self, row: Standing | None) -> list[Row]:
        body = None if row is None or row.is_hidden else self._picture.bodies.get(row.node)
        return [] if body is None else node_rows(body, self._say)

    def _way_into(self, item: Item) -> tuple[str, str] | None:
        """Into the position that a group stands in; of what stands in the one asked about itself, the list."""
        if not item.is_group or self._address is None:
            return None
        if item.box == 0:
            question = replace(self._picture.question, kinds=(item.kind,))
            return self._say("these_as_list"), self._address(question, self._say.language, True)
        address = self._box_address(self._plan.boxes[item.box])
        return None if address is None else (self._say("go_into"), address)

    def _box_address(self, box: Box) -> str | None:
        if self._address is None or box.parent is None:
            return None
        if box.positions > 1:
            return self._address(self._picture.question, self._say.language, True)
        return self._address(self._at(box.node), self._say.language, False)
