"""What is measured over HTTP is the service's answer about the synthetic lineage."""

from __future__ import annotations

from bench.asked import Question, ours
from bench.columns import make_lineage
from bench.serving import EMPTY, WHOLE, served
from graph.index import ALWAYS
from graph.reader import id_text


def test_the_service_answers_about_the_synthetic_lineage() -> None:
    synthetic = make_lineage(2_000)
    lineage = synthetic.index.lineage
    expected = ours(lineage, Question(name="hub", start=synthetic.hub, since=ALWAYS))
    with served(synthetic, [synthetic.hub]) as asker:
        assert asker.ask(EMPTY) == {"__typename": "Query"}
        answer = asker.ask(WHOLE, seed=id_text(lineage.node(synthetic.hub)))["impact"]
    assert answer["asOfSeq"] == lineage.seq
    assert answer["completeness"]["complete"]
    assert answer["summary"]["total"] == len(expected) > 100
    assert len(answer["items"]["edges"]) == 100
