"""Messages in the language of who reads them."""

from __future__ import annotations

import pytest

from exchange.jsonlines import read_chunks
from graph.rules.departures import recall
from graph.saying import said
from service.messages import marked_up, spoken, tag_of, translated
from service.texts import Texts

CHINESE, ENGLISH = Texts("zh"), Texts("en")
NOT_RELEASED = said(
    "{thing} was {state} when {operation} took it.", thing="DP1#3", state="quarantined", operation="O22"
)


def test_a_message_is_said_in_the_language_of_the_reader_with_the_words_of_the_vocabulary() -> None:
    assert spoken(CHINESE, NOT_RELEASED) == "O22 取用 DP1#3 时，其状态为待检隔离。"
    assert spoken(ENGLISH, NOT_RELEASED) == "DP1#3 was quarantined when O22 took it."


def test_what_the_library_says_of_broken_json_is_said_in_chinese_too() -> None:
    (record,) = read_chunks([b'{"record": node}'])
    (problem,) = record.problems
    assert problem.message == "Broken JSON at column 12: Expecting value."
    assert spoken(CHINESE, problem.message) == "第 12 列处 JSON 格式有误：应有值。"


def test_a_type_of_operation_is_called_by_its_name() -> None:
    assert (
        spoken(CHINESE, said("{type} takes {kinds}.", type="EXPANDED", kinds="CellLot")) == "“扩增”的输入为 CellLot。"
    )
    assert spoken(CHINESE, said("{type} takes {kinds}.", type="NONE", kinds="CellLot")) == "“NONE”的输入为 CellLot。"


@pytest.mark.parametrize(
    ("kept", "chinese"),
    [
        (
            "data.arrival_temperature of O21 is above its range of allowed -196 to -150 (required_transport_temperature of O21).",
            "O21 的送达温度超出范围（高于）：允许 -196 至 -150（O21 要求的运输温度）。",
        ),
        (
            "outputs[0].data.test_result of Q01 is below its range of at least 80, allowed at least 70 (default viability-release v1).",
            "Q01 的检测结果超出范围（低于）：不低于 80，允许 不低于 70（默认范围 viability-release v1）。",
        ),
        (
            "end of O02 is above its range of at most 24, allowed at most 48 (ReferenceRange:RR-1@12).",
            "O02 的运输时长超出范围（高于）：不高于 24，允许 不高于 48（ReferenceRange:RR-1@12）。",
        ),
    ],
)
def test_a_departure_from_a_range_is_told_with_the_names_of_field_side_and_range(kept: str, chinese: str) -> None:
    assert spoken(CHINESE, recall("out_of_range", kept)) == chinese


def test_a_message_within_a_message_is_said_too() -> None:
    message = said("{member} {problem}", member="inputs[0].quantity", problem=said("is missing."))
    assert spoken(CHINESE, message) == "inputs[0].quantity：缺失。"


def test_values_stand_by_themselves_on_a_page_and_are_shown_as_text() -> None:
    message = said("There is no {named}.", named="CellLot:<script>")
    assert marked_up(CHINESE, message) == "没有 <bdi>CellLot:&lt;script&gt;</bdi>。"
    assert marked_up(CHINESE, "<b>as it came</b>") == "&lt;b&gt;as it came&lt;/b&gt;"


def test_what_is_no_message_of_ours_stays_english_and_says_so() -> None:
    for text in ("The driver failed.", NOT_RELEASED + " Twice.", said("Nobody has translated {this}.", this="it")[:]):
        assert spoken(CHINESE, text) == text
        assert tag_of(CHINESE, text) == "en"
    assert tag_of(CHINESE, NOT_RELEASED) == "zh-CN"
    assert tag_of(ENGLISH, NOT_RELEASED) == "en"


def test_a_sentence_without_translation_is_said_in_english() -> None:
    assert spoken(CHINESE, said("Nobody has translated {this}.", this="it")) == "Nobody has translated it."


def test_messages_within_json_are_said_and_nothing_else_is_touched() -> None:
    content = {
        "accepted": False,
        "seq": 3,
        "violations": [{"message": NOT_RELEASED, "code": "not_released"}],
        "notes": None,
    }
    said_in_chinese = translated(CHINESE, content)
    assert said_in_chinese == {
        "accepted": False,
        "seq": 3,
        "violations": [{"message": "O22 取用 DP1#3 时，其状态为待检隔离。", "code": "not_released"}],
        "notes": None,
    }
    assert translated(ENGLISH, content) == content
