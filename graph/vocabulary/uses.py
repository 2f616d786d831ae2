"""What is recorded where an operation uses a reagent, a consumable or a machine."""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.base import Field, FieldType, Structure, Use

__all__ = ["USES", "EquipmentParameters"]

T = FieldType


class EquipmentParameters(Structure):
    """The settings of a machine that are known by name; others are kept as they are."""

    en, zh = "Equipment parameters", "设备参数"

    temperature_celsius = Field(type=T.NUMBER, en="Temperature", zh="温度", unit="°C", low=-273.15)
    co2_percent = Field(type=T.NUMBER, en="CO₂", zh="二氧化碳", unit="%", low=0, high=100)
    o2_percent = Field(type=T.NUMBER, en="O₂", zh="氧气", unit="%", low=0, high=100)
    humidity_percent = Field(type=T.NUMBER, en="Humidity", zh="湿度", unit="%", low=0, high=100)
    speed_g = Field(type=T.NUMBER, en="Centrifugal force", zh="离心力", unit="×g", low=0)
    speed_rpm = Field(type=T.NUMBER, en="Speed", zh="转速", unit="rpm", low=0)
    duration_minutes = Field(type=T.NUMBER, en="Duration", zh="时长", unit="min", low=0)


class ReagentUse(Use):
    """A reagent or consumable that went into an operation. Consumables are counted in ``amount_used``."""

    en, zh, edge, kind = "Reagent use", "试剂耗材使用", "USED_REAGENT", "Reagent"

    reagent_prepared_by = Field(
        type=T.REF, ref="Person", en="Reagent prepared by", zh="试剂配置人", tier=1,
        items=("SEP-08", "PUR-08", "EXP-11"),
        aliases=("试剂配制人",), note="Who made it ready for use (配制).",
    )  # fmt: skip
    reagent_amount_used = Field(
        type=T.NUMBER, en="Reagent amount used", zh="试剂使用量", unit="mL", low=0, unit_field="reagent_amount_unit",
        items=("SEP-09", "PUR-09", "EXP-12"),
    )  # fmt: skip
    reagent_amount_unit = Field(
        type=T.CHOICE, en="Unit of the reagent amount", zh="试剂使用量单位", items=("SEP-09", "PUR-09", "EXP-12"),
        choices=words.AMOUNT_UNITS,
    )  # fmt: skip
    reagent_exposure_duration = Field(
        type=T.DURATION, en="Reagent exposure", zh="试剂作用时长", unit="min", low=0, items=("EXP-13",)
    )
    amount_used = Field(
        type=T.NUMBER, en="Consumable amount used", zh="耗材使用量", unit="piece", low=0,
        items=("SEP-10", "PUR-10", "EXP-14"),
    )  # fmt: skip
    container_number = Field(type=T.STRING, en="Container number", zh="容器号", items=("ADD-27",))


class EquipmentUse(Use):
    """A machine that material passed through."""

    en, zh, edge, kind = "Equipment use", "设备使用", "USED_EQUIPMENT", "Equipment"

    equipment_parameters = Field(
        type=T.MAP, en="Equipment parameters", zh="设备参数", items=("PUR-06", "EXP-09", "CRY-07"),
        keys=EquipmentParameters, note="The unit is in the name: temperature_celsius, co2_percent.",
    )  # fmt: skip


USES: dict[str, type[Use]] = {use.kind: use for use in (ReagentUse, EquipmentUse)}
