"""Risk of bias in the store: which results wait for a judgement, what people judged, and when they agree.

Everything is a decision in the append-only log. A judgement belongs to the values and reports it was made on (its
``basis``): when a report or value is added, the result waits for judges again and the old judgement says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from extract.appraisal.judgement import Judgement, differing, judgement_from_json
from extract.appraisal.tools import OVERALL
from extract.errors import DecisionError, StaleItem
from extract.review.people import Reviewer, reviewer
from extract.review.results import Result, results_to_judge
from extract.review.standing import Standing, State, may_take_part
from extract.schema.protocol import Protocol
from extract.store.decisions import Decision, LoggedDecision, decisions_of_kind, decisions_on, record_decision
from extract.store.engine import Store, Transaction

KIND = "bias"
"""Kind of subject in the decision log; the subject is ``<study>~<outcome>``."""


@dataclass(frozen=True)
class Agreed:
    """What the judges agreed on, or the adjudicator settled.

    Parameters
    ----------
    supports
        Each judge's support text by domain: ``{"D1": (("reviewer-a", "..."), ...)}``.
    """

    judgement: Judgement
    basis: str
    judges: tuple[str, ...]
    settled_by: str | None
    on: str
    supports: dict[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Assessment:
    """Where the judgement of one result stands.

    Parameters
    ----------
    judgements
        Standing judgements on the present basis by person; who looks must not see them before judging.
    agreed
        The last agreed judgement; made on another basis when the state is not ``agreed``.
    """

    result: Result
    state: State
    judgements: dict[str, Judgement]
    agreed: Agreed | None
    last: int

    @property
    def mark(self) -> str:
        """What a person had before them, for the optimistic lock."""
        return f"{self.result.basis[:12]}-{self.last}"


@dataclass(frozen=True)
class _Judged:
    """One person's judgement, and what it was made on."""

    basis: str
    judgement: Judgement


def assessments(tx: Transaction) -> tuple[Assessment, ...]:
    """Return where the judgement of every result stands."""
    standing = _standing(decisions_of_kind(tx, KIND))
    return tuple(_assessment(result, standing.get(result.item, Standing())) for result in results_to_judge(tx))


def assessment_of(tx: Transaction, item: str) -> Assessment:
    """Return where the judgement of one result stands.

    Raises
    ------
    DecisionError
        There is no such result.
    """
    result = next((found for found in results_to_judge(tx) if found.item == item), None)
    if result is None:
        raise DecisionError(f"{item!r}: no such result; it is written <study>~<outcome>")
    return _assessment(result, _standing(decisions_on(tx, KIND, item)).get(item, Standing()))


def _standing(log: Sequence[LoggedDecision]) -> dict[str, Standing[_Judged, Agreed]]:
    found: dict[str, Standing[_Judged, Agreed]] = {}
    for logged in log:
        found.setdefault(logged.decision.subject_id, Standing()).replay(logged, judged=_judged, agreed=_agreed)
    return found


def _judged(details: dict[str, Any]) -> _Judged:
    return _Judged(details["basis"], judgement_from_json(details["judgement"]))


def may_judge(assessment: Assessment, person: Reviewer) -> bool:
    """Tell whether a person can judge a result now: nobody twice, and a conflict is the adjudicator's."""
    return may_take_part(assessment.state, assessment.judgements, person)


