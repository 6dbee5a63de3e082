"""Links are proposed by programs and decided by people; each decision can be taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extract.errors import DecisionError, StaleItem
from extract.pubmed.parse import record_to_json
from extract.review.grouping import put_in_group, split_overlap
from extract.review.linking import (
    confirm_link,
    link_mark,
    propose_again,
    reject_link,
    split_report,
)
from extract.review.screening import include_record
from extract.store.curated import Report, TrialFamily, all_reports, families, put_family, put_report
from extract.store.decisions import all_decisions, decisions_on, verify_chain
from extract.store.engine import Store
from extract.store.links import (
    LinkEvidence,
    LinkKind,
    confirmed_study,
    get_link,
    list_links,
    propose_link,
    supersede_links,
)
from extract.store.records import upsert_record
from tests.extract.store.records import record
from tests.stores import AT, new_store, protocol

PROTOCOL = protocol()
EVIDENCE = (LinkEvidence("registry_id", 0.9, "NCT00557986", "NCT00557986", "abstract"),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        with opened.write() as tx:
            for study, design, group in (("MF07-01", "rct", None), ("A", "population_registry", "SEER")):
                put_family(tx, TrialFamily(study, design, group, "baseline", {"label": study}))
            put_family(tx, TrialFamily("B", "population_registry", None, "baseline", {"label": "B"}))
            put_report(tx, Report("MF07-01-2018", "MF07-01", "29777404", None, "baseline", {"year": 2018}))
            parsed = record("100", title="Ten-year follow-up of MF07-01")
            upsert_record(tx, parsed, content=record_to_json(parsed), content_hash="h", night="2026-11-20", run_id=None)
        yield opened


def proposed(store: Store, kind: LinkKind = "report", subject: str = "100", target: str = "MF07-01") -> str:
    with store.write() as tx:
        propose_link(tx, kind, subject, target, score=0.9, evidence=EVIDENCE, night="2026-11-20")
        return list_links(tx, kind=kind, subject_id=subject)[0].proposal_id


def include(store: Store, **study: str) -> None:
    for person in ("reviewer-a", "reviewer-b"):
        include_record(store, PROTOCOL, "100", by=person, at=AT, study={"design": "rct", **study}, reason=None)


def study_of(store: Store, report_id: str) -> str:
    with store.read() as tx:
        return next(report.study_id for report in all_reports(tx) if report.report_id == report_id)


def group_of(store: Store, study_id: str) -> str | None:
    with store.read() as tx:
        return next(family.overlap_group for family in families(tx) if family.study_id == study_id)


def test_the_same_link_is_proposed_once_and_brought_up_to_date(store: Store) -> None:
    with store.write() as tx:
        first = propose_link(tx, "report", "100", "MF07-01", score=0.5, evidence=(), night="2026-11-20")
        again = propose_link(tx, "report", "100", "MF07-01", score=0.9, evidence=EVIDENCE, night="2026-11-21")
        assert (first, again) == (True, False)
        (link,) = list_links(tx)
    assert (link.score, link.evidence, link.night) == (0.9, EVIDENCE, "2026-11-20")


def test_what_is_no_longer_proposed_leaves_the_list_and_may_come_back(store: Store) -> None:
    proposed(store)
    with store.write() as tx:
        supersede_links(tx, "report", "100", keep=[])
        assert list_links(tx) == ()
    proposed(store)


def test_a_confirmed_link_of_a_record_to_screen_is_the_study_it_will_be_included_for(store: Store) -> None:
    confirm_link(store, PROTOCOL, proposed(store), by="reviewer-a", at=AT)
    with store.read() as tx:
        assert confirmed_study(tx, "100") == "MF07-01"
        decision = all_decisions(tx)[-1].decision
    assert (decision.by, decision.action, decision.subject_kind) == ("reviewer-a", "link", "link")
    assert decision.details == {"kind": "report", "subject": "100", "target": "MF07-01", "score": 0.9}


def test_a_confirmed_link_moves_a_report_from_a_family_of_its_own_to_the_study(store: Store) -> None:
    include(store)
    assert study_of(store, "pmid-100") == "pmid-100"
    confirm_link(store, PROTOCOL, proposed(store), by="reviewer-a", at=AT, reason="same trial number")
    assert study_of(store, "pmid-100") == "MF07-01"
    with store.read() as tx:
        moved = next(d.decision for d in all_decisions(tx) if d.decision.subject_id == "pmid-100" and d.decision.old)
        assert verify_chain(tx) == len(all_decisions(tx))
    assert (moved.field, moved.old, moved.new) == ("study_id", "pmid-100", "MF07-01")


def test_a_split_report_is_a_study_of_its_own_again(store: Store) -> None:
    include(store)
    link = proposed(store)
    confirm_link(store, PROTOCOL, link, by="reviewer-a", at=AT)
    split_report(store, PROTOCOL, "pmid-100", by="reviewer-b", at=AT, reason="other patients")
    assert study_of(store, "pmid-100") == "pmid-100-alone"
    with store.read() as tx:
        last = all_decisions(tx)[-1].decision
        state = getattr(get_link(tx, link), "state", None)
    assert (last.action, last.old, last.new, state) == ("split", "MF07-01", "pmid-100-alone", "rejected")


def test_a_report_alone_in_its_study_cannot_be_split(store: Store) -> None:
    with pytest.raises(DecisionError, match="only report of MF07-01"):
        split_report(store, PROTOCOL, "MF07-01-2018", by="reviewer-a", at=AT, reason="no")


def test_reports_that_replaced_a_split_one_replace_what_it_had_replaced(store: Store) -> None:
    with store.write() as tx:
        for report_id, replaced in (("second", "MF07-01-2018"), ("third", "second")):
            put_report(tx, Report(report_id, "MF07-01", None, None, "queue", {"supersedes": replaced}))
    split_report(store, PROTOCOL, "second", by="reviewer-a", at=AT, reason="another trial")
    with store.read() as tx:
        replaced = {report.report_id: report.facts.get("supersedes") for report in all_reports(tx)}
    assert (replaced["second"], replaced["third"]) == (None, "MF07-01-2018")


def test_confirmed_overlap_gives_cohorts_one_group_and_a_split_takes_one_out(store: Store) -> None:
    confirm_link(store, PROTOCOL, proposed(store, "overlap", "A", "B"), by="reviewer-a", at=AT)
    assert group_of(store, "B") == "SEER"
    split_overlap(store, PROTOCOL, "B", by="reviewer-b", at=AT, reason="no common year")
    assert group_of(store, "B") is None
    with store.read() as tx:
        grouped = [d.decision for d in all_decisions(tx) if d.decision.field == "overlap_group"]
    assert [(d.action, d.old, d.new) for d in grouped] == [("link", None, "SEER"), ("split", "SEER", None)]


def test_cohorts_of_two_groups_name_each_other(store: Store) -> None:
    with store.write() as tx:
        put_family(tx, TrialFamily("B", "population_registry", "NCDB", "baseline", {"label": "B"}))
    confirm_link(store, PROTOCOL, proposed(store, "overlap", "A", "B"), by="reviewer-a", at=AT)
    with store.read() as tx:
        also = {family.study_id: family.facts.get("also_overlaps") for family in families(tx)}
    assert (also["A"], also["B"]) == (["NCDB"], ["SEER"])


def test_a_rejected_link_is_not_proposed_again_until_the_rejection_is_taken_back(store: Store) -> None:
    link = proposed(store)
    reject_link(store, PROTOCOL, link, by="reviewer-a", at=AT, reason="a review of both trials")
    with store.write() as tx:
        propose_link(tx, "report", "100", "MF07-01", score=0.99, evidence=EVIDENCE, night="2026-11-21")
        assert list_links(tx) == ()
    propose_again(store, PROTOCOL, link, by="reviewer-a", at=AT)
    with store.read() as tx:
        assert [each.proposal_id for each in list_links(tx)] == [link]


def test_a_link_that_changed_since_the_page_was_opened_is_not_decided(store: Store) -> None:
    link = proposed(store)
    with store.read() as tx:
        stored = get_link(tx, link)
        assert stored is not None
        seen = link_mark(tx, stored)
    reject_link(store, PROTOCOL, link, by="reviewer-a", at=AT, reason="no", seen=seen)
    with pytest.raises(StaleItem):
        confirm_link(store, PROTOCOL, link, by="reviewer-b", at=AT, seen=seen)


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda s: confirm_link(s, PROTOCOL, "nope", by="reviewer-a", at=AT), "no such proposal"),
        (lambda s: confirm_link(s, PROTOCOL, proposed(s), by="nobody", at=AT), "nobody of this id"),
        (lambda s: confirm_link(s, PROTOCOL, proposed(s, target="X"), by="reviewer-a", at=AT), "no such study"),
        (lambda s: reject_link(s, PROTOCOL, proposed(s), by="reviewer-a", at=AT, reason=" "), "needs a reason"),
        (lambda s: split_report(s, PROTOCOL, "nope", by="reviewer-a", at=AT, reason="x"), "no such report"),
        (lambda s: split_overlap(s, PROTOCOL, "B", by="reviewer-a", at=AT, reason="x"), "in no overlap group"),
    ],
)
def test_a_link_decision_that_cannot_be_taken_is_refused_in_one_line(
    store: Store, refused: Callable[[Store], object], message: str
) -> None:
    with pytest.raises(DecisionError, match=message):
        refused(store)


def test_a_second_study_for_a_linked_record_is_refused(store: Store) -> None:
    confirm_link(store, PROTOCOL, proposed(store), by="reviewer-a", at=AT)
    other = proposed(store, target="A")
    with pytest.raises(DecisionError, match="linked to MF07-01 already"):
        confirm_link(store, PROTOCOL, other, by="reviewer-a", at=AT)


def test_a_new_trial_is_followed_in_its_registry_by_the_number_its_first_report_prints(store: Store) -> None:
    parsed = record("101", title="A trial", abstract="Registered as JPRN-UMIN000005586 and NCT 01242800.")
    with store.write() as tx:
        upsert_record(tx, parsed, content=record_to_json(parsed), content_hash="i", night="2026-11-20", run_id=None)
    for person in ("reviewer-a", "reviewer-b"):
        include_record(store, PROTOCOL, "101", by=person, at=AT, study={"design": "rct"}, reason=None)
    with store.read() as tx:
        family = next(each for each in families(tx) if each.study_id == "pmid-101")
    assert family.facts["registry_ids"] == "UMIN000005586; NCT01242800"


def test_a_study_is_put_into_a_group_without_a_proposed_link_and_taken_out_again(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            for study_id, group in (("one", None), ("two", None), ("three", "SEER")):
                put_family(tx, TrialFamily(study_id, "population_registry", group, "baseline", {"label": study_id}))
        who = {"by": "reviewer-a", "at": AT}
        assert put_in_group(store, PROTOCOL, "one", "group:SEER", reason="drawn from SEER", **who) == "SEER"
        assert put_in_group(store, PROTOCOL, "two", "study:one", reason="the same years", **who) == "SEER"
        with store.read() as tx:
            (logged,) = decisions_on(tx, "study", "one")
        decided = logged.decision
        assert (decided.field, decided.old, decided.new, decided.reason) == (
            "overlap_group", None, "SEER", "drawn from SEER",
        )  # fmt: skip
        split_overlap(store, PROTOCOL, "one", reason="another registry after all", **who)
        assert group_of(store, "one") is None
        # With a study that stands alone a new group of the two begins.
        split_overlap(store, PROTOCOL, "two", reason="another registry after all", **who)
        assert put_in_group(store, PROTOCOL, "one", "study:two", reason="one hospital", **who) == "one + two"
        assert group_of(store, "two") == "one + two"
        # A second group is named beside the first one, as two registries that share people.
        put_in_group(store, PROTOCOL, "one", "group:SEER", reason="linked to SEER", **who)
        assert group_of(store, "one") == "one + two"
        with store.read() as tx:
            assert next(f for f in families(tx) if f.study_id == "one").facts["also_overlaps"] == ["SEER"]


@pytest.mark.parametrize(
    ("study_id", "beside", "reason", "told"),
    [
        ("one", "group:SEER", " ", "needs a reason"),
        ("one", "group:NCDB", "why", "no such overlap group; known: SEER"),
        ("one", "SEER", "why", "no such overlap group"),
        ("one", "study:one", "why", "cannot share people with itself"),
        ("one", "study:four", "why", "no such study"),
        ("four", "group:SEER", "why", "no such study"),
        ("three", "group:SEER", "why", "stands in the overlap group SEER already"),
    ],
)
def test_what_cannot_be_put_together_is_refused_with_what_to_do(
    tmp_path: Path, study_id: str, beside: str, reason: str, told: str
) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            for known, group in (("one", None), ("three", "SEER")):
                put_family(tx, TrialFamily(known, "population_registry", group, "baseline", {"label": known}))
        with pytest.raises(DecisionError, match=told):
            put_in_group(store, PROTOCOL, study_id, beside, by="reviewer-a", at=AT, reason=reason)
        with store.read() as tx:
            assert all_decisions(tx) == ()
