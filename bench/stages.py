"""What the door's own work costs, stage by stage and without a store: ``python -m bench.stages``.

Processor time, so that other programs on the machine hardly matter; microseconds a record.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from exchange.generator import generate, lines
from exchange.jsonlines import read_chunks
from graph.effects import Stamp
from graph.keys import MemoryKeys
from graph.ledger.admission import admit
from graph.ledger.entering import enter
from graph.ledger.model import GENESIS, Head, Submission
from graph.ledger.sealing_records import Sealer
from graph.rules.clock import Clock
from graph.rules.judge import judge
from graph.rules.world import World
from graph.sealing import same_person_digest
from graph.times import now_ms
from graph.viewer import OWNER
from service.interpreter import set_up_interpreter


class Stages:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - begun


def run(*, donors: int, seed: int, batch: int) -> tuple[int, dict[str, float]]:
    """Records judged, and processor seconds by stage."""
    stages, ring, world, clock = Stages(), MemoryKeys(), World(), Clock(now_ms=now_ms(), is_historic=True)
    head = Head(seq=0, digest=GENESIS, epoch="bench")
    raw = read_chunks(list(lines(generate(donors=donors, seed=seed))))
    while True:
        with stages.timed("read"):
            records = list(islice(raw, batch))
        if not records:
            return head.seq, stages.seconds
        submission = Submission(
            records=records, viewer=OWNER, idempotency_key=str(head.seq), historic=True, is_import=True
        )
        with stages.timed("admit"):
            admitted = admit(submission)
        sealer, first = Sealer(ring), head.seq + 1
        with stages.timed("judge"):
            judgement = judge(
                admitted,
                world,
                clock=clock,
                is_same=lambda _given, _stored: False,
                stamp_of=lambda index, record, first=first: Stamp(  # type: ignore[misc]
                    first + index, record.recorded_at.earliest_ms if record.recorded_at else clock.now_ms
                ),
                seal=sealer.seal,
                keyed_digest=lambda donor: same_person_digest(donor, ring),
            )
        if admitted.violations:
            raise SystemExit(f"refused: {[violation.as_json() for violation in admitted.violations[:5]]}")
        with stages.timed("enter"):
            head = enter(judgement, submission, head=head, now=clock.now_ms).head
        with stages.timed("seal"):
            sealer.rows()
        for node in world.nodes.values():
            node.is_new = False


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stages", description=__doc__)
    parser.add_argument("--donors", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=5000)
    arguments = parser.parse_args()
    set_up_interpreter()
    count, seconds = run(donors=arguments.donors, seed=arguments.seed, batch=arguments.batch)
    print(f"{count:,} records; microseconds a record:")
    for stage, spent in seconds.items():
        print(f"  {stage:6} {1e6 * spent / count:6.0f}")
    print(f"  {'all':6} {1e6 * sum(seconds.values()) / count:6.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
