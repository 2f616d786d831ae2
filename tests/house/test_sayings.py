"""Messages are sentences with values: what a person may read on a page is said so that it can be said in Chinese too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from graph.saying import PLACE
from support.house import ROOT

PACKAGES = ("graph", "queries", "resolvers", "exchange", "service")

# What tells a person what is wrong; each takes a message and what to do.
_TELLING = frozenset(
    {
        "BadCell", "BadInput", "BadTime", "BadValue", "Conflict", "Deviation", "Finding", "HTTPException", "Incomplete",
        "IntegrityBroken", "NotPermitted", "Problem", "StoreUnavailable", "Violation", "Warned", "_complain", "_problem",
        "bad", "forbidden", "impossible", "refuse", "warn",
    }
)  # fmt: skip
# Who meets these works on the command line, in a notebook or with a program: in English.
_IN_ENGLISH = (
    "exchange/answers/reading.py", "graph/engine/embedded.py", "graph/engine/folder.py", "graph/index/snapshot.py",
    "service/administration.py", "service/client.py", "service/commands/", "service/lifecycle.py", "service/notebook/",
)  # fmt: skip


def _calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call with the name of what is called."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match call:
                    case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                        yield path.relative_to(ROOT), call, name


def _said() -> list[tuple[str, str, set[str]]]:
    """(where, sentence, names of the values) of each call that gives a sentence and names all its values."""
    found = []
    for path, call, name in _calls():
        names = {keyword.arg for keyword in call.keywords}
        match call.args:
            case [ast.Constant(value=str(sentence))] if name == "said" and None not in names:
                found.append((f"{path}:{call.lineno}", sentence, {each for each in names if each}))
    return found


def _has_a_space(argument: ast.expr) -> bool:
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value for part in parts)


def test_a_sentence_has_a_place_for_each_value_and_a_value_for_each_place() -> None:
    said = [each for each in _said() if each[2] or "departures" not in each[0]]  # those get their values elsewhere
    assert len(said) > 300
    assert [(where, sentence) for where, sentence, names in said if set(PLACE.findall(sentence)) != names] == []


def test_what_a_page_may_tell_is_said_and_not_only_written() -> None:
    written = [
        f"{path}:{call.lineno}"
        for path, call, name in _calls()
        if name in _TELLING and not path.as_posix().startswith(_IN_ENGLISH)
        if any(_has_a_space(argument) for argument in (*call.args, *(keyword.value for keyword in call.keywords)))
    ]
    assert written == []
