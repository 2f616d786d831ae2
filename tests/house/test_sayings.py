"""Messages are sentences with values: each value is named in its sentence, and each name in it has a value."""

from __future__ import annotations

import ast

from graph.saying import PLACE
from support.house import ROOT

PACKAGES = ("graph", "queries", "resolvers", "exchange", "service")


def _said() -> list[tuple[str, str, frozenset[str]]]:
    """(where, sentence, names of the values) of each call that gives a sentence and names all its values."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "said"):
                    continue
                names = {keyword.arg for keyword in call.keywords}
                match call.args:
                    case [ast.Constant(value=str(sentence))] if None not in names:
                        where = f"{path.relative_to(ROOT)}:{call.lineno}"
                        found.append((where, sentence, frozenset(name for name in names if name)))
    return found


def test_a_sentence_has_a_place_for_each_value_and_a_value_for_each_place() -> None:
    said = [each for each in _said() if each[2] or "departures" not in each[0]]  # those get their values elsewhere
    assert len(said) > 300
    assert [(where, sentence) for where, sentence, names in said if set(PLACE.findall(sentence)) != names] == []
