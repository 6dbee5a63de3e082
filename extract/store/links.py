"""Proposed links: records and the studies they may report, cohorts that may share people, records of one publication.

Programs propose; only the actions of :mod:`extract.review.linking` confirm, reject or split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select

from extract.store.engine import Transaction
from extract.store.tables import link_proposals

LinkKind = Literal["report", "overlap", "duplicate"]
LinkState = Literal["proposed", "confirmed", "rejected", "superseded"]


@dataclass(frozen=True)
class LinkEvidence:
    """One reason for or against a link, as stored.

    Parameters
    ----------
    kind
        What agrees or contradicts: ``registry_id``, ``acronym``, ``same_n`` ...
    weight
        Below 0 it speaks against.
    found, known, where
        The words on the one side, on the other, and the part of the record they stand in.
    """

    kind: str
    weight: float
    found: str
    known: str
    where: str


@dataclass(frozen=True)
class ProposedLink:
    """A link that waits for a person, or was decided.

    Parameters
    ----------
    kind
        ``report``: ``subject_id`` (a record) may report the study ``target_id``; ``overlap``: two studies may hold the
        same people; ``duplicate``: two records may be one publication, or stages of one.
    score
        Orders the proposals; no probability.
    evidence
        Heaviest first.
    night
        Night it was first proposed.
    """

    proposal_id: str
    kind: LinkKind
    subject_id: str
    target_id: str
    score: float
    evidence: tuple[LinkEvidence, ...]
    state: LinkState
    night: str


def proposal_id(kind: LinkKind, subject_id: str, target_id: str) -> str:
    """Return the id of a proposal: the same two things are the same proposal."""
    return hashlib.sha256(f"{kind}\x1f{subject_id}\x1f{target_id}".encode()).hexdigest()[:16]


def propose_link(
    tx: Transaction,
    kind: LinkKind,
    subject_id: str,
    target_id: str,
    *,
    score: float,
    evidence: Sequence[LinkEvidence],
    night: str,
) -> bool:
    """Put a proposal before people, once; return True when it was not known.

    One that waits is brought up to date; one that people decided on is left alone.
    """
    wanted = proposal_id(kind, subject_id, target_id)
    known = get_link(tx, wanted)
    content = {"score": score, "evidence": [_as_json(each) for each in evidence]}
    if known is None:
        row = {"proposal_id": wanted, "kind": kind, "subject_id": subject_id, "target_id": target_id, "night": night}
        tx.connection.execute(link_proposals.insert().values(**row, state="proposed", **content))
    elif known.state in ("proposed", "superseded"):
        _update(tx, wanted, state="proposed", **content)
    return known is None


def supersede_links(tx: Transaction, kind: LinkKind, subject_id: str, *, keep: Sequence[str]) -> None:
    """Take back what is proposed for a subject no longer, but for the targets in ``keep``."""
    for link in list_links(tx, kind=kind, subject_id=subject_id, states=["proposed"]):
        if link.target_id not in keep:
            set_link_state(tx, link.proposal_id, "superseded")


def get_link(tx: Transaction, wanted: str) -> ProposedLink | None:
    """Return one proposal, or None."""
    row = tx.connection.execute(select(link_proposals).where(link_proposals.c.proposal_id == wanted)).first()
    return _link(row) if row is not None else None


def list_links(
    tx: Transaction,
    *,
    kind: LinkKind | None = None,
    subject_id: str | None = None,
    states: Sequence[LinkState] = ("proposed",),
) -> tuple[ProposedLink, ...]:
    """Return proposals, best first; by default those that wait for a person."""
    query = select(link_proposals).where(link_proposals.c.state.in_(list(states)))
    if kind is not None:
        query = query.where(link_proposals.c.kind == kind)
    if subject_id is not None:
        query = query.where(link_proposals.c.subject_id == subject_id)
    order = (link_proposals.c.score.desc(), link_proposals.c.kind, link_proposals.c.subject_id)
    rows = tx.connection.execute(query.order_by(*order, link_proposals.c.target_id))
    return tuple(_link(row) for row in rows)


def confirmed_study(tx: Transaction, pmid: str) -> str | None:
    """Return the study a person confirmed a record to report, or None; what the screening form begins with."""
    confirmed = list_links(tx, kind="report", subject_id=pmid, states=["confirmed"])
    return confirmed[0].target_id if confirmed else None


def set_link_state(tx: Transaction, wanted: str, state: LinkState) -> None:
    """Set where a proposal stands."""
    _update(tx, wanted, state=state)


def _update(tx: Transaction, wanted: str, **values: Any) -> None:
    tx.connection.execute(link_proposals.update().where(link_proposals.c.proposal_id == wanted).values(**values))


def _as_json(evidence: LinkEvidence) -> dict[str, object]:
    return {name: getattr(evidence, name) for name in ("kind", "weight", "found", "known", "where")}


def _link(row: Row[Any]) -> ProposedLink:
    return ProposedLink(
        proposal_id=row.proposal_id,
        kind=row.kind,
        subject_id=row.subject_id,
        target_id=row.target_id,
        score=row.score,
        evidence=tuple(LinkEvidence(**each) for each in row.evidence),
        state=row.state,
        night=row.night,
    )
