"""Endpoints of judges: what waits, one result's risk of bias, one body of evidence's certainty, and the measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Path as PathParameter
from pydantic import Field

from extract.errors import DecisionError
from extract.review.api.models import Answer
from extract.review.api.problems import decision_problem
from extract.review.api.register import Endpoints
from extract.review.api.requests import Asked, Seen, TakenBack, Words
from extract.review.appraisal_pages import body_of, judge, rate, undo_judged, undo_rated, waiting
from extract.review.bias_view import BiasPage, as_reviewer, bias_page
from extract.review.certainty import BodyOfEvidence, Ratings, may_rate, ratings
from extract.review.desk import Access, Desk, Visit
from extract.review.measures_pages import measures_for

Shown = TypeVar("Shown")

ResultName = Annotated[str, PathParameter(max_length=140, description="<study>~<outcome>", examples=["MF07-01~OS"])]
SynthesisName = Annotated[
    str, PathParameter(max_length=120, description="Id of a synthesis", examples=["os--all--all--randomised"])
]


class ToJudge(Answer):
    """One line of what waits for judges."""

    item: str = Field(description="bias/<study>~<outcome> or certainty/<synthesis>")
    title: str
    judged_with: str
    state: str = Field(description="to_judge, needs_second, conflict, to_confirm or agreed")
    mine: bool = Field(description="Whether you can judge it now")


class Ask(Answer):
    """A question of the form, its answer as the form holds it."""

    field: str
    text: str
    answer: str | None = None


class DomainForm(Answer):
    """A domain: its questions, and the level its answers give."""

    code: str
    label: str
    questions: list[Ask]
    proposed: str | None = Field(None, description="Level the answers filled in so far give, if a rule gives one")


class Said(Answer):
    """What one judge said; left out while you can still judge."""

    by: str
    levels: dict[str, str]


class Bias(Answer):
    """Risk of bias of one result."""

    item: str
    tool: str
    state: str
    mine: bool
    seen: str = Field(description="To be sent back with a judgement")
    domains: list[DomainForm]
    levels: dict[str, str] = Field(description="Codes of the levels with their labels")
    answers: dict[str, str] = Field(description="Codes of the answers with their labels")
    said: list[Said] = Field([], description="The single judgements, once two are in")
    agreed: str | None = Field(None, description="Agreed overall level; with state to_confirm on older evidence")


class Certainty(Answer):
    """Certainty of one body of evidence."""

    item: str
    title: str
    state: str
    mine: bool
    seen: str
    result: str
    proposed: str
    domains: dict[str, int] = Field(description="Steps the rules propose, by domain")
    reasons: dict[str, str] = Field(description="The rules' reasons, by domain")
    agreed: str | None = Field(None, description="Level decided; with state to_confirm on other inputs")


class Judged(Answer):
    """Where the item stands after a judgement."""

    item: str
    state: str


class JudgedForm(Asked):
    """A judgement as the page's form has it."""

    form: dict[Annotated[str, Field(max_length=60)], Words] = Field(
        max_length=120,
        description="answer-<question>, support-<domain>, level-<domain> (empty: as the answers give), why-<domain>",
        examples=[{"answer-1.1": "Y", "support-D1": "Central randomisation (p. 2)"}],
    )
    seen: Seen


class RatedForm(Asked):
    """A rating of certainty."""

    level: Annotated[str, Field(max_length=20)]
    reason: Words
    steps: dict[Annotated[str, Field(max_length=40)], int] = Field(
        {}, max_length=12, description="Steps by domain where they differ from the rules'"
    )
    seen: Seen


def add_appraisal_endpoints(api: Endpoints, desk: Desk) -> None:
    """Register the endpoints."""
    _add_lists(api, desk)
    _add_bias(api, desk)
    _add_certainty(api, desk)


def _add_lists(api: Endpoints, desk: Desk) -> None:
    reads = api.visit(Access.SIGNED_IN)

    @api.get("/appraisal", Access.SIGNED_IN, "What waits for judges, what is nearest to the page first")
    def list_judgements(visit: Visit = reads) -> list[ToJudge]:
        with desk.store.read() as tx:
            lines = waiting(tx, desk, visit)
        return [
            ToJudge(item=line.path, title=line.title, judged_with=line.kind, state=line.state, mine=line.mine)
            for line in lines
        ]

    @api.get("/measures", Access.SIGNED_IN, "Agreement, age of the queue, days to a decision")
    def show_measures(visit: Visit = reads) -> dict[str, Any]:
        """Show the measures; the catch rate of deliberate errors to the lead and the administrator only."""
        return measures_for(desk, visit)


