"""Before the last approval people see what it would change; the queue is ordered by how much that may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.review.approval import approve_value
from extract.review.proposal import proposed_value
from extract.review.screening import include_record
from extract.store.asker import Asker
from extract.store.candidates import get_candidate
from extract.store.curated import set_value_state
from extract.store.queue import Wanted, waiting_items
from flows.assembly import synthesise
from flows.context import NightContext
from flows.expected import Pool, expected_shift, note_expected_shifts, shift_without
from flows.frozen import read_table
from flows.preview import Previewer
from tests.extract.review.queue_server import enqueue, proposed_effect
from tests.nights import night_on_starting_table
from tests.stores import AT

RCT = {"design": "rct"}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    with night_on_starting_table(tmp_path) as opened:
        yield opened


def included(context: NightContext, pmid: str, **effect: object) -> str:
    (candidate,) = enqueue(context.store, pmid, effect=proposed_effect(**effect))  # type: ignore[arg-type]
    for person in ("reviewer-a", "reviewer-b"):
        include_record(context.store, context.protocol, pmid, by=person, at=AT, study=RCT, reason=None)
    return candidate


def test_the_preview_of_a_trial_is_what_the_page_says_once_it_is_approved(context: NightContext) -> None:
    candidate = included(context, "100")
    with context.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    (change,) = Previewer(context.store, context.protocol)(candidate, proposed_value(stored.effect))
    # The five trials: 0.928 (0.690-1.249), REML and Hartung-Knapp (tests/flows/test_assembly.py).
    assert (change.before.k, change.before.estimate) == (5, "0.928 (0.690 to 1.249)")
    assert change.address == "/subtype/all/"
    assert change.changes
    assert change.enters
    for person in ("reviewer-a", "reviewer-b"):
        approve_value(context.store, context.protocol, candidate, by=person, at=AT, changes={}, reason=None)
    with context.store.read() as tx:
        published = synthesise(read_table(tx), context.protocol)
    main = next(s for s in published if s.synthesis_id == "os--all--all--randomised")
    assert main.primary is not None
    ratio = main.primary.ratio
    assert change.after.estimate == f"{ratio.estimate:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
    assert (change.after.k, change.after.sentence) == (6, main.conclusion)
    assert change.after.heterogeneity == f"tau² {main.primary.tau2:.3f}, I² {main.primary.i2:.0f} %"


def test_a_value_that_enters_no_pool_says_so_and_a_first_value_has_no_result_before_it(context: NightContext) -> None:
    candidate = included(context, "100", subtype="triple-negative", metastatic_pattern="visceral")
    with context.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    value = proposed_value(stored.effect)
    preview = Previewer(context.store, context.protocol)
    (first,) = preview(candidate, value)
    assert (first.before.k, first.after.k) == (0, 1)
    assert first.after.estimate.startswith("0.720 (0.5")
    (left_out,) = preview(candidate, replace(value, poolable=False, not_poolable_reason="shares its controls"))
    assert not left_out.enters
    assert left_out.why == "shares its controls"


def test_the_expected_shift_is_that_of_the_weighted_mean() -> None:
    # y = (-0.5, 0.1), v = (0.04, 0.09), tau2 = 0.01: weights 20 and 10, mean (-10 + 1) / 30 = -0.3.
    pool = Pool(mu=-0.3, tau2=0.01, weights=30.0)
    # A third, y = 0.3 and v = 0.09, has weight 10: (-9 + 3) / 40 = -0.15.
    assert expected_shift(0.3, 0.3, pool) == pytest.approx(0.15)
    # Without the second (0.1, weight 10) the first remains: -0.5.
    assert shift_without(0.1, 0.3, pool, k=2) == pytest.approx(0.2)
    assert expected_shift(-0.4, 0.2, None) == pytest.approx(0.4)


def test_the_queue_puts_first_what_may_move_a_result_most(context: NightContext) -> None:
    store = context.store
    small = included(context, "100", estimate=0.93, ci_low=0.7, ci_high=1.24)
    large = included(context, "101")
    enqueue(store, "102")
    with store.write() as tx:
        set_value_state(tx, ["jcog1017-2025--os--all--all--1"], "reopened")
    with store.read() as tx:
        table = read_table(tx)
    note_expected_shifts(store, context.protocol, table, synthesise(table, context.protocol), at=AT)
    with store.read() as tx:
        rows, _ = waiting_items(tx, Asker(), Wanted())
    shifts = {row.item: row.expected_shift for row in rows}
    ordered = [row.item for row in rows if row.item in (f"value:{small}", f"value:{large}", "record:102")]
    assert shifts[f"value:{large}"] > shifts[f"value:{small}"]  # type: ignore[operator]
    assert ordered.index(f"value:{large}") < ordered.index(f"value:{small}")
    # 0.72 against 0.928 with the weight of a trial of this size among five: about a twentieth of a log unit.
    assert 0.02 < (shifts[f"value:{large}"] or 0) < 0.08
    assert shifts["record:102"] is not None
    assert shifts["reopened:jcog1017-2025--os--all--all--1"] is not None
    assert rows[-1].expected_shift in (None, min(one for one in shifts.values() if one is not None))
