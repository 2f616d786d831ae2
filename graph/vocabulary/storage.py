"""The operations that say where material is, and what may be done with it.

Source: specification 3.4.
"""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.acts import NOT_FINAL, Act, ActOnItself
from graph.vocabulary.base import Field, FieldType

__all__ = [
    "ChangedDisposition",
    "Counted",
    "Moved",
    "StorageIn",
    "StorageOut",
    "Stored",
    "Transported",
]

T = FieldType


class StorageIn(Act):
    """Material is handed over to the store."""

    name, list_code, en, zh = "STORAGE_IN", "STI", "Storage-in", "入库"
    flows = (("CellLot", "StoragePosition"), ("Tissue", "StoragePosition"), ("Reagent", "StoragePosition"))
    carries = {
        "start": ("STI-01",),
        "inputs:CellLot": ("STI-07",),
        "inputs.quantity": ("STI-08",),
        "reviewer": ("STI-11",),
    }

    handover_location = Field(
        type=T.LINK, ref="StoragePosition", en="Handover location", zh="交接地点", items=("STI-02",)
    )
    dispatch_time = Field(type=T.TIME, en="Dispatch time", zh="起送时间", items=("STI-03",))
    delivery_time = Field(type=T.TIME, en="Delivery time", zh="送达时间", items=("STI-04",))
    in_transit_temperature = Field(
        type=T.SERIES, en="Temperature in transit", zh="转运温度", unit="°C", low=-273.15, items=("STI-05",)
    )
    transported_by = Field(type=T.REF, ref="Person", en="Transported by", zh="转运人", tier=1, items=("STI-09",))
    received_by = Field(type=T.REF, ref="Person", en="Received by", zh="接收人", tier=1, items=("STI-10",))


class Stored(Act):
    """A stay of material in a position, until it is taken out."""

    name, list_code, en, zh = "STORED", "STO", "Stored", "存储"
    flows = StorageIn.flows
    is_lasting = True
    carries = {
        "inputs:CellLot": ("STO-01",),
        "data.operation_ambient_temperature": ("STO-02",),
        "outputs:StoragePosition": ("STO-05", "STO-06"),
        "operator": ("STO-07",),
        "reviewer": ("STO-08",),
    }

    operation_start_time = Field(
        type=T.TIME, en="Start of the act of storing", zh="操作开始时间", items=("STO-03",),
        note="Left out: the stay's start.",
    )  # fmt: skip
    operation_end_time = Field(type=T.TIME, en="End of the act of storing", zh="操作结束时间", items=("STO-04",))
    container_closure = Field(
        type=T.CHOICE, en="Container closure", zh="容器密封", items=("ADD-30",), choices=words.CONTAINER_CLOSURES
    )
    phase = Field(type=T.CHOICE, en="Phase", zh="液/气相", items=("ADD-30",), choices=words.STORAGE_PHASES)


class StorageOut(Act):
    """Material leaves the position named in the outputs."""

    name, list_code, en, zh = "STORAGE_OUT", "OUT", "Storage-out", "出库"
    flows = StorageIn.flows
    is_from_output = True
    draws, becomes = NOT_FINAL, "allocated"
    carries = {
        "inputs:CellLot": ("OUT-05",),
        "inputs.quantity": ("OUT-06",),
        "inputs.units": ("OUT-06",),
        "operator": ("OUT-08",),
        "reviewer": ("OUT-09",),
    }

    applicant = Field(
        type=T.LINK, ref="Person", en="Applicant", zh="申请人基本信息", tier=1, items=("OUT-01",),
        note="The key of the person, whose contact is recorded there.",
    )  # fmt: skip
    storage_out_reason = Field(
        type=T.CHOICE, en="Storage-out reason", zh="出库事由", items=("OUT-03",), choices=words.STORAGE_OUT_REASONS,
        note="transfer keeps the disposition.",
    )  # fmt: skip
    planned_outbound_time = Field(
        type=T.TIME, en="Planned outbound time", zh="拟出库时间", items=("OUT-07",), note="The actual one is the start."
    )


