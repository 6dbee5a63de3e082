"""What must hold between cells, rows and tables of the starting material."""

from __future__ import annotations

from collections.abc import Iterable

from extract.baseline.corrections import apply_corrections
from extract.baseline.rows import Baseline, BaselineReport, BaselineValue, CorrectedValue
from extract.errors import BaselineError
from extract.schema.vocabulary import Measure

STUDYLESS_REPORTS = frozenset({"meta_analysis", "review"})
"""Report types about several studies: they belong to none."""


def check_consistency(baseline: Baseline) -> None:
    """Check every link and rule between the tables.

    Raises
    ------
    BaselineError
        The first rule that does not hold: file, row, value, what to do.
    """
    studies = {study.study_id for study in baseline.studies}
    reports = {report.report_id: report for report in baseline.reports}
    values = {value.value_id for value in baseline.values}
    for report in baseline.reports:
        _check_report(report, studies, reports)
    _check_links("values.csv", ((v.value_id, v.report_id) for v in baseline.values), reports)
    _check_links("other_results.csv", ((r.text, r.report_id) for r in baseline.other_results), reports)
    _check_links("published_poolings.csv", ((r.report_id, r.report_id) for r in baseline.published_poolings), reports)
    _check_links("screening.csv", ((s.key, s.report_id) for s in baseline.screening), reports)
    _check_links("pooling_inputs.csv", ((i.input_set, i.value_id) for i in baseline.pooling_inputs), values)
    for value in baseline.values:
        _check_value(value)
        if reports[value.report_id].study_id is None:
            raise BaselineError(f"values.csv, {value.value_id}: {value.report_id} belongs to no study; give it one")
    _check_screening(baseline)
    _check_poolings(baseline)
    for corrected in apply_corrections(baseline.values, baseline.corrections):
        _check_corrected(corrected)


def _check_report(report: BaselineReport, studies: set[str], reports: dict[str, BaselineReport]) -> None:
    """Check that a report has its study and supersedes one of the same study."""
    where = f"reports.csv, {report.report_id}"
    if report.study_id is None:
        if report.report_type not in STUDYLESS_REPORTS:
            raise BaselineError(f"{where}: a {report.report_type} report needs a study_id")
    elif report.study_id not in studies:
        raise BaselineError(f"{where}, column study_id: {report.study_id!r} is not in studies.csv; add the study")
    seen = {report.report_id}
    older = report.supersedes
    while older is not None:
        if older not in reports:
            raise BaselineError(f"{where}, column supersedes: {older!r} is not in reports.csv")
        if older in seen:
            raise BaselineError(f"{where}, column supersedes: {older!r} supersedes itself in a circle")
        if reports[older].study_id != report.study_id:
            raise BaselineError(f"{where}, column supersedes: {older!r} is about another study")
        seen.add(older)
        older = reports[older].supersedes


def _check_links(file: str, links: Iterable[tuple[str, str | None]], known: Iterable[str]) -> None:
    """Check that every target exists."""
    names = set(known)
    for row, target in links:
        if target is not None and target not in names:
            raise BaselineError(f"{file}, {row}: {target!r} does not exist; add it or mend the name")


def _check_value(value: BaselineValue) -> None:
    """Check what must hold inside one value."""
    where = f"values.csv, {value.value_id}"
    limits = (value.ci_low, value.ci_high)
    if (value.ci_low is None) != (value.ci_high is None):
        raise BaselineError(f"{where}: one limit of the interval is missing; give both or none")
    if value.ci_low is not None and value.ci_high is not None:
        if not value.ci_low <= value.estimate <= value.ci_high:
            raise BaselineError(f"{where}: limits {limits} do not hold the estimate {value.estimate}; wrong order?")
    elif value.ci_level is not None:
        raise BaselineError(f"{where}: ci_level {value.ci_level:g} without an interval; leave it empty")
    if value.poolable == (value.not_poolable_reason is not None):
        raise BaselineError(f"{where}: poolable and not_poolable_reason contradict; give a reason exactly when no")
    if (value.comparison_group is None) != (value.comparison_rank is None):
        raise BaselineError(f"{where}: comparison_group and comparison_rank belong together; give both or none")
    for events, n, arm in (
        (value.events_surgery, value.n_surgery, "surgery"),
        (value.events_control, value.n_control, "control"),
    ):
        if events is not None and n is not None and events > n:
            raise BaselineError(f"{where}: {events} events among {n} with {arm}; check the columns")


def _check_corrected(corrected: CorrectedValue) -> None:
    """Check that a poolable value, with its corrections, can in fact be pooled as a hazard ratio."""
    value = corrected.value
    where = f"values.csv, {value.value_id}"
    if not value.poolable:
        return
    if value.ci_low is None or value.ci_high is None:
        raise BaselineError(f"{where}: poolable without an interval; set poolable to no")
    if value.ci_level is None:
        raise BaselineError(f"{where}: poolable, but the level of its interval is not stated; find it or set no")
    if value.measure is not Measure.HR:
        raise BaselineError(f"{where}: poolable, but the measure is {value.measure}; correct it or set poolable to no")
    if value.population is not None:
        raise BaselineError(f"{where}: poolable, but only for {value.population!r}; set poolable to no")


def _check_screening(baseline: Baseline) -> None:
    """Check that exactly the exclusions carry a reason."""
    for seed in baseline.screening:
        if (seed.decision == "exclude") != (seed.reason is not None):
            raise BaselineError(f"screening.csv, {seed.key}: an exclusion needs a reason, an inclusion has none")


def _check_poolings(baseline: Baseline) -> None:
    """Check that a re-run has as many inputs as it says."""
    for rerun in baseline.pooling_reruns:
        inputs = [entry for entry in baseline.pooling_inputs if entry.input_set == rerun.input_set]
        if len(inputs) != rerun.k:
            raise BaselineError(f"pooling_reruns.csv, {rerun.input_set}: k is {rerun.k} but {len(inputs)} inputs stand")
    known = {rerun.input_set for rerun in baseline.pooling_reruns}
    _check_links("pooling_inputs.csv", ((i.value_id, i.input_set) for i in baseline.pooling_inputs), known)
