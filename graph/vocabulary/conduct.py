"""The operations around the chain: upkeep of equipment, eligibility, consent, training, the research itself.

Source: specification 3.1 and 3.5.
"""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.acts import Act, ActOnItself
from graph.vocabulary.base import Field, FieldType

__all__ = [
    "Calibrated",
    "Consented",
    "Decontaminated",
    "DeterminedEligible",
    "Enrolled",
    "Experienced",
    "FollowedUp",
    "Maintained",
    "Trained",
    "Withdrew",
]

T = FieldType

_RESOURCES = (("Equipment", "Equipment"), ("StoragePosition", "StoragePosition"))
_PEOPLE = (("Donor", "Donor"), ("Subject", "Subject"))


class Decontaminated(ActOnItself):
    """Equipment or a position is made free of contagion; an epoch ends."""

    name, en, zh = "DECONTAMINATED", "Decontaminated", "消毒"
    flows = _RESOURCES

    method = Field(
        type=T.CHOICE, en="Decontamination method", zh="消毒方法", items=("ADD-31",),
        choices=words.DECONTAMINATION_METHODS,
    )  # fmt: skip


class Calibrated(ActOnItself):
    """Equipment is calibrated."""

    name, en, zh = "CALIBRATED", "Calibrated", "校准"
    flows = _RESOURCES

    result = Field(
        type=T.CHOICE, en="Calibration result", zh="校准结果", items=("ADD-32",), choices=words.CALIBRATION_RESULTS
    )
    next_due = Field(type=T.DATE, en="Next due", zh="下次日期", items=("ADD-32",))


class Maintained(ActOnItself):
    """Equipment is maintained or repaired."""

    name, en, zh = "MAINTAINED", "Maintained", "维护"
    flows = _RESOURCES


class DeterminedEligible(ActOnItself):
    """A donor or subject is judged eligible or not."""

    name, en, zh = "DETERMINED_ELIGIBLE", "Eligibility determined", "合格判定"
    flows = _PEOPLE

    conclusion = Field(
        type=T.CHOICE, en="Eligibility", zh="供者合格判定", tier=2, items=("ADD-38",),
        choices=words.ELIGIBILITY_CONCLUSIONS, closed=True,
    )  # fmt: skip
    basis = Field(type=T.TEXT, en="Basis of the eligibility", zh="判定依据", tier=2, items=("ADD-38",))


class Withdrew(ActOnItself):
    """A donor or subject withdraws consent."""

    name, en, zh = "WITHDREW", "Withdrew", "撤回"
    flows = _PEOPLE

    scope = Field(
        type=T.CHOICE, en="Scope of the withdrawal", zh="撤回范围", tier=2, items=("ADD-37",),
        choices=words.WITHDRAWAL_SCOPES,
    )  # fmt: skip
    reason = Field(type=T.TEXT, en="Reason of the withdrawal", zh="撤回原因", tier=2, items=("ADD-37",))


class FollowedUp(ActOnItself):
    """A donor or subject is seen again."""

    name, en, zh = "FOLLOWED_UP", "Followed up", "随访"
    flows = _PEOPLE

    visit = Field(type=T.STRING, en="Visit", zh="访视", tier=3, items=("ADD-44",))
    findings = Field(type=T.TEXT, en="Findings", zh="随访所见", tier=3, items=("ADD-44",))


class Consented(Act):
    """A donor or subject consents to a document."""

    name, en, zh = "CONSENTED", "Consented", "知情同意"
    flows = (("Donor", "Document"), ("Subject", "Document"))

    consent_version = Field(
        type=T.REF, ref="Document", en="Consent version", zh="知情同意版本", tier=2, items=("ADD-36",)
    )
    consented_on = Field(type=T.DATE, en="Consented on", zh="知情同意日期", tier=2, items=("ADD-36",))


class Trained(Act):
    """A person is trained to a document."""

    name, en, zh = "TRAINED", "Trained", "培训"
    flows = (("Person", "Document"),)
    carries = {"inputs:Person": ("F-05",), "outputs:Document": ("F-05",), "start": ("F-05",)}


class Enrolled(Act):
    """A study takes a subject in."""

    name, en, zh = "ENROLLED", "Enrolled", "入组"
    flows = (("Study", "Subject"),)


class Experienced(Act):
    """A subject experiences an adverse event."""

    name, en, zh = "EXPERIENCED", "Experienced", "发生不良事件"
    flows = (("Subject", "AdverseEvent"),)
    creates = True