class Transported(Act):
    """Material is carried to another site; the closing is the arrival."""

    name, list_code, en, zh = "TRANSPORTED", "TRN", "Transported", "运输"
    flows = (("Tissue", "StoragePosition"), ("CellLot", "StoragePosition"), ("Reagent", "StoragePosition"))
    is_lasting = True
    draws, becomes, becomes_at_end = NOT_FINAL, "in_transit", "at_site"
    carries = {
        "start": ("TRN-01", "COL-13"),
        "end": ("TRN-04", "COL-14"),
        "outputs:StoragePosition": ("TRN-05",),
        "inputs:CellLot": ("TRN-10",),
        "inputs.quantity": ("TRN-11",),
        "inputs.units": ("TRN-11",),
        "uses:Equipment": ("TRN-12", "COL-11"),
    }

    departure_location = Field(
        type=T.LINK, ref="StoragePosition", en="Departure location", zh="启运地点", items=("TRN-02",)
    )
    departure_temperature = Field(
        type=T.NUMBER, en="Departure temperature", zh="启运温度", unit="°C", low=-273.15, items=("TRN-03", "TRN-07"),
        note="Stands twice in the specification's list; the two must agree.",
    )  # fmt: skip
    required_transport_temperature = Field(
        type=T.RANGE, en="Required transport temperature", zh="运输温度要求", unit="°C", items=("TRN-06",),
        note="The range that the temperatures of this transport are judged by.",
    )  # fmt: skip
    in_transit_temperature = Field(
        type=T.SERIES, en="Temperature in transit", zh="运输过程温度", unit="°C", low=-273.15,
        items=("TRN-08", "COL-12"), aliases=("转运温度",),
    )  # fmt: skip
    arrival_temperature = Field(
        type=T.NUMBER, en="Arrival temperature", zh="送达温度", unit="°C", low=-273.15, items=("TRN-09",)
    )
    transport_vehicle = Field(
        type=T.CHOICE, en="Transport vehicle", zh="运输工具", items=("TRN-13",), choices=words.TRANSPORT_VEHICLES
    )
    carrier_organization = Field(type=T.STRING, en="Carrier organisation", zh="承运机构", tier=1, items=("TRN-14",))
    transported_by = Field(
        type=T.REF, ref="Person", en="Transported by", zh="运输人", tier=1, items=("TRN-15", "COL-15"),
    )  # fmt: skip
    received_by = Field(type=T.REF, ref="Person", en="Received by", zh="接收人", tier=1, items=("TRN-16", "COL-16"))


class Moved(Act):
    """A position is put into another, with all that stands in it."""

    name, en, zh = "MOVED", "Moved", "移位"
    flows = (("StoragePosition", "StoragePosition"),)


class Counted(Act):
    """An inventory found this quantity in the position."""

    name, en, zh = "COUNTED", "Counted", "盘点"
    flows = (("CellLot", "StoragePosition"), ("Reagent", "StoragePosition"))


class ChangedDisposition(ActOnItself):
    """What may be done with a lot, units or tissue is changed by decision."""

    name, en, zh = "CHANGED_DISPOSITION", "Changed disposition", "状态变更"
    flows = (("CellLot", "CellLot"), ("Tissue", "Tissue"))

    from_ = Field(
        type=T.CHOICE, en="From disposition", zh="原状态", items=("ADD-45",), choices=words.DISPOSITIONS, closed=True
    )
    to = Field(
        type=T.CHOICE, en="To disposition", zh="新状态", items=("ADD-45",), choices=words.CHANGEABLE_DISPOSITIONS,
        closed=True,
    )  # fmt: skip
    reason = Field(type=T.TEXT, en="Reason of the change", zh="变更原因", items=("ADD-45",))
