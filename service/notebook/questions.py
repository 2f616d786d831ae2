"""The questions that only a notebook asks: as GraphQL has them, and as the address of the page with their picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.client import Service
from service.commands.questions import ask_whole

__all__ = ["WhereaboutsQuestion", "ask_whereabouts"]

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
      completeness {{ complete reason depthReached nodesSeen hidden }}
      summary {{ total byManner {{ manner count }} }}
      contradictions isAssumed unitCount quantity unit
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
