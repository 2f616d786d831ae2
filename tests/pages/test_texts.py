"""What people read is there in both languages: every text of the templates and pages is in both catalogues."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from graph.saying import PLACE
from service.texts import LANGUAGES
from support.house import ROOT

SERVICE = ROOT / "service"
PACKAGES = ("exchange", "graph", "queries", "resolvers", "service")
KEYWORDS = {"_": None, "say": None, "said": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def _texts() -> set[str | tuple[str, ...]]:
    """Every text that code and templates say, a plural as a pair."""
    return {
        text
        for package in PACKAGES
        for _, _, text, _, _ in extract_from_dir(str(ROOT / package), method_map=METHODS, keywords=KEYWORDS)
    }


def _folder(language: str) -> Path:
    return SERVICE / "locale" / LANGUAGES[language] / "LC_MESSAGES"


def _catalogue(language: str) -> Catalog:
    with (_folder(language) / "stemgraph.po").open("rb") as file:
        return read_po(file)


def _messages(language: str) -> Iterator[Message]:
    return (message for message in _catalogue(language) if message.id)


def _strings(message: Message) -> list[str]:
    said = message.string
    return [said] if isinstance(said, str) else list(said or [""])


def _id(message: Message) -> str:
    """The English text, of a plural the second."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def _has_words(id_: str | list[str] | tuple[str, ...]) -> bool:
    return any(character.isalpha() for character in PLACE.sub("", id_ if isinstance(id_, str) else id_[-1]))


def test_texts_are_found_in_code_and_templates() -> None:
    told = {"Sign in", "Outside the range", "{thing} has no unit {unit}.", ("%(num)s thing", "%(num)s things")}
    assert told <= _texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_has_its_entry_and_no_entry_is_left_over(language: str) -> None:
    assert {message.id for message in _messages(language)} == _texts()


def test_each_text_is_said_in_chinese() -> None:
    assert [message.id for message in _messages("zh") if message.fuzzy or not all(_strings(message))] == []


def test_english_is_what_the_code_says() -> None:
    """An entry without a text says its id."""
    said = [(message.id, text) for message in _messages("en") for text in _strings(message) if text]
    assert [(id_, text) for id_, text in said if text not in (id_ if isinstance(id_, tuple) else (id_,))] == []


def test_chinese_says_it_in_chinese() -> None:
    spoken = [(message.id, text) for message in _messages("zh") for text in _strings(message)]
    wordless = {text for id_, text in spoken if not re.search(r"[\u4e00-\u9fff]", text) and _has_words(id_)}
    assert wordless == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_places_where_values_stand(language: str) -> None:
    for message in _messages(language):
        for text in filter(None, _strings(message)):
            assert set(_PLACES.findall(text)) == set(_PLACES.findall(_id(message))), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_text_says(language: str, tmp_path: Path) -> None:
    with (tmp_path / "again.mo").open("wb") as file:
        write_mo(file, _catalogue(language))
    with (tmp_path / "again.mo").open("rb") as again, (_folder(language) / "stemgraph.mo").open("rb") as kept:
        wanted, found = (vars(gettext.GNUTranslations(each))["_catalog"] for each in (again, kept))
    assert found == wanted, "run `make messages`"
