"""The members of records that stand outside ``data``: their names, labels, shapes and tiers (records.md)."""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.base import Field, FieldType, Structure

__all__ = [
    "MEMBERS",
    "AmendmentMembers",
    "ClosingMembers",
    "CorrectionMembers",
    "InputMembers",
    "NodeMembers",
    "OperationMembers",
    "OutputMembers",
    "UseMembers",
]

T = FieldType


class RecordMembers(Structure):
    """What every record has."""

    en, zh = "Record", "记录"

    record = Field(
        type=T.STRING,
        is_required=True,
        en="Record",
        zh="记录类型",
        note="node, operation, closing, correction or amendment.",
    )
    id = Field(type=T.STRING, is_required=True, en="Id", zh="编号")
    zone = Field(type=T.STRING, en="Zone", zh="时区", note="The offset (+08:00) of the record's times that have none.")
    recorded_at = Field(
        type=T.TIME, en="Recorded at", zh="记录时间", items=("ADD-08",), note="Claimed by a historic import."
    )


class NodeMembers(RecordMembers):
    """A thing as such."""

    en, zh = "Node record", "对象记录"

    kind = Field(type=T.STRING, is_required=True, en="Kind", zh="类别")
    data = Field(type=T.MAP, en="Fields", zh="字段")
    stub = Field(
        type=T.BOOLEAN, en="Stub", zh="占位", note="True: named by a record, but not described yet. Its data is empty."
    )


class OperationMembers(RecordMembers):
    """An act."""

    en, zh = "Operation record", "操作记录"

    id = Field(type=T.STRING, is_required=True, en="Operation id", zh="操作编号", items=("ADD-01",))
    type = Field(type=T.STRING, is_required=True, en="Operation type", zh="操作类型")
    start = Field(type=T.TIME, is_required=True, en="Start", zh="开始时间")
    end = Field(
        type=T.TIME, en="End", zh="结束时间", note="Left out: an instant; null: still going on, where the type lasts."
    )
    performing_org = Field(
        type=T.REF,
        is_required=True,
        ref="Institution",
        en="Performing organisation",
        zh="执行机构",
        tier=1,
        items=("ADD-02",),
    )
    operator = Field(type=T.REF, is_required=True, ref="Person", en="Operator", zh="操作人", tier=1, items=("ADD-03",))
    reviewer = Field(type=T.REF, ref="Person", en="Reviewer", zh="审核人", tier=1, items=("ADD-04",))
    study = Field(type=T.REF, ref="Study", en="Study", zh="所属项目", items=("ADD-05",))
    source_document = Field(
        type=T.REF, ref="Document", en="Source document", zh="来源文件", tier=1, items=("ADD-06",),
        note="The document in which an outside organisation supplied this.", source="specification 2 (G-02)",
    )  # fmt: skip
    inputs = Field(type=T.MAP, is_required=True, many=True, en="Inputs", zh="输入")
    outputs = Field(type=T.MAP, many=True, en="Outputs", zh="输出")
    uses = Field(type=T.MAP, many=True, en="Uses", zh="使用")
    data = Field(type=T.MAP, en="Stage fields", zh="环节字段")
    captured = Field(
        type=T.MAP, en="Captured by device", zh="设备采集字段", items=("ADD-07",),
        note="Field name to the key of the equipment that read the value.", source="specification 4 (R-05)",
    )  # fmt: skip
    despite = Field(
        type=T.CHOICE, many=True, en="Despite", zh="违规放行代码", tier=1, items=("ADD-09",),
        choices=words.FORBIDDEN_CODES, closed=True, note="What was forbidden and happened all the same.",
    )  # fmt: skip
    reason = Field(type=T.TEXT, en="Reason", zh="违规放行说明", tier=1, items=("ADD-09",))
    acknowledged_by = Field(type=T.REF, ref="Person", en="Acknowledged by", zh="违规确认人", tier=1, items=("ADD-09",))