def _add_bias(api: Endpoints, desk: Desk) -> None:
    reads, decides = api.visit(Access.SIGNED_IN), api.visit(Access.DECIDE)

    @api.get("/bias/{item}", Access.SIGNED_IN, "One result's risk of bias, as you may see it")
    def show_bias(item: ResultName, visit: Visit = reads) -> Bias:
        with desk.store.read() as tx:
            return _bias(_or_problem(item, lambda: bias_page(tx, desk.protocol, item, _member(visit), {})))

    @api.post("/bias/{item}/judge", Access.DECIDE, "Judge a result, or settle what two judges see differently")
    def judge_bias(item: ResultName, asked: JudgedForm, visit: Visit = decides) -> Judged:
        return _done(desk, visit, item, judge, {**asked.form, "seen": asked.seen})

    @api.post("/bias/{item}/undo", Access.DECIDE, "Take your judgement back, as a new decision")
    def undo_bias(item: ResultName, asked: TakenBack, visit: Visit = decides) -> Judged:
        return _done(desk, visit, item, undo_judged, {"seen": asked.seen})


def _add_certainty(api: Endpoints, desk: Desk) -> None:
    reads, decides = api.visit(Access.SIGNED_IN), api.visit(Access.DECIDE)

    @api.get("/certainty/{item}", Access.SIGNED_IN, "One body of evidence and its certainty")
    def show_certainty(item: SynthesisName, visit: Visit = reads) -> Certainty:
        with desk.store.read() as tx:
            body = _or_problem(item, lambda: body_of(desk, tx, item))
            return _certainty(body, ratings(tx).get(item, Ratings()), visit)

    @api.post("/certainty/{item}/judge", Access.DECIDE, "Rate the certainty, or settle two ratings")
    def rate_certainty(item: SynthesisName, asked: RatedForm, visit: Visit = decides) -> Judged:
        """Rate with steps that lead to the level, as on the page."""
        steps = {f"steps-{domain.replace(' ', '-')}": str(step) for domain, step in asked.steps.items()}
        form = {**steps, "level": asked.level, "reason": asked.reason, "seen": asked.seen}
        return _done(desk, visit, item, rate, form)

    @api.post("/certainty/{item}/undo", Access.DECIDE, "Take your rating back, as a new decision")
    def undo_certainty(item: SynthesisName, asked: TakenBack, visit: Visit = decides) -> Judged:
        return _done(desk, visit, item, undo_rated, {"seen": asked.seen})


def _done(desk: Desk, visit: Visit, item: str, act: Callable[[Desk, Visit], str], form: dict[str, str]) -> Judged:
    try:
        state = act(desk, replace(visit, form=form))
    except DecisionError as error:
        raise decision_problem(error, item=item, sent=form, standing=None) from error
    if state in ("agreed", "undone"):
        desk.on_approved()
    return Judged(item=item, state=state)


def _or_problem(item: str, show: Callable[[], Shown]) -> Shown:
    try:
        return show()
    except DecisionError as error:
        raise decision_problem(error, item=item, sent={}, standing=None) from error


def _bias(page: BiasPage) -> Bias:
    agreed = page.assessment.agreed
    return Bias(
        item=page.assessment.result.item,
        tool=page.tool.key,
        state=page.assessment.state,
        mine=page.decidable,
        seen=page.assessment.mark,
        domains=[
            DomainForm(
                code=domain.code,
                label=domain.label,
                questions=[
                    Ask(field=f"answer-{q.code}", text=q.text, answer=page.form.get(f"answer-{q.code}") or None)
                    for q in domain.questions
                ],
                proposed=page.made[domain.code].level,
            )
            for domain in page.domains
        ],
        levels=dict(page.tool.levels),
        answers=dict(page.tool.answers),
        said=[Said(by=by, levels=levels) for by, levels, _ in page.others],
        agreed=agreed.judgement.levels["overall"] if agreed is not None else None,
    )


def _certainty(body: BodyOfEvidence, standing: Ratings, visit: Visit) -> Certainty:
    person = as_reviewer(_member(visit))
    return Certainty(
        item=body.synthesis_id,
        title=body.title,
        state=standing.state(body.fingerprint),
        mine=person is not None and may_rate(standing, body, person),
        seen=standing.mark(body.fingerprint),
        result=body.result,
        proposed=body.proposed,
        domains={one.domain: one.steps for one in body.domains},
        reasons={one.domain: one.reason for one in body.domains},
        agreed=standing.agreed.level if standing.agreed is not None else None,
    )


def _member(visit: Visit) -> Any:
    if visit.member is None:
        raise RuntimeError("an endpoint was reached without a person")
    return visit.member
