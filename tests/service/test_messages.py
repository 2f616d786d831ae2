"""Messages in the language of who reads them."""

from __future__ import annotations

from exchange.jsonlines import read_chunks
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