class EndMembers(Structure):
    """One thing at one end of an operation."""

    en, zh = "End", "对象"

    kind = Field(type=T.STRING, is_required=True, en="Kind", zh="类别")
    id = Field(type=T.STRING, is_required=True, en="Id", zh="编号")
    quantity = Field(type=T.NUMBER, en="Quantity", zh="数量", items=("ADD-11",), unit_field="unit")
    unit = Field(type=T.CHOICE, en="Unit", zh="单位", items=("ADD-11",), choices=words.UNITS)
    units = Field(
        type=T.STRING, many=True, en="Units", zh="单元编号", items=("ADD-12",), is_code=True,
        note="Vials, doses or bags by name; WCB1#1-20 names twenty.",
    )  # fmt: skip


class InputMembers(EndMembers):
    """What goes into an operation, or what it is done to."""

    en, zh = "Input", "输入"

    consumed = Field(type=T.BOOLEAN, en="Consumed", zh="检测消耗", items=("ADD-13",), note="True: used up by the test.")


class OutputMembers(EndMembers):
    """What comes out of an operation, or where it leads."""

    en, zh = "Output", "输出"

    data = Field(type=T.MAP, en="Fields", zh="字段", note="Of a thing that the operation makes.")


class UseMembers(Structure):
    """A reagent, consumable or machine used."""

    en, zh = "Use", "使用"

    kind = Field(type=T.STRING, is_required=True, en="Kind", zh="类别")
    id = Field(type=T.STRING, is_required=True, en="Id", zh="编号")
    start = Field(type=T.TIME, en="Use start", zh="使用开始时间", items=("ADD-14",))
    end = Field(type=T.TIME, en="Use end", zh="使用结束时间", items=("ADD-14",))
    process = Field(
        type=T.CHOICE, en="Process", zh="开放/封闭", items=("ADD-14",), choices=words.PROCESSES, closed=True,
        note="open unless said otherwise.",
    )  # fmt: skip
    on = Field(
        type=T.STRING, many=True, en="On", zh="作用对象", items=("ADD-14",),
        note="What it touched, where not everything: ids of the operation's inputs, outputs or their units.",
    )  # fmt: skip
    data = Field(type=T.MAP, en="Fields", zh="字段")


class ClosingMembers(RecordMembers):
    """The end of an open interval."""

    en, zh = "Closing record", "结束记录"

    operation = Field(type=T.STRING, is_required=True, en="Operation", zh="操作编号")
    end = Field(type=T.TIME, is_required=True, en="End", zh="结束时间")
    use = Field(type=T.STRING, en="Use", zh="设备编号", note="The machine whose use ends; left out: the operation.")
    data = Field(type=T.MAP, en="Stage fields", zh="环节字段")
    by = Field(type=T.REF, ref="Person", en="By", zh="记录人", tier=1)


class CorrectionMembers(RecordMembers):
    """What replaces an operation that did not happen so."""

    en, zh = "Correction record", "更正记录"

    operation = Field(type=T.STRING, is_required=True, en="Operation", zh="操作编号")
    reason = Field(type=T.TEXT, is_required=True, en="Reason", zh="更正原因")
    by = Field(type=T.REF, ref="Person", en="By", zh="更正人", tier=1)
    replacement = Field(
        type=T.MAP,
        is_required=True,
        en="Replacement",
        zh="更正后的操作",
        note="An operation record, or null: it did not happen.",
    )


class AmendmentMembers(RecordMembers):
    """An error in a node's fields, mended for all time."""

    en, zh = "Amendment record", "修订记录"

    kind = Field(type=T.STRING, is_required=True, en="Kind", zh="类别")
    id_of = Field(type=T.STRING, is_required=True, en="Id of the node", zh="对象编号")
    data = Field(type=T.MAP, is_required=True, en="Changed fields", zh="修订字段", note="null removes a field.")
    reason = Field(type=T.TEXT, is_required=True, en="Reason", zh="修订原因")
    by = Field(type=T.REF, ref="Person", en="By", zh="修订人", tier=1)


MEMBERS: dict[str, type[Structure]] = {
    "node": NodeMembers,
    "operation": OperationMembers,
    "closing": ClosingMembers,
    "correction": CorrectionMembers,
    "amendment": AmendmentMembers,
    "inputs": InputMembers,
    "outputs": OutputMembers,
    "uses": UseMembers,
}
