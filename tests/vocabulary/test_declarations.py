"""The declarations hold together: shapes, headings, flows, colours."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from graph.vocabulary import (
    DISPOSITIONS,
    EDGE_FLOWS,
    EDGE_TYPES,
    FINAL_DISPOSITIONS,
    KINDS,
    MATERIAL_EDGES,
    MEMBERS,
    OPERATIONS,
    UNITS,
    USES,
    FieldType,
    Part,
    Words,
    kind_code,
    kind_of_code,
    normal_heading,
)
from graph.vocabulary.preparation import CoolingStep
from graph.vocabulary.reference import main, reference_page
from graph.vocabulary.uses import EquipmentParameters

ROOT = Path(__file__).parents[2]
PARTS: dict[str, type[Part]] = {
    **KINDS,
    **OPERATIONS,
    **{use.edge: use for use in USES.values()},
    **MEMBERS,
    "keys of equipment": EquipmentParameters,
    "keys of cooling": CoolingStep,
}


def test_the_kinds_are_those_of_the_record_format() -> None:
    assert set(KINDS) == {
        "Donor", "Tissue", "CellLot", "CellUnit", "Reagent", "Equipment", "StoragePosition", "Subject", "Person",
        "Institution", "Study", "QCResult", "AdverseEvent", "Document", "ReferenceRange",
    }  # fmt: skip
    assert [kind_code(kind) for kind in ("CellLot", "QCResult", "StoragePosition")] == [
        "CELL_LOT",
        "QC_RESULT",
        "STORAGE_POSITION",
    ]
    assert all(kind_of_code(kind_code(kind)) == kind for kind in KINDS)


def test_the_operations_are_those_of_the_record_format() -> None:
    assert set(OPERATIONS) == {
        "COLLECTED", "SEPARATED", "PURIFIED", "EXPANDED", "CRYOPRESERVED", "THAWED", "DIVIDED", "RELABELLED", "POOLED",
        "FORMULATED", "PREPARED", "ADMINISTERED", "VERIFIED", "TESTED", "QC_IN", "QC_RELEASE", "STORAGE_IN", "STORED",
        "STORAGE_OUT", "TRANSPORTED", "MOVED", "COUNTED", "CHANGED_DISPOSITION", "DECONTAMINATED", "CALIBRATED",
        "MAINTAINED", "DETERMINED_ELIGIBLE", "WITHDREW", "FOLLOWED_UP", "CONSENTED", "TRAINED", "ENROLLED",
        "EXPERIENCED",
    }  # fmt: skip


def test_material_edges_are_the_starred_ones() -> None:
    assert set(MATERIAL_EDGES) == {
        "COLLECTED", "SEPARATED", "PURIFIED", "EXPANDED", "CRYOPRESERVED", "THAWED", "DIVIDED", "RELABELLED", "POOLED",
        "FORMULATED", "PREPARED", "ADMINISTERED", "CONTAINS",
    }  # fmt: skip


def test_what_an_operation_creates() -> None:
    assert {name for name, operation in OPERATIONS.items() if operation.creates} == {
        "COLLECTED", "SEPARATED", "PURIFIED", "EXPANDED", "CRYOPRESERVED", "THAWED", "DIVIDED", "RELABELLED", "POOLED",
        "FORMULATED", "PREPARED", "VERIFIED", "TESTED", "QC_IN", "QC_RELEASE", "EXPERIENCED",
    }  # fmt: skip


def test_only_storing_and_transport_last() -> None:
    assert {name for name, operation in OPERATIONS.items() if operation.is_lasting} == {"STORED", "TRANSPORTED"}


def test_what_each_operation_takes_and_makes_of_it() -> None:
    for name, operation in OPERATIONS.items():
        assert set(operation.draws) <= set(DISPOSITIONS) - set(FINAL_DISPOSITIONS)
        assert operation.becomes is None or operation.becomes in DISPOSITIONS
        if operation.is_material and name not in {"ADMINISTERED", "COLLECTED"}:
            assert operation.becomes == "consumed_in_process"
    assert OPERATIONS["ADMINISTERED"].draws == ("at_site", "allocated", "released")
    assert OPERATIONS["EXPANDED"].draws == ("allocated", "released", "at_site", "quarantined", "in_process")
    assert OPERATIONS["TRANSPORTED"].becomes_at_end == "at_site"


@pytest.mark.parametrize("name", PARTS)
def test_no_two_fields_of_one_part_share_a_heading(name: str) -> None:
    part = PARTS[name]
    headings = [
        heading
        for field in part.fields.values()
        for heading in {normal_heading(text) for text in (field.name, field.en, field.zh, *field.aliases)}
    ]
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("name", PARTS)
def test_fields_are_whole(name: str) -> None:
    for key, field in PARTS[name].fields.items():
        assert key == field.name
        assert field.en
        assert field.zh
        assert 0 <= field.tier <= 3
        assert (field.ref is not None) == (field.type in {FieldType.REF, FieldType.LINK})
        assert field.ref is None or field.ref in KINDS
        assert not field.closed or field.choices
        assert field.unit_field is None or field.unit_field in PARTS[name].fields
        assert set(field.choices) == set(field.choices.labels)
        if field.type is FieldType.TEXT:
            assert field.tier >= 2


def test_only_what_the_record_format_says_is_closed() -> None:
    closed = {field.name for part in PARTS.values() for field in part.fields.values() if field.closed}
    assert closed == {
        "test_conclusion", "verification_conclusion", "conclusion", "from", "to", "process", "donor_relationship",
        "despite",
    }  # fmt: skip


def test_a_member_may_be_a_word_of_python() -> None:
    assert {"from", "to", "reason"} <= set(OPERATIONS["CHANGED_DISPOSITION"].fields)


def test_kinds_are_told_apart_by_colour_and_shape() -> None:
    looks = [(kind.colour, kind.shape) for kind in KINDS.values()]
    assert len(set(looks)) == len(KINDS)


def test_edges_run_between_kinds_and_units_leave_by_themselves() -> None:
    assert set(EDGE_FLOWS) == set(EDGE_TYPES)
    assert {"USED_REAGENT", "USED_EQUIPMENT", "CONTAINS", "PART_OF"} <= set(EDGE_TYPES)
    for start, end in itertools.chain.from_iterable(EDGE_FLOWS.values()):
        assert {start, end} <= set(KINDS)
    assert ("CellUnit", "Subject") in EDGE_FLOWS["ADMINISTERED"]
    assert ("CellLot", "CellUnit") not in EDGE_FLOWS["EXPANDED"]
    assert ("StoragePosition", "CellUnit") in EDGE_FLOWS["STORAGE_OUT"]
    assert ("CellUnit", "StoragePosition") not in EDGE_FLOWS["STORAGE_OUT"]
    assert ("Reagent", "Reagent") in EDGE_FLOWS["VERIFIED"]
    assert ("CellUnit", "CellUnit") in EDGE_FLOWS["QC_RELEASE"]
    assert ("Donor", "Donor") not in EDGE_FLOWS["TESTED"]
    assert ("Equipment", "Subject") in EDGE_FLOWS["USED_EQUIPMENT"]


def test_words_are_found_by_code_and_by_label_in_either_language() -> None:
    words = Words({"not_released": ("Not released", "未放行")})
    assert list(words) == ["not_released"]
    assert [words.find(text) for text in ("not_released", "NOT RELEASED", "未放行", "other")] == [
        "not_released",
        "not_released",
        "not_released",
        None,
    ]
    assert words.label("not_released", "zh") == "未放行"
    assert words.label("unheard of") == "unheard of"
    assert UNITS.find("支") == "vial"


def test_drifting_terms_are_one_heading() -> None:
    assert normal_heading("转运人") == normal_heading("运输人")
    assert normal_heading("供体编号") == normal_heading("供者 编号")
    assert normal_heading("起送时间") == normal_heading("启运时间")
    assert normal_heading("试剂配置人") == normal_heading("试剂配制人")
    assert normal_heading("Seeding_Density") == normal_heading("seeding density")
    assert normal_heading("送达时间") != normal_heading("启运时间")


def test_the_vocabulary_needs_the_standard_library_only() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import json, sys, graph.vocabulary; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    tops = {name.partition(".")[0] for name in json.loads(seen.stdout)}
    bare = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    before = {name.partition(".")[0] for name in json.loads(bare.stdout)}
    assert tops - before - {"graph"} <= set(sys.stdlib_module_names)


def test_the_reference_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8") == reference_page()


def test_an_outdated_reference_page_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "vocabulary.md"
    assert main(["--check", str(page)]) == 1
    assert "out of date" in capsys.readouterr().err
    assert main([str(page)]) == 0
    assert main(["--check", str(page)]) == 0
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert main(["--check", str(page)]) == 1
