"""Who may hand in what, and is it records at all: asked before a transaction is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.errors import BadInput, NotPermitted, Violation
from graph.ledger.model import LARGEST_REQUEST, Submission
from graph.ledger.sealing_records import opened_seal_problem, tier3_members
from graph.records import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    RawRecord,
    Record,
    is_sealed,
    parse,
)
from graph.rules.batch import Batch, Item
from graph.rules.unread import hides_names, keys_named
from graph.saying import said
from graph.viewer import OWNER, Permission, Viewer

__all__ = ["STUB_KINDS", "Admitted", "admit", "check_permitted"]

STUB_KINDS = frozenset(
    {
        "Person",
        "Equipment",
        "Reagent",
        "StoragePosition",
        "Tissue",
        "CellLot",
        "Donor",
        "Institution",
        "Study",
        "Document",
        "Subject",
    }
)
_SIGNED = frozenset({"closing", "correction", "amendment"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """A submission that may be handed in, its records read. ``batch`` holds what is wrong with them by themselves."""

    submission: Submission
    batch: Batch


def check_permitted(submission: Submission) -> None:
    """Raises NotPermitted where the viewer may not hand it in so, BadInput where no stubs are made of a kind named."""
    viewer = submission.viewer
    if not viewer.may(Permission.IMPORT if submission.is_import else Permission.RECORD):
        raise NotPermitted(
            said("The role {role} may not import.", role=viewer.role.value)
            if submission.is_import
            else said("The role {role} may not record.", role=viewer.role.value),
            remedy=said("Ask a data manager."),
        )
    if submission.historic and not viewer.may(Permission.IMPORT_HISTORIC):
        raise NotPermitted(
            said("The role {role} may not claim recorded times.", role=viewer.role.value),
            remedy=said("A data manager imports history."),
        )
    unknown = submission.create_missing - STUB_KINDS
    if unknown:
        raise BadInput(
            said("No stubs are made of {unknown}.", unknown=", ".join(sorted(unknown))),
            remedy=said("Kinds: {kinds}.", kinds=", ".join(sorted(STUB_KINDS))),
            member="createMissing",
        )


def admit(submission: Submission) -> Batch:
    """The records, with everything that keeps them out before the store is asked.

    Those that are records are judged all the same, so that all violations come at once. There are none of them in the
    batch where nothing can be said of what the others may name.
    """
    if len(submission.records) > LARGEST_REQUEST:
        too_large = Violation(
            code="too_large",
            message=said(
                "{count} records in one request; at most {most} are applied as a whole.",
                count=len(submission.records),
                most=LARGEST_REQUEST,
            ),
            remedy=said("Import them in batches (--batch)."),
        )
        return Batch([], [too_large])
    items: list[Item] = []
    problems: list[Violation] = []
    unread: set[str] = set()
    is_legible = True
    signer = _signer(submission)
    for raw in submission.records:
        record, violations = parse(raw if signer is None else _signed(raw, signer.person), submission.zone)
        problems += violations
        if record is None:
            unread |= keys_named(raw)
            is_legible = is_legible and not hides_names(raw)
            continue
        problems += _check_signature(record, submission, signer)
        problems += _check_seals(record)
        items.append(Item(record))
    if not items and not problems:
        problems.append(
            Violation(code="empty", message=said("There is no record in it."), remedy=said("Hand in at least one."))
        )
    return Batch(items if is_legible else [], problems, unread=frozenset(unread))


def _signer(submission: Submission) -> Viewer | None:
    """The person signed in, where what they hand in is theirs: not in an import, and the owner is no person."""
    viewer = submission.viewer
    return None if submission.is_import or viewer.person == OWNER.person else viewer


def _signed(raw: RawRecord, person: str) -> RawRecord:
    """What says nothing of who did it was done by the person signed in: the record says so from now on."""
    value = raw.value
    if isinstance(value, dict) and value.get("record") in _SIGNED and value.get("by") is None:
        return replace(raw, value={**value, "by": person})
    return raw


def _check_signature(record: Record, submission: Submission, signer: Viewer | None) -> list[Violation]:
    """``by`` and the person signed in must agree; anything else is "on behalf of", with a reason."""
    if not isinstance(record, ClosingRecord | CorrectionRecord | AmendmentRecord):
        return []
    role = submission.viewer.role
    if isinstance(record, CorrectionRecord | AmendmentRecord) and not submission.viewer.may(Permission.CORRECT):
        return [
            _refused(
                record,
                "not_permitted",
                said("The role {role} may not correct or amend.", role=role.value),
                said("Ask a reviewer."),
            )
        ]
    if record.by is None:
        return [
            _refused(
                record,
                "missing_member",
                said("by is missing."),
                said("Say who did it: neither an import nor the owner is a person."),
            )
        ]
    if signer is not None and record.by != signer.person and submission.on_behalf_of_reason is None:
        return [
            _refused(
                record,
                "not_signed_in",
                said("by is not the person signed in."),
                said("Leave it out, or give a reason for acting on behalf of them."),
            )
        ]
    return []


def _refused(record: Record, code: str, message: str, remedy: str) -> Violation:
    return Violation(code=code, message=message, remedy=remedy, record=record.id, member="by", place=record.place)


def _check_seals(record: Record) -> list[Violation]:
    return [
        Violation(
            code="bad_value",
            message=said("{member} {problem}.", member=name, problem=problem),
            remedy=said("Export it again."),
            record=record.id,
            member=name,
            place=record.place,
        )
        for holder, name, _ in tier3_members(record.canonical)
        if is_sealed(holder[name]) and (problem := opened_seal_problem(holder[name]))
    ]
