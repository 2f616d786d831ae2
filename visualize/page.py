"""A trace as one HTML page that needs nothing else: the answer, the picture, and tables that say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.reader import Direction, NodeId, id_text
from graph.vocabulary import KINDS
from queries.trace import TraceNode
from visualize.details import Row, Section, edge_section, node_rows, operation_section
from visualize.frame import BY_ID, legend_of, names_of_starts, notes_of, render, rolled_up_text, script_words, told
from visualize.generations import Side
from visualize.links import LinkRow, edge_row
from visualize.network import READABLE, Network, network_of
from visualize.picture import Picture, TraceQuestion
from visualize.rollup import NOTHING_OPENED, ONE_BY_ONE, Link, Opened, Shown, openings
from visualize.values import span_text
from visualize.ways import ways_from_start
from visualize.words import LANGUAGES, Speech, edge_label, kind_label

__all__ = ["Address", "trace_page"]

# The address of the page that answers a question, in a language; without one, a page leads nowhere.
Address = Callable[[TraceQuestion, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThingRow:
    shape: int
    kind: str
    node: NodeId
    members: Sequence[tuple[NodeId, str | None]]  # of a group: the first, with the address that opens them
    count: int
    place: str
    steps: str
    recorded: Sequence[Row]


def trace_page(
    picture: Picture,
    *,
    language: str = "en",
    nonce: str | None = None,
    address: Address | None = None,
    listed: str | None = None,
    thing_address: Callable[[NodeId], str] | None = None,
) -> str:
    """The page, as text. ``nonce`` is the one of the answer's Content-Security-Policy, if it is served under one;
    ``listed`` the address of the same answer as a list, ``thing_address`` where one thing has its own page.

    The page grows with what is drawn, not with the answer. It takes a moment of computing: not for the event loop.
    """
    say = Speech(language)
    network = network_of(picture, say)
    content = _content(picture, network, say, address, thing_address)
    question, answer = picture.question, picture.answer
    return render(
        "trace.html",
        say,
        network=network,
        content=content,
        nonce=nonce,
        title=say(
            "forward_title" if question.direction is Direction.FORWARD else "backward_title",
            start=names_of_starts(question.start, say),
        ),
        is_complete=answer.completeness.complete,
        as_of_seq=answer.as_of_seq,
        total=answer.summary.total,
        notes=_notes(picture, say),
        known_at=(
            None if question.known_at_ms is None else span_text(question.known_at_ms, None, question.known_at_offset)
        ),
        kind_counts=[(kind_label(kind, language), count) for kind, count in answer.summary.by_kind],
        rolled_up=_rolled_up(picture, say, address),
        legend=legend_of(picture.drawing.shapes, say),
        things=_things(picture, say, address),
        links=_link_rows(picture, say),
        languages=[] if address is None else [(name, tag, address(question, name)) for name, tag in LANGUAGES.items()],
        leads=_leads(question, say, address, listed),
        reading=say("legend_reading"),
        picture_of=say("picture_of"),
    )


def _leads(question: TraceQuestion, say: Speech, address: Address | None, listed: str | None) -> list[tuple[str, str]]:
    """Where else the page leads: the same answer as a list, the question the other way round."""
    if address is None:
        return []
    reverse = Direction.BACKWARD if question.direction is Direction.FORWARD else Direction.FORWARD
    turned = (say("turn_round"), address(replace(question, direction=reverse), say.language))
    return [turned] if listed is None else [(say("as_list"), listed), turned]


def _notes(picture: Picture, say: Speech) -> list[str]:
    """Why the answer is not whole, and what is kept from the viewer."""
    completeness, question = picture.answer.completeness, picture.question
    notes: list[str] = []
    if completeness.more_beyond_depth is not None:
        notes.append(say("more_beyond", depth=completeness.more_beyond_depth))
    notes += notes_of(completeness, say)
    chosen = [kind_label(kind, say.language) for kind in question.kinds or ()]
    chosen += [edge_label(name, say.language) for name in question.operations or ()]
    if chosen:
        notes.append(say("only_listed", what=say("joined").join(chosen)))
    known = {item.node for item in picture.answer.nodes} if question.opened else set()
    if missing := [id_text(node) for node in question.opened.every if node not in known]:
        notes.append(say("not_in_answer", names=say("joined").join(missing)))
    return notes


def _rolled_up(picture: Picture, say: Speech, address: Address | None) -> dict[str, Any] | None:
    """What is said of groups, and the largest part from the start on that can be seen one by one."""
    text = rolled_up_text("rolled_up", picture.answer.summary.total, picture.drawing.shapes, say)
    if text is None:
        return None
    smaller = [] if address is None else _smaller(picture, say, address)
    if address is not None and picture.question.opened:
        smaller.append((say("put_all_back"), _opened_address(picture.question, NOTHING_OPENED, say.language, address)))
    return {"text": text, "smaller": smaller}


def _smaller(picture: Picture, say: Speech, address: Address) -> list[tuple[str, str]]:
    """Parts that can be seen one by one: the first steps, and the lineage without what touched it."""
    summary, question = picture.answer.summary, picture.question
    parts: list[tuple[str, str]] = []
    seen, fitting = 0, None
    for depth, count in summary.by_depth:
        seen += count
        if seen <= ONE_BY_ONE and depth > 0:
            fitting = (depth, seen)
    if fitting is not None:
        text = say("first_steps", depth=fitting[0], count=fitting[1])
        parts.append((text, address(replace(question, max_depth=fitting[0]), say.language)))
    lineage = {kind: count for kind, count in summary.by_kind if KINDS[kind].is_material and kind != "Reagent"}
    if len(lineage) < len(summary.by_kind) and 1 < sum(lineage.values()) <= ONE_BY_ONE:
        text = say("only_lineage", count=sum(lineage.values()))
        parts.append((text, address(replace(question, kinds=tuple(lineage)), say.language)))
    return parts


def _place(shape: Shown, say: Speech) -> str:
    first, last = shape.generation, shape.generation_last
    generation = str(first) if first == last else f"{first} – {last}"
    if shape.next_to is not None:
        node, is_result = shape.next_to
        return say("results_of" if is_result else "sources_of", thing=id_text(node))
    return say("generation_of" if shape.side is Side.LINEAGE else "beside_generation", generation=generation)


def _steps(shape: Shown) -> str:
    return str(shape.depth) if shape.depth == shape.depth_last else f"{shape.depth} – {shape.depth_last}"


def _opened_address(question: TraceQuestion, opened: Opened, language: str, address: Address) -> str:
    return address(replace(question, opened=opened), language)


def _own_trace(question: TraceQuestion, item: TraceNode, direction: Direction, language: str, address: Address) -> str:
    asked = replace(question, start=(id_text(item.node),), direction=direction, max_depth=None)
    return address(asked, language)


def _members(picture: Picture, shape: Shown, say: Speech, address: Address | None) -> list[tuple[NodeId, str | None]]:
    question, opened = picture.question, picture.question.opened
    return [
        (
            item.node,
            None
            if address is None or item.is_hidden
            else _opened_address(question, replace(opened, things=(*opened.things, item.node)), say.language, address),
        )
        for item in shape.named
    ]


def _openings(picture: Picture, shape: Shown, say: Speech, address: Address) -> list[tuple[str, str]]:
    """What can be opened next to a thing that stands on its own, and that it can be put back."""
    if not picture.drawing.is_rolled_up or shape.named[0].is_hidden:
        return []
    ways = openings(picture.question.opened, shape.node, "open_sources", "open_results")
    return [(say(word), _opened_address(picture.question, each, say.language, address)) for word, each in ways]


def _recorded(picture: Picture, shape: Shown, say: Speech) -> list[Row]:
    item = shape.named[0]
    if item.is_hidden:
        return [Row(say("hidden_code"), "")]
    body = picture.bodies.get(item.node)
    return [] if body is None else node_rows(body, say)


def _things(picture: Picture, say: Speech, address: Address | None) -> list[_ThingRow]:
    """One row a shape, in the order of the answer."""
    rows = [
        _ThingRow(
            shape=number,
            kind=kind_label(shape.kind, say.language),
            node=shape.node,
            members=_members(picture, shape, say, address) if shape.is_group else (),
            count=shape.count,
            place=_place(shape, say),
            steps=_steps(shape),
            recorded=() if shape.is_group else _recorded(picture, shape, say),
        )
        for number, shape in enumerate(picture.drawing.shapes)
    ]
    shapes = picture.drawing.shapes
    return sorted(rows, key=lambda row: (shapes[row.shape].depth, row.node))


def _link_rows(picture: Picture, say: Speech) -> list[LinkRow]:
    """One row an edge between single things; between groups, one for each type of edge."""
    drawing = picture.drawing
    rows: list[LinkRow] = []
    for number, link in enumerate(drawing.links):
        if drawing.is_of_group(link):
            rows += _group_link_rows(picture, number, link, say)
        else:
            rows += [
                edge_row(number, edge, picture.operations.get(edge.operation_id or ""), say) for edge in link.edges
            ]
    return rows


def _group_link_rows(picture: Picture, number: int, link: Link, say: Speech) -> list[LinkRow]:
    shapes = picture.drawing.shapes
    counts = Counter(edge.type for edge in link.edges)
    return [
        LinkRow(
            link=number,
            act=f"{count:,} × {edge_label(name, say.language)}",
            source=_name(shapes[link.source], say),
            target=_name(shapes[link.target], say),
            start="",
            end="",
            recorded=(),
        )
        for name, count in counts.items()
    ]


def _name(shape: Shown, say: Speech) -> str:
    if not shape.is_group:
        return id_text(shape.node)
    return f"{shape.count:,} × {kind_label(shape.kind, say.language)} ({_place(shape, say)})"


def _content(
    picture: Picture,
    network: Network,
    say: Speech,
    address: Address | None,
    thing_address: Callable[[NodeId], str] | None,
) -> dict[str, Any]:
    """What the page's script is given."""
    drawing = picture.drawing
    sections: dict[str, list[Any]] = {}  # of each operation, once
    lines: list[dict[str, Any]] = []
    for link in drawing.links:
        own: list[Any] = []
        acts: list[str] = []
        for edge in () if drawing.is_of_group(link) else link.edges:
            operation = picture.operations.get(edge.operation_id or "")
            own.append(told(edge_section(edge, operation, say)))
            if operation is not None:
                sections.setdefault(operation.id, told(operation_section(operation, say)))
                acts = list(dict.fromkeys([*acts, operation.id]))
        if drawing.is_of_group(link):
            counts = Counter(edge.type for edge in link.edges)
            rows = [Row(edge_label(name, say.language), f"{count:,}") for name, count in counts.items()]
            own.append(told(Section(say("links"), rows)))
        ends = [_name(drawing.shapes[end], say) for end in (link.source, link.target)]
        lines.append({"heading": " → ".join(ends), "sections": own, "operations": acts})
    return {
        "nodes": network.nodes,
        "edges": network.edges,
        "options": network.options,
        "paths": {str(number): way for number, way in ways_from_start(drawing, picture.question.direction).items()},
        "target": _last_opened(picture),
        "shapes": [_shape_details(picture, shape, say, address, thing_address) for shape in drawing.shapes],
        "lines": lines,
        "operations": sections,
        "start": next((number for number, shape in enumerate(drawing.shapes) if shape.is_start), None),
        "readable": READABLE,
        "height": network.height,
        "leads": "right" if picture.question.direction is Direction.FORWARD else "left",
        "words": script_words(say),
    }


