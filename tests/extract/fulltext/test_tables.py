"""JATS tables become rectangles with heads, indents and origins.

Our own small tables in the forms PMC uses.
"""

from __future__ import annotations

import pytest

from extract.errors import DocumentError
from extract.fulltext import parse_article


def article(table: str, body: str = "") -> bytes:
    """Return a minimal JATS article around a table."""
    return f"""<article><front><article-meta>
      <article-id pub-id-type="pmid">1</article-id><article-id pub-id-type="pmc">PMC2</article-id>
      <title-group><article-title>Surgery in <italic>de novo</italic> disease</article-title></title-group>
      <abstract><sec><title>Results</title><p>Survival (HR 0.71).</p></sec></abstract>
    </article-meta></front><body>{body}<sec id="s1"><title>Results</title>
      <p>Text<xref ref-type="bibr">12</xref>.</p>
      <table-wrap id="t2"><label>Table 2</label><caption><p>Cox model</p></caption>{table}
      <table-wrap-foot><p>CI: 95% confidence interval</p></table-wrap-foot></table-wrap></sec></body></article>
    """.encode()


def test_a_title_keeps_the_words_inside_inline_markup() -> None:
    read = parse_article(article("<table/>"))
    assert read.title == "Surgery in de novo disease"
    assert (read.pmid, read.pmcid, read.document_id) == ("1", "PMC2", "1")
    assert read.abstract == "Results: Survival (HR 0.71)."


def test_spanning_cells_stand_in_every_place_they_cover_with_their_origin() -> None:
    (table,) = parse_article(
        article(
            "<table><thead><tr><th rowspan='2'>Group</th><th "
            "colspan='2'>OS</th></tr><tr><th>HR</th><th>95% CI</th></tr>"
            "</thead><tbody><tr><td>Bone</td><td>0.7</td><td>0.6-0.8</td></tr></tbody></table>"
        )
    ).tables
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Group", "OS", "OS"],
        ["Group", "HR", "95% CI"],
        ["Bone", "0.7", "0.6-0.8"],
    ]
    assert table.header_rows == 2
    assert table.rows[1][0].origin == (0, 0)
    assert (table.label, table.caption, table.footnotes) == ("Table 2", "Cox model", "CI: 95% confidence interval")


def test_footnote_marks_are_taken_off_and_powers_are_kept_apart() -> None:
    (table,) = parse_article(
        article(
            "<table><tbody><tr><td>A<xref "
            "ref-type='table-fn'>a</xref></td><td>0.71<sup>*</sup></td><td>10<sup>-3</sup></td></tr>"
            "</tbody></table>"
        )
    ).tables
    assert [cell.text for cell in table.rows[0]] == ["A", "0.71", "10^-3"]


def test_leading_wide_spaces_are_indentation() -> None:
    (table,) = parse_article(
        article("<table><tbody><tr><td>Subtype</td></tr><tr><td>\u2003HER2+</td></tr></tbody></table>")
    ).tables
    assert [row[0].indent for row in table.rows] == [0, 1]


def test_a_span_of_a_million_columns_does_not_fill_the_memory() -> None:
    (table,) = parse_article(article("<table><tbody><tr><td colspan='99999'>x</td></tr></tbody></table>")).tables
    assert len(table.rows[0]) <= 200


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<html><body/></html>", "root element is <html>"),
        (b"<article><front></article>", "not well-formed"),
        (b"", "not well-formed"),
    ],
)
def test_what_is_no_article_is_refused_with_the_reason(raw: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        parse_article(raw, where="x.xml")


def test_an_external_entity_is_not_read() -> None:
    raw = b'<!DOCTYPE article [<!ENTITY e SYSTEM "file:///etc/hostname">]><article><front><article-meta><title-group>' \
        b"<article-title>A&e;B</article-title></title-group></article-meta></front></article>"  # fmt: skip
    assert parse_article(raw).title == "AB"
