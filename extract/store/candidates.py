"""Candidates: values a program proposes, each with its span; the door refuses a span without its number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from extract.errors import ExtractError
from extract.schema.effect import Comparison, Effect, Span
from extract.store.engine import Transaction, remembered
from extract.store.tables import candidates, decisions


class SpanError(ExtractError):
    """A proposed value whose span is not the words of its source, or does not hold its number: a bug."""


@dataclass(frozen=True)
class Candidate:
    """A proposed value in the queue."""

    candidate_id: str
    pmid: str
    revision: int
    extractor_version: str
    effect: Effect
    state: str
    value_id: str | None
    night: str


OPEN_STATES = ("proposed", "needs_second", "conflict")


def candidate_id(pmid: str, effect: Effect) -> str:
    """Return the id of a candidate: the same words with the same numbers are the same candidate."""
    key = [pmid, effect.span.source, effect.span.start, effect.span.end, effect.span.text, effect.measure]
    key += [effect.estimate, effect.ci_low, effect.ci_high]
    return hashlib.sha256(json.dumps(key, ensure_ascii=False).encode()).hexdigest()[:16]


def verify_span(effect: Effect, texts: dict[str, str]) -> None:
    """Refuse a value whose words cannot be found where it says they are.

    Parameters
    ----------
    effect
        The proposed value.
    texts
        Text of each source, e.g. ``{"title": ..., "abstract": ...}``.

    Raises
    ------
    SpanError
        The source is unknown, the offsets give other words, or the words hold no digit of the estimate.
    """
    span = effect.span
    text = texts.get(span.source)
    if text is None or text[span.start : span.end] != span.text:
        raise SpanError(f"span {span.start}-{span.end} of {span.source!r} is not {span.text!r}")
    if effect.estimate is not None and not _holds_number(span.text, effect.estimate):
        raise SpanError(f"the words {span.text!r} do not contain the number {effect.estimate}")


def add_candidate(
    tx: Transaction,
    *,
    pmid: str,
    revision: int,
    extractor_version: str,
    effect: Effect,
    state: str,
    night: str,
) -> str | None:
    """Put a candidate into the queue once; return its id when it is new, else None."""
    new_id = candidate_id(pmid, effect)
    known = get_candidate(tx, new_id)
    if known is not None and known.state == "superseded":
        # Its words had left the record and are back: it waits for people again.
        set_candidate(tx, new_id, state=state)
        return new_id
    if known is not None:
        return None
    tx.connection.execute(
        candidates.insert().values(
            candidate_id=new_id,
            pmid=pmid,
            revision=revision,
            extractor_version=extractor_version,
            effect=effect.to_json(),
            state=state,
            night=night,
            outcome=effect.outcome,
            subtype=effect.subtype,
            pattern=effect.metastatic_pattern,
            measure=effect.measure,
            doubts=len(effect.checks),
        )
    )
    return new_id


_ONE = select(candidates).where(candidates.c.candidate_id == bindparam("wanted"))


@remembered
def get_candidate(tx: Transaction, wanted: str) -> Candidate | None:
    """Return one candidate, or None."""
    row = tx.connection.execute(_ONE, {"wanted": wanted}).first()
    return _candidate(row) if row is not None else None


def list_candidates(
    tx: Transaction, *, pmid: str | None = None, states: Sequence[str] | None = None
) -> tuple[Candidate, ...]:
    """Return candidates, oldest first, optionally of one record or in some states."""
    query = select(candidates).order_by(candidates.c.night, candidates.c.pmid, candidates.c.candidate_id)
    if pmid is not None:
        query = query.where(candidates.c.pmid == pmid)
    if states is not None:
        query = query.where(candidates.c.state.in_(list(states)))
    return tuple(_candidate(row) for row in tx.connection.execute(query))


_READ_AND_OPEN = (
    select(candidates.c.candidate_id)
    .join(decisions, decisions.c.subject_id == candidates.c.candidate_id)
    .where(
        candidates.c.state == "needs_second",
        decisions.c.subject_kind == "candidate",
        decisions.c.action.in_(("approve", "reject")),
    )
    .group_by(candidates.c.candidate_id)
    .having(func.count(decisions.c.by.distinct()) >= bindparam("people"))
    .order_by(candidates.c.candidate_id)
)


def needs_second_though_read_by(tx: Transaction, people: int) -> tuple[str, ...]:
    """Return the values that still wait for a reader although this many people have decided on them at some time."""
    return tuple(tx.connection.execute(_READ_AND_OPEN, {"people": people}).scalars())


def set_candidate(tx: Transaction, wanted: str, *, state: str, value_id: str | None = None) -> None:
    """Set where a candidate stands and which curated value it became or confirms."""
    tx.connection.execute(
        candidates.update().where(candidates.c.candidate_id == wanted).values(state=state, value_id=value_id)
    )


def _holds_number(words: str, number: float) -> bool:
    digits = f"{number:.10f}".rstrip("0").rstrip(".").lstrip("0").lstrip(".").replace(".", "")
    return digits.strip("0") in "".join(ch for ch in words if ch.isdigit()) if digits.strip("0") else True


def effect_from_json(row: Mapping[str, Any]) -> Effect:
    """Return the effect that :meth:`Effect.to_json` wrote."""
    effect = dict(row)
    effect["comparison"] = Comparison(**effect["comparison"])
    effect["span"] = Span(**effect["span"])
    effect["checks"] = tuple(effect["checks"])
    effect["extras"] = tuple(effect["extras"].items())
    return Effect(**effect)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        candidate_id=row.candidate_id,
        pmid=row.pmid,
        revision=row.revision,
        extractor_version=row.extractor_version,
        effect=effect_from_json(row.effect),
        state=row.state,
        value_id=row.value_id,
        night=row.night,
    )
