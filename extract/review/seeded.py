"""Showing deliberate errors to first readers, and catching them at the action: none can reach the curated table.

Four doors stand in the way, each enough alone: the page that answers an approval, the action that would record it, the
making of a curated value, and the freezing of a version. All ask the same question of the same append-only rows:
does this value hold a number that was deliberately shown wrong for its proposal, to anybody, ever?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extract.appraisal.agreement import Coefficient, wilson
from extract.errors import SeededNumber, SeedMissed
from extract.review.documents import document_parts, full_text_problem, is_placed
from extract.review.fields import label_of, text_of
from extract.review.proposal import proposed_value
from extract.review.seeding import SeedPlan, Wrong, holds_wrong, seeded
from extract.schema.value import ReportedValue, apply_corrections
from extract.schema.vocabulary import RecordState
from extract.store.candidates import Candidate, get_candidate
from extract.store.engine import Store, Transaction
from extract.store.records import get_record
from extract.store.seeds import SeedEvent, curated_from, note_seed, seed_events
from extract.store.work import drop_draft


def show_seed(store: Store, plan: SeedPlan | None, candidate_id: str, *, person_id: str, at: str) -> None:
    """Plant the deliberate error of a proposal for the person who opens it as its first reader, once.

    It is recorded before anybody sees it: a wrong number that is not on record cannot be shown.
    """
    if plan is None:
        return
    with store.read() as tx:
        wrong = _to_plant(tx, store.archive, plan, candidate_id, person_id)
    if wrong is None:
        return
    with store.write() as tx:
        if _to_plant(tx, store.archive, plan, candidate_id, person_id) == wrong:
            note_seed(tx, candidate_id, person_id, "shown", wrong=wrong, at=at)


def open_seed(tx: Transaction, candidate: Candidate, person_id: str) -> Wrong | None:
    """Return the wrong numbers this person is to see now: shown to them, not yet decided, and still a first reading."""
    if candidate.state != "proposed":
        return None
    own = _open_event(tx, candidate.candidate_id, person_id)
    return own.wrong if own is not None else None


def as_shown(tx: Transaction, candidate: Candidate, person_id: str) -> Candidate:
    """Return the proposal as this person sees it; its place in the document is the true one."""
    wrong = open_seed(tx, candidate, person_id)
    changes: dict[str, Any] = dict(wrong or {})
    return replace(candidate, effect=replace(candidate.effect, **changes)) if changes else candidate


def wrong_numbers(tx: Transaction, candidate_id: str) -> tuple[tuple[str, float], ...]:
    """Return every field and number ever shown wrong for a proposal; none may be approved by anybody."""
    shown = (pair for event in seed_events(tx, candidate_id) for pair in event.wrong.items())
    return tuple(dict.fromkeys(shown))


def refuse_typed_seed(store: Store, candidate_id: str, typed: Mapping[str, str], *, person_id: str, at: str) -> None:
    """Refuse a form that still holds a wrong number, before anything else is said about it.

    Raises
    ------
    SeedMissed
        It does; counted as missed where it was shown to this person.
    """
    with counting_missed(store, candidate_id, person_id=person_id, at=at), store.read() as tx:
        wrong = wrong_numbers(tx, candidate_id)
        fields = tuple(dict.fromkeys(name for name, number in wrong if _reads_as(typed.get(name, ""), number)))
        if fields:
            raise SeedMissed("", fields)


def refuse_seed(tx: Transaction, candidate_id: str, value: ReportedValue) -> None:
    """Refuse to approve a value that holds a number shown wrong for its proposal.

    Raises
    ------
    SeedMissed
        It does; :func:`counting_missed` around the transaction counts it and says so.
    """
    fields = seed_in(tx, candidate_id, value)
    if fields:
        raise SeedMissed("", fields)


@contextmanager
def counting_missed(store: Store, candidate_id: str, *, person_id: str, at: str) -> Iterator[None]:
    """Count an approval that was refused for its deliberate error, after its transaction was rolled back.

    Raises
    ------
    SeedMissed
        With what to tell the person.
    """
    try:
        yield
    except SeedMissed as refused:
        with store.write() as tx:
            words = note_missed(tx, candidate_id, refused.fields, person_id=person_id, at=at)
        raise SeedMissed(words, refused.fields) from refused


def seed_in(tx: Transaction, candidate_id: str, value: ReportedValue) -> tuple[str, ...]:
    """Return the fields of a value that hold a number shown wrong for its proposal."""
    wrong = wrong_numbers(tx, candidate_id)
    return tuple(dict.fromkeys(name for name, number in wrong if getattr(value, name) == number))


def note_missed(tx: Transaction, candidate_id: str, fields: tuple[str, ...], *, person_id: str, at: str) -> str:
    """Count a missed error, drop the draft that holds it, and return what to tell the person."""
    candidate = get_candidate(tx, candidate_id)
    own = _open_event(tx, candidate_id, person_id)
    drop_draft(tx, f"value:{candidate_id}", person_id)
    named = ", ".join(label_of(name).lower() for name in fields)
    if own is None or candidate is None:
        return f"nothing was approved: {named} holds a number that the record does not print; look again"
    note_seed(tx, candidate_id, person_id, "missed", wrong=own.wrong, at=at)
    truth = proposed_value(candidate.effect)
    told = "; ".join(
        f"{label_of(name).lower()} was shown as {text_of(number)} and was read as {text_of(getattr(truth, name))}"
        for name, number in own.wrong.items()
    )
    return (
        "nothing was approved: this proposal carried a deliberate error, as one in so many do, to learn how well "
        f"proposals are read ({told}). The program's own reading is shown now; please look again"
    )


def note_if_caught(store: Store, candidate_id: str, typed: Mapping[str, str], *, person_id: str, at: str) -> None:
    """Count a caught error: the person it was shown to approved, and every field that was wrong is not so any more."""
    with store.read() as tx:
        if _open_event(tx, candidate_id, person_id) is None:
            return
    with store.write() as tx:
        own = _open_event(tx, candidate_id, person_id)
        if own is not None and all(name in typed and not _reads_as(typed[name], n) for name, n in own.wrong.items()):
            note_seed(tx, candidate_id, person_id, "caught", wrong=own.wrong, at=at)


def refuse_seeded_value(tx: Transaction, candidate_id: str, value: ReportedValue) -> None:
    """Refuse to make a curated value that holds a wrong number.

    Raises
    ------
    SeededNumber
        It does; the door before this one should have caught it.
    """
    fields = seed_in(tx, candidate_id, value)
    if fields:
        raise SeededNumber(f"candidate {candidate_id}: {', '.join(fields)} holds a number that was deliberately wrong")


def refuse_seeded_table(tx: Transaction) -> None:
    """Refuse to freeze a table that holds a wrong number.

    Raises
    ------
    SeededNumber
        It does.
    """
    for value, shown in curated_from(tx).values():
        used = apply_corrections(value.reported, value.corrections)
        if any(holds_wrong(used, wrong) for wrong in shown):
            raise SeededNumber(f"{value.value_id} holds a number that was deliberately shown wrong; nothing is frozen")


@dataclass(frozen=True)
class SeededPerson:
    """How one person did."""

    person_id: str
    shown: int
    caught: int
    missed: int


@dataclass(frozen=True)
class SeedMeasure:
    """Catch rate of deliberate errors, for the lead and the administrator."""

    settled: int
    open: int
    share: Coefficient | None
    people: tuple[SeededPerson, ...]


def seed_measure(tx: Transaction) -> SeedMeasure:
    """Return how many deliberate errors were caught."""
    events = seed_events(tx)

    def count(event: str, person_id: str | None = None) -> int:
        return sum(one.event == event and person_id in (None, one.person_id) for one in events)

    caught, missed = count("caught"), count("missed")
    people = sorted({event.person_id for event in events})
    return SeedMeasure(
        settled=caught + missed,
        open=count("shown") - caught - missed,
        share=wilson(caught, caught + missed) if caught + missed else None,
        people=tuple(SeededPerson(p, count("shown", p), count("caught", p), count("missed", p)) for p in people),
    )


def _to_plant(tx: Transaction, archive: Path, plan: SeedPlan, candidate_id: str, person_id: str) -> Wrong | None:
    candidate = get_candidate(tx, candidate_id)
    record = get_record(tx, candidate.pmid) if candidate is not None else None
    if candidate is None or record is None or candidate.state != "proposed":
        return None
    if record.state is not RecordState.INCLUDED:
        return None
    if any(event.person_id == person_id for event in seed_events(tx, candidate_id)):
        return None
    if full_text_problem(tx, archive, candidate.pmid) or not is_placed(tx, archive, candidate, kept=False):
        # Whether the article prints the wrong number cannot be known: it is not at hand, or not as it was read.
        return None
    parts = document_parts(tx, archive, candidate, record, sentence=True)
    text = " ".join([candidate.effect.span.text, *(f"{part.heading} {part.text} {part.notes}" for part in parts)])
    return seeded(plan, candidate_id, proposed_value(candidate.effect), text=text)


def _open_event(tx: Transaction, candidate_id: str, person_id: str) -> SeedEvent | None:
    own = [event for event in seed_events(tx, candidate_id) if event.person_id == person_id]
    return own[-1] if own and own[-1].event == "shown" else None


def _reads_as(text: str, number: float) -> bool:
    try:
        return float(text) == number
    except ValueError:
        return False
