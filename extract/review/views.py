"""What waits for people, as frozen values; the pages and the command line show the same."""

from __future__ import annotations

from dataclasses import dataclass

from extract.review.proposal import proposed_value
from extract.schema.effect import Effect
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, list_candidates
from extract.store.curated import all_alerts, curated_values
from extract.store.engine import Transaction
from extract.store.records import list_records


@dataclass(frozen=True)
class QueueItem:
    """One thing that waits for a person.

    Parameters
    ----------
    item
        ``record:<pmid>`` (to screen), ``value:<id>`` (to approve) or ``reopened:<value id>``.
    state
        Where it stands: new, screening, conflict, proposed, needs_second, reopened.
    since
        Night it began to wait (ISO date).
    title
        One line for a list.
    checks
        Codes of the checks that fired on it.
    """

    item: str
    state: str
    since: str
    title: str
    checks: tuple[str, ...] = ()


def queue_items(tx: Transaction) -> tuple[QueueItem, ...]:
    """Return everything that waits, re-opened values first, then values, then records, oldest first in each."""
    reopened = [value for value in curated_values(tx) if value.state == "reopened"]
    notices = {alert.report_id: alert for alert in all_alerts(tx)}
    items = [
        QueueItem(
            f"reopened:{value.value_id}",
            "reopened",
            notices[value.report_id].night if value.report_id in notices else value.approved_at[:10],
            f"{value.value_id}: {notices[value.report_id].kind}" if value.report_id in notices else value.value_id,
        )
        for value in reopened
    ]
    open_records = list_records(tx, states=[RecordState.NEW, RecordState.SCREENING, RecordState.CONFLICT])
    included = {str(record.pmid): record for record in list_records(tx, states=[RecordState.INCLUDED])}
    items += [
        QueueItem(
            f"value:{candidate.candidate_id}",
            candidate.state,
            candidate.night,
            f"{effect_line(candidate.effect)}  [{included[candidate.pmid].title[:60]}]",
            candidate.effect.checks,
        )
        for candidate in list_candidates(tx, states=OPEN_STATES)
        if candidate.pmid in included
    ]
    items += [
        QueueItem(f"record:{record.pmid}", record.state.value, record.first_night, record.title)
        for record in open_records
    ]
    return tuple(items)


def effect_line(effect: Effect) -> str:
    """Return an effect as one line: ``HR 0.66 (0.49-0.88, 95 %), OS, subtype all, pattern all``."""
    value = proposed_value(effect)
    level = f", {value.ci_level:g} %" if value.ci_level is not None else ", level not stated"
    interval = "" if value.ci_low is None or value.ci_high is None else f" ({value.ci_low}-{value.ci_high}{level})"
    other = f", {value.population}" if value.population else ""
    return f"{value.measure} {value.estimate}{interval}, {value.outcome}, {value.subtype}/{value.pattern}{other}"
