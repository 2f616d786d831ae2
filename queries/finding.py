"""Operations by the beginning of their id."""

from __future__ import annotations

from dataclasses import dataclass

from queries.ids import parse_operation_id
from queries.operations import OperationKey, told_operations
from queries.pages import check_first
from queries.privacy import View

__all__ = ["FoundOperation", "operations_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOperation:
    """An operation by name; what else is recorded of it is another question."""

    id: str
    type: str
    is_corrected: bool


async def operations_named(view: View, text: str, *, first: int) -> list[FoundOperation]:
    """The first operations whose id begins so, by id; corrected ones and replacements too. Looks in an index."""
    check_first(first)
    ids = sorted(await view.reader.operation_ids(parse_operation_id(text), first))[:first]
    seqs = await view.reader.operation_seqs(ids)
    told = await told_operations(view, [OperationKey(id_, seqs[id_], 0) for id_ in ids if id_ in seqs])
    return [
        FoundOperation(id=id_, type=each.record["type"], is_corrected=each.correction is not None)
        for id_, each in told.items()
    ]
