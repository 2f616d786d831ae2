"""Asking in GraphQL within a test: of a store, or of a lineage in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.ledger.model import Receipt, Submission
from graph.viewer import OWNER, Role, Viewer
from queries.privacy import NoLog, View
from resolvers.asking import Door
from schema import Answer, Context, execute
from service.store import Store
from support.memory_graph import MemoryGraph

__all__ = ["KeptDoor", "ask", "ask_memory", "data_of", "viewer"]


@dataclass
class KeptDoor:
    """A door that keeps what is handed in, and accepts it."""

    submissions: list[Submission] = field(default_factory=list)

    async def record(self, submission: Submission) -> Receipt:
        self.submissions.append(submission)
        return Receipt(accepted=True, seq=1, applied=len(submission.records))


def viewer(role: Role, *, person: str = "P-01", purpose: str | None = None) -> Viewer:
    return Viewer(person=person, role=role, purpose=purpose)


async def ask(store: Store, query: str, variables: Mapping[str, Any] | None = None, *, as_: Viewer = OWNER) -> Answer:
    """The whole answer, errors included."""
    return await execute(Context(view=store.view(as_), door=store.ledger), query, variables, None)


async def ask_memory(
    lineage: MemoryGraph,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    as_: Viewer = OWNER,
    door: Door | None = None,
    log: Any = None,
) -> Answer:
    view = View(reader=lineage, viewer=as_, vault=lineage.vault, log=log or NoLog())
    return await execute(Context(view=view, door=door or KeptDoor()), query, variables, None)


def data_of(answer: Answer) -> Any:
    """The data of an answer without errors."""
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return answer.data