def _last_opened(picture: Picture) -> int | None:
    """The shape that a reader opened last, if it is drawn by itself."""
    shapes = enumerate(picture.drawing.shapes)
    return picture.question.opened.last_of({shape.node: number for number, shape in shapes if not shape.is_group})


def _shape_details(
    picture: Picture,
    shape: Shown,
    say: Speech,
    address: Address | None,
    thing_address: Callable[[NodeId], str] | None,
) -> dict[str, Any]:
    rows = [
        Row(say("kind"), kind_label(shape.kind, say.language)),
        Row(say("place"), _place(shape, say)),
        Row(say("steps"), _steps(shape)),
    ]
    links: list[tuple[str, str]] = []
    if shape.is_group:
        rest = shape.count - len(shape.named)
        names = say("joined").join(item.node[1] for item in shape.named)
        rows.append(Row(say("holds"), f"{names} {say('and_more', count=f'{rest:,}')}" if rest else names))
        links = [(node[1], href) for node, href in _members(picture, shape, say, address) if href is not None]
    else:
        item = shape.named[0]
        rows += _recorded(picture, shape, say)
        if address is not None and not item.is_hidden:
            links = [
                *_openings(picture, shape, say, address),
                (say("trace_backward"), _own_trace(picture.question, item, Direction.BACKWARD, say.language, address)),
                (say("trace_forward"), _own_trace(picture.question, item, Direction.FORWARD, say.language, address)),
            ]
            if thing_address is not None:
                links.insert(0, (say("own_page"), thing_address(item.node)))
    told_shape: dict[str, Any] = {
        "kind": kind_label(shape.kind, say.language),
        "heading": _name(shape, say),
        "sections": [told(Section("", rows))],
        "links": links,
    }
    if shape.is_group and address is not None:
        told_shape["open"] = _open_by_id(picture.question, shape.kind, say, address)
    return told_shape


def _open_by_id(question: TraceQuestion, kind: str, say: Speech, address: Address) -> str:
    """The address that opens a member of a group, with `BY_ID` where its id stands."""
    opened = replace(question.opened, things=(*question.opened.things, (kind, BY_ID)))
    return _opened_address(question, opened, say.language, address)
