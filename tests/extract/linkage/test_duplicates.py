"""One publication met twice, and the stages of one: meeting abstract, preprint, article."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.baseline.load import load_baseline
from extract.linkage.duplicates import Citation, citation_of, compare, propose_duplicates, publication_stage
from extract.linkage.titles import title_similarity, title_words
from tests.extract.linkage.samples import record
from tests.extract.protocol_file import own_protocol

JCOG = (
    "A randomized controlled trial comparing primary tumor resection plus systemic therapy with systemic therapy alone "
    "in metastatic breast cancer (PRIM-BC): JCOG1017"
)
JCOG_2025 = (
    "Primary tumour resection plus systemic therapy versus systemic therapy alone in metastatic breast cancer "
    "(JCOG1017, PRIM-BC): a randomised clinical trial"
)


def citation(identifier, title, **fields):
    values = {"authors": (), "year": None, "doi": None, "pmid": None, "pages": None, "stage": "article"} | fields
    return Citation(identifier, title, **values)


def test_the_meeting_abstract_and_the_article_of_jcog1017_are_stages_of_one():
    abstract = citation_of(
        record(
            "a", JCOG, authors=["Shien T"], year=2023, doi="10.1200/jco.2023.41.16_suppl.523", journal="J Clin Oncol"
        )
    )
    article = citation_of(
        record("b", JCOG_2025, authors=["Shien T"], year=2025, doi="10.1038/s41416-025-03097-z", journal="Br J Cancer")
    )

    (proposal,) = propose_duplicates([abstract], [article])

    assert (abstract.stage, article.stage) == ("conference_abstract", "article")
    assert proposal.relation == "version"
    assert {each.kind for each in proposal.evidence} == {"title", "first_author"}


def test_the_protocol_paper_of_jcog1017_is_another_publication():
    protocol = citation("a", JCOG, authors=("Shien T",), year=2012, doi="10.1093/jjco/hys120")
    article = citation("b", JCOG_2025, authors=("Shien T",), year=2025, doi="10.1038/s41416-025-03097-z")

    assert propose_duplicates([protocol], [article]) == ()


def test_the_preprint_of_ren_and_its_article_are_stages_of_one():
    reports = {each.report_id: each for each in load_baseline(own_protocol()).reports}
    preprint, article = (
        citation_of(
            record(
                report_id,
                "Surgery of the primary tumour in de novo metastatic breast cancer: a meta-analysis",
                authors=[reports[report_id].first_author],
                year=reports[report_id].year,
                doi=reports[report_id].doi,
                journal=reports[report_id].journal,
            )
        )
        for report_id in ("MA-Ren-2023-preprint", "MA-Ren-2024")
    )

    (proposal,) = propose_duplicates([preprint], [article])

    assert preprint.stage == "preprint"
    assert proposal.relation == "version"
    assert proposal.score > 0.85


def test_an_erratum_with_the_title_of_its_article_is_no_duplicate_of_it():
    title = "Early Local Therapy for the Primary Site in De Novo Stage IV Breast Cancer (EA2108)"
    article = citation_of(record("34995128", title, authors=["Khan SA"], year=2022))
    erratum = citation_of(record("35427466", f"Erratum: {title}", authors=["Khan SA"], year=2022))
    typed = citation_of(record("2", title, year=2022, publication_types=["Published Erratum"]))

    assert erratum.stage == typed.stage == "notice"
    assert propose_duplicates([erratum, typed], [article]) == ()
    assert propose_duplicates([replace(erratum, citation_id="import", pmid=None)], [article]) == ()


def test_one_doi_in_two_databases_is_one_publication():
    ours = citation("1", "Impact of breast surgery", doi="10.1097/sla.0000000000002771", year=2019)
    theirs = citation("2", "Impact of Breast Surgery in Primary Metastasized Cancer", doi=ours.doi, year=2018)

    (proposal,) = propose_duplicates([theirs], [ours])

    assert proposal.relation == "same"
    assert proposal.score > 0.95


def test_an_entry_without_ids_is_found_by_title_author_and_year():
    ours = citation("1", "Surgery of the primary tumour in stage IV disease", authors=("Soran A",), year=2018, pmid="9")
    theirs = citation("2", "SURGERY OF THE PRIMARY TUMOR IN STAGE IV DISEASE.", authors=("Soran A",), year=2018)

    (proposal,) = propose_duplicates([theirs], [ours])

    assert proposal.relation == "same"
    assert proposal.score > 0.9


@pytest.mark.parametrize(
    "changed",
    [{"doi": "10.1000/other"}, {"authors": ("Khan S",), "year": 2005}, {"title": "Surgery of a metastasis in old age"}],
)
def test_another_doi_another_author_and_year_or_another_title_is_another_publication(changed):
    ours = citation("1", "Surgery of the primary tumour", authors=("Soran A",), year=2018, doi="10.1000/one")

    assert (
        propose_duplicates(
            [replace(ours, citation_id="2", **changed, **({} if "doi" in changed else {"doi": None}))], [ours]
        )
        == ()
    )


def test_entries_of_one_file_are_compared_with_each_other_and_each_pair_once():
    one = citation("1", "Resection of the primary", doi="10.1000/x", pmid="5")

    proposals = propose_duplicates([one, replace(one, citation_id="2"), citation("3", "Elsewhere entirely")])

    assert [(each.first_id, each.second_id) for each in proposals] == [("1", "2")]


@pytest.mark.parametrize(
    ("title", "stage"),
    [
        ("Correction to: Surgery of the primary", "notice"),
        ("Re: Surgery of the primary", "notice"),
        ("Response to chemotherapy in stage IV disease", "article"),
        ("Correction of anaemia before surgery", "article"),
        ("Retrospective study", "article"),
    ],
)
def test_a_notice_is_told_by_the_start_of_its_title(title, stage):
    assert publication_stage(title=title, doi=None, journal="", issue=None, publication_types=()) == stage


def test_british_and_american_titles_have_the_same_words():
    assert title_words("Randomised trial of tumour surgery: the centre's programme") == title_words(
        "Randomized Trial of Tumor Surgery - The Center's Program [see comment]."
    )


WORDS = st.lists(st.sampled_from("a surgery tumour breast stage iv randomised four our".split()), max_size=8)  # noqa: SIM905


@given(WORDS, WORDS)
def test_similarity_is_symmetric_between_zero_and_one_and_one_with_itself(one, other):
    a, b = title_words(" ".join(one)), title_words(" ".join(other))

    assert title_similarity(a, b) == title_similarity(b, a)
    assert 0 <= title_similarity(a, b) <= 1
    assert not a or title_similarity(a, a) == 1


@given(WORDS, WORDS)
def test_a_comparison_does_not_depend_on_the_order(one, other):
    a, b = citation("1", " ".join(one), year=2000), citation("2", " ".join(other), year=2001)

    assert compare(a, b).score == compare(b, a).score
