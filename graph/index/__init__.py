"""The lineage in arrays, exact in time: built from the ledger's entries, caught up with them, asked by number.

    index = Index.build(entries, head)          # all entries, in order; or Index.load(path, head) from a snapshot
    index.apply(entries, head)                  # those after index.head.seq, without a gap
    lineage = index.lineage                     # pinned: what is applied later is not in it
    lineage = index.at(AsOf(seq, known_at_ms))  # as it stood at an earlier position, as it was known at a time

    spread = lineage.impact(Hazard.CONTAGIOUS, [Seed(node=("Equipment", "INC-2"), from_ms=…, until_ms=…)], channels)
    spread.nodes, spread.tier, spread.since, spread.uncertain       # arrays, one row for each thing affected
    lineage.node(7), lineage.find(("CellLot", "MCB1"))              # number to id, id to number (or None)
    path_of(lineage, spread, seed_numbers, number)                  # the winning path: a list of PathStep
    lineage.reach([number, …], Direction.FORWARD)                   # along material edges, whatever the time

**Numbers.** Things are int32, in the order in which the ledger first names them: the same wherever the ledger is read,
at every position, for ever. ``lineage.count`` is one more than the greatest. `lineage.kinds` is the kind of each, as a
code: its place in ``KIND_NAMES``. Whether a thing exists at the position is the store's to say; what does not is not
reached by anything.

**Times** are epoch milliseconds, int64. In ``spread.since`` ALWAYS stands for "always" (GraphQL: null).

**Spread** (`Spread`): rows by tier, then by number; suspects upstream are ``lineage.reach(…, Direction.BACKWARD)``.
``is_complete`` is false where the run was cancelled: what is there is affected, but more may be.
Counts come straight from the arrays: ``np.bincount(lineage.kinds[spread.nodes], minlength=len(KIND_NAMES))``.

**Positions.** Everything an answer says is as of ``lineage.seq``. ``index.at`` derives anew, which costs some seconds
on a million things; the last few are kept.

**Threads.** Kernels let other threads run. One thread applies; any number ask. Every question takes ``cancel``, an
array of one int8 (`never` makes one): set it to 1 to stop the question. `Index.compact` and `Index.save` are for a
thread of their own; run `compact` when ``index.needs_compaction``. `warm` compiles everything, or loads what was
compiled before: call it once before the first question.

**Refusals.** `Index.apply` and `Index.load` raise IntegrityBroken for a gap, another ledger (epoch), a snapshot that is
cut short, altered, foreign or newer than the ledger; nothing of it is served. ``code`` says which: gap, other_epoch,
snapshot, newer, other_entry.
"""

from graph.index.codes import ALWAYS, KIND_NAMES
from graph.index.hazards import Channel, Hazard, Seed
from graph.index.impact import Spread
from graph.index.index import Index
from graph.index.lineage import Lineage, Reached, never
from graph.index.paths import PathStep, path_of
from graph.index.snapshot import read_header
from graph.index.warming import warm

__all__ = [
    "ALWAYS",
    "KIND_NAMES",
    "Channel",
    "Hazard",
    "Index",
    "Lineage",
    "PathStep",
    "Reached",
    "Seed",
    "Spread",
    "never",
    "path_of",
    "read_header",
    "warm",
]
