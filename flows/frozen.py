"""The curated table frozen as one value: what the analysis sees, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from extract.review.bias import Assessment, assessments
from extract.review.certainty import Ratings, ratings
from extract.schema.value import ReportedValue, apply_corrections
from extract.store.curated import (
    Alert,
    CuratedValue,
    Report,
    TrialFamily,
    all_alerts,
    all_reports,
    curated_values,
    families,
)
from extract.store.engine import Transaction


@dataclass(frozen=True)
class FrozenValue:
    """An approved value with its report, its study and what PubMed says against the report."""

    value: CuratedValue
    used: ReportedValue
    report: Report
    family: TrialFamily
    alerts: tuple[Alert, ...]

    @property
    def retracted(self) -> bool:
        """Whether the report was retracted."""
        return any(alert.kind in RETRACTIONS for alert in self.alerts)


RETRACTIONS = ("RetractionIn", "RetractedandRepublishedIn", "Retracted Publication", "Deleted")
"""Alerts that take a study's values out of every pool; others re-open them for a second look."""


@dataclass(frozen=True)
class FrozenTable:
    """The whole curated table at one instant, ordered by value id."""

    values: tuple[FrozenValue, ...]
    families: tuple[TrialFamily, ...]
    reports: tuple[Report, ...]
    alerts: tuple[Alert, ...]
    judged: tuple[Assessment, ...] = ()
    """Results with an agreed risk of bias; what single judges think stays out until they agree."""
    ratings: Mapping[str, Ratings] = field(default_factory=dict)
    """Certainty decided by people, by synthesis; each decision knows the inputs it was made on."""

    def rows(self) -> list[dict[str, Any]]:
        """Return the table as plain JSON rows: what is hashed and kept as a version.

        A row names its risk of bias only once that is agreed, so that tables frozen before keep their hash.
        """
        judged = {(one.result.study.study_id, one.result.outcome): one for one in self.judged}
        return [
            {
                "value": asdict(frozen.value),
                "report": asdict(frozen.report),
                "family": asdict(frozen.family),
                "alerts": [asdict(alert) for alert in frozen.alerts],
            }
            | _judged_row(judged.get((frozen.family.study_id, frozen.used.outcome)))
            for frozen in self.values
        ]


def _judged_row(assessment: Assessment | None) -> dict[str, Any]:
    if assessment is None or assessment.agreed is None:
        return {}
    return {"risk_of_bias": {**asdict(assessment.agreed), "to_confirm": assessment.state != "agreed"}}


def read_table(tx: Transaction) -> FrozenTable:
    """Read the approved values with everything they hang on; withdrawn values are left behind in the log.

    Raises
    ------
    extract.errors.DecisionError
        A correction no longer applies to the value it was made for.
    """
    studies = {family.study_id: family for family in families(tx)}
    reports = {report.report_id: report for report in all_reports(tx)}
    alerts = all_alerts(tx)
    frozen = []
    for value in curated_values(tx):
        if value.state == "withdrawn":
            continue
        report = reports[value.report_id]
        frozen.append(
            FrozenValue(
                value=value,
                used=apply_corrections(value.reported, value.corrections),
                report=report,
                family=studies[report.study_id],
                alerts=tuple(alert for alert in alerts if alert.report_id == value.report_id),
            )
        )
    judged = tuple(assessment for assessment in assessments(tx) if assessment.agreed is not None)
    return FrozenTable(tuple(frozen), tuple(studies.values()), tuple(reports.values()), alerts, judged, ratings(tx))
