"""What waits for people, as frozen values; the pages and the command line show the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.review.proposal import proposed_value
from extract.schema.effect import Effect
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, Candidate, get_candidate, list_candidates
from extract.store.curated import all_alerts, curated_values, get_value
from extract.store.decisions import decisions_on
from extract.store.engine import Transaction
from extract.store.ranks import RecordRank, record_ranks
from extract.store.records import StoredRecord, get_record, list_records


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
    """Return everything that waits: re-opened values, then values, oldest first, then records in reading order.

    Reading order: randomised trials, then by the score of the last ranking, then oldest first; nothing is left out.
    """
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
        for record in _in_reading_order(open_records, record_ranks(tx))
    ]
    return tuple(items)


def _in_reading_order(records: Sequence[StoredRecord], ranks: Mapping[str, RecordRank]) -> list[StoredRecord]:
    def place(record: StoredRecord) -> tuple[bool, float, str, str]:
        rank = ranks.get(record.pmid)
        # One that came since the last ranking is read before those that look unlike everything included.
        return (rank is None or not rank.randomised, -rank.score if rank else -0.5, record.first_night, record.pmid)

    return sorted(records, key=place)


def effect_line(effect: Effect) -> str:
    """Return an effect as one line: ``HR 0.66 (0.49-0.88, 95 %), OS, subtype all, pattern all``."""
    value = proposed_value(effect)
    level = f", {value.ci_level:g} %" if value.ci_level is not None else ", level not stated"
    interval = "" if value.ci_low is None or value.ci_high is None else f" ({value.ci_low}-{value.ci_high}{level})"
    other = f", {value.population}" if value.population else ""
    return f"{value.measure} {value.estimate}{interval}, {value.outcome}, {value.subtype}/{value.pattern}{other}"


def item_details(tx: Transaction, item: str) -> dict[str, Any]:
    """Return everything a reviewer needs about one item, as plain JSON.

    Raises
    ------
    DecisionError
        There is no such item.
    """
    kind, _, identifier = item.partition(":")
    if kind == "record" and (record := get_record(tx, identifier)) is not None:
        candidates = [asdict(c) for c in list_candidates(tx, pmid=identifier)]
        found: dict[str, Any] = {"item": item, "state": record.state.value, "record": json.loads(record.content)}
        decided = record.state in (RecordState.INCLUDED, RecordState.EXCLUDED)
        return {
            **found,
            "proposed_values": candidates,
            "decisions": _decisions(tx, "record", identifier, open_=not decided),
        }
    if kind == "value" and (candidate := get_candidate(tx, identifier)) is not None:
        return {
            "item": item,
            "state": candidate.state,
            "words_around": _words_around(tx, candidate),
            "as_reported": asdict(proposed_value(candidate.effect)),
            "effect": candidate.effect.to_json(),
            "record": f"record:{candidate.pmid}",
            "decisions": _decisions(tx, "candidate", identifier, open_=candidate.state == "needs_second"),
        }
    if kind == "reopened" and (value := get_value(tx, identifier)) is not None:
        return {"item": item, **asdict(value), "decisions": _decisions(tx, "value", identifier)}
    raise DecisionError(f"{item!r}: no such item; `living-review queue list` shows what waits")


AROUND = 160
"""Characters shown before and after a span: about one sentence each way."""


def _words_around(tx: Transaction, candidate: Candidate) -> str | None:
    """Return the span inside its text, the value's own words between >> and <<."""
    record = get_record(tx, candidate.pmid)
    if record is None:
        return None
    parsed = record_from_json(record.content)
    span = candidate.effect.span
    text = {"title": parsed.title, "abstract": parsed.abstract_text()}.get(span.source)
    if text is None:
        around = full_text_context(candidate.effect)
        if around is None:
            return None
        text, start = around
        return f"{text[:start]}>>{span.text}<<{text[start + len(span.text) :]}"
    before, after = text[max(0, span.start - AROUND) : span.start], text[span.end : span.end + AROUND]
    return f"{before}>>{span.text}<<{after}"


def full_text_context(effect: Effect) -> tuple[str, int] | None:
    """Return the words around a value of a full text and where in them it begins; None for one of an abstract."""
    said = dict(effect.extras)
    return (said["context"], int(said["context_at"])) if "context" in said else None


def _decisions(tx: Transaction, kind: str, identifier: str, *, open_: bool = False) -> list[dict[str, Any]]:
    """Return the decisions so far; while a second one is awaited only that there is one, so that it stays blind."""
    logged = decisions_on(tx, kind, identifier)
    if open_:
        return [{"seq": d.seq, "at": d.decision.at, "by": d.decision.by} for d in logged]
    return [{"seq": d.seq, **asdict(d.decision)} for d in logged]
