"""Trial registries: what is registered on the question, and what changed about the trials we follow.

The search finds trials nobody told us of; the trials of known studies are asked for by their ids as well. A registry
that does not answer is a failed run of the log, never "no trials".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from extract.baseline.rows import Baseline
from extract.errors import SearchFailed
from extract.registries.fetch import TrialsAnswer, TrialsClient, TrialsSettings
from extract.registries.ids import registry_ids
from extract.registries.parse import RegistryTrial, parse_studies
from extract.schema.protocol import RegistrySearch
from extract.store.curated import Alert, Report, TrialFamily, add_alert, all_reports, curated_values, families
from extract.store.decisions import Decision, decisions_on, record_decision
from extract.store.engine import Transaction
from extract.store.registry import TrialChange, get_trial, put_trial
from flows.context import NightContext
from flows.linking import PROTOCOL_TEAM
from flows.pubmed import keeper
from flows.runs import logged_run
from flows.surveillance import reopen_values

REGISTRY_RESULTS = "RegistryResults"
"""Alert: results of a trial of ours were posted or changed in its registry; its values are looked at again."""
REGISTRY_STATUS = "RegistryStatus"
"""Alert: the registry changed a trial's status; told, and nothing is re-opened."""

PROTOCOL_ONLY = "protocol-only"
"""Exclusion reason that means "listed as ongoing" (protocol.toml)."""

_RESULTS = ("has_results", "results_posted")


@dataclass(frozen=True)
class RegistryOutcome:
    """What the registries said tonight; ``asked`` is False where this archive or setting has none.

    Parameters
    ----------
    found
        Trials the search found, known ones among them.
    new
        Trials seen for the first time.
    changes
        Changed fields of trials that belong to a study of ours, in words.
    """

    asked: bool
    found: int
    new: int
    changes: tuple[str, ...]
    reopened: int
    failures: tuple[str, ...]


def watch_registries(context: NightContext, baseline: Baseline) -> RegistryOutcome:
    """Search the registries and look at the trials of known studies; trials decided before the review keep that."""
    if context.settings.trials_url is None or not context.protocol.registries:
        return RegistryOutcome(False, 0, 0, (), 0, ())
    counts = {"found": 0, "new": 0, "reopened": 0}
    told: list[str] = []
    failures: list[str] = []
    for search in context.protocol.registries:
        try:
            _search(context, search, counts, told)
        except SearchFailed as error:
            # Not swallowed: the run is logged with its state, the night ends with exit code 3.
            failures.append(f"{search.source}: {error}")
    _apply_starting_decisions(context, baseline)
    return RegistryOutcome(True, counts["found"], counts["new"], tuple(told), counts["reopened"], tuple(failures))


def trials_settings(context: NightContext) -> TrialsSettings:
    """Return how ClinicalTrials.gov is reached."""
    settings = context.settings
    rehearsal = settings.rehearsal
    return TrialsSettings(
        limiter_folder=settings.state_dir / "limiter",
        base_url=settings.trials_url or "",
        # A rehearsal talks to this machine only, and fails fast if its server is gone.
        requests_per_second=50 if rehearsal else 1,
        max_attempts=2 if rehearsal else 4,
    )


def registry_hash(search: RegistrySearch) -> str:
    """Return the fingerprint of a registry search: its words, not its author or date."""
    words = (search.source, search.condition, search.intervention, search.terms or "")
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


def linked_families(tx: Transaction) -> dict[str, TrialFamily]:
    """Return the study of each registry id that a study of ours carries."""
    return {
        found.number: family
        for family in families(tx)
        for found in registry_ids(str(family.facts.get("registry_ids") or ""))
    }


def _search(context: NightContext, search: RegistrySearch, counts: dict[str, int], told: list[str]) -> None:
    with context.store.read() as tx:
        followed = sorted(number for number in linked_families(tx) if number.startswith("NCT"))
    with logged_run(context, source=search.source, date_type="registry", query_hash=registry_hash(search)) as run:
        client = TrialsClient(trials_settings(context), keep=keeper(context, run.run_id), sleep=context.sleep)
        with client:
            answer = client.search(condition=search.condition, intervention=search.intervention, terms=search.terms)
            run.hits = answer.count
            trials = _parsed(answer)
            unseen = [number for number in followed if number not in trials]
            if unseen:
                trials |= _parsed(client.search(nct_ids=unseen))
        run.counts["received"] = len(trials)
        _store(context, trials.values(), run.run_id, counts, told)
        counts["found"] += answer.count
        absent = [number for number in followed if number not in trials]
        if absent:
            raise SearchFailed(
                f"ClinicalTrials.gov does not give {', '.join(absent)}, registered for a study of ours; look there, "
                "and mend the id in the starting table if it is wrong",
                state="incomplete",
            )


def _parsed(answer: TrialsAnswer) -> dict[str, RegistryTrial]:
    return {trial.nct_id: trial for page in answer.pages for trial in parse_studies(page)}


def _store(
    context: NightContext,
    trials: Iterable[RegistryTrial],
    run_id: int,
    counts: dict[str, int],
    told: list[str],
) -> None:
    """Store the trials, each with its consequences in one transaction."""
    night = context.night.isoformat()
    for trial in trials:
        with context.store.write() as tx:
            counts["new"] += get_trial(tx, trial.nct_id) is None
            changes = put_trial(tx, trial.nct_id, asdict(trial), night=night, run_id=run_id)
            family = linked_families(tx).get(trial.nct_id)
            if family is None or not changes:
                continue
            told += [f"{trial.nct_id} ({family.study_id}): {_words(change)}" for change in changes]
            counts["reopened"] += _alert(tx, context, family, trial, changes)


def _alert(
    tx: Transaction, context: NightContext, family: TrialFamily, trial: RegistryTrial, changes: Sequence[TrialChange]
) -> int:
    """Note a changed status or posted results at the study's reports; return how many values were re-opened."""
    named = {change.field: change for change in changes}
    alerts = []
    if "status" in named:
        alerts.append((REGISTRY_STATUS, f"{trial.nct_id} {named['status'].old} -> {trial.status}"))
    if any(name in named for name in _RESULTS) and trial.has_results:
        alerts.append(
            (REGISTRY_RESULTS, f"{trial.nct_id} results posted {trial.results_posted or 'on a day not given'}")
        )
    reopened = 0
    for report in _reports_with_values(tx, family):
        for kind, notice in alerts:
            alert = Alert(report.report_id, kind, notice, context.night.isoformat())
            if add_alert(tx, alert) and kind == REGISTRY_RESULTS:
                reopened += reopen_values(tx, context, alert)
    return reopened


def _reports_with_values(tx: Transaction, family: TrialFamily) -> list[Report]:
    reports = [report for report in all_reports(tx) if report.study_id == family.study_id]
    return [report for report in reports if curated_values(tx, report_id=report.report_id)]


def _apply_starting_decisions(context: NightContext, baseline: Baseline) -> None:
    """List the trials that the starting table names as registered without results, once."""
    seeds = [s for s in baseline.screening if s.key_type == "registry" and s.reason == PROTOCOL_ONLY]
    with context.store.write() as tx:
        for seed in seeds:
            if get_trial(tx, seed.key) is None or decisions_on(tx, "trial", seed.key):
                continue
            reason = f"starting decision: {seed.note or seed.reason}"
            record_decision(tx, Decision(context.now(), PROTOCOL_TEAM, "list", "trial", seed.key, reason=reason))


def _words(change: TrialChange) -> str:
    return f"{change.field.replace('_', ' ')} {change.old or 'not stated'} -> {change.new or 'not stated'}"