def judge_result(
    store: Store, protocol: Protocol, item: str, judgement: Judgement, *, by: str, at: str, seen: str | None = None
) -> State:
    """Record a judgement; return the result's state after it.

    Of an adjudicator it settles a conflict; of anybody else it counts as one of the protocol's judges, and the one that
    completes them either makes the judgement agreed or a conflict.

    Parameters
    ----------
    seen
        :attr:`Assessment.mark` of what the person had before them; None to skip that check.

    Raises
    ------
    StaleItem
        The values or reports changed since, or (for an adjudicator) the judgements; nothing was saved.
    DecisionError
        Unknown result or person, or nothing for this person to judge.
    """
    person = reviewer(protocol, by)
    with store.write() as tx:
        now = assessment_of(tx, item)
        _refuse_stale(now, person, seen)
        if not may_judge(now, person):
            raise DecisionError(_why_not(now, person))
        settles = person.role == "adjudicator"
        details = {"basis": now.result.basis, "judgement": judgement.to_json()}
        level = judgement.levels[OVERALL]
        record_decision(tx, Decision(at, by, "settle" if settles else "judge", KIND, item, new=level, details=details))
        judged = {by: judgement} if settles else {**now.judgements, by: judgement}
        if differing(list(judged.values())):
            return "conflict"
        if not settles and len(judged) < protocol.appraisal.judges_needed:
            return "needs_second"
        who = {"judges": sorted(now.judgements) if settles else sorted(judged), "settled_by": by if settles else None}
        agreed = {**details, **who, "supports": _supports(judged)}
        record_decision(tx, Decision(at, by, "agree", KIND, item, new=level, details=agreed))
        return "agreed"


def undo_judgement(store: Store, protocol: Protocol, item: str, *, by: str, at: str, seen: str | None = None) -> State:
    """Take back one's own judgement (or settlement), as a new decision; an agreement it was part of ends with it.

    Raises
    ------
    StaleItem
        Something changed since the person looked; nothing was saved.
    DecisionError
        Unknown result or person, or nothing of theirs to take back.
    """
    reviewer(protocol, by)
    with store.write() as tx:
        now = assessment_of(tx, item)
        if seen is not None and seen != now.mark:
            raise StaleItem("this result changed since you opened it; nothing was saved")
        settled = now.state == "agreed" and now.agreed is not None and now.agreed.settled_by == by
        if by not in now.judgements and not settled:
            raise DecisionError(f"{item}: there is no judgement of {by} to take back")
        record_decision(tx, Decision(at, by, "undo", KIND, item))
        return assessment_of(tx, item).state


def _agreed(decision: Decision) -> Agreed:
    details = decision.details
    return Agreed(
        judgement=judgement_from_json(details["judgement"]),
        basis=details["basis"],
        judges=tuple(details["judges"]),
        settled_by=details["settled_by"],
        on=decision.at[:10],
        supports={code: tuple((by, text) for by, text in said) for code, said in details["supports"].items()},
    )


def _assessment(result: Result, standing: Standing[_Judged, Agreed]) -> Assessment:
    state = standing.state_on(result.basis, lambda given: bool(differing([one.judgement for one in given])))
    judgements = {by: one.judgement for by, one in standing.on(result.basis).items()}
    return Assessment(result, state, judgements, standing.agreed, standing.last)


def _supports(judged: dict[str, Judgement]) -> dict[str, list[list[str]]]:
    codes = next(iter(judged.values())).domains
    return {
        code: [[by, one.domains[code].support] for by, one in sorted(judged.items()) if one.domains[code].support]
        for code in codes
    }


def _refuse_stale(now: Assessment, person: Reviewer, seen: str | None) -> None:
    # Judges are independent: another one's judgement in between must not disturb. The adjudicator read them all.
    current = now.mark if person.role == "adjudicator" else now.mark.partition("-")[0]
    before = seen if seen is None or person.role == "adjudicator" else seen.partition("-")[0]
    if before is not None and before != current:
        raise StaleItem("its values, reports or judgements changed since you opened it; nothing was saved")


def _why_not(now: Assessment, person: Reviewer) -> str:
    item = now.result.item
    if person.person_id in now.judgements:
        return f"{item}: your judgement is in already; take it back to judge again"
    if now.state == "conflict":
        return f"{item}: the judges differ: an adjudicator settles it"
    if person.role == "adjudicator" and now.state != "agreed":
        return f"{item}: an adjudicator settles what judges see differently, and judges nothing before"
    return f"{item}: it is agreed already; its judges can take their judgement back"
