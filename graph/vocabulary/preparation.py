"""The operations that make material out of material, from collection to administration.

Source: specification 3.2; the flows are the table of edges in the record format.
"""

from __future__ import annotations

from typing import ClassVar

from graph.vocabulary import words
from graph.vocabulary.acts import DRAW_ORDER, Act
from graph.vocabulary.base import Field, FieldType, Structure

__all__ = [
    "Administered",
    "Collected",
    "CoolingStep",
    "Cryopreserved",
    "Divided",
    "Expanded",
    "Formulated",
    "Material",
    "Pooled",
    "Prepared",
    "Purified",
    "Relabelled",
    "Separated",
    "Thawed",
]

T = FieldType


class Material(Act):
    """An operation that makes material out of material: its edges carry the lineage."""

    en, zh = "Material operation", "物料操作"
    is_material, creates = True, True
    draws: ClassVar[tuple[str, ...]] = DRAW_ORDER
    becomes: ClassVar[str | None] = "consumed_in_process"

    temporary_storage_location = Field(
        type=T.REF, ref="StoragePosition", en="Temporary storage location", zh="暂存位置", items=("CRY-11",),
        note="It holds the outputs from the operation's end until their next stay.",
    )  # fmt: skip


class Collected(Material):
    """Tissue is taken from a donor."""

    name, list_code, en, zh = "COLLECTED", "COL", "Collected", "采集"
    flows = (("Donor", "Tissue"),)
    draws, becomes = (), None
    member_tiers = {"start": 2, "end": 2}
    carries = {"start": ("COL-05",), "end": ("COL-06",), "inputs:Donor": ("COL-09",), "outputs:Tissue": ("COL-10",)}

    collection_operator = Field(
        type=T.REF, ref="Person", en="Collection operator", zh="采集操作人", tier=1, items=("COL-04",),
        note="Where it is not the operator.",
    )  # fmt: skip
    collection_method = Field(type=T.LINK, ref="Document", en="Collection method", zh="采集方法", items=("COL-07",))
    collection_ambient_temperature = Field(
        type=T.NUMBER, en="Collection ambient temperature", zh="采集环境温度", unit="°C", low=-273.15,
        items=("COL-08",),
    )  # fmt: skip


class Separated(Material):
    """Cells are isolated from tissue."""

    name, list_code, en, zh = "SEPARATED", "SEP", "Separated", "分离"
    flows = (("Tissue", "CellLot"),)
    carries = {
        "inputs:Tissue": ("SEP-01",),
        "start": ("SEP-02",),
        "end": ("SEP-02",),
        "data.operation_location": ("SEP-03",),
        "uses:Equipment": ("SEP-04",),
        "operator": ("SEP-05",),
        "data.operation_method": ("SEP-06",),
        "uses:Reagent": ("SEP-07", "SEP-10"),
        "data.operation_ambient_temperature": ("SEP-11",),
    }


class Purified(Material):
    """Wanted cells are chosen out of a lot."""

    name, list_code, en, zh = "PURIFIED", "PUR", "Purified", "纯化"
    flows = (("CellLot", "CellLot"),)
    carries = {
        "outputs:CellLot": ("PUR-03",),
        "data.operation_location": ("PUR-04",),
        "uses:Equipment": ("PUR-05",),
        "uses:Reagent": ("PUR-07", "PUR-10"),
    }


class Expanded(Material):
    """Cells are grown for a passage."""

    name, list_code, en, zh = "EXPANDED", "EXP", "Expanded", "扩增"
    flows = (("CellLot", "CellLot"),)
    carries = {
        "outputs:CellLot": ("EXP-03",),
        "start": ("EXP-04",),
        "uses:Equipment": ("EXP-08",),
        "uses:Reagent": ("EXP-10", "EXP-14"),
    }

    cell_morphology = Field(type=T.TEXT, en="Cell morphology", zh="细胞形态信息", items=("EXP-06",))
    cell_morphology_images = Field(
        type=T.LINK, ref="Document", many=True, en="Images of the cell morphology", zh="细胞形态图像",
        items=("EXP-06",),
    )  # fmt: skip
    seeding_density = Field(
        type=T.NUMBER, en="Seeding density", zh="细胞接种密度", unit="cells/cm²", low=0, items=("EXP-07",),
        unit_field="seeding_density_unit",
    )  # fmt: skip
    seeding_density_unit = Field(
        type=T.CHOICE, en="Unit of the seeding density", zh="接种密度单位", items=("EXP-07",),
        choices=words.DENSITY_UNITS, note="cells/cm² (adherent) unless said otherwise.",
    )  # fmt: skip


