"""The questions that only a notebook asks: as GraphQL has them, and as the address of the page with their picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.client import Service
from service.commands.impact import Question as ImpactQuestion
from service.commands.questions import ask_whole

__all__ = ["ContentsQuestion", "WhereaboutsQuestion", "ask_contents", "ask_whereabouts"]

_HAND: Final = "{ operationId person }"
_INTERVAL: Final = (
    "manner place path start startLatest end endLatest isStartMasked isEndMasked isOpen isEndKnown units hasAllNames "
    f"unitCount quantity isAll began {_HAND} ended {_HAND}"
)
_INTERVALS: Final = {
    "intervals": "intervals(first: $first, after: $intervals) { pageInfo { hasNextPage endCursor } "
    f"edges {{ node {{ {_INTERVAL} }} }} }}"
}
_CUSTODY: Final = """query Custody($id: ID!, $knownAt: DateTime, $first: Int!, {declared}) {{
  custody(id: $id, knownAt: $knownAt) {{
    __typename
    ... on Custody {{
      asOfSeq
      {completeness}
      summary {{ total byManner {{ manner count }} }}
      contradictions isAssumed unitCount quantity unit
      {lists}
    }}
    {failures}
  }}
}}"""

_STANDING: Final = (
    "id kind position path since sinceLatest isSinceMasked until isUntilMasked isLeft uncertain operationId dispositions "
    "amount affected tier exposedFrom isExposedFromMasked isExposureUncertain"
)
_STANDINGS: Final = {
    "rows": "rows(first: $first, after: $rows, kinds: $kinds) { pageInfo { hasNextPage endCursor } "
    f"edges {{ node {{ {_STANDING} }} }} }}",
    "places": "places(first: $first, after: $places) { pageInfo { hasNextPage endCursor } "
    "edges { node { position isItself total affected uncertain } } }",
}
_CONTENTS: Final = """query Contents($position: ID!, $at: DateTime, $knownAt: DateTime, $impact: ImpactInput,
    $kinds: [NodeKind!], $first: Int!, {declared}) {{
  contents(position: $position, at: $at, knownAt: $knownAt, impact: $impact) {{
    __typename
    ... on Contents {{
      at isWholeDay asOfSeq
      {completeness}
      summary {{ total affected uncertain byKind {{ kind count }} }}
      {lists}
    }}
    {failures}
  }}
}}"""


@dataclass(frozen=True, kw_only=True)
class WhereaboutsQuestion:
    """Where a thing has been. ``known_at`` None: as the records stand now."""

    id: str
    known_at: str | None = None

    def variables(self) -> Mapping[str, Any]:
        return {"id": self.id, "knownAt": self.known_at}

    def as_address(self) -> list[tuple[str, str]]:
        """As the query of ``/view/whereabouts``."""
        return [("id", self.id), *([] if self.known_at is None else [("knownAt", self.known_at)])]


async def ask_whereabouts(service: Service, question: WhereaboutsQuestion) -> dict[str, Any]:
    """The GraphQL data of the whole answer. Raises what `ask_whole` raises."""
    return await ask_whole(service, "custody", _CUSTODY, question.variables(), _INTERVALS)


@dataclass(frozen=True, kw_only=True)
class ContentsQuestion:
    """What stands in a position at a moment, and what of it is affected. ``at``, ``known_at`` None: now; ``kinds``: which
    are listed.
    """

    position: str
    at: str | None = None
    known_at: str | None = None
    impact: ImpactQuestion | None = None
    kinds: Sequence[str] | None = None

    def variables(self) -> Mapping[str, Any]:
        return {
            "position": self.position,
            "at": self.at,
            "knownAt": self.known_at,
            "impact": None if self.impact is None else self.impact.as_input(),
            "kinds": self.kinds,
        }

    def as_address(self, moment: str) -> list[tuple[str, str]]:
        """As the query of ``/view/contents``, at the moment of the answer."""
        given = {"knownAt": self.known_at, "kinds": None if self.kinds is None else ",".join(self.kinds)}
        return [
            ("position", self.position),
            ("at", moment),
            *((name, value) for name, value in given.items() if value is not None),
            *([] if self.impact is None else self.impact.as_address()),
        ]


async def ask_contents(service: Service, question: ContentsQuestion) -> dict[str, Any]:
    """The GraphQL data of the whole answer. Raises what `ask_whole` raises."""
    return await ask_whole(service, "contents", _CONTENTS, question.variables(), _STANDINGS)
