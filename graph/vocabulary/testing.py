"""The operations that test: verification, in-process tests, quality control before storage and at release.

Source: specification 3.2 and 3.3.
"""

from __future__ import annotations

from graph.vocabulary import words
from graph.vocabulary.acts import NOT_FINAL, Act
from graph.vocabulary.base import Field, FieldType

__all__ = [
    "QcIn",
    "QcRelease",
    "Tested",
    "Verified",
]

T = FieldType


class Verified(Act):
    """A lot of a reagent or consumable is verified before use."""

    name, list_code, en, zh = "VERIFIED", "VER", "Verified", "试剂耗材验证"
    flows = (("Reagent", "QCResult"),)
    creates, needs_output = True, False
    carries = {"start": ("VER-07",), "operator": ("VER-08",), "outputs:QCResult": ("VER-09",)}

    verification_method = Field(type=T.LINK, ref="Document", en="Verification method", zh="验证方法", items=("VER-06",))
    verification_conclusion = Field(
        type=T.CHOICE, en="Verification conclusion", zh="验证结论", items=("VER-10",),
        choices=words.RELEASE_CONCLUSIONS, closed=True,
    )  # fmt: skip


class Tested(Act):
    """Something is tested: a donor's blood, a culture, a room."""

    name, en, zh = "TESTED", "Tested", "检测"
    flows = tuple(
        (kind, "QCResult")
        for kind in ("Donor", "Tissue", "CellLot", "Reagent", "Equipment", "StoragePosition", "Subject")
    )
    creates, may_consume = True, True
    draws, becomes = NOT_FINAL, "consumed_in_qc"
    carries = {"outputs:QCResult": ("COL-03",)}

    sampled_at = Field(type=T.TIME, en="Sampled at", zh="采样时间", tier=2, items=("ADD-33", "COL-03"))


class QcIn(Act):
    """A lot is tested before it is stored."""

    name, list_code, en, zh = "QC_IN", "QCI", "QC at storage-in", "入库检测"
    flows = (("CellLot", "QCResult"),)
    creates, needs_output, may_consume = True, False, True
    draws, becomes = NOT_FINAL, "consumed_in_qc"
    carries = {
        "inputs:CellLot": ("QCI-03",),
        "inputs.quantity": ("QCI-06",),
        "start": ("QCI-08",),
        "operator": ("QCI-14",),
        "reviewer": ("QCI-15",),
    }

    handover_time = Field(type=T.TIME, en="Handover time", zh="交接时间", items=("QCI-01",))
    cell_quantity = Field(
        type=T.NUMBER, en="Cell quantity", zh="细胞数量", unit="cells", low=0, items=("QCI-05",),
        note="As found at the handover.",
    )  # fmt: skip
    vial_count = Field(
        type=T.INTEGER, en="Vial count", zh="支数", unit="vial", low=0, high=1_000_000_000, items=("QCI-05",)
    )
    test_quantity = Field(
        type=T.NUMBER, en="Test quantity", zh="检测数量", low=0, items=("QCI-06",), unit_field="test_quantity_unit",
        note="What is used up is said by the input's quantity, marked consumed.",
    )  # fmt: skip
    test_quantity_unit = Field(
        type=T.CHOICE, en="Unit of the test quantity", zh="检测数量单位", items=("QCI-06",), choices=words.UNITS
    )
    test_basis = Field(type=T.LINK, ref="Document", en="Test basis", zh="检测依据", items=("QCI-07",))
    test_conclusion = Field(
        type=T.CHOICE, en="Test conclusion", zh="检测结论", items=("QCI-12",), choices=words.QC_IN_CONCLUSIONS,
        closed=True,
    )  # fmt: skip
    handed_over_by = Field(type=T.REF, ref="Person", en="Handed over by", zh="交接人", tier=1, items=("QCI-13",))


class QcRelease(Act):
    """A lot, or some of its units, is judged for use."""

    name, list_code, en, zh = "QC_RELEASE", "QCR", "Release", "放行检测"
    flows = (("CellLot", "QCResult"),)
    creates, needs_output, may_consume = True, False, True
    draws, becomes = NOT_FINAL, "consumed_in_qc"
    carries = {
        "inputs:CellLot": ("QCR-02",),
        "inputs.quantity": ("QCR-04",),
        "inputs.units": ("QCR-04",),
        "start": ("QCR-07",),
        "operator": ("QCR-10",),
        "reviewer": ("QCR-11",),
    }

    release_quantity = Field(
        type=T.NUMBER, en="Release quantity", zh="放行数量", low=0, items=("QCR-04",),
        note="In the lot's own unit.",
    )  # fmt: skip
    test_basis = Field(type=T.LINK, ref="Document", en="Test basis", zh="检测依据", items=("QCR-05",))
    test_conclusion = Field(
        type=T.CHOICE, en="Test conclusion", zh="检测结论", items=("QCR-09",), choices=words.RELEASE_CONCLUSIONS,
        closed=True, note="conditional releases with open_tests named.",
    )  # fmt: skip
    open_tests = Field(
        type=T.CHOICE, many=True, en="Open tests", zh="未完成检测项目", items=("QCR-09",), choices=words.TEST_ITEMS,
        note="The tests whose results are still to come when the release is conditional.",
    )  # fmt: skip
