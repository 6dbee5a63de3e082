"""Endpoints about links: what programs propose to belong together, and what people decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Path as PathParameter
from pydantic import Field

from extract.errors import DecisionError
from extract.review.api.models import Answer
from extract.review.api.problems import decision_problem
from extract.review.api.register import Endpoints
from extract.review.api.requests import Asked, Name, Seen, Words
from extract.review.desk import Access, Desk, Visit
from extract.review.grouping import put_in_group, split_overlap
from extract.review.linking import confirm_link, link_mark, propose_again, reject_link, split_report
from extract.store.links import list_links

Proposal = Annotated[str, PathParameter(description="Id of a proposal, as the list names it", max_length=40)]

Named = Annotated[str, PathParameter(max_length=120)]


class Evidence(Answer):
    """One reason for or against a link."""

    kind: str
    weight: float = Field(description="Below 0 it speaks against")
    found: str
    known: str
    where: str


class LinkLine(Answer):
    """A proposed link."""

    proposal: str
    kind: str = Field(description="report (of a study), overlap (of cohorts) or duplicate (records)")
    subject: str
    target: str
    state: str
    score: float = Field(description="Orders the proposals; no probability")
    evidence: list[Evidence]
    seen: str = Field(description="Send it back with a decision")


class Decided(Answer):
    """What a decision on a link led to."""

    item: str
    state: str


class Confirmed(Asked):
    """Confirming a proposed link."""

    reason: Words = ""
    supersedes: Name | None = Field(None, description="The report of the study that the new one replaces, or none")
    seen: Seen


class Rejected(Asked):
    """Rejecting a proposed link."""

    reason: Words
    seen: Seen


class Grouped(Asked):
    """Putting a study into an overlap group."""

    beside: Name = Field(
        description="group:<name> of an overlap group, or study:<id> of another study", examples=["group:SEER"]
    )
    reason: Words


class Split(Asked):
    """Taking apart what belongs together no more."""

    reason: Words


def add_link_endpoints(api: Endpoints, desk: Desk) -> None:
    """Register the endpoints."""
    reads, decides = api.visit(Access.SIGNED_IN), api.visit(Access.DECIDE)

    @api.get("/links", Access.SIGNED_IN, "What may belong together, best first, with the evidence")
    def list_proposals(visit: Visit = reads) -> list[LinkLine]:  # noqa: ARG001 - who asks is checked, not used
        with desk.store.read() as tx:
            return [
                LinkLine(
                    proposal=link.proposal_id,
                    kind=link.kind,
                    subject=link.subject_id,
                    target=link.target_id,
                    state=link.state,
                    score=link.score,
                    evidence=[
                        Evidence(kind=e.kind, weight=e.weight, found=e.found, known=e.known, where=e.where)
                        for e in link.evidence
                    ],
                    seen=link_mark(tx, link),
                )
                for link in list_links(tx)
            ]

    @api.post("/links/{proposal}/confirm", Access.DECIDE, "Confirm a proposed link")
    def confirm_proposal(proposal: Proposal, asked: Confirmed, visit: Visit = decides) -> Decided:
        return _done(
            desk,
            f"link:{proposal}",
            "confirmed",
            lambda: confirm_link(
                desk.store,
                desk.protocol,
                proposal,
                by=visit.person,
                at=visit.at,
                reason=asked.reason or None,
                supersedes=asked.supersedes,
                seen=asked.seen,
            ),
        )

    @api.post("/links/{proposal}/reject", Access.DECIDE, "Reject a proposed link; it is not proposed again")
    def reject_proposal(proposal: Proposal, asked: Rejected, visit: Visit = decides) -> Decided:
        return _done(
            desk,
            f"link:{proposal}",
            "rejected",
            lambda: reject_link(
                desk.store,
                desk.protocol,
                proposal,
                by=visit.person,
                at=visit.at,
                reason=asked.reason,
                seen=asked.seen,
            ),
        )

    @api.post("/links/{proposal}/undo", Access.DECIDE, "Propose a decided link again")
    def undo_proposal(proposal: Proposal, visit: Visit = decides) -> Decided:
        return _done(
            desk,
            f"link:{proposal}",
            "proposed",
            lambda: propose_again(desk.store, desk.protocol, proposal, by=visit.person, at=visit.at),
        )

    _splitting(api, desk)


def _splitting(api: Endpoints, desk: Desk) -> None:
    decides = api.visit(Access.DECIDE)

    def split(act: Callable[..., object], visit: Visit, name: str, reason: str, item: str) -> Decided:
        return _done(
            desk,
            item,
            "split",
            lambda: act(desk.store, desk.protocol, name, by=visit.person, at=visit.at, reason=reason),
        )

    @api.post("/studies/{study}/group", Access.DECIDE, "Put a study into an overlap group without a proposed link")
    def group(study: Named, asked: Grouped, visit: Visit = decides) -> Decided:
        """They may hold the same people: one estimate of them enters a pool."""
        return _done(
            desk,
            f"study:{study}",
            "grouped",
            lambda: put_in_group(
                desk.store, desk.protocol, study, asked.beside, by=visit.person, at=visit.at, reason=asked.reason
            ),
        )

    @api.post("/reports/{report}/split", Access.DECIDE, "Take a report out of its trial family into one of its own")
    def split_family(report: Named, asked: Split, visit: Visit = decides) -> Decided:
        return split(split_report, visit, report, asked.reason, f"report:{report}")

    @api.post("/studies/{study}/split", Access.DECIDE, "Take a study out of its overlap group")
    def split_group(study: Named, asked: Split, visit: Visit = decides) -> Decided:
        return split(split_overlap, visit, study, asked.reason, f"study:{study}")


def _done(desk: Desk, item: str, state: str, act: Callable[[], object]) -> Decided:
    try:
        act()
    except DecisionError as error:
        raise decision_problem(error, item=item, sent={}, standing=None) from error
    # What is one family or one group decides what is pooled.
    desk.on_approved()
    return Decided(item=item, state=state)
