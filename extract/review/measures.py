"""How the review works, measured from its own log: agreement of readers, age of the queue, days to a decision.

Only what two people said independently counts: the first one's word as it stood when the second spoke for the first
time. What they changed after seeing each other, and what an adjudicator settled, is no agreement.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from extract.appraisal.agreement import Agreement, agreement
from extract.appraisal.rob2 import ROB2
from extract.appraisal.robins import LEVELS as ROBINS_LEVELS
from extract.appraisal.tools import OVERALL
from extract.review.bias import KIND as BIAS
from extract.review.certainty import KIND as CERTAINTY
from extract.review.certainty import LEVELS as CERTAINTY_LEVELS
from extract.review.fields import label_of, text_of
from extract.review.readings import KEY_FIELDS
from extract.review.views import queue_items
from extract.schema.protocol import Protocol
from extract.schema.value import CLOSED
from extract.schema.vocabulary import RecordState
from extract.store.decisions import Decision, LoggedDecision, decisions_of_kind
from extract.store.engine import Transaction
from extract.store.records import list_records

VOTES = ("include", "exclude", "maybe")


@dataclass(frozen=True)
class Line:
    """Agreement on one thing in one stage; ``note`` says what a reader of the number must know."""

    stage: str
    what: str
    agreement: Agreement
    note: str = ""


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of a number of days (or seconds)."""

    count: int
    lower: float
    median: float
    upper: float
    longest: float


@dataclass(frozen=True)
class Measures:
    """Everything the page of measures shows to everybody who may sign in."""

    lines: tuple[Line, ...]
    queue: tuple[tuple[str, Spread], ...]
    days_to_queue: Spread | None
    days_to_decision: Spread | None
    seconds_on_task: tuple[tuple[str, Spread], ...]


def measures(tx: Transaction, protocol: Protocol, *, today: dt.date) -> Measures:
    """Return the measures as the log gives them now."""
    return Measures(
        lines=(*_screening(tx), *_extraction(tx, protocol), *_appraisal(tx)),
        queue=_queue_age(tx, today),
        days_to_queue=_days_to_queue(tx),
        days_to_decision=_days_to_decision(tx, protocol),
        seconds_on_task=_seconds_on_task(tx),
    )


def first_pairs(
    log: Sequence[LoggedDecision],
    actions: Collection[str],
    *,
    key: Callable[[Decision], str] = lambda decision: decision.subject_id,
) -> Iterator[tuple[Decision, Decision]]:
    """Yield for each item what two people said before either could see the other.

    Parameters
    ----------
    log
        Decisions on one kind of thing, oldest first.
    key
        What an item is; a judgement on changed evidence is another item.
    """
    standing: dict[tuple[str, str], dict[str, Decision]] = {}
    seen: set[tuple[str, str]] = set()
    for decision in (logged.decision for logged in log):
        if decision.action == "undo":
            for (subject, _), people in standing.items():
                if subject == decision.subject_id:
                    people.pop(decision.by, None)
            continue
        if decision.action not in actions:
            continue
        item = decision.subject_id, key(decision)
        if item in seen:
            continue
        people = standing.setdefault(item, {})
        others = [one for by, one in people.items() if by != decision.by]
        if others:
            seen.add(item)
            yield others[0], decision
        people[decision.by] = decision


def spread(numbers: Sequence[float]) -> Spread | None:
    """Return median and quartiles (inclusive method), None of nothing."""
    if not numbers:
        return None
    if len(numbers) == 1:
        return Spread(1, numbers[0], numbers[0], numbers[0], numbers[0])
    lower, median, upper = statistics.quantiles(numbers, n=4, method="inclusive")
    return Spread(len(numbers), lower, median, upper, max(numbers))


def _screening(tx: Transaction) -> list[Line]:
    pairs = [(a.new, b.new) for a, b in first_pairs(decisions_of_kind(tx, "record"), ("vote",))]
    return [Line("Screening", "include, exclude or maybe", agreement(pairs, categories=len(VOTES)))]


