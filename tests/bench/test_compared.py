"""What is measured side by side is the same question with the same answer; what is not, is said."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from bench.asked import Answer, Edges, Question, asked_in_time, asked_of, edges_of, ours, ours_checked
from bench.columns import Synthetic, make_lineage
from bench.compared import OURS, compare, table_of
from bench.peers import Form, TimedOut
from bench.peers.libraries import networkx_library
from bench.report import Report, at_least, at_most, not_measured
from bench.rounds import in_turns


@pytest.fixture(scope="module")
def synthetic() -> Synthetic:
    return make_lineage(20_000)


@pytest.fixture(scope="module")
def edges(synthetic: Synthetic) -> Edges:
    return edges_of(synthetic)


def _form(name: str, answer: Answer | None) -> Form:
    """Answers so; None: does not end in time."""

    def check(_question: Question) -> Answer:
        if answer is None:
            raise TimedOut
        return answer

    return Form(name=name, run=check, check=check)


def _spread(edges: Edges, question: Question) -> dict[int, int]:
    """The rule for material, read off the specification: each thing's earliest time, until nothing changes."""
    assert question.since is not None
    earliest = {question.start: question.since}
    rows = list(zip(*(part.tolist() for part in edges[:4]), strict=True))
    while True:
        before = dict(earliest)
        for source, target, start, last in rows:
            if source in earliest and earliest[source] <= last:
                time = max(earliest[source], start)
                earliest[target] = min(time, earliest.get(target, time))
        if earliest == before:
            return earliest


def test_a_library_finds_what_ours_finds(synthetic: Synthetic, edges: Edges) -> None:
    lineage = synthetic.index.lineage
    with networkx_library(edges, 60.0) as (form,):
        for question in asked_of(synthetic):
            assert form.check(question) == ours_checked(lineage, question)


def test_in_time_ours_finds_what_the_rule_says_of_the_same_edges() -> None:
    synthetic = make_lineage(3_000)
    edges = edges_of(synthetic)
    lineage = synthetic.index.lineage
    for question in asked_of(synthetic):
        asked = asked_in_time(edges, question)
        expected = _spread(edges, asked)
        assert set(ours(lineage, asked).tolist()) == expected.keys()
        times = sum(time for thing, time in expected.items() if thing != asked.start)
        assert ours_checked(lineage, asked).times == times


def test_a_form_that_answers_otherwise_is_named_and_not_timed(synthetic: Synthetic) -> None:
    question = asked_of(synthetic)[0]
    lineage = synthetic.index.lineage
    right = ours_checked(lineage, question)
    forms = [_form("right", right), _form("wrong", right._replace(numbers=right.numbers + 1))]
    (found,) = compare(lineage, [question], forms, budget=1.0)
    assert found.seconds.keys() == {OURS, "right"}
    assert table_of("", "", [found], ["right", "wrong"]).rows[0][-1] == "answers otherwise"


def test_a_form_that_does_not_end_is_told_so_and_is_slower_than_any(synthetic: Synthetic) -> None:
    question = asked_of(synthetic)[0]
    (found,) = compare(synthetic.index.lineage, [question], [_form("late", None)], budget=1.0)
    assert math.isinf(found.ratio("late"))
    assert table_of("", "", [found], ["late"]).rows[0][-1] == "did not end"


def test_what_stops_ending_in_time_while_it_is_measured_has_no_time() -> None:
    calls: Iterator[int] = iter(range(100))

    def works_once() -> None:
        if next(calls) > 1:
            raise TimedOut

    assert in_turns({"once": works_once}, budget=1.0) == {"once": None}


def test_a_claim_is_held_by_its_worst_ratio() -> None:
    assert at_least("", 50, [49.0, 300.0]).is_met is False
    assert at_least("", 50, [50.0, 300.0]).is_met is True
    assert at_most("", 2, [1.0, 2.1]).is_met is False
    assert at_most("", 2, [1.0, 2.0]).is_met is True


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert at_least("", 50, []).is_met is None
    report = Report(claims=[not_measured("a peer", "≥ 3 ×", "initdb is not found")])
    assert "| a peer | ≥ 3 × | initdb is not found | not measured |" in report.text(title="")
