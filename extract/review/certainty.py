"""Certainty of a body of evidence: what the rules propose, what people decided, and on which inputs they decided it.

A decision is bound to a fingerprint of the synthesis' inputs. When these change, it no longer counts: the body waits to
be confirmed again, and the old decision is shown beside what the rules propose now.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from extract.errors import DecisionError, StaleItem
from extract.review.people import Reviewer, reviewer
from extract.review.standing import Standing, State, may_take_part
from extract.schema.protocol import Protocol
from extract.store.decisions import Decision, decisions_of_kind, record_decision
from extract.store.engine import Store, Transaction

KIND = "synthesis"
"""Kind of subject in the decision log; the subject is the synthesis' id."""

LEVELS = ("high", "moderate", "low", "very low")


@dataclass(frozen=True)
class EvidenceDomain:
    """One GRADE domain as the rules see it: steps down (negative) or up, and whether a person must look."""

    domain: str
    steps: int
    reason: str
    needs_person: bool


@dataclass(frozen=True)
class BodyOfEvidence:
    """One synthesis as a judge of certainty sees it; ``flows`` computes it, the queue shows it.

    Parameters
    ----------
    inputs
        Label, weight in percent and agreed risk of bias (None: not judged) of each study in the pool.
    fingerprint
        Hash of the inputs a decision is bound to.
    """

    synthesis_id: str
    title: str
    k: int
    participants: int | None
    result: str
    start: str
    proposed: str
    domains: tuple[EvidenceDomain, ...]
    inputs: tuple[tuple[str, float, str | None], ...]
    fingerprint: str


@dataclass(frozen=True)
class Rating:
    """One person's rating: the level and the reason for it, and steps by domain where they differ from the rules'."""

    level: str
    reason: str
    proposed: str
    steps: dict[str, int]
    fingerprint: str

    @property
    def basis(self) -> str:
        """Hash of the inputs it was given on."""
        return self.fingerprint


@dataclass(frozen=True)
class AgreedRating:
    """What the judges agreed on, or the adjudicator settled."""

    level: str
    reasons: tuple[tuple[str, str], ...]
    judges: tuple[str, ...]
    settled_by: str | None
    fingerprint: str
    on: str

    @property
    def basis(self) -> str:
        """Hash of the inputs it was decided on."""
        return self.fingerprint


class Ratings(Standing[Rating, AgreedRating]):
    """Standing ratings of one synthesis, and the last agreed one."""

    def state(self, fingerprint: str) -> State:
        """Return where a synthesis with these inputs stands."""
        return self.state_on(fingerprint, lambda given: len({rating.level for rating in given}) > 1)


def ratings(tx: Transaction) -> dict[str, Ratings]:
    """Return the ratings of every synthesis that has any."""
    found: dict[str, Ratings] = {}
    for logged in decisions_of_kind(tx, KIND):
        standing = found.setdefault(logged.decision.subject_id, Ratings())
        standing.replay(logged, judged=lambda details: Rating(**details), agreed=_agreed)
    return found


def _agreed(decision: Decision) -> AgreedRating:
    details = decision.details
    return AgreedRating(
        level=decision.new or "",
        reasons=tuple((by, text) for by, text in details["reasons"]),
        judges=tuple(details["judges"]),
        settled_by=details["settled_by"],
        fingerprint=details["fingerprint"],
        on=decision.at[:10],
    )


def may_rate(standing: Ratings, body: BodyOfEvidence, person: Reviewer) -> bool:
    """Tell whether a person can rate a body of evidence now; a conflict is the adjudicator's."""
    return may_take_part(standing.state(body.fingerprint), standing.on(body.fingerprint), person)


def rate_certainty(
    store: Store,
    protocol: Protocol,
    body: BodyOfEvidence,
    *,
    level: str,
    reason: str,
    steps: dict[str, int],
    by: str,
    at: str,
    seen: str | None = None,
) -> State:
    """Record a rating; return the state of the synthesis after it.

    Parameters
    ----------
    body
        The synthesis as it stands now; its fingerprint is what the decision is bound to.
    steps
        Steps by domain as this person sees them.
    seen
        :meth:`Ratings.mark` of what the person had before them; None to skip that check.

    Raises
    ------
    StaleItem
        The inputs changed since; nothing was saved.
    DecisionError
        An unknown level or person, no reason, or nothing for this person to rate.
    """
    person = reviewer(protocol, by)
    if level not in LEVELS:
        raise DecisionError(f"level: {level!r} is not one of {', '.join(LEVELS)}")
    if not reason.strip():
        raise DecisionError("reason: say why, also where you follow the rules")
    with store.write() as tx:
        standing = ratings(tx).get(body.synthesis_id, Ratings())
        if seen is not None and seen.partition("-")[0] != body.fingerprint[:12]:
            raise StaleItem("the inputs of this synthesis changed since you opened it; nothing was saved")
        if not may_rate(standing, body, person):
            raise DecisionError(f"{body.synthesis_id}: {_why_not(standing, body, person)}")
        settles = person.role == "adjudicator"
        rating = Rating(level, reason.strip(), body.proposed, steps, body.fingerprint)
        details = asdict(rating)
        action = "settle" if settles else "judge"
        record_decision(
            tx, Decision(at, by, action, KIND, body.synthesis_id, new=level, reason=rating.reason, details=details)
        )
        given = standing.on(body.fingerprint)
        counted = {by: rating} if settles else {**given, by: rating}
        if len({one.level for one in counted.values()}) > 1:
            return "conflict"
        if not settles and len(counted) < protocol.appraisal.certainty_judges_needed:
            return "needs_second"
        agreed = {
            "fingerprint": body.fingerprint,
            "reasons": [[one_by, one.reason] for one_by, one in sorted(counted.items())],
            "judges": sorted(given) if settles else sorted(counted),
            "settled_by": by if settles else None,
        }
        record_decision(tx, Decision(at, by, "agree", KIND, body.synthesis_id, new=level, details=agreed))
        return "agreed"


def undo_rating(
    store: Store, protocol: Protocol, body: BodyOfEvidence, *, by: str, at: str, seen: str | None = None
) -> State:
    """Take back one's own rating (or settlement), as a new decision; an agreement it was part of ends with it.

    Raises
    ------
    StaleItem
        Something changed since the person looked; nothing was saved.
    DecisionError
        Unknown person, or nothing of theirs to take back.
    """
    reviewer(protocol, by)
    with store.write() as tx:
        standing = ratings(tx).get(body.synthesis_id, Ratings())
        if seen is not None and seen != standing.mark(body.fingerprint):
            raise StaleItem("this synthesis changed since you opened it; nothing was saved")
        agreed = standing.agreed
        settled = agreed is not None and agreed.settled_by == by and agreed.fingerprint == body.fingerprint
        if by not in standing.on(body.fingerprint) and not settled:
            raise DecisionError(f"{body.synthesis_id}: there is no rating of {by} to take back")
        record_decision(tx, Decision(at, by, "undo", KIND, body.synthesis_id))
        return ratings(tx)[body.synthesis_id].state(body.fingerprint)


def _why_not(standing: Ratings, body: BodyOfEvidence, person: Reviewer) -> str:
    state = standing.state(body.fingerprint)
    if person.person_id in standing.on(body.fingerprint):
        return "your rating is in already; take it back to rate again"
    if state == "conflict":
        return "the judges differ: an adjudicator settles it"
    if person.role == "adjudicator" and state != "agreed":
        return "an adjudicator settles what judges see differently, and rates nothing before"
    return "it is decided already; its judges can take their rating back"
