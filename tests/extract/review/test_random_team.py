"""Whatever people do in whatever order, the states of the queue hold (``tests/extract/review/random_team.py``)."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.extract.review.random_team import RandomTeam

RUNS, STEPS = 25, 30
"""`python -m tests.benchmarks.random_team` does thousands."""


def test_a_team_that_does_random_things_breaks_no_rule_of_the_queue() -> None:
    run_state_machine_as_test(
        RandomTeam,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            derandomize=True,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
