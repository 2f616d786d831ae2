"""The index of a store: built, caught up before each answer, pinned to positions; and small ones from the database.

``Keeper`` has the whole lineage in memory; ``Pushdown`` fetches what a question is about, level by level, and answers
with the same kernels. Either is a ``Lineages``: what questions are asked of.
"""

from graph.keeping.asked import Asked, Index, IndexState, Lineages
from graph.keeping.existing import exists
from graph.keeping.finding import finder_of
from graph.keeping.keeper import Keeper
from graph.keeping.pushdown import Pushdown
from graph.keeping.running import Stopped, run_kernel

__all__ = [
    "Asked",
    "Index",
    "IndexState",
    "Keeper",
    "Lineages",
    "Pushdown",
    "Stopped",
    "exists",
    "finder_of",
    "run_kernel",
]
