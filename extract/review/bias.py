"""Risk of bias in the store: which results wait for a judgement, what people judged, and when they agree.

Everything is a decision in the append-only log. A judgement belongs to the values and reports it was made on (its
``basis``): when a report or value is added, the result waits for judges again and the old judgement says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from extract.appraisal.judgement import Judgement, differing, judgement_from_json
from extract.appraisal.tools import OVERALL
from extract.errors import DecisionError, StaleItem
from extract.review.people import Reviewer, reviewer
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue, apply_corrections
from extract.schema.vocabulary import Adjusted, Body, Design, ImmortalTime, body_of
from extract.store.curated import CuratedValue, Report, TrialFamily, all_reports, curated_values, families
from extract.store.decisions import Decision, LoggedDecision, decisions_of_kind, decisions_on, record_decision
from extract.store.engine import Store, Transaction

KIND = "bias"
"""Kind of subject in the decision log; the subject is ``<study>~<outcome>``."""

State = Literal["to_judge", "needs_second", "conflict", "agreed", "to_confirm"]


@dataclass(frozen=True)
class Result:
    """One result to judge: what one trial family says on one outcome.

    Parameters
    ----------
    basis
        Fingerprint of the reports, values and design the judgement is made on.
    immortal_time, adjusted
        As stored with its values, the worst of them where they differ.
    """

    study: TrialFamily
    outcome: str
    reports: tuple[Report, ...]
    values: tuple[ReportedValue, ...]
    basis: str
    immortal_time: str
    adjusted: str

    @property
    def item(self) -> str:
        """Name of the result in the log and in addresses."""
        return f"{self.study.study_id}~{self.outcome}"

    @property
    def tool(self) -> str:
        """Key of the tool its design asks for."""
        return "rob2" if body_of(Design(self.study.design)) is Body.RANDOMISED else "robins-i"


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


@dataclass
class _Standing:
    """Replay of the log of one result."""

    judgements: dict[str, tuple[str, Judgement]] = field(default_factory=dict)
    agreed: Agreed | None = None
    last: int = 0


def results_to_judge(tx: Transaction) -> tuple[Result, ...]:
    """Return every result that can enter a synthesis, by study and outcome."""
    reports = all_reports(tx)
    by_report = {report.report_id: report for report in reports}
    of_study: dict[str, list[Report]] = {}
    for report in reports:
        of_study.setdefault(report.study_id, []).append(report)
    found: dict[tuple[str, str], list[tuple[CuratedValue, ReportedValue]]] = {}
    for value in curated_values(tx):
        used = apply_corrections(value.reported, value.corrections)
        if value.state != "withdrawn" and used.poolable:
            study_id = by_report[value.report_id].study_id
            found.setdefault((study_id, used.outcome), []).append((value, used))
    studies = {study.study_id: study for study in families(tx)}
    return tuple(
        _result(studies[study_id], outcome, of_study[study_id], members)
        for (study_id, outcome), members in sorted(found.items())
    )


def assessments(tx: Transaction) -> tuple[Assessment, ...]:
    """Return where the judgement of every result stands."""
    standing: dict[str, _Standing] = {}
    for logged in decisions_of_kind(tx, KIND):
        _replay(standing.setdefault(logged.decision.subject_id, _Standing()), logged)
    return tuple(_assessment(result, standing.get(result.item, _Standing())) for result in results_to_judge(tx))


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
    standing = _Standing()
    for logged in decisions_on(tx, KIND, item):
        _replay(standing, logged)
    return _assessment(result, standing)


def may_judge(assessment: Assessment, person: Reviewer) -> bool:
    """Tell whether a person can judge a result now: nobody twice, and a conflict is the adjudicator's."""
    if person.person_id in assessment.judgements:
        return False
    if person.role == "adjudicator":
        return assessment.state == "conflict"
    return assessment.state in ("to_judge", "needs_second", "to_confirm")


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


def _result(
    study: TrialFamily, outcome: str, reports: Sequence[Report], members: Sequence[tuple[CuratedValue, ReportedValue]]
) -> Result:
    handled = {used.immortal_time for _, used in members}
    worst = (ImmortalTime.NONE, ImmortalTime.NOT_CHECKED)
    immortal = next((time.value for time in worst if time in handled), sorted(handled)[0])
    adjusted = {used.adjusted for _, used in members}
    key = [study.design, immortal, sorted(value.value_id for value, _ in members), sorted(r.report_id for r in reports)]
    return Result(
        study=study,
        outcome=outcome,
        reports=tuple(reports),
        values=tuple(used for _, used in members),
        basis=hashlib.sha256(json.dumps(key).encode()).hexdigest(),
        immortal_time=immortal,
        adjusted=adjusted.pop() if len(adjusted) == 1 else Adjusted.UNCLEAR.value,
    )


def _replay(standing: _Standing, logged: LoggedDecision) -> None:
    decision, details = logged.decision, logged.decision.details
    standing.last = logged.seq
    if decision.action == "judge":
        standing.judgements[decision.by] = details["basis"], judgement_from_json(details["judgement"])
    elif decision.action == "agree":
        standing.agreed = Agreed(
            judgement=judgement_from_json(details["judgement"]),
            basis=details["basis"],
            judges=tuple(details["judges"]),
            settled_by=details["settled_by"],
            on=decision.at[:10],
            supports={code: tuple((by, text) for by, text in said) for code, said in details["supports"].items()},
        )
    elif decision.action == "undo":
        taken = standing.judgements.pop(decision.by, None)
        made = standing.agreed
        if made is not None and (made.settled_by == decision.by if taken is None else made.basis == taken[0]):
            standing.agreed = None


def _assessment(result: Result, standing: _Standing) -> Assessment:
    judgements = {by: one for by, (basis, one) in standing.judgements.items() if basis == result.basis}
    agreed = standing.agreed
    state: State
    if agreed is not None and agreed.basis == result.basis:
        state = "agreed"
    elif len(judgements) > 1 and differing(list(judgements.values())):
        state = "conflict"
    elif judgements:
        state = "needs_second"
    else:
        state = "to_judge" if agreed is None else "to_confirm"
    return Assessment(result, state, judgements, agreed, standing.last)


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
