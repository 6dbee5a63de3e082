"""Rows of a hazard-ratio table become effects with their cell, label, group, outcome and subgroup."""

from __future__ import annotations

from pathlib import Path

from extract.candidates import propose_from_article
from extract.fulltext import parse_article
from extract.schema.effect import Effect
from tests.benchmarks.extraction_accuracy import GOLD, read_rows, score_tables
from tests.extract.fulltext.test_tables import article
from tests.extract.protocol_file import own_protocol

SUBGROUPS = """<table><thead><tr><th>Subgroup</th><th>n</th><th>HR (95% CI)</th><th>P</th></tr></thead><tbody>
<tr><td>Overall</td><td>400</td><td>0.71 (0.60-0.84)</td><td>&lt;0.001</td></tr>
<tr><td>Receptors</td><td/><td/><td/></tr>
<tr><td>\u2003HR+/HER2\u2212</td><td>200</td><td>0.60 (0.45\u20130.80)</td><td>0.001</td></tr>
<tr><td>\u2003Triple-negative</td><td>50</td><td>1.02 (0.70, 1.49)</td><td>0.92</td></tr>
<tr><td>Metastases</td><td/><td/><td/></tr>
<tr><td>\u2003Bone only</td><td>120</td><td>0.55 (0.38 to 0.80)</td><td>0.002</td></tr>
<tr><td>\u2003Visceral</td><td>180</td><td>1 (reference)</td><td/></tr>
</tbody></table>"""


def read(table: str) -> list[Effect]:
    """Return the effects of the table of a small article."""
    effects = propose_from_article(parse_article(article(table)), own_protocol())
    return [effect for effect in effects if effect.span.source.startswith("table:")]


def test_subgroup_rows_become_results_of_their_subtype_and_pattern() -> None:
    assert [(e.estimate, e.ci_low, e.ci_high, e.subtype, e.metastatic_pattern) for e in read(SUBGROUPS)] == [
        (0.71, 0.60, 0.84, "all", "all"),
        (0.60, 0.45, 0.80, "hr-positive-her2-negative", "all"),
        (1.02, 0.70, 1.49, "triple-negative", "all"),
        (0.55, 0.38, 0.80, "all", "bone-only"),
    ]


def test_a_row_knows_its_cell_group_level_and_p() -> None:
    effect = read(SUBGROUPS)[1]
    assert effect.span.source == "table:t2/r3/c2"
    assert effect.span.text == "0.60 (0.45\u20130.80)"
    assert (effect.ci_level, effect.p_value) == (95.0, "0.001")
    assert dict(effect.extras)["group"] == "Receptors"


def test_ratio_and_interval_in_two_columns_are_one_row_and_the_interval_has_its_cell() -> None:
    (first, second) = read(
        "<table><thead><tr><th/><th colspan='2'>Overall survival</th><th colspan='2'>Progression-free "
        "survival</th></tr>"
        "<tr><th/><th>HR</th><th>90% CI</th><th>HR</th><th>90% CI</th></tr></thead><tbody>"
        "<tr><td>Surgery vs no surgery</td><td>0.71</td><td>0.60-0.84</td><td>.80</td><td>(0.70, "
        "0.91)</td></tr></tbody></table>"
    )
    assert (first.outcome, first.ci_low, first.ci_high, first.ci_level) == ("OS", 0.60, 0.84, 90.0)
    assert (second.outcome, second.ci_low, second.ci_high) == ("PFS", 0.70, 0.91)
    assert dict(first.extras)["interval_from"] == "table:t2/r2/c2"
    assert (first.comparison.numerator, first.comparison.denominator) == ("surgery", "no_surgery")


def test_adjusted_and_unadjusted_columns_are_told_apart() -> None:
    (crude, adjusted) = read(
        "<table><thead><tr><th/><th>Univariate HR (95% CI)</th><th>Multivariate HR (95% CI)</th></tr></thead>"
        "<tbody><tr><td>Surgery</td><td>0.60 (0.50-0.72)</td><td>0.71 (0.60-0.84)</td></tr></tbody></table>"
    )
    assert (crude.adjusted, adjusted.adjusted) == (False, True)


def test_reference_rows_counts_and_rates_are_no_effects() -> None:
    assert (
        read(
            "<table><thead><tr><th/><th>Rate (95% CI)</th><th>Median (range)</th></tr></thead>"
            "<tbody><tr><td>Surgery</td><td>0.57 (0.41-0.80)</td><td>12 (3-20)</td></tr></tbody></table>"
        )
        == []
    )


def test_a_ratio_that_spans_the_rows_of_both_arms_is_one_result() -> None:
    (effect,) = read(
        "<table><thead><tr><th/><th>Arm</th><th>HR (95% CI)</th></tr></thead><tbody>"
        "<tr><td rowspan='2'>Deaths</td><td>Surgery</td><td rowspan='2'>0.71 (0.60-0.84)</td></tr>"
        "<tr><td>None</td></tr></tbody></table>"
    )
    assert effect.span.source == "table:t2/r1/c2"


def test_the_labelled_tables_are_read_row_by_row(shared: Path) -> None:
    rows = read_rows(GOLD / "extraction_tables.jsonl")
    assert len({row["article"] for row in rows}) >= 12
    score = score_tables(rows)["table rows"]
    assert score.right / (score.right + score.missed) >= 0.95
    assert score.right / (score.right + score.extra) >= 0.98


def test_every_table_and_section_span_of_the_real_articles_is_exact(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "jats" / "articles").glob("*.nxml")):
        read_article = parse_article(path.read_bytes(), where=path.name)
        texts = {"title": read_article.title, "abstract": read_article.abstract}
        texts |= {f"sec:{section.section_id}": section.text for section in read_article.sections}
        for table in read_article.tables:
            for r, row in enumerate(table.rows):
                texts |= {f"table:{table.table_id}/r{r}/c{c}": cell.text for c, cell in enumerate(row)}
        for effect in propose_from_article(read_article, own_protocol()):
            span = effect.span
            assert texts[span.source][span.start : span.end] == span.text
            assert any(character.isdigit() for character in span.text)
            seen += 1
    assert seen > 800
