"""What every type of operation has in common."""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.base import Field, FieldType, Operation

__all__ = ["DRAW_ORDER", "NOT_FINAL", "Act", "ActOnItself"]

T = FieldType

# Where a counted lot is drawn from, first to last, by what is not said otherwise (records.md, "Dispositions").
DRAW_ORDER = ("allocated", "released", "at_site", "quarantined", "in_process")
NOT_FINAL = (
    *DRAW_ORDER,
    *(word for word in words.DISPOSITIONS if word not in {*DRAW_ORDER, *words.FINAL_DISPOSITIONS}),
)


class Act(Operation):
    """What any operation may record, because no list of the specification has all of it."""

    en, zh = "Any operation", "任何操作"

    sop_version = Field(type=T.REF, ref="Document", en="SOP version", zh="规程版本", items=("ADD-10",))
    operation_location = Field(
        type=T.REF, ref="StoragePosition", en="Operation location", zh="操作地点", items=("ADD-10",),
        note="It holds what the operation touched while it lasts.",
    )  # fmt: skip
    operation_method = Field(
        type=T.LINK, ref="Document", en="Operation method", zh="操作方法", items=("ADD-10",),
        note="A word, or the key of the procedure's document.",
    )  # fmt: skip
    operation_ambient_temperature = Field(
        type=T.NUMBER, en="Ambient temperature", zh="操作环境温度", unit="°C", low=-273.15, items=("ADD-10",)
    )


class ActOnItself(Act):
    """An operation that is done to a thing and leads nowhere else: its edge runs from the thing to itself."""

    is_reflexive, needs_output = True, False
