"""What waits for people, as frozen values; the pages and the command line show the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.review.blinding import role_waits
from extract.review.documents import full_text_context
from extract.review.marking import Place, sentence_around
from extract.review.proposal import proposed_value
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import RecordState
from extract.store.asker import Asker
from extract.store.candidates import Candidate, get_candidate, list_candidates
from extract.store.curated import get_value
from extract.store.decisions import decisions_on
from extract.store.engine import Transaction
from extract.store.queue import Waiting, Wanted, waiting_items
from extract.store.records import get_record


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
    doubts
        How many checks fired on a proposal nobody has read yet.
    waits_for
        The role a reader must hold, where only such a reader is missing; else empty.
    """

    item: str
    state: str
    since: str
    title: str
    doubts: int = 0
    waits_for: str = ""


def queue_items(tx: Transaction, protocol: Protocol | None = None) -> tuple[QueueItem, ...]:
    """Return everything that waits, in the order of work; no line tells a number of a proposed value.

    The line is what a second reader sees before reading: outcome and stratum say which result, not what it is.
    Without a protocol no line tells the role it waits for.
    """
    waits_for = asked_roles(tx, protocol) if protocol is not None else {}
    return tuple(queue_line(waits, waits_for) for waits in waiting_items(tx, Asker(), Wanted())[0])


def asked_roles(tx: Transaction, protocol: Protocol) -> dict[str, str]:
    """Return the role of the missing reader by item, where only a reader of that role is missing."""
    return {f"value:{candidate_id}": wait.role for candidate_id, wait in role_waits(tx, protocol).items()}


def queue_line(waits: Waiting, waits_for: Mapping[str, str] | None = None) -> QueueItem:
    """Return an item that waits as one line without numbers; ``waits_for`` as of :func:`asked_roles`."""
    title = waits.title
    if waits.kind == "value":
        title = f"{waits.measure} for {waits.outcome or 'an unnamed outcome'}, {waits.subtype}/{waits.pattern} "
        title += f"[{waits.title[:60]}]"
    elif waits.alert:
        title = f"{waits.title}: {waits.alert}"
    doubts, role = waits.doubts if waits.state == "proposed" else 0, (waits_for or {}).get(waits.item, "")
    return QueueItem(waits.item, waits.state, waits.since, title, doubts, role)


def item_details(tx: Transaction, item: str, *, reader: str = "") -> dict[str, Any]:
    """Return everything a reviewer needs about one item, as plain JSON.

    Parameters
    ----------
    reader
        Who reads it as first reader (:func:`extract.store.sightings.note_sighting` is the caller's to write). Without
        one, a value that waits for a reader is shown by its place in the text, not by its numbers.

    Raises
    ------
    DecisionError
        There is no such item.
    """
    kind, _, identifier = item.partition(":")
    if kind == "record" and (record := get_record(tx, identifier)) is not None:
        decided = record.state in (RecordState.INCLUDED, RecordState.EXCLUDED)
        return {
            "item": item,
            "state": record.state.value,
            "record": json.loads(record.content),
            "proposed_values": [_without_numbers(tx, c) for c in list_candidates(tx, pmid=identifier)],
            "decisions": _decisions(tx, "record", identifier, open_=not decided),
        }
    if kind == "value" and (candidate := get_candidate(tx, identifier)) is not None:
        told = _without_numbers(tx, candidate)
        if (candidate.state == "proposed" and reader) or candidate.state not in ("proposed", "needs_second"):
            told |= {
                "words_around": _words_around(tx, candidate),
                "as_reported": asdict(proposed_value(candidate.effect)),
                "effect": candidate.effect.to_json(),
            }
        return {
            **told,
            "record": f"record:{candidate.pmid}",
            "decisions": _decisions(tx, "candidate", identifier, open_=candidate.state == "needs_second"),
        }
    if kind == "reopened" and (value := get_value(tx, identifier)) is not None:
        return {"item": item, **asdict(value), "decisions": _decisions(tx, "value", identifier)}
    raise DecisionError(f"{item!r}: no such item; `living-review queue list` shows what waits")


def _without_numbers(tx: Transaction, candidate: Candidate) -> dict[str, Any]:
    """Return what a blind reader may know of a value: which result it is and where to read it."""
    effect = candidate.effect
    return {
        "item": f"value:{candidate.candidate_id}",
        "state": candidate.state,
        "measure": effect.measure,
        "outcome": effect.outcome,
        "subtype": effect.subtype,
        "pattern": effect.metastatic_pattern,
        "source": effect.span.source,
        "sentence": _sentence(tx, candidate),
    }


def _sentence(tx: Transaction, candidate: Candidate) -> str | None:
    """Return the sentence a value stands in, as the document prints it."""
    found = _text_of(tx, candidate)
    if found is None:
        return None
    text, start = found
    place = sentence_around(text, Place(start, start + len(candidate.effect.span.text)))
    return text[place.start : place.end]


AROUND = 160
"""Characters shown before and after a span: about one sentence each way."""


def _words_around(tx: Transaction, candidate: Candidate) -> str | None:
    """Return the span inside its text, the value's own words between >> and <<."""
    found, words = _text_of(tx, candidate), candidate.effect.span.text
    if found is None:
        return None
    text, start = found
    end = start + len(words)
    return f"{text[max(0, start - AROUND) : start]}>>{words}<<{text[end : end + AROUND]}"


def _text_of(tx: Transaction, candidate: Candidate) -> tuple[str, int] | None:
    """Return the text a value stands in, or what is kept of it, and where in it the value begins."""
    record = get_record(tx, candidate.pmid)
    if record is None:
        return None
    parsed = record_from_json(record.content)
    span = candidate.effect.span
    text = {"title": parsed.title, "abstract": parsed.abstract_text()}.get(span.source)
    if text is not None:
        return text, span.start
    return full_text_context(candidate.effect)


def _decisions(tx: Transaction, kind: str, identifier: str, *, open_: bool = False) -> list[dict[str, Any]]:
    """Return the decisions so far; while a second one is awaited only that there is one, so that it stays blind."""
    logged = decisions_on(tx, kind, identifier)
    if open_:
        return [{"seq": d.seq, "at": d.decision.at, "by": d.decision.by} for d in logged]
    return [{"seq": d.seq, **asdict(d.decision)} for d in logged]
