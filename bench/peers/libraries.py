"""Graph libraries for Python: time-blind, all that a start leads to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import networkx as nx
import numpy as np

from bench.asked import Edges, Question, answer_of
from bench.peers import Absent, Form

__all__ = ["igraph", "networkx_library", "rustworkx"]


def _forms(name: str, found: Callable[[int], Iterable[int]]) -> list[Form]:
    """``found``: what a start leads to, with or without the start."""

    def run(question: Question) -> object:
        return found(question.start)

    return [
        Form(name=name, run=run, check=lambda question: answer_of([*({*found(question.start)} | {question.start})]))
    ]


@contextlib.contextmanager
def networkx_library(edges: Edges, _limit: float) -> Iterator[list[Form]]:
    whole: nx.DiGraph[int] = nx.DiGraph()
    whole.add_nodes_from(range(edges.things))
    whole.add_edges_from(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
    yield _forms("descendants", lambda start: nx.descendants(whole, start))


@contextlib.contextmanager
def igraph(edges: Edges, _limit: float) -> Iterator[list[Form]]:
    try:
        import igraph as library
    except ImportError:
        raise Absent("igraph is not installed (`make bench-recall` does it)") from None
    whole = library.Graph(n=edges.things, edges=np.stack((edges.source, edges.target), axis=1), directed=True)
    yield _forms("subcomponent", lambda start: whole.subcomponent(start, mode="out"))


@contextlib.contextmanager
def rustworkx(edges: Edges, _limit: float) -> Iterator[list[Form]]:
    try:
        import rustworkx as library
    except ImportError:
        raise Absent("rustworkx is not installed (`make bench-recall` does it)") from None
    whole = library.PyDiGraph(multigraph=True)
    whole.add_nodes_from(range(edges.things))
    whole.add_edges_from_no_data(list(zip(edges.source.tolist(), edges.target.tolist(), strict=True)))
    yield _forms("descendants", lambda start: library.descendants(whole, start))
