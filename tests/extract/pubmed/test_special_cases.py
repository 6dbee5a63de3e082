"""Records as PubMed really has them: each file of ``../shared/eutils/special_cases``, and what must come out.

Names, ids and figures are facts of the records; no abstract text is copied here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from extract.pubmed.parse import content_hash, parse_records, record_from_json, record_to_json
from extract.schema.record import DeletedRecord, Record

Load = Callable[[str], list[Record]]


@pytest.fixture(scope="module")
def load(shared: Path) -> Load:
    """Return a function that parses one special case."""

    def parsed(name: str) -> list[Record]:
        with (shared / "eutils" / "special_cases" / f"{name}.xml").open("rb") as stream:
            return [record for record in parse_records(stream) if isinstance(record, Record)]

    return parsed


def by_pmid(records: list[Record]) -> dict[str, Record]:
    return {str(record.pmid): record for record in records}


CASES = {
    "astral_unicode": 1,
    "collective_author": 12,
    "delete_citation": 0,
    "empty_title": 12,
    "inline_markup_abstract": 12,
    "mathml": 12,
    "medline_date": 8,
    "no_abstract": 8,
    "no_author_list": 12,
    "odd_unicode_spaces": 12,
    "other_abstract_foreign": 12,
    "pmid_version_gt1": 5,
    "preprint": 2,
    "published_erratum": 12,
    "rct": 8,
    "ref_CommentIn": 12,
    "ref_CommentOn": 12,
    "ref_ErratumFor": 12,
    "ref_ErratumIn": 12,
    "ref_ExpressionOfConcernFor": 1,
    "ref_ExpressionOfConcernIn": 1,
    "ref_RetractionIn": 4,
    "ref_RetractionOf": 8,
    "ref_UpdateIn": 2,
    "ref_UpdateOf": 8,
    "retracted_publication": 4,
    "retraction_notice": 9,
    "structured_abstract": 10,
    "structured_abstract_mixed_label_unlabelled": 12,
    "translation_inside_abstract": 6,
    "vernacular_title": 8,
}


def test_every_special_case_has_its_test(shared: Path) -> None:
    assert {path.stem for path in (shared / "eutils" / "special_cases").glob("*.xml")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_record_of_a_special_case_parses_and_survives_storage(name: str, load: Load) -> None:
    records = load(name)
    assert len(records) == CASES[name]
    for record in records:
        assert record_from_json(record_to_json(record)) == record
        assert len(content_hash(record)) == 64
        assert record.created is not None
        assert record.publication_year is not None
        assert "  " not in record.title + record.abstract_text()


def test_characters_beyond_the_basic_plane_stay_whole(load: Load) -> None:
    (record,) = load("astral_unicode")
    assert record.abstract_text().count("\U0001d6fd") == 2, "mathematical italic small beta"


def test_a_group_that_signs_is_an_author(load: Load) -> None:
    record = by_pmid(load("collective_author"))["32169469"]
    groups = [author.collective for author in record.authors if author.collective]
    assert groups == ["UCC-SMART-Studygroup"]
    assert len(record.authors) == 8


def test_withdrawn_ids_are_withdrawals_not_records(shared: Path) -> None:
    with (shared / "eutils" / "special_cases" / "delete_citation.xml").open("rb") as stream:
        found = list(parse_records(stream))
    assert len(found) == 20
    assert all(isinstance(one, DeletedRecord) for one in found)
    assert (found[0].pmid, found[-1].pmid) == ("31688362", "34096142")


def test_an_empty_title_stays_empty_beside_its_original_one(load: Load) -> None:
    records = by_pmid(load("empty_title"))
    assert all(record.title == "" for record in records.values())
    assert records["32472320"].vernacular_title == "Briefsammlung Wittelshöfer."
    assert records["33977567"].vernacular_title is None
    assert records["33977567"].links[0].ref_type == "ErratumFor"


def test_markup_in_abstracts_leaves_no_tag_and_takes_no_word(load: Load, shared: Path) -> None:
    raw = (shared / "eutils" / "special_cases" / "inline_markup_abstract.xml").read_text(encoding="utf-8")
    assert raw.count("<AbstractText") >= 12
    for record in load("inline_markup_abstract"):
        assert "<" not in record.abstract_text().replace(" < ", "").replace("<0", "").replace("< ", "")
        assert len(record.abstract_text()) > 300


def test_the_words_of_an_abstract_are_those_of_its_xml(load: Load, shared: Path) -> None:
    # an independent reader: strip tags from the raw text of each AbstractText of files with awkward markup
    import html
    import re

    for name in ("inline_markup_abstract", "mathml", "odd_unicode_spaces", "translation_inside_abstract"):
        raw = (shared / "eutils" / "special_cases" / f"{name}.xml").read_text(encoding="utf-8")
        abstracts = re.findall(r"<Abstract>(.*?)</Abstract>", raw, re.DOTALL)
        texts = [re.findall(r"<AbstractText[^>]*?(?<!/)>(.*?)</AbstractText>", one, re.DOTALL) for one in abstracts]
        expected = [html.unescape(re.sub(r"<[^>]+>", "", " ".join(one))).split() for one in texts]
        ours = [" ".join(s.text for s in record.abstract).split() for record in load(name) if record.abstract]
        assert ours == expected


def test_formulas_keep_their_symbols_in_reading_order(load: Load) -> None:
    records = by_pmid(load("mathml"))
    assert records["31993508"].abstract_text().count("R 2 = 0.") == 6
    title = records["33780037"].title
    assert title.startswith("Free-breathing simultaneous")
    assert title.index("T 1") < title.index("quantification in the myocardium")
    assert "T 2" in title.partition("simultaneous")[2].partition("T 1")[0] or "T 2" in title


def test_a_medline_date_gives_the_year(load: Load) -> None:
    record = by_pmid(load("medline_date"))["29426732"]
    assert (record.publication_year, record.publication_date) == (2018, "2018 Jul-Aug")


def test_a_record_without_abstract_has_none(load: Load) -> None:
    assert all(record.abstract == () and record.abstract_text() == "" for record in load("no_abstract"))


def test_a_record_without_authors_has_none(load: Load) -> None:
    assert all(record.authors == () for record in load("no_author_list"))


def test_narrow_and_no_break_spaces_become_spaces(load: Load) -> None:
    for record in load("odd_unicode_spaces"):
        assert not set("\u00a0\u2009\u202f\u2002\u2003") & set(record.title + record.abstract_text())


def test_a_translation_is_kept_with_its_language_apart_from_the_abstract(load: Load) -> None:
    record = by_pmid(load("other_abstract_foreign"))["31448803"]
    ((language, text),) = record.other_abstracts
    assert language == "spa"
    assert text.startswith("Antecedentes: ")
    assert "Antecedentes" not in record.abstract_text()
    assert [section.label for section in record.abstract] == ["Introduction", "Methods", "Results", "Conclusions"]


def test_versions_of_one_record_are_told_apart(load: Load) -> None:
    versions = [(record.pmid, record.version) for record in load("pmid_version_gt1")]
    assert versions[:3] == [("30271887", 2), ("30271887", 3), ("30271887", 4)]
    assert len({content_hash(record) for record in load("pmid_version_gt1")}) == 5


def test_a_preprint_says_so(load: Load) -> None:
    assert all("Preprint" in record.publication_types for record in load("preprint"))
    assert by_pmid(load("preprint"))["34013271"].links[0].ref_type == "UpdateIn"


def test_an_erratum_names_what_it_corrects(load: Load) -> None:
    for record in load("published_erratum"):
        assert "Published Erratum" in record.publication_types
    record = by_pmid(load("published_erratum"))["31294756"]
    assert (record.links[0].ref_type, record.links[0].pmid) == ("ErratumFor", "31021392")
    assert record.title == "Error in Abstract."


def test_a_randomised_trial_says_so(load: Load) -> None:
    assert all("Randomized Controlled Trial" in record.publication_types for record in load("rct"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, name.removeprefix("ref_")) for name in CASES if name.startswith("ref_")],
)
def test_every_kind_of_link_is_read_with_its_pmid(name: str, kind: str, load: Load) -> None:
    for record in load(name):
        links = [link for link in record.links if link.ref_type == kind]
        assert links, record.pmid
        assert all(link.ref_source for link in links)


def test_the_links_of_known_records_point_where_pubmed_says(load: Load) -> None:
    concern = load("ref_ExpressionOfConcernIn")[0]
    assert (concern.pmid, concern.links[0].pmid) == ("32090497", "34096680")
    notice = load("ref_ExpressionOfConcernFor")[0]
    assert (notice.pmid, notice.links[0].pmid) == ("34096680", "32090497")
    assert by_pmid(load("ref_RetractionIn"))["27602157"].links[0].pmid == "34093767"
    assert by_pmid(load("ref_RetractionOf"))["34086808"].links[0].pmid == "30785919"
    assert by_pmid(load("ref_UpdateOf"))["32989731"].links[0].pmid == "33173890"


def test_a_retracted_report_is_retracted_and_its_notice_is_not(load: Load) -> None:
    assert all(record.is_retracted() for record in load("retracted_publication"))
    assert not any(record.is_retracted() for record in load("retraction_notice"))
    assert all("Retraction of Publication" in record.publication_types for record in load("retraction_notice"))


def test_a_structured_abstract_keeps_its_labels(load: Load) -> None:
    record = by_pmid(load("structured_abstract"))["10704411"]
    assert [section.label for section in record.abstract] == ["BACKGROUND", "RESULTS", "CONCLUSIONS"]


def test_unlabelled_text_stands_between_labelled_sections(load: Load) -> None:
    record = by_pmid(load("structured_abstract_mixed_label_unlabelled"))["15320745"]
    assert [section.label for section in record.abstract] == [None, "REFERENCE", None, "BENTHAM SCIENCE DISCLAIMER"]


def test_a_translation_inside_the_abstract_is_a_section_of_its_own(load: Load) -> None:
    record = by_pmid(load("translation_inside_abstract"))["33709991"]
    assert len(record.abstract) == 11
    assert str(record.abstract[-1].label).startswith("PRECISIN EN EL USO")
    assert record.abstract[-1].text.startswith("ANTECEDENTES:")


def test_the_original_title_stands_beside_the_english_one(load: Load) -> None:
    record = by_pmid(load("vernacular_title"))["29426732"]
    assert record.title.startswith("Predictive value of Modic type II changes")
    assert str(record.vernacular_title).startswith("Valor predictivo de cambios Modic tipo II")
    assert record.language == ("eng", "spa")


def test_a_book_chapter_is_a_record_without_its_references_ids(shared: Path) -> None:
    path = shared / "eutils" / "observed_errors" / "200_efetch_pubmed_book_trimmed.xml"
    with path.open("rb") as stream:
        (record,) = parse_records(stream)
    assert isinstance(record, Record)
    assert (record.pmid, record.title) == ("29083730", "Polyendocrine Metabolic Ovarian Syndrome")
    assert (record.journal, record.publication_year, record.status) == ("StatPearls", 2026, "Book")
    assert record.pmcid is None, "PMC6181615 belongs to a reference"
    assert [author.last_name for author in record.authors] == ["Shukla", "Rasquin"]
    assert record.publication_types == ("Study Guide",)