def _extraction(tx: Transaction, protocol: Protocol) -> list[Line]:
    found = list(first_pairs(decisions_of_kind(tx, "candidate"), ("approve", "reject")))
    kept = [(a.action, b.action) for a, b in found]
    lines = [Line("Extraction", "a result for this review, or not", agreement(kept, categories=2))]
    values = [(a.details["value"], b.details["value"]) for a, b in found if a.action == b.action == "approve"]
    for name in KEY_FIELDS:
        pairs = [(text_of(a.get(name)), text_of(b.get(name))) for a, b in values]
        if pairs and not any(one or other for one, other in pairs):
            continue  # nobody ever filled it in: nothing was compared
        categories = _categories(name, protocol)
        note = "" if categories else "a number or words: agreement by chance means nothing, percent only"
        lines.append(Line("Extraction", label_of(name), agreement(pairs, categories=categories or 0), note))
    return lines


def _categories(name: str, protocol: Protocol) -> int:
    """Return how many values a closed field may take, 0 of a number or a text."""
    if name in CLOSED:
        return len(list(CLOSED[name]))
    lists: dict[str, Sequence[Any]] = {
        "outcome": protocol.outcomes,
        "subtype": protocol.subtypes,
        "pattern": protocol.patterns,
        "poolable": (True, False),
    }
    return len(lists.get(name, ()))


def _appraisal(tx: Transaction) -> list[Line]:
    def basis(decision: Decision) -> str:
        return str(decision.details.get("basis") or decision.details.get("fingerprint"))

    judged = list(first_pairs(decisions_of_kind(tx, BIAS), ("judge",), key=basis))
    lines = []
    for key, name, levels in ((ROB2.key, "RoB 2", ROB2.levels), ("robins-i", "ROBINS-I", ROBINS_LEVELS)):
        both = [
            (a.details["judgement"]["domains"], b.details["judgement"]["domains"])
            for a, b in judged
            if a.details["judgement"]["tool"] == key
        ]
        domains = [(a[code]["level"], b[code]["level"]) for a, b in both for code in a if code != OVERALL]
        overall = [(a[OVERALL]["level"], b[OVERALL]["level"]) for a, b in both]
        note = "domains of one result are not independent: the interval is too narrow"
        lines.append(Line("Risk of bias", f"{name}, domains", agreement(domains, categories=len(levels)), note))
        lines.append(Line("Risk of bias", f"{name}, overall", agreement(overall, categories=len(levels))))
    rated = [(a.new, b.new) for a, b in first_pairs(decisions_of_kind(tx, CERTAINTY), ("judge",), key=basis)]
    lines.append(Line("Certainty", "GRADE level", agreement(rated, categories=len(CERTAINTY_LEVELS))))
    return lines


def _queue_age(tx: Transaction, today: dt.date) -> tuple[tuple[str, Spread], ...]:
    ages: dict[str, list[float]] = {}
    for item in queue_items(tx):
        ages.setdefault(item.state, []).append(_days_between(item.since, today.isoformat()))
    return tuple((state, one) for state, days in ages.items() if (one := spread(days)) is not None)


def _days_to_queue(tx: Transaction) -> Spread | None:
    return spread([_days_between(r.created, r.first_night) for r in list_records(tx) if r.created])


def _days_to_decision(tx: Transaction, protocol: Protocol) -> Spread | None:
    """Return the days from PubMed's entry to the vote that decided; what was decided at the start does not count."""
    decided: dict[str, str] = {}
    for logged in decisions_of_kind(tx, "record"):
        if logged.decision.action == "vote" and protocol.person(logged.decision.by) is not None:
            decided[logged.decision.subject_id] = logged.decision.at[:10]
    records = list_records(tx, states=[RecordState.INCLUDED, RecordState.EXCLUDED])
    return spread(
        [_days_between(r.created, decided[str(r.pmid)]) for r in records if r.created and str(r.pmid) in decided]
    )


def _seconds_on_task(tx: Transaction) -> tuple[tuple[str, Spread], ...]:
    """Return how long people had an item before them, as their pages say; a program that decides says nothing."""
    found = []
    for kind, what in (("record", "a vote"), ("candidate", "a value")):
        said = [logged.decision.details.get("seconds") for logged in decisions_of_kind(tx, kind)]
        one = spread([float(seconds) for seconds in said if isinstance(seconds, int)])
        if one is not None:
            found.append((what, one))
    return tuple(found)


def _days_between(start: str, end: str) -> float:
    return float((dt.date.fromisoformat(end[:10]) - dt.date.fromisoformat(start[:10])).days)
