"""The shipped tables load; a table with one fault is refused with its place and the way out."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from extract.baseline import Baseline, load_baseline
from extract.baseline import rows as row_types
from extract.baseline.load import baseline_from_texts, packaged_texts
from extract.baseline.tables import TABLES
from extract.errors import BaselineError


def changed(table: str, row: str, **cells: str) -> dict[str, str]:
    """Return the shipped tables with cells of the row that starts with ``row`` changed."""
    texts = packaged_texts()
    lines = list(csv.reader(io.StringIO(texts[table])))
    hit = next(line for line in lines if row in line[:2])
    for column, cell in cells.items():
        hit[lines[0].index(column)] = cell
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return {**texts, table: out.getvalue()}


def test_the_shipped_tables_load_with_their_sizes(baseline):
    sizes = {name: len(getattr(baseline, name)) for name, _ in TABLES}
    assert sizes["studies"] >= 45
    assert sizes["reports"] >= 70
    assert sizes["values"] >= 55
    assert sizes["screening"] >= 80
    assert sizes["pooling_reruns"] == 14


def test_loading_twice_gives_equal_rows(protocol, baseline):
    assert load_baseline(protocol) == baseline


def test_what_was_not_read_in_the_source_names_columns(baseline):
    columns = {name: {column.name for column in columns} for name, columns in TABLES}
    for study in baseline.studies:
        assert set(study.unverified_fields) <= columns["studies"], study.study_id
    for report in baseline.reports:
        assert set(report.unverified_fields) <= columns["reports"], report.report_id
    assert any("registry_ids" in study.unverified_fields for study in baseline.studies)


def test_every_table_has_a_field_for_every_column_and_no_other():
    types = dict(
        zip([f.name for f in dataclasses.fields(Baseline)], [
            row_types.BaselineStudy, row_types.BaselineReport, row_types.BaselineValue, row_types.Correction,
            row_types.ScreeningSeed, row_types.OtherResult, row_types.PublishedPooling, row_types.PoolingInput,
            row_types.PoolingRerun,
        ], strict=True)
    )  # fmt: skip
    assert list(types) == [name for name, _ in TABLES]
    for name, columns in TABLES:
        assert [f.name for f in dataclasses.fields(types[name])] == [c.name for c in columns]


E2108 = "e2108-2022--os--all--all--1"

FAULTS = {
    "an unknown subtype": (("values", E2108, {"subtype": "luminal"}), r"values\.csv, line \d+, column subtype"),
    "an unknown pattern": (("values", E2108, {"pattern": "bone"}), "is no pattern of the protocol"),
    "an unknown outcome": (("values", E2108, {"outcome": "DFS"}), "is no outcome of the protocol"),
    "an unknown exclusion reason": (("screening", "37025581", {"reason": "boring"}), "is no reason of the protocol"),
    "a word for a number": (("values", E2108, {"estimate": "about 1"}), "'about 1': expected a number"),
    "a ratio of zero": (("values", E2108, {"estimate": "0"}), "above 0"),
    "a level of 100": (("values", E2108, {"ci_level": "100"}), "column ci_level: '100'"),
    "limits in the wrong order": (("values", E2108, {"ci_low": "1.52", "ci_high": "0.82"}), "wrong order"),
    "one limit alone": (("values", E2108, {"ci_low": ""}), "one limit of the interval is missing"),
    "a level without an interval": (("values", E2108, {"ci_low": "", "ci_high": ""}), "without an interval"),
    "poolable with a reason": (("values", E2108, {"not_poolable_reason": "no interval printed"}), "contradict"),
    "not poolable without a reason": (("values", E2108, {"poolable": "no"}), "contradict"),
    "poolable for a subgroup": (("values", E2108, {"population": "age <55"}), "only for 'age <55'"),
    "poolable but no hazard ratio": (("values", E2108, {"measure": "OR"}), "the measure is OR"),
    "more events than people": (("values", E2108, {"events_surgery": "126"}), "126 events among 125"),
    "half a comparison group": (("values", E2108, {"comparison_group": "e2108"}), "belong together"),
    "a value of an unknown report": (("values", E2108, {"report_id": "E2109"}), "'E2109' does not exist"),
    "a value id twice": (("values", E2108, {"value_id": "tata-2015--os--all--all--1"}), "stands already in line"),
    "a report without a study": (("reports", "E2108-2022", {"study_id": ""}), "needs a study_id"),
    "a report of an unknown study": (("reports", "E2108-2022", {"study_id": "E9"}), "not in studies.csv"),
    "a report that supersedes itself": (("reports", "E2108-ASCO2020", {"supersedes": "E2108-2022"}), "in a circle"),
    "a report that supersedes another study": (("reports", "E2108-2022", {"supersedes": "TATA-2015"}), "another study"),
    "a PMID with letters": (("reports", "TATA-2015", {"pmid": "PMID 26363985"}), "column pmid"),
    "a PMID twice": (("reports", "TATA-2015", {"pmid": "31082916"}), "stands already"),
    "an unknown design": (("studies", "E2108", {"design": "trial"}), "expected one of rct"),
    "a decision whose value changed": (("values", E2108, {"ci_level": "95"}), "'90' but the value now says '95'"),
    "an exclusion without a reason": (("screening", "37025581", {"reason": ""}), "needs a reason"),
    "a date in words": (("corrections", E2108, {"decided_on": "yesterday"}), "expected a date"),
    "an input of an unknown value": (("pooling_inputs", "reinhorn-2021", {"value_id": "nobody"}), "'nobody' does not"),
    "a re-run with another k": (("pooling_reruns", "own", {"k": "4"}), "k is 4 but 5"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_with_its_place(fault, protocol):
    (table, row, cells), message = FAULTS[fault]
    with pytest.raises(BaselineError, match=message) as caught:
        baseline_from_texts(changed(table, row, **cells), protocol)
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_named(protocol):
    texts = packaged_texts()
    texts["studies"] = texts["studies"].replace("immortal_time", "immortality", 1)
    with pytest.raises(BaselineError, match=r"studies\.csv, line 1: header differs at immortal_time, immortality"):
        baseline_from_texts(texts, protocol)


def test_a_missing_table_is_named(protocol):
    texts = packaged_texts()
    del texts["values"]
    with pytest.raises(BaselineError, match=r"values\.csv is missing"):
        baseline_from_texts(texts, protocol)


def test_a_row_with_too_many_cells_is_named(protocol):
    texts = packaged_texts()
    texts["studies"] = texts["studies"].replace("TATA,", "TATA,,", 1)
    with pytest.raises(BaselineError, match="cells, expected 15; quote commas"):
        baseline_from_texts(texts, protocol)


def test_an_open_quote_is_named(protocol):
    texts = packaged_texts()
    texts["studies"] += '"open'
    with pytest.raises(BaselineError, match="not readable as CSV"):
        baseline_from_texts(texts, protocol)
