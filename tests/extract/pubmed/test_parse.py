"""Every word of a record comes out, and nothing that is no PubMed XML goes in."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import DocumentError
from extract.pubmed.parse import content_hash, parse_records, record_from_json, record_to_json
from extract.schema.record import AbstractSection, Author, DeletedRecord, Record, RecordLink
from tests.extract.pubmed.samples import article, article_set


def records_of(body: bytes) -> list[Record]:
    found = list(parse_records(io.BytesIO(body)))
    assert all(isinstance(record, Record) for record in found)
    return [record for record in found if isinstance(record, Record)]


def record_of(body: bytes) -> Record:
    (record,) = records_of(body)
    return record


def refusal(body: bytes | BinaryIO) -> str:
    with pytest.raises(DocumentError) as caught:
        list(parse_records(io.BytesIO(body) if isinstance(body, bytes) else body))
    return str(caught.value)


def test_a_title_keeps_the_words_inside_inline_markup() -> None:
    title = "Surgery in <i>de <b>novo</b> stage</i> IV<sup>2</sup> disease &amp; after"
    assert record_of(article_set(article(1, title=title))).title == "Surgery in de novo stage IV2 disease & after"


def test_white_space_of_every_kind_folds_to_one_space() -> None:
    title = "HR\u00a00.91\u2009(95\u202f%\n   CI)"
    assert record_of(article_set(article(1, title=title))).title == "HR 0.91 (95 % CI)"


def test_a_structured_abstract_keeps_labels_and_order() -> None:
    abstract = (
        "<AbstractText>Lead.</AbstractText>"
        '<AbstractText Label="RESULTS" NlmCategory="RESULTS">HR <i>0.91</i>.</AbstractText>'
        '<AbstractText Label="">Rest.</AbstractText><AbstractText Label="EMPTY"/>'
        "<CopyrightInformation>Nobody.</CopyrightInformation>"
    )
    record = record_of(article_set(article(1, abstract=abstract)))
    assert record.abstract == (
        AbstractSection(None, "Lead."),
        AbstractSection("RESULTS", "HR 0.91."),
        AbstractSection(None, "Rest."),
    )
    assert record.abstract_text() == "Lead.\nRESULTS: HR 0.91.\nRest."


def test_registry_ids_links_and_mesh_come_from_their_own_lists() -> None:
    extra_article = (
        '<DataBankList CompleteYN="Y"><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>'
        "<AccessionNumber>NCT00193778</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
    )
    extra_citation = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J Ex. 2026</RefSource>'
        '</CommentsCorrections><CommentsCorrections RefType="ErratumIn"><RefSource>J Ex.</RefSource>'
        '<PMID Version="1">35427466</PMID></CommentsCorrections></CommentsCorrectionsList>'
        '<MeshHeadingList><MeshHeading><DescriptorName UI="D001943">Breast Neoplasms</DescriptorName>'
        '<QualifierName UI="Q000401">mortality</QualifierName><QualifierName>surgery</QualifierName></MeshHeading>'
        "</MeshHeadingList>"
    )
    record = record_of(article_set(article(1, extra_article=extra_article, extra_citation=extra_citation)))
    assert record.pmid == "1"
    assert record.databank_ids == (("ClinicalTrials.gov", "NCT00193778"),)
    assert record.links == (
        RecordLink("RetractionIn", None, "J Ex. 2026"),
        RecordLink("ErratumIn", record.links[1].pmid, "J Ex."),
    )
    assert record.links[1].pmid == "35427466"
    assert record.mesh_headings == ("Breast Neoplasms/mortality/surgery",)
    assert record.is_retracted()


def test_the_create_date_is_entrez_not_the_set_back_entry_date() -> None:
    # DTD of 2025: entrez = [crdt], pubmed = [edat]; [edat] is set back for records added over a year late.
    late = article(1, created=dt.date(2026, 11, 1), entered=dt.date(2024, 3, 1))
    assert record_of(article_set(late)).created == "2026-11-01"


def test_authors_keep_suffix_affiliations_and_groups() -> None:
    body = article_set(article(1)).replace(
        b"<Initials>J</Initials></Author>",
        b"<Initials>J</Initials><Suffix>Jr</Suffix><AffiliationInfo><Affiliation>A &amp; B</Affiliation>"
        b'<Identifier Source="GRID">grid.1</Identifier></AffiliationInfo></Author>'
        b"<Author><CollectiveName>The <i>de novo</i> Group</CollectiveName></Author>",
    )
    assert record_of(body).authors == (
        Author("Doe", "Jane", "J", None, suffix="Jr", affiliations=("A & B",)),
        Author(None, None, None, "The de novo Group"),
    )


def test_an_article_without_a_history_has_no_create_date() -> None:
    body = article_set(article(1))
    start, end = body.index(b"<PubmedData>"), body.index(b"</PubmedArticle>")
    assert record_of(body[:start] + body[end:]).created is None


def test_withdrawn_records_are_told_apart() -> None:
    body = article_set(article(1), "<DeleteCitation><PMID>7</PMID><PMID>8</PMID></DeleteCitation>")
    assert [getattr(one, "pmid", None) for one in parse_records(io.BytesIO(body))] == ["1", "7", "8"]
    assert isinstance(list(parse_records(io.BytesIO(body)))[1], DeletedRecord)


def test_a_packed_stream_is_read_as_it_unpacks() -> None:
    packed = io.BytesIO(gzip.compress(article_set(article(1), article(2))))
    with gzip.open(packed) as stream:
        assert len(list(parse_records(stream))) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_file_is_refused_and_says_how_far_it_went(share: float) -> None:
    body = article_set(*(article(pmid) for pmid in range(1, 41)))
    message = refusal(body[: int(len(body) * share)])
    assert "after record" in message or "before its first record" in message


def test_a_cut_packed_file_is_refused() -> None:
    packed = gzip.compress(article_set(*(article(pmid) for pmid in range(1, 41))))
    with gzip.open(io.BytesIO(packed[: len(packed) // 2])) as stream:
        assert "cut short" in refusal(stream)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "before its first record"),
        (b"   ", "before its first record"),
        (b'{"esearchresult":{"ERROR":"x"}}', "before its first record"),
        (b"<html><body>Server Error</body></html>", "<html>"),
        (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", "Unable to obtain query #1"),
        (b"<PubmedArticleSet><ERROR>backend</ERROR></PubmedArticleSet>", "backend"),
        (article_set("<Wrap>", article(1), "</Wrap>"), "Wrap"),
        (article_set(article(1), "<Other>words</Other>"), "Other"),
        (article_set(article("12a3")), "'12a3' is not a PMID"),
        (article_set(article("0")), "'0' is not a PMID"),
        (article_set(article("")), "is not a PMID"),
        (article_set("<PubmedArticle/>"), "MedlineCitation"),
        (article_set(article(1)).replace(b"<Month>11</Month>", b"<Month>13</Month>"), "'13'"),
    ],
)
def test_what_is_no_pubmed_xml_is_refused_with_what_it_is(body: bytes, said: str) -> None:
    assert said in refusal(body)


def test_an_empty_set_is_an_answer_with_no_record() -> None:
    assert records_of(article_set()) == []


def test_dates_in_the_future_are_refused_when_today_is_given() -> None:
    body = article_set(article(1, created=dt.date(2026, 11, 25)))
    assert len(list(parse_records(io.BytesIO(body), not_after=dt.date(2026, 11, 25)))) == 1
    with pytest.raises(DocumentError, match="PMID 1: created 2026-11-25 lies in the future"):
        list(parse_records(io.BytesIO(body), not_after=dt.date(2026, 11, 24)))


ENTITIES = {
    "expansion": '[<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]',
    "external file": '[<!ENTITY x SYSTEM "file:///etc/hostname">]',
    "external address": '[<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]',
    "parameter": '[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]',
}


@pytest.mark.parametrize("kind", ENTITIES)
def test_declared_entities_are_refused_before_they_are_used(kind: str) -> None:
    doctype = f"<!DOCTYPE PubmedArticleSet {ENTITIES[kind]}>"
    body = article_set(article(1, title="x" if kind == "parameter" else "&x;")).decode()
    assert "entit" in refusal(body.replace("?>\n", f"?>\n{doctype}", 1).encode())


@pytest.mark.parametrize("doctype", ["", '<!DOCTYPE PubmedArticleSet SYSTEM "http://127.0.0.1:9/x.dtd">'])
@pytest.mark.parametrize("title", ["a &nbsp; b", "a &nbsp; <i>b</i>"])
def test_an_entity_only_a_dtd_knows_is_refused_not_lost(doctype: str, title: str) -> None:
    body = article_set(article(1, title=title)).decode()
    assert refusal(body.replace("?>\n", f"?>\n{doctype}", 1).encode())


class Endless(io.RawIOBase):
    """A beginning, then white space without end."""

    def __init__(self, beginning: bytes, *, most: int) -> None:
        self._beginning = beginning
        self.most = most
        self.served = 0

    def read(self, size: int = -1) -> bytes:
        piece, self._beginning = self._beginning[:size], self._beginning[size:]
        if not piece and self.served < self.most:
            piece = b" " * min(size if size > 0 else 65_536, 1_000_000)
        self.served += len(piece)
        return piece


@pytest.mark.parametrize(
    "beginning",
    [
        b'<?xml version="1.0"?>',
        b"<PubmedArticleSet ",
        b"<PubmedArticleSet>",
        article_set(article(1))[: -len("</PubmedArticleSet>")],
        b"<PubmedArticleSet><PubmedArticle>",
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>",
        b'<PubmedArticleSet><PubmedArticle a="',
        b"<!DOCTYPE PubmedArticleSet [ ",
    ],
)
def test_white_space_without_end_is_refused_early(beginning: bytes) -> None:
    stream = Endless(beginning, most=1_000_000_000)
    refusal(stream)  # type: ignore[arg-type]
    assert stream.served < 60_000_000


def test_nesting_without_end_is_refused() -> None:
    assert refusal(article_set(article(1, title="<b>" * 5000 + "x" + "</b>" * 5000)))


@pytest.mark.parametrize(
    "field", ["title", "abstract", "links", "mesh_headings", "publication_types", "authors", "doi"]
)
def test_a_change_of_what_a_record_says_changes_its_hash(field: str) -> None:
    from dataclasses import replace

    record = record_of(article_set(article(1)))
    changes: dict[str, object] = {
        "title": record.title + " (Retracted)",
        "abstract": (*record.abstract, AbstractSection(None, "More.")),
        "links": (RecordLink("ErratumIn", None, "J"),),
        "mesh_headings": ("Humans",),
        "publication_types": ("Retracted Publication",),
        "authors": (),
        "doi": "10.1/x",
    }
    assert content_hash(replace(record, **{field: changes[field]})) != content_hash(record)  # type: ignore[arg-type]


def test_processing_dates_and_the_order_of_links_do_not_change_the_hash() -> None:
    from dataclasses import replace

    one, two = RecordLink("ErratumIn", None, "A"), RecordLink("CommentIn", None, "B")
    record = replace(record_of(article_set(article(1))), links=(one, two))
    later = replace(record, revised="2027-01-01", status="In-Process", links=(two, one))
    assert content_hash(later) == content_hash(record)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | text


@given(
    st.builds(
        Record,
        pmid=st.integers(1, 10**8).map(str),
        version=st.integers(1, 9),
        title=text,
        vernacular_title=maybe,
        abstract=st.lists(st.builds(AbstractSection, maybe, text), max_size=2).map(tuple),
        other_abstracts=st.lists(st.tuples(text, text), max_size=2).map(tuple),
        authors=st.lists(
            st.builds(Author, maybe, maybe, maybe, maybe, maybe, st.lists(text, max_size=2).map(tuple)), max_size=2
        ).map(tuple),
        journal=text,
        journal_abbreviation=text,
        volume=maybe,
        issue=maybe,
        pages=maybe,
        publication_year=st.none() | st.integers(1800, 2100),
        publication_date=text,
        language=st.lists(text, max_size=2).map(tuple),
        publication_types=st.lists(text, max_size=2).map(tuple),
        mesh_headings=st.lists(text, max_size=2).map(tuple),
        keywords=st.lists(text, max_size=2).map(tuple),
        doi=maybe,
        pmcid=maybe,
        databank_ids=st.lists(st.tuples(text, text), max_size=2).map(tuple),
        links=st.lists(st.builds(RecordLink, text, maybe, text), max_size=2).map(tuple),
        created=maybe,
        revised=maybe,
        status=text,
    )
)
def test_a_record_survives_json_unchanged(record: Record) -> None:
    assert record_from_json(record_to_json(record)) == record
    assert content_hash(record_from_json(record_to_json(record))) == content_hash(record)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"pmid": 1}', "nonsense"])
def test_a_stored_line_that_is_no_record_is_refused(line: str) -> None:
    with pytest.raises(DocumentError, match="stored record"):
        record_from_json(line)


@given(
    st.lists(st.tuples(st.sampled_from(["i", "b", "sub", "sup", "u"]), st.text("abc éß 1<&", max_size=6)), max_size=6)
)
def test_nested_markup_never_reorders_or_loses_words(parts: list[tuple[str, str]]) -> None:
    from xml.sax.saxutils import escape

    xml, plain = "", ""
    for tag, words in parts:
        xml = f"{escape(words)}<{tag}>{xml}</{tag}>{escape(words)}"
        plain = words + plain + words
    assert record_of(article_set(article(1, title=xml))).title == " ".join(plain.split())


def test_every_record_of_the_slices_parses(shared: Path) -> None:
    counts = {}
    for name in ("pubmed_1000", "pubmed_5000"):
        with gzip.open(shared / "pubmed_slices" / f"{name}.xml.gz") as stream:
            counts[name] = sum(1 for record in parse_records(stream))  # type: ignore[arg-type]
    assert counts == {"pubmed_1000": 1000, "pubmed_5000": 5000}
