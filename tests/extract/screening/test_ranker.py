"""What the ranking must always do; how good it is stands in tests/benchmarks/screening_rank.py."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.errors import RankingError
from extract.screening.documents import ScreeningDocument
from extract.screening.ranker import rank_documents

SURGERY = (
    "Resection of the primary tumour in stage IV breast cancer: survival of 300 women",
    "Does surgery of the breast prolong survival in de novo metastatic disease?",
    "Mastectomy and overall survival in women with metastases at diagnosis",
    "Primary site surgery in de novo metastatic breast cancer: a cohort",
)
OTHER = (
    "A screening programme for colorectal polyps in general practice",
    "Blood pressure after salt restriction in the elderly",
    "Vaccination uptake among nurses: a survey",
    "Migraine prophylaxis with beta blockers",
    "Asthma inhalers and adherence in children",
)


def document(identifier: str, title: str, abstract: str = "") -> ScreeningDocument:
    return ScreeningDocument(identifier, title, abstract)


def decided() -> list[tuple[ScreeningDocument, bool]]:
    included = [(document(f"in{number}", title), True) for number, title in enumerate(SURGERY)]
    return included + [(document(f"out{number}", title), False) for number, title in enumerate(OTHER)]


def test_what_resembles_the_included_comes_first():
    waiting = [
        document("salt", "Salt intake of nurses in general practice"),
        document("surgery", "Surgery of the primary tumour and survival in metastatic breast cancer"),
        document("inhaler", "Inhalers for children: a survey"),
    ]

    ranking = rank_documents(decided(), waiting)

    assert ranking.documents[0].document_id == "surgery"
    assert (ranking.included, ranking.excluded) == (4, 5)


def test_among_equal_scores_a_randomised_trial_comes_first():
    same = "Surgery of the primary tumour in stage IV breast cancer"
    waiting = [
        document("a", same),
        replace(document("b", same), publication_types=("Randomized Controlled Trial",)),
    ]

    first, second = rank_documents(decided(), waiting).documents

    assert (first.document_id, first.randomised) == ("b", True)
    assert first.score == second.score


def test_nothing_waiting_gives_an_empty_order():
    assert rank_documents(decided(), []).documents == ()


@pytest.mark.parametrize("kind", [True, False])
def test_decisions_of_one_kind_train_nothing(kind):
    one_kind = [pair for pair in decided() if pair[1] is kind]

    with pytest.raises(RankingError, match="at least one of each"):
        rank_documents(one_kind, [document("x", "Surgery")])


def test_documents_without_a_word_are_refused():
    marks = [(document("a", "?"), True), (document("b", "- x"), False)]

    with pytest.raises(RankingError, match="holds a word"):
        rank_documents(marks, [document("c", "...")])


def test_one_decision_of_each_kind_is_enough():
    ranking = rank_documents(
        [(document("a", SURGERY[0]), True), (document("b", OTHER[0]), False)],
        [document("c", OTHER[1]), document("d", SURGERY[1])],
    )

    assert [each.document_id for each in ranking.documents] == ["d", "c"]


WORDS = st.sampled_from(
    [
        "surgery",
        "tumour",
        "breast",
        "survival",
        "stage",
        "salt",
        "nurse",
        "asthma",
        "child",
        "trial",
        "漢字",
        "é",
        "β",
        "5",
        "-",
        "%",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(waiting=st.lists(TEXTS, min_size=1, max_size=8), order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_waiting_document_comes_out_once_whatever_the_order_it_came_in(waiting, order):
    documents = [document(str(number), text) for number, text in enumerate(waiting)]
    shuffled = order.sample(documents, len(documents))

    ranked = rank_documents(decided(), documents).documents
    again = rank_documents(decided(), shuffled).documents

    assert sorted(each.document_id for each in ranked) == sorted(each.document_id for each in documents)
    assert all(0 <= each.score <= 1 for each in ranked)
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert again == ranked


@pytest.mark.shared
def test_the_narrative_review_37025581_ranks_below_every_included_report(shared):
    """The review's own decisions; 37025581 is left out and ranked beside each included report, left out in turn."""
    rows = [
        json.loads(line)
        for line in (shared / "evidence" / "topic_abstracts.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    labels = {"include_rct": True, "include_observational": True, "exclude": False, "review": False}
    labels |= {"meta_analysis": False, "protocol": False, "registration": False}
    documents = [
        (document(row["pmid"] or row["doi"] or row["title"], row["title"], row["abstract"]), labels[row["relevance"]])
        for row in rows
        if row["relevance"] in labels
    ]
    review = next(each for each, _ in documents if each.document_id == "37025581")
    rest = [pair for pair in documents if pair[0] is not review]
    included = [pair for pair in rest if pair[1]]
    # Five folds over the included reports: none is ranked by a model that has seen it.
    for fold in range(5):
        held_out = included[fold::5]
        train = [pair for pair in rest if pair not in held_out]

        ranking = rank_documents(train, [review, *(each for each, _ in held_out)])

        assert ranking.documents[-1].document_id == "37025581"
