"""All types of operation, in the order of the record format's table."""

from __future__ import annotations

from graph.vocabulary.acts import DRAW_ORDER, Act
from graph.vocabulary.base import Operation
from graph.vocabulary.conduct import (
    Calibrated,
    Consented,
    Decontaminated,
    DeterminedEligible,
    Enrolled,
    Experienced,
    FollowedUp,
    Maintained,
    Trained,
    Withdrew,
)
from graph.vocabulary.preparation import (
    Administered,
    Collected,
    Cryopreserved,
    Divided,
    Expanded,
    Formulated,
    Pooled,
    Prepared,
    Purified,
    Relabelled,
    Separated,
    Thawed,
)
from graph.vocabulary.storage import (
    ChangedDisposition,
    Counted,
    Moved,
    StorageIn,
    StorageOut,
    Stored,
    Transported,
)
from graph.vocabulary.testing import (
    QcIn,
    QcRelease,
    Tested,
    Verified,
)

__all__ = ["DRAW_ORDER", "OPERATIONS", "Act"]

_ALL: tuple[type[Operation], ...] = (
    Collected, Separated, Purified, Expanded, Cryopreserved, Thawed, Divided, Relabelled, Pooled, Formulated,
    Prepared, Administered, Verified, Tested, QcIn, QcRelease, StorageIn, Stored, StorageOut, Transported, Moved,
    Counted, ChangedDisposition, Decontaminated, Calibrated, Maintained, DeterminedEligible, Withdrew, FollowedUp,
    Consented, Trained, Enrolled, Experienced,
)  # fmt: skip
OPERATIONS: dict[str, type[Operation]] = {operation.name: operation for operation in _ALL}
