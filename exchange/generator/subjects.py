"""The people who are treated: consent, enrolment, doses, follow-up."""

from __future__ import annotations

from typing import Any

from exchange.generator.course import Batch, Course, Steps
from exchange.generator.world import HOUR, Timed, date_text, time_text

__all__ = ["enrolled", "followed", "given_to"]

_EVENTS = ("fever", "headache", "injection-site pain", "fatigue", "nausea", "joint swelling")


def enrolled(course: Course) -> Steps[str]:
    world, chance = course.world, course.chance
    world.subjects += 1
    subject = f"S{world.subjects:06d}"
    values: dict[str, Any] = {"study": course.study, "arm": chance.pick(("low dose", "high dose"))}
    if course.is_autologous:
        values["same_person_as"] = course.donor
        course.own_subject = subject
    yield course.node("Subject", subject, **values)
    yield course.operation(
        "CONSENTED",
        [{"kind": "Subject", "id": subject}],
        [{"kind": "Document", "id": f"DOC-CONSENT-{course.study}"}],
        at=(course.now, None),
        values={"consent_version": f"DOC-CONSENT-{course.study}", "consented_on": date_text(course.now)},
    )
    yield course.operation(
        "ENROLLED",
        [{"kind": "Study", "id": course.study}],
        [{"kind": "Subject", "id": subject}],
        at=(course.now, None),
    )
    return subject


def given_to(course: Course, doses: Batch, number: int, subject: str) -> Timed:
    chance, clinicians = course.chance, course.facility.clinicians
    return course.operation(
        "ADMINISTERED",
        [doses.some(number, 1)],
        [{"kind": "Subject", "id": subject}],
        at=course.spend(15, 60),
        operator=chance.pick(clinicians),
        values={
            "dose_cells": chance.between(50, 100) * 1_000_000,
            "route": chance.pick(("intravenous", "intra-articular", "local")),
            "administered_by": chance.pick(clinicians),
            "identity_check_1": clinicians[0],
            "identity_check_2": clinicians[1],
        },
    )


def followed(course: Course, subject: str) -> Steps[None]:
    chance = course.chance
    if chance.happens(500):
        event = f"{course.name()}-AE"
        onset = course.now - chance.between(1, 20) * HOUR
        yield course.operation(
            "EXPERIENCED",
            [{"kind": "Subject", "id": subject}],
            [
                {
                    "kind": "AdverseEvent",
                    "id": event,
                    "data": {
                        "term": chance.pick(_EVENTS),
                        "seriousness": "serious" if chance.happens(60) else "non_serious",
                        "outcome": "recovered",
                        "causality": chance.pick(("possible", "unlikely", "unrelated")),
                        "onset_time": time_text(onset),
                    },
                }
            ],
            at=(course.now, None),
        )
    yield course.operation(
        "FOLLOWED_UP",
        [{"kind": "Subject", "id": subject}],
        [{"kind": "Subject", "id": subject}],
        at=(course.now, None),
        values={"visit": "day 3", "findings": "no complaint"},
    )
