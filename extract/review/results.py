"""The results whose risk of bias is judged: what one trial family says on one outcome, and on what it rests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from extract.schema.value import ReportedValue, apply_corrections
from extract.schema.vocabulary import Adjusted, Body, Design, ImmortalTime, body_of
from extract.store.curated import CuratedValue, Report, TrialFamily, all_reports, curated_values, families
from extract.store.engine import Transaction


@dataclass(frozen=True)
class Result:
    """One result to judge: what one trial family says on one outcome.

    Parameters
    ----------
    basis
        Fingerprint of the reports, values and design the judgement is made on.
    immortal_time, adjusted
        As stored with its values, the worst of them where they differ.
    """

    study: TrialFamily
    outcome: str
    reports: tuple[Report, ...]
    values: tuple[ReportedValue, ...]
    basis: str
    immortal_time: str
    adjusted: str

    @property
    def item(self) -> str:
        """Name of the result in the log and in addresses."""
        return f"{self.study.study_id}~{self.outcome}"

    @property
    def tool(self) -> str:
        """Key of the tool its design asks for."""
        return "rob2" if body_of(Design(self.study.design)) is Body.RANDOMISED else "robins-i"


def results_to_judge(tx: Transaction) -> tuple[Result, ...]:
    """Return every result that can enter a synthesis, by study and outcome."""
    reports = all_reports(tx)
    by_report = {report.report_id: report for report in reports}
    of_study: dict[str, list[Report]] = {}
    for report in reports:
        of_study.setdefault(report.study_id, []).append(report)
    found: dict[tuple[str, str], list[tuple[CuratedValue, ReportedValue]]] = {}
    for value in curated_values(tx):
        used = apply_corrections(value.reported, value.corrections)
        if value.state != "withdrawn" and used.poolable:
            study_id = by_report[value.report_id].study_id
            found.setdefault((study_id, used.outcome), []).append((value, used))
    studies = {study.study_id: study for study in families(tx)}
    return tuple(
        _result(studies[study_id], outcome, of_study[study_id], members)
        for (study_id, outcome), members in sorted(found.items())
    )


def _result(
    study: TrialFamily, outcome: str, reports: Sequence[Report], members: Sequence[tuple[CuratedValue, ReportedValue]]
) -> Result:
    handled = {used.immortal_time for _, used in members}
    worst = (ImmortalTime.NONE, ImmortalTime.NOT_CHECKED)
    immortal = next((time.value for time in worst if time in handled), sorted(handled)[0])
    adjusted = {used.adjusted for _, used in members}
    key = [study.design, immortal, sorted(value.value_id for value, _ in members), sorted(r.report_id for r in reports)]
    return Result(
        study=study,
        outcome=outcome,
        reports=tuple(reports),
        values=tuple(used for _, used in members),
        basis=hashlib.sha256(json.dumps(key).encode()).hexdigest(),
        immortal_time=immortal,
        adjusted=adjusted.pop() if len(adjusted) == 1 else Adjusted.UNCLEAR.value,
    )