class CoolingStep(Structure):
    """One step of a cooling programme."""

    en, zh = "Cooling step", "降温步骤"

    rate = Field(type=T.NUMBER, en="Rate", zh="速率", unit="°C/min", note="Negative where it cools.")
    target = Field(type=T.NUMBER, en="Target", zh="目标温度", unit="°C", low=-273.15)
    hold = Field(type=T.NUMBER, en="Hold", zh="保持时间", unit="min", low=0)


class Cryopreserved(Material):
    """Cells are frozen into a bank or a product."""

    name, list_code, en, zh = "CRYOPRESERVED", "CRY", "Cryopreserved", "冻存"
    flows = (("CellLot", "CellLot"),)
    carries = {
        "outputs:CellLot": ("CRY-02",),
        "operator": ("CRY-03",),
        "start": ("CRY-04",),
        "end": ("CRY-05",),
        "uses:Equipment": ("CRY-06",),
    }

    freezing_start_temperature = Field(
        type=T.NUMBER, en="Freezing start temperature", zh="冻存开始温度", unit="°C", low=-273.15, items=("CRY-08",)
    )
    cooling_program = Field(
        type=T.MAP, many=True, en="Cooling programme", zh="降温流程", items=("CRY-09",), keys=CoolingStep,
        note="The steps in their order: rate (°C/min), target (°C), hold (min).",
    )  # fmt: skip
    freezing_end_temperature = Field(
        type=T.NUMBER, en="Freezing end temperature", zh="冻存结束温度", unit="°C", low=-273.15, items=("CRY-10",)
    )


class Thawed(Material):
    """Frozen material is thawed."""

    name, en, zh = "THAWED", "Thawed", "复苏"
    flows = (("CellLot", "CellLot"), ("Tissue", "Tissue"))


class Divided(Material):
    """One lot becomes several, none of them mixed or grown."""

    name, en, zh = "DIVIDED", "Divided", "分装"
    flows = (("CellLot", "CellLot"), ("Tissue", "Tissue"))


class Relabelled(Material):
    """Material gets a new code; the link to the old one stays."""

    name, en, zh = "RELABELLED", "Relabelled", "重新标识"
    flows = (("CellLot", "CellLot"), ("Tissue", "Tissue"))


class Pooled(Material):
    """Several lots become one."""

    name, en, zh = "POOLED", "Pooled", "混合"
    flows = (("CellLot", "CellLot"),)


class Formulated(Material):
    """Cells are washed, filled and finished as a product."""

    name, en, zh = "FORMULATED", "Formulated", "制剂"
    flows = (("CellLot", "CellLot"),)


class Prepared(Material):
    """A reagent is made: a working solution, serum, lysate or feeder layer."""

    name, en, zh = "PREPARED", "Prepared", "配制"
    flows = (("Reagent", "Reagent"), ("Donor", "Reagent"), ("Tissue", "Reagent"), ("CellLot", "Reagent"))
    carries = {"operator": ("SEP-08", "PUR-08", "EXP-11")}


class Administered(Act):
    """A product is given to a subject."""

    name, en, zh = "ADMINISTERED", "Administered", "给药"
    flows = (("CellLot", "Subject"),)
    is_material = True
    draws, becomes = ("at_site", "allocated", "released"), "administered"
    member_tiers = {"start": 2, "end": 2}
    carries = {"start": ("ADD-39",)}

    dose_cells = Field(type=T.NUMBER, en="Dose", zh="剂量", tier=2, unit="cells", low=0, items=("ADD-40",))
    route = Field(type=T.CHOICE, en="Route", zh="途径", tier=2, items=("ADD-40",), choices=words.ADMINISTRATION_ROUTES)
    site = Field(type=T.TEXT, en="Site of the body", zh="部位", tier=2, items=("ADD-40",))
    administered_by = Field(type=T.REF, ref="Person", en="Administered by", zh="给药人", tier=1, items=("ADD-41",))
    identity_check_1 = Field(
        type=T.REF, ref="Person", en="First identity check by", zh="身份核对人一", tier=1, items=("ADD-41",)
    )
    identity_check_2 = Field(
        type=T.REF, ref="Person", en="Second identity check by", zh="身份核对人二", tier=1, items=("ADD-41",)
    )
