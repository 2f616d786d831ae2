"""Answers as a notebook shows them: how whole they are and as of when first, then the picture; tables beside it."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any, Final

from service.notebook.frames import EDGE, INTERVAL, ITEM, NODE, PLACE, STANDING, STEP, Column, DataFrame, frame
from service.texts import Texts

__all__ = ["Answer", "Completeness", "Contents", "Impact", "Trace", "Whereabouts"]

_COUNTS: Final = {
    "by": Column.CHOICE,
    "value": Column.TEXT,
    "count": Column.COUNT,
}
_GROUPS: Final = ("kind", "depth", "tier", "site", "disposition", "manner")


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """Whether an answer is whole, and why not. ``hidden``: how many things its viewer may not see."""

    complete: bool
    reason: str | None
    depth_reached: int
    nodes_seen: int
    hidden: int


class Answer:
    """What all answers have: how whole they are, the entry of the ledger at which they are exact, a picture."""

    def __init__(
        self, answer: Mapping[str, Any], *, title: str, zone: tzinfo, say: Texts, draw: Callable[[], str]
    ) -> None:
        whole = answer["completeness"]
        self.completeness = Completeness(
            complete=whole["complete"],
            reason=whole["reason"],
            depth_reached=whole["depthReached"],
            nodes_seen=whole["nodesSeen"],
            hidden=whole["hidden"],
        )
        self.as_of_seq: int = answer["asOfSeq"]
        self.total: int = answer["summary"]["total"]
        self._title = title
        self._answer = answer
        self._zone = zone
        self._say = say
        self._draw = draw

    @cached_property
    def counts(self) -> DataFrame:
        """How many things of which kind, at which depth …, of the whole answer even where only some are listed."""
        return frame(_counted(self._answer["summary"]), _COUNTS, self._zone)

    @cached_property
    def picture(self) -> str:
        """The picture of this answer as a page of HTML that needs nothing else. It is asked for when first wanted."""
        return self._draw()

    def __repr__(self) -> str:
        return f"<{self._title}: {self.total}. {self._said()}>"

    def _said(self) -> str:
        say, whole = self._say, self.completeness
        said = say("Complete") if whole.complete else say("Not complete")
        # The reason is in English; in another language the picture tells it.
        reason = f" ({whole.reason})" if whole.reason and say.language == "en" else ""
        return f"{said}{reason}. {say('At ledger entry')} {self.as_of_seq}"

    def _repr_html_(self) -> str:
        # The picture's page is a document of its own: its scripts run apart from the notebook's.
        mark = "✓" if self.completeness.complete else "▲"
        title, said, page = (html.escape(text) for text in (self._title, self._said(), self.picture))
        return (
            f'<p lang="{self._say.tag}"><strong>{mark} {said}</strong><br><bdi>{title}</bdi></p>'
            f'<iframe title="{title}" sandbox="allow-scripts allow-forms allow-downloads" srcdoc="{page}" '
            'style="width: 100%; height: 44rem; border: 1px solid #999"></iframe>'
        )


class Trace(Answer):
    """Where something came from, or what became of it."""

    @cached_property
    def nodes(self) -> DataFrame:
        """Each thing once, nearest first: ``id``, ``kind``, ``depth`` (the start's is 0)."""
        return frame(_listed(self._answer["nodes"]), NODE, self._zone)

    @cached_property
    def edges(self) -> DataFrame:
        """What led from one to the other: ``type``, ``operation_id``, ``from``, ``to``, and when, each time with its latest
        where it is not exact.
        """
        return frame(_listed(self._answer["edges"]), EDGE, self._zone)


class Impact(Answer):
    """Who and what is affected by something that is wrong."""

    def __init__(self, answer: Mapping[str, Any], **shown: Any) -> None:
        super().__init__(answer, **shown)
        self.digest: str = answer["digest"]
        self.subjects: int = answer["summary"]["subjects"]
        self.units_to_hold: int = answer["summary"]["unitsToHold"]
        self.suspects: list[str] = [node["id"] for node in answer["suspects"]]

    @cached_property
    def items(self) -> DataFrame:
        """Each affected thing once: ``id``, ``kind``, ``tier``, ``exposed_from`` (missing: always, or masked where
        ``is_exposed_from_masked``), ``uncertain``.
        """
        return frame(_listed(self._answer["items"]), ITEM, self._zone)

    @cached_property
    def edges(self) -> DataFrame:
        """The path by which each ``item`` was reached, a row for each ``step`` from the seed on; seeds have none."""
        return frame(_steps(self._answer["items"]), STEP, self._zone)


class Whereabouts(Answer):
    """Where something has been. ``contradictions``: operations that say what cannot be; ``units``: how many the lot has;
    ``quantity``: of a counted lot, in ``unit``, of which ``is_assumed`` says that the parts taken are not recorded.
    """

    def __init__(self, answer: Mapping[str, Any], **shown: Any) -> None:
        super().__init__(answer, **shown)
        self.contradictions: list[str] = answer["contradictions"]
        self.is_assumed: bool = answer["isAssumed"]
        self.units: int | None = answer["unitCount"]
        self.quantity: float | None = answer["quantity"]
        self.unit: str | None = answer["unit"]

    @cached_property
    def intervals(self) -> DataFrame:
        """Each time in one place, by its beginning: how it was there (``manner``, of which ``GAP`` is nowhere recorded),
        what of it, the operations that ``began`` and ``ended`` it and by whom. ``path``: what the place stood in.
        """
        return frame(map(_interval, _listed(self._answer["intervals"])), INTERVAL, self._zone)


def _interval(told: Mapping[str, Any]) -> dict[str, Any]:
    hands = {name: told[name] or {"operationId": None, "person": None} for name in ("began", "ended")}
    return {
        **told,
        "path": _path(told["path"]),
        "units": ", ".join(told["units"]),
        **{name: hand["operationId"] for name, hand in hands.items()},
        **{f"{name}By": hand["person"] for name, hand in hands.items()},
    }


class Contents(Answer):
    """What stands in a place at a moment. ``at``: the moment, of which ``is_whole_day`` says that all its day is answered
    for; ``affected``: how many are affected, None where not asked; ``uncertain``: how many may not stand there.
    """

    def __init__(self, answer: Mapping[str, Any], **shown: Any) -> None:
        super().__init__(answer, **shown)
        self.at: datetime = datetime.fromisoformat(answer["at"]).astimezone(self._zone)
        self.is_whole_day: bool = answer["isWholeDay"]
        self.affected: int | None = answer["summary"]["affected"]
        self.uncertain: int = answer["summary"]["uncertain"]

    @cached_property
    def things(self) -> DataFrame:
        """Each thing in each position: ``id``, ``kind``, ``position``, ``since``, ``until`` …, and where that was asked
        whether it is ``affected``, by which ``tier`` and ``exposed_from`` when. ``path``: the positions that lead to it.
        """
        return frame(map(_standing, _listed(self._answer["rows"])), STANDING, self._zone)

    @cached_property
    def places(self) -> DataFrame:
        """How many things stand in each of the positions directly below; ``is_itself``: in the position asked about."""
        return frame(_listed(self._answer["places"]), PLACE, self._zone)


def _standing(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "path": _path(told["path"]), "dispositions": ", ".join(told["dispositions"])}


def _path(positions: Sequence[str]) -> str:
    """As in files: from the outside to the inside."""
    return " / ".join(position.partition(":")[2] for position in positions)


def _listed(connection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


def _steps(items: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in _listed(items):
        for number, step in enumerate(item["path"], start=1):
            yield {"item": item["id"], "step": number, **step}


def _counted(summary: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _GROUPS:
        for row in summary.get(f"by{name.capitalize()}", ()):
            yield {"by": name, "value": None if row[name] is None else str(row[name]), "count": row["count"]}
