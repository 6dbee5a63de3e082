"""What the page of a proposed value shows: first reading, blind second reading, or only the differences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from extract.errors import DecisionError
from extract.pubmed.parse import record_from_json
from extract.review.accounts import Member
from extract.review.asked_role import lacks_asked_role
from extract.review.blinding import barred_from_second, role_wait
from extract.review.curves import curve_texts
from extract.review.derived import derived_lines
from extract.review.desk import Desk
from extract.review.documents import document_parts, full_text_problem, is_placed
from extract.review.doubts import doubts_about
from extract.review.fields import BLIND, label_of, text_of, texts_of
from extract.review.inbox import can_decide
from extract.review.proposal import proposed_value
from extract.review.readings import KEY_FIELDS, latest_approvals
from extract.review.routes import has_interval, routes_of
from extract.review.second_opinion import second_opinion
from extract.review.seeded import as_shown
from extract.review.seen import candidate_mark
from extract.review.surroundings import surroundings
from extract.schema.curve import CURVE_FIELDS
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue, apply_corrections
from extract.schema.vocabulary import RecordState
from extract.store.candidates import OPEN_STATES, Candidate, get_candidate
from extract.store.curated import CuratedValue, curated_values, family_reports
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


NTH = {1: "First", 2: "Second", 3: "Third", 4: "Fourth"}
"""Which reading of a value this is: a third is needed where the first two lacked the role the protocol asks for."""


def value_view(
    tx: Transaction, desk: Desk, candidate_id: str, member: Member, typed: dict[str, str], *, mine: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the template and its values for a proposed value.

    Parameters
    ----------
    mine
        Whether the person holds the item; somebody who only looks over another's shoulder sees no numbers, and so can
        still be the second reader.

    Raises
    ------
    DecisionError
        There is no such value.
    """
    candidate = get_candidate(tx, candidate_id)
    record = get_record(tx, candidate.pmid) if candidate is not None else None
    if candidate is None or record is None:
        raise DecisionError(f"value:{candidate_id}: no such proposed value")
    protocol, archive, stored = desk.protocol, desk.store.archive, candidate
    if mine and member.decides:
        candidate = as_shown(tx, candidate, member.person_id)
    approvals = latest_approvals(tx, candidate_id)
    ready = record.state is RecordState.INCLUDED and candidate.state in OPEN_STATES
    barred = barred_from_second(tx, protocol, candidate_id, member.person_id)
    decidable = mine and ready and can_decide(member, candidate.state, people=list(approvals), barred=barred)
    blind = is_blind(candidate, member, approvals) or (candidate.state == "proposed" and member.decides and not mine)
    proposed = proposed_value(candidate.effect)
    draft = get_draft(tx, f"value:{candidate_id}", member.person_id) if decidable else None
    texts = texts_of(proposed) | (dict.fromkeys(BLIND, "") if blind else {})
    shared = curve_texts(approvals) if blind and decidable else {}
    texts |= shared
    texts |= (draft.typed if draft is not None else {}) | typed
    conflict = candidate.state == "conflict" and decidable
    differences = differences_between(proposed, approvals) if conflict else ()
    placed = is_placed(tx, archive, candidate)
    doubts = (
        ()
        if blind
        else doubts_about(candidate, proposed, placed=placed, around=surroundings(tx, protocol, record, proposed))
    )
    return ("differences.html" if conflict else "value.html"), {
        "state": candidate.state,
        "candidate": candidate,
        "record": record,
        "retracted": record_from_json(record.content).is_retracted(),
        "document": document_parts(tx, archive, candidate, record, sentence=blind),
        "broken": full_text_problem(tx, archive, candidate.pmid),
        "placed": placed,
        "groups": desk.forms,
        "texts": texts,
        "proposed": texts_of(proposed),
        "blind": blind,
        "nth": NTH.get(len(approvals) + 1, "Another"),
        "blind_fields": BLIND,
        "barred": barred and candidate.state == "needs_second",
        "role_wait": role_wait(tx, protocol, candidate),
        "checks": doubts,
        "derived": derived_lines({**texts_of(proposed), **texts}, desk.derive_curve),
        "before": () if blind else approved_before(tx, record, proposed),
        "draft": draft,
        "routes": () if blind else routes_of(proposed),
        "curve_open": not blind and not has_interval(proposed),
        "curve_shared": bool(shared),
        "curve_typed": any(texts[name] for name in CURVE_FIELDS),
        # Beside a deliberate error the second extractor would give it away, or seem to vouch for it.
        "second": None if blind or candidate is not stored else second_opinion(tx, candidate),
        "decidable": decidable,
        "waits_for_record": record.state is not RecordState.INCLUDED,
        "seen": candidate_mark(tx, candidate),
        "decisions": list(approvals.values()) if not blind else [],
        "differences": differences,
        "typed": (draft.typed if draft is not None and conflict else {}) | typed,
        "label_of": label_of,
    }


def is_last(protocol: Protocol, candidate: Candidate, approvals: dict[str, Decision], *, by: str) -> bool:
    """Tell whether this person's approval, if it agrees, completes a value, so that it goes to the published page."""
    enough = len(approvals) + 1 >= protocol.living.approvals_needed
    return candidate.state == "conflict" or (enough and not lacks_asked_role(protocol, {*approvals, by}))


def approved_before(
    tx: Transaction, record: StoredRecord, proposed: ReportedValue
) -> tuple[tuple[CuratedValue, ReportedValue], ...]:
    """Return what is approved already of this study for the same outcome and stratum, and how it is used."""
    family = family_reports(tx, record.report_id or "")
    place = (proposed.outcome, proposed.subtype, proposed.pattern)
    found = []
    for value in (value for report_id in family for value in curated_values(tx, report_id=report_id)):
        used = apply_corrections(value.reported, value.corrections)
        if (used.outcome, used.subtype, used.pattern) == place and value.state != "withdrawn":
            found.append((value, used))
    return tuple(found)


def is_blind(candidate: Candidate, member: Member, approvals: dict[str, Decision]) -> bool:
    """Tell whether this person is the second reader, who must see neither the proposal nor the first reading."""
    return candidate.state == "needs_second" and member.decides and member.person_id not in approvals


def differences_between(proposed: ReportedValue, approvals: dict[str, Decision]) -> tuple[Difference, ...]:
    """Return only the key fields on which the approvals differ."""
    values = {by: d.details["value"] for by, d in approvals.items() if d.action == "approve"}
    before = asdict(proposed)
    return tuple(
        Difference(
            name,
            label_of(name),
            text_of(before[name]),
            tuple((by, text_of(value.get(name))) for by, value in values.items()),
        )
        for name in KEY_FIELDS
        if len({text_of(value.get(name)) for value in values.values()}) > 1
    )
