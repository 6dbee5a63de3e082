"""Many reviews of people who do random things: ``python -m tests.benchmarks.random_team [RUNS] [STEPS] [SEED]``.

Prints how often each kind of decision was taken; a broken rule ends it with the shortest way found to break it.
"""

from __future__ import annotations

import sys
from collections import Counter

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from extract.store.decisions import all_decisions
from tests.extract.review.random_team import RandomTeam


class Counted(RandomTeam):
    """The same, counting."""

    decisions: Counter[str] = Counter()  # noqa: RUF012 - one count for all runs

    def teardown(self) -> None:
        """Count what was decided."""
        with self.store.read() as tx:
            Counted.decisions += Counter(one.decision.action for one in all_decisions(tx))
        super().teardown()


def main() -> None:
    """Run and count."""
    runs, steps, first = (int(text) for text in (*sys.argv[1:], "500", "60", "1")[:3])
    wanted = settings(
        max_examples=runs,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(first)(Counted), settings=wanted)
    counted = ", ".join(f"{action} {number}" for action, number in Counted.decisions.most_common())
    print(f"{runs} reviews of up to {steps} steps: {counted}")


if __name__ == "__main__":
    main()
