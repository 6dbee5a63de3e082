"""What the screening page shows: criteria, marked words, closed reasons; others' votes only after one's own."""

from __future__ import annotations

import re
from typing import Any

from extract.errors import DecisionError
from extract.linkage.overlap import sources_in
from extract.pubmed.parse import record_from_json
from extract.review.accounts import Member
from extract.review.desk import Desk
from extract.review.inbox import can_decide
from extract.review.marking import term_pattern, term_pieces
from extract.review.seen import record_mark
from extract.schema.record import Record
from extract.schema.vocabulary import Design, ImmortalTime, RecordState
from extract.screening.design import calls_itself_randomised
from extract.screening.documents import ScreeningDocument
from extract.store.curated import families
from extract.store.decisions import Decision, decisions_on, latest_votes
from extract.store.engine import Transaction
from extract.store.links import confirmed_study, list_links
from extract.store.records import get_record
from extract.store.work import get_draft

_POPULATION = re.compile(
    r"\bSEER\b|\bNCDB\b|national cancer data\s?base|population-based|cancer registry", re.IGNORECASE
)
_PROSPECTIVE = re.compile(r"\bprospective(ly)?\b.{0,60}\bregist", re.IGNORECASE)


def record_view(
    tx: Transaction, desk: Desk, pmid: str, member: Member, typed: dict[str, str], *, mine: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the template and its values for a record.

    Raises
    ------
    DecisionError
        There is no such record.
    """
    record, protocol = get_record(tx, pmid), desk.protocol
    if record is None:
        raise DecisionError(f"record:{pmid}: no such record in the store")
    parsed = record_from_json(record.content)
    votes = latest_votes(tx, pmid)
    settled = record.state in (RecordState.INCLUDED, RecordState.EXCLUDED)
    decidable = mine and not settled and can_decide(member, record.state.value, people=list(votes))
    # Before one's own vote nobody else's shows; the adjudicator settles with all of them open.
    visible = settled or member.person_id in votes or (record.state is RecordState.CONFLICT and decidable)
    pattern = term_pattern(protocol)
    draft = get_draft(tx, f"record:{pmid}", member.person_id) if decidable else None
    texts = {**(draft.typed if draft else {}), **typed}
    return "record.html", {
        "state": record.state.value,
        "record": parsed,
        "title": term_pieces(parsed.title, pattern),
        "abstract": [(section.label, term_pieces(section.text, pattern)) for section in parsed.abstract],
        "retracted": parsed.is_retracted(),
        "decidable": decidable,
        "seen": record_mark(tx, record, member.person_id),
        "votes": _votes(tx, pmid) if visible else [],
        "hidden": len(votes) if not visible else 0,
        "needed": protocol.living.votes_needed,
        "designs": [
            (design.value, design.value.replace("_", " ").replace("rct", "randomised trial")) for design in Design
        ],
        "suggested": texts.get("design") or suggested_design(parsed),
        "source": ", ".join(sorted(sources_in(f"{parsed.title} {parsed.abstract_text()}"))),
        "immortal": [entry.value for entry in ImmortalTime],
        "studies": families(tx),
        "links": list_links(tx, kind="report", subject_id=pmid),
        "linked": confirmed_study(tx, pmid) or "",
        "draft": draft,
        "texts": texts,
        "typed": typed,
    }


def suggested_design(record: Record) -> str:
    """Return the design the record's own words suggest; the person who votes confirms or changes it."""
    text = f"{record.title} {record.abstract_text()}"
    document = ScreeningDocument(record.pmid, record.title, record.abstract_text(), record.publication_types)
    if calls_itself_randomised(document):
        return Design.RCT.value
    if _PROSPECTIVE.search(text):
        return Design.PROSPECTIVE_REGISTRY.value
    return Design.POPULATION_REGISTRY.value if _POPULATION.search(text) else Design.RETROSPECTIVE_COHORT.value


def _votes(tx: Transaction, pmid: str) -> list[Decision]:
    """Return each person's standing vote with its reason and the facts of the study."""
    standing = set(latest_votes(tx, pmid))
    latest = {d.decision.by: d.decision for d in decisions_on(tx, "record", pmid) if d.decision.action == "vote"}
    return [decision for person, decision in latest.items() if person in standing]
