"""What the page of a proposed value shows: first reading, blind second reading, or only the differences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from extract.checks import Finding
from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.review.accounts import Member
from extract.review.approval import KEY_FIELDS, latest_approvals
from extract.review.checked import findings_on
from extract.review.fields import BLIND, field_groups, label_of, text_of, texts_of
from extract.review.inbox import can_decide
from extract.review.marking import Piece, Place, placed_pieces, sentence_around
from extract.review.proposal import proposed_value
from extract.review.second_opinion import second_opinion
from extract.review.seen import candidate_mark
from extract.review.views import full_text_context
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, Candidate, get_candidate, list_candidates
from extract.store.decisions import Decision
from extract.store.engine import Transaction
from extract.store.records import StoredRecord, get_record
from extract.store.work import get_draft


@dataclass(frozen=True)
class Difference:
    """A field on which two people differ: each one's text, and the program's."""

    name: str
    label: str
    proposed: str
    read: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The different texts, in the order they were read."""
        return tuple(dict.fromkeys(text for _, text in self.read))


def value_view(
    tx: Transaction, protocol: Protocol, candidate_id: str, member: Member, typed: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """Return the template and its values for a proposed value.

    Raises
    ------
    DecisionError
        There is no such value.
    """
    candidate = get_candidate(tx, candidate_id)
    record = get_record(tx, candidate.pmid) if candidate is not None else None
    if candidate is None or record is None:
        raise DecisionError(f"value:{candidate_id}: no such proposed value")
    approvals = latest_approvals(tx, candidate_id)
    ready = record.state is RecordState.INCLUDED and candidate.state in OPEN_STATES
    decidable = ready and can_decide(member, candidate.state, people=list(approvals))
    blind = is_blind(candidate, member, approvals)
    proposed = proposed_value(candidate.effect)
    draft = get_draft(tx, f"value:{candidate_id}", member.person_id)
    texts = texts_of(proposed) | (dict.fromkeys(BLIND, "") if blind else {})
    texts |= (draft.typed if draft is not None and decidable else {}) | typed
    conflict = candidate.state == "conflict" and decidable
    differences = differences_between(proposed, approvals) if conflict else ()
    return ("differences.html" if conflict else "value.html"), {
        "state": candidate.state,
        "candidate": candidate,
        "record": record,
        "document": document_pieces(tx, candidate, record, sentence=blind),
        "groups": field_groups(protocol),
        "texts": texts,
        "proposed": texts_of(proposed),
        "blind": blind,
        "blind_fields": BLIND,
        "checks": () if blind else fired(candidate, proposed),
        "second": None if blind else second_opinion(tx, candidate),
        "draft": draft if decidable else None,
        "decidable": decidable,
        "waits_for_record": record.state is not RecordState.INCLUDED,
        "seen": candidate_mark(tx, candidate),
        "decisions": list(approvals.values()) if not blind else [],
        "differences": differences,
        "rejected": [d for d in approvals.values() if d.action == "reject"],
        "typed": typed,
        "label_of": label_of,
    }


def is_blind(candidate: Candidate, member: Member, approvals: dict[str, Decision]) -> bool:
    """Tell whether this person is the second reader, who must see neither the proposal nor the first reading."""
    return candidate.state == "needs_second" and member.decides and member.person_id not in approvals


def fired(candidate: Candidate, value: ReportedValue) -> tuple[Finding, ...]:
    """Return the doubts about a value, each with its message."""
    found = findings_on(value)
    known = {finding.code for finding in found} | {f.code for f in findings_on(proposed_value(candidate.effect))}
    from_the_text = [code for code in candidate.effect.checks if code not in known]
    return (*found, *(Finding(code, "warning", "fired when the text around it was read") for code in from_the_text))


def differences_between(proposed: ReportedValue, approvals: dict[str, Decision]) -> tuple[Difference, ...]:
    """Return only the key fields on which the approvals differ."""
    values = {by: d.details["value"] for by, d in approvals.items() if d.action == "approve"}
    before = asdict(proposed)
    return tuple(
        Difference(
            name,
            label_of(name),
            text_of(before[name]),
            tuple((by, text_of(value[name])) for by, value in values.items()),
        )
        for name in KEY_FIELDS
        if len({text_of(value[name]) for value in values.values()}) > 1
    )


def document_pieces(
    tx: Transaction, candidate: Candidate, record: StoredRecord, *, sentence: bool
) -> list[tuple[str, tuple[Piece, ...]]]:
    """Return title and abstract cut at the place of this value and, fainter, of the record's other ones.

    Parameters
    ----------
    sentence
        Mark the whole sentence and nothing else, for a blind reader.
    """
    parsed = record_from_json(record.content)
    parts: list[tuple[str, tuple[Piece, ...]]] = []
    around = full_text_context(candidate.effect)
    if around is not None:
        # A value of a full text: the words kept with it, for the article itself is in the archive only.
        text, start = around
        place = Place(start, start + len(candidate.effect.span.text))
        marked = sentence_around(text, place) if sentence else place
        parts.append((candidate.effect.span.source, placed_pieces(text, [marked])))
    for source, text in (("title", parsed.title), ("abstract", parsed.abstract_text())):
        places = []
        for one in list_candidates(tx, pmid=candidate.pmid):
            span = one.effect.span
            if span.source != source or text[span.start : span.end] != span.text:
                continue
            place = Place(span.start, span.end, "" if one == candidate else f"value:{one.candidate_id}")
            if one.candidate_id == candidate.candidate_id:
                places.append(sentence_around(text, place) if sentence else place)
            elif not sentence and one.state != "superseded":
                places.append(place)
        parts.append((source, placed_pieces(text, places)))
    return parts
