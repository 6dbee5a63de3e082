"""The reading order of a night: learned from our own decisions, randomised trials first, nothing left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.pubmed.parse import content_hash, record_to_json
from extract.review.views import queue_items
from extract.schema.vocabulary import RecordState
from extract.screening.model_settings import MODEL_VERSION
from extract.store.audits import latest_audit
from extract.store.decisions import Decision, record_vote
from extract.store.ranks import record_ranks
from extract.store.records import set_state, upsert_record
from flows.context import NightContext
from flows.ranking import rank_night
from flows.screening_progress import screening_progress
from tests.extract.store.records import record
from tests.nights import night_on_starting_table
from tests.stores import AT

ELIGIBLE = "Resection of the primary tumour in stage IV breast cancer and survival"
OTHER = "Cardiac imaging of healthy volunteers and reproducibility of strain"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    with night_on_starting_table(tmp_path) as opened:
        yield opened


def add(context: NightContext, pmid: str, title: str, state: RecordState = RecordState.NEW, abstract: str = "") -> None:
    held = record(pmid, title=title, abstract=abstract)
    with context.store.write() as tx:
        content = record_to_json(held)
        upsert_record(tx, held, content=content, content_hash=content_hash(held), night="2026-11-20", run_id=None)
        set_state(tx, pmid, state)


def decided(context: NightContext) -> None:
    for number in range(4):
        add(context, f"1{number}", f"{ELIGIBLE} {number}", RecordState.INCLUDED)
        add(context, f"2{number}", f"{OTHER} {number}", RecordState.EXCLUDED)


def waiting(context: NightContext) -> list[str]:
    with context.store.read() as tx:
        return [item.item.removeprefix("record:") for item in queue_items(tx)]


def test_records_like_the_included_ones_are_read_first_and_none_is_left_out(context: NightContext) -> None:
    decided(context)
    add(context, "300", OTHER)
    add(context, "301", ELIGIBLE)
    assert waiting(context) == ["300", "301"]
    assert rank_night(context).ranked == 2
    assert waiting(context) == ["301", "300"]


def test_randomised_trials_are_read_before_everything_else(context: NightContext) -> None:
    decided(context)
    add(context, "300", ELIGIBLE)
    add(context, "301", OTHER, abstract="Volunteers were randomly assigned to one of two machines.")
    rank_night(context)
    assert waiting(context) == ["301", "300"]


def test_without_decisions_of_both_kinds_the_oldest_are_read_first_and_the_reason_is_told(
    context: NightContext,
) -> None:
    add(context, "300", OTHER)
    outcome = rank_night(context)
    assert outcome.ranked == 0
    assert "at least one included and one excluded" in (outcome.reason or "")
    assert waiting(context) == ["300"]


def test_the_same_records_and_decisions_are_not_ranked_again(context: NightContext) -> None:
    decided(context)
    add(context, "300", ELIGIBLE)
    rank_night(context)
    with context.store.read() as tx:
        first = record_ranks(tx)
    rank_night(context)
    with context.store.read() as tx:
        assert record_ranks(tx) == first
    assert next(iter(first.values())).model_version.startswith(MODEL_VERSION + " ")


def test_a_vote_that_settles_nothing_gives_no_new_ranking_and_one_that_settles_does(context: NightContext) -> None:
    decided(context)
    for pmid in ("300", "301"):
        add(context, pmid, ELIGIBLE)
    assert model_after(context) == (first := model_after(context))
    vote(context, "300", RecordState.SCREENING)
    vote(context, "301", RecordState.CONFLICT)
    assert model_after(context) == first
    vote(context, "300", RecordState.INCLUDED)
    settled = model_after(context)
    assert settled != first
    # The counts are as before when 301 takes the place of 300.
    vote(context, "301", RecordState.INCLUDED)
    vote(context, "300", RecordState.SCREENING)
    assert model_after(context) not in (first, settled)


def vote(context: NightContext, pmid: str, then: RecordState) -> None:
    with context.store.write() as tx:
        decision = Decision(AT, "reviewer-a", "vote", "record", pmid, new="include")
        record_vote(tx, decision, pmid=pmid, vote="include", reason_code=None)
        set_state(tx, pmid, then)


def model_after(context: NightContext) -> str:
    """Rank, and return the mark of the model that did."""
    rank_night(context)
    with context.store.read() as tx:
        return next(iter(record_ranks(tx).values())).model_version


def test_a_night_with_nothing_new_to_learn_does_not_load_the_learner(context: NightContext) -> None:
    decided(context)
    add(context, "300", ELIGIBLE)
    rank_night(context)
    vote(context, "300", RecordState.SCREENING)
    learner = {name: sys.modules.pop(name) for name in [*sys.modules] if name.startswith("extract.screening.ranker")}
    assert learner
    try:
        rank_night(context)
        assert "extract.screening.ranker" not in sys.modules
    finally:
        sys.modules.update(learner)


def test_the_standing_estimate_follows_from_the_audit_sample_as_people_read_it(context: NightContext) -> None:
    decided(context)
    for number in range(300, 400):
        add(context, str(number), OTHER)
    progress = rank_night(context).progress
    assert (progress.waiting, progress.sample, progress.recall) == (100, 60, None)
    with context.store.read() as tx:
        audit = latest_audit(tx)
    assert audit is not None
    with context.store.write() as tx:
        for pmid in audit.sample[:59]:
            set_state(tx, pmid, RecordState.EXCLUDED)
        before_the_end = screening_progress(tx)
        set_state(tx, audit.sample[59], RecordState.EXCLUDED)
        after = screening_progress(tx)
    assert (before_the_end.stop, before_the_end.recall) == (None, 1.0)
    # 4 found before; the pile of 100 with 0 among 60 holds at most 3 (hypergeometric, 2.5 % tail): C(97,60)/C(100,60)
    # = 0.061 for 3, C(96,60)/C(100,60) = 0.0233 for 4. So recall is 4 / (4 + 3) at least.
    assert after.recall_low == pytest.approx(4 / 7)
    assert (after.recall, after.recall_high) == (1.0, 1.0)
    # To miss a recall of 95 % one unseen record is enough (4 of 5): it stays unseen with probability 40 / 100.
    assert after.stop is False
    assert "recall 100% (95 % interval 57% to 100%, 60 of 60 audit records read); read on" in after.told()


def test_a_new_audit_is_drawn_only_when_the_last_one_is_read_and_new_records_wait(context: NightContext) -> None:
    decided(context)
    add(context, "300", OTHER)
    rank_night(context)
    add(context, "301", OTHER)
    rank_night(context)
    with context.store.read() as tx:
        first = latest_audit(tx)
    assert first is not None
    assert first.pile == ("300",)
    with context.store.write() as tx:
        set_state(tx, "300", RecordState.EXCLUDED)
    rank_night(context)
    with context.store.read() as tx:
        second = latest_audit(tx)
    assert second is not None
    assert second.pile == ("301",)
