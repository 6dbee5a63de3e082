"""Registered trials without published results, as the pages show them: those of our studies, and those people listed.

Trials that the registry search found and nobody has looked at stand in the table, marked; no page presents them as
trials of the question before a person has said so.
"""

from __future__ import annotations

from extract.registries.ids import registry_ids
from extract.review.trials import LIST, latest_of
from extract.store.curated import TrialFamily
from extract.store.decisions import standing_decisions
from extract.store.engine import Transaction
from extract.store.registry import StoredTrial, all_trials
from flows.frozen import FrozenTable
from reports.rows import OngoingRow

WITHOUT_RESULTS = ("ongoing", "terminated", "withdrawn")
"""States of a study that has reported nothing; readers want to know that it exists."""

NOT_SEEN = "UNKNOWN"
"""The registry's word for a status it does not know; what the starting table says stands then."""


def ongoing_rows(tx: Transaction, table: FrozenTable) -> tuple[OngoingRow, ...]:
    """Return the registered trials without published results, with what their registry says."""
    trials = {trial.registry_id: trial for trial in all_trials(tx)}
    published = {frozen.family.study_id for frozen in table.values}
    ours: dict[str, TrialFamily] = {}
    rows = []
    for family in table.families:
        numbers = [found.number for found in registry_ids(str(family.facts.get("registry_ids") or ""))]
        ours |= dict.fromkeys(numbers, family)
        if family.facts.get("status") in WITHOUT_RESULTS and family.study_id not in published:
            rows.append(_of_family(family, next((trials[n] for n in numbers if n in trials), None)))
    decided = standing_decisions(tx, "trial")
    for trial in trials.values():
        if trial.registry_id not in ours:
            latest = latest_of(decided.get(trial.registry_id, {}))
            if latest in (None, LIST):
                rows.append(_of_trial(trial, screened=latest is not None))
    return tuple(rows)


def shown_rows(rows: tuple[OngoingRow, ...]) -> list[dict[str, object]]:
    """Return what of the registries decides that there is a new version: not the trials nobody has looked at."""
    return [row.model_dump(mode="json", exclude={"registry_updated"}) for row in rows if row.screened != "no"]


def _of_family(family: TrialFamily, trial: StoredTrial | None) -> OngoingRow:
    facts = family.facts
    said = _said(trial)
    return OngoingRow(
        registry_id=str(facts.get("registry_ids") or family.study_id),
        label=str(facts.get("label") or family.study_id),
        status=said.pop("status") or str(facts["status"]),
        planned_n=facts.get("n_total"),
        note=facts.get("note"),
        **said,
    )


def _of_trial(trial: StoredTrial, *, screened: bool) -> OngoingRow:
    said = _said(trial)
    return OngoingRow(
        registry_id=trial.registry_id,
        label=str(trial.facts.get("acronym") or trial.facts["brief_title"]),
        status=said.pop("status") or "status not known",
        planned_n=trial.facts.get("enrolment"),
        note=None if trial.facts.get("acronym") is None else str(trial.facts["brief_title"]),
        screened="yes" if screened else "no",
        **said,
    )


def _said(trial: StoredTrial | None) -> dict[str, str | None]:
    """Return status and dates as the registry states them, None where it does not."""
    facts = trial.facts if trial is not None else {}
    status = str(facts.get("status") or NOT_SEEN)
    expected = facts.get("primary_completion")
    if expected and facts.get("primary_completion_is_estimate"):
        expected = f"{expected} (estimated)"
    return {
        "status": None if status == NOT_SEEN else status.replace("_", " ").lower(),
        "expected": expected,
        "started": facts.get("start"),
        "registry_updated": facts.get("last_update"),
        "results_posted": facts.get("results_posted"),
    }
