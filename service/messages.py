"""Messages in the language of who reads them: what was said in English, said again from the catalogue.

A text that is no saying, or comes from elsewhere, stays as it is: English.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from markupsafe import Markup, escape
from starlette.requests import Request

from graph.saying import PLACE, Saying
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS
from graph.vocabulary.words import DISPOSITIONS
from service.texts import LANGUAGES, Texts
from service.wording import direction_label, field_label, range_label, role_labels
from visualize.words import edge_label, kind_label

__all__ = ["asked_texts", "marked_up", "spoken", "tag_of", "translated"]

_UNITS: Final = MEMBERS["inputs"].fields["unit"].choices


def asked_texts(request: Request) -> Texts:
    """The texts of an answer in JSON: English, unless ``?language=`` asks for others."""
    asked = request.query_params.get("language")
    return Texts(asked if asked in LANGUAGES else "en")


def spoken(say: Texts, text: str) -> str:
    """The message as a plain text."""
    return _said(say, text, str, str)


def marked_up(say: Texts, text: str) -> Markup:
    """The message for a page: each value by itself, so that neither its direction nor its signs disturb the sentence."""
    return Markup(_said(say, text, escape, lambda value: Markup("<bdi>{}</bdi>").format(value)))  # noqa: S704 - escaped


def tag_of(say: Texts, text: str) -> str:
    """The language that a message is in when it is spoken."""
    is_said = isinstance(text, Saying) and say(text.template) != text.template
    return say.tag if is_said else "en"


def translated(say: Texts, content: Any) -> Any:
    """JSON with every message in it as a plain text of the language."""
    if isinstance(content, Saying):
        return spoken(say, content)
    if isinstance(content, dict):
        return {name: translated(say, value) for name, value in content.items()}
    return [translated(say, each) for each in content] if isinstance(content, list) else content


Shown = Callable[[str], str]


def _said(say: Texts, text: str, plain: Shown, value: Shown) -> str:
    if not isinstance(text, Saying):
        return plain(text)
    parts = PLACE.split(say(text.template))  # text, name, text, name … text
    said = [plain(parts[0])]
    for name, after in zip(parts[1::2], parts[2::2], strict=True):
        given = text.values.get(name)
        if given is None:
            said.append(plain(f"{{{name}}}"))
        elif isinstance(given, Saying):
            said.append(_said(say, given, plain, value))
        else:
            label = _label(say, name, given)
            said.append(value(label) if label == given or name in _WITH_NAMES else plain(label))
        said.append(plain(after))
    return "".join(said)


def _label(say: Texts, name: str, value: str) -> str:
    """What a reader calls a value of the vocabulary; ids, and all others, are as they are."""
    if say.language == "en" or name not in _LABELS:
        return value
    return _LABELS[name](say, value)


def _disposition(say: Texts, value: str) -> str:
    return DISPOSITIONS.label(value, say.language)


def _dispositions(say: Texts, value: str) -> str:
    return say(", ").join(_disposition(say, each) for each in value.split(", "))


def _kind(say: Texts, value: str) -> str:
    return kind_label(value, say.language) if value in KINDS else value


def _operation_type(say: Texts, value: str) -> str:
    return edge_label(value, say.language) if value in OPERATIONS else value


def _role(say: Texts, value: str) -> str:
    return {role.value: label for role, label in role_labels(say).items()}.get(value, value)


def _measure(say: Texts, value: str) -> str:
    return _UNITS.label(value, say.language)


_WITH_NAMES: Final = frozenset({"version"})  # their labels hold names of their own
# Names of values whose words have labels; a value of any other name is an id, a number or a word of the records.
_LABELS: Final[dict[str, Callable[[Texts, str], str]]] = {
    "state": _disposition,
    "base": _disposition,
    "expected": _disposition,
    "states": _dispositions,
    "kind": _kind,
    "type": _operation_type,
    "role": _role,
    "measure": _measure,
    "given": _measure,
    "direction": direction_label,
    "field": field_label,
    "version": range_label,
}
