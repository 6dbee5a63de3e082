"""Pages on which people judge: the list of what waits, one result's risk of bias, one body of evidence's certainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from extract.appraisal.judgement import read_judgement, tool_for
from extract.errors import DecisionError, FieldErrors, StaleItem
from extract.review.bias import assessment_of, judge_result, undo_judgement
from extract.review.bias_view import as_reviewer, bias_page
from extract.review.certainty import BodyOfEvidence, Ratings, may_rate, rate_certainty, ratings, undo_rating
from extract.review.certainty_form import read_rating, steps_of
from extract.review.desk import ROOT, Access, Desk, Pages, Visit, kept
from extract.review.done import done_notice
from extract.review.judgements import Waiting, judgements
from extract.review.kept_typed import draft_of
from extract.store.engine import Transaction
from extract.store.work import drop_draft, get_draft, save_draft

THEN = "then"
"""Name of the button that saves a draft and goes on to the next item."""


def add_appraisal_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""
    _add_list(pages, desk)
    _add_bias(pages, desk)
    _add_certainty(pages, desk)


def _add_list(pages: Pages, desk: Desk) -> None:
    @pages.get("/appraisal", Access.SIGNED_IN)
    def listed(visit: Visit) -> Response:
        with desk.store.read() as tx:
            lines = waiting(tx, desk, visit)
        return desk.page(
            visit,
            "appraisal.html",
            lines=lines,
            mine=sum(line.mine for line in lines),
            done=_done(visit),
        )

    @pages.get("/appraisal/next", Access.SIGNED_IN)
    def following(visit: Visit) -> Response:
        return _next(desk, visit, after=visit.request.query_params.get("after", ""), done="")


def waiting(tx: Transaction, desk: Desk, visit: Visit) -> tuple[Waiting, ...]:
    """Return everything to judge as this visitor sees it."""
    person = as_reviewer(visit.member) if visit.member is not None else None
    return judgements(tx, desk.protocol, desk.bodies(tx), person)


def _add_bias(pages: Pages, desk: Desk) -> None:
    @pages.get("/bias/{item}", Access.SIGNED_IN)
    def bias(visit: Visit) -> Response:
        return _show_bias(desk, visit)

    @pages.post("/bias/{item}/draft", Access.DECIDE)
    def draft(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        with desk.store.write() as tx:
            try:
                assessment_of(tx, item)
            except DecisionError as error:
                return desk.page(visit, "message.html", status=404, title="There is no such result", words=str(error))
            save_draft(tx, draft_of("bias", item), visit.person, _kept(visit), at=visit.at)
        return _drafted(visit, f"bias/{quote(item, safe='~')}", "#judge")

    @pages.post("/bias/{item}/judge", Access.DECIDE)
    def save(visit: Visit) -> Response:
        return _decided(desk, visit, judge, _show_bias)

    @pages.post("/bias/{item}/undo", Access.DECIDE)
    def undo(visit: Visit) -> Response:
        return _decided(desk, visit, undo_judged, _show_bias)


def judge(desk: Desk, visit: Visit) -> str:
    """Record the judgement a form holds; return the result's state after it."""
    item = visit.request.path_params["item"]
    with desk.store.read() as tx:
        tool = tool_for(assessment_of(tx, item).result.tool, desk.protocol.appraisal.confounders)
    judgement = read_judgement(tool, visit.form)
    seen = visit.form.get("seen", "")
    state = judge_result(desk.store, desk.protocol, item, judgement, by=visit.person, at=visit.at, seen=seen)
    with desk.store.write() as tx:
        drop_draft(tx, draft_of("bias", item), visit.person)
    return state


def undo_judged(desk: Desk, visit: Visit) -> str:
    """Take the person's judgement back."""
    item, seen = visit.request.path_params["item"], visit.form.get("seen", "")
    undo_judgement(desk.store, desk.protocol, item, by=visit.person, at=visit.at, seen=seen)
    return "undone"


def _show_bias(
    desk: Desk, visit: Visit, *, status: int = 200, errors: Mapping[str, str] | None = None, stale: str = ""
) -> Response:
    typed = kept(visit.form)
    try:
        with desk.store.read() as tx:
            if visit.member is None:
                raise DecisionError("nobody is signed in")
            view = bias_page(tx, desk.protocol, visit.request.path_params["item"], visit.member, typed)
            done = done_notice(tx, visit.request.query_params.get("done", ""), visit.person)
    except DecisionError as error:
        return desk.page(visit, "message.html", status=404, title="There is no such result", words=str(error))
    return desk.page(
        visit, "bias.html", status=status, view=view, errors=dict(errors or {}), stale=stale, typed=typed, done=done
    )


def _add_certainty(pages: Pages, desk: Desk) -> None:
    @pages.get("/certainty/{item}", Access.SIGNED_IN)
    def certainty(visit: Visit) -> Response:
        return _show_certainty(desk, visit)

    @pages.post("/certainty/{item}/draft", Access.DECIDE)
    def draft(visit: Visit) -> Response:
        item = visit.request.path_params["item"]
        with desk.store.write() as tx:
            try:
                body_of(desk, tx, item)
            except DecisionError as error:
                return desk.page(
                    visit, "message.html", status=404, title="There is no such synthesis", words=str(error)
                )
            save_draft(tx, draft_of("certainty", item), visit.person, _kept(visit), at=visit.at)
        return _drafted(visit, f"certainty/{quote(item, safe='')}", "")

    @pages.post("/certainty/{item}/judge", Access.DECIDE)
    def save(visit: Visit) -> Response:
        return _decided(desk, visit, rate, _show_certainty)

    @pages.post("/certainty/{item}/undo", Access.DECIDE)
    def undo(visit: Visit) -> Response:
        return _decided(desk, visit, undo_rated, _show_certainty)


def _kept(visit: Visit) -> dict[str, str]:
    return {name: text for name, text in kept(visit.form).items() if name != THEN}


def _drafted(visit: Visit, path: str, place: str) -> Response:
    """Go on after a draft was saved: to the next item, back to the page, or nowhere where a script saved it."""
    if visit.form.get(THEN):
        return RedirectResponse(f"{ROOT}next?after={quote(path, safe='')}", 303)
    if visit.request.headers.get("sec-fetch-mode") == "navigate":
        return RedirectResponse(f"{ROOT}{path}{place}", 303)
    return Response(status_code=204)


def body_of(desk: Desk, tx: Transaction, item: str) -> BodyOfEvidence:
    """Return one body of evidence as it stands now.

    Raises
    ------
    DecisionError
        There is no such synthesis, or it holds no studies.
    """
    body = next((one for one in desk.bodies(tx) if one.synthesis_id == item), None)
    if body is None:
        raise DecisionError(f"{item!r}: no such synthesis with studies")
    return body


def rate(desk: Desk, visit: Visit) -> str:
    """Record the rating a form holds; return the synthesis' state after it."""
    with desk.store.read() as tx:
        body = body_of(desk, tx, visit.request.path_params["item"])
    level, reason, steps = read_rating(body, visit.form)
    state = rate_certainty(
        desk.store,
        desk.protocol,
        body,
        level=level,
        reason=reason,
        steps=steps,
        by=visit.person,
        at=visit.at,
        seen=visit.form.get("seen", ""),
    )
    with desk.store.write() as tx:
        drop_draft(tx, draft_of("certainty", body.synthesis_id), visit.person)
    return state


def undo_rated(desk: Desk, visit: Visit) -> str:
    """Take the person's rating back."""
    with desk.store.read() as tx:
        body = body_of(desk, tx, visit.request.path_params["item"])
    undo_rating(desk.store, desk.protocol, body, by=visit.person, at=visit.at, seen=visit.form.get("seen", ""))
    return "undone"


def _show_certainty(
    desk: Desk, visit: Visit, *, status: int = 200, errors: Mapping[str, str] | None = None, stale: str = ""
) -> Response:
    typed = kept(visit.form)
    try:
        with desk.store.read() as tx:
            body = body_of(desk, tx, visit.request.path_params["item"])
            standing = ratings(tx).get(body.synthesis_id, Ratings())
            done = done_notice(tx, visit.request.query_params.get("done", ""), visit.person)
    except DecisionError as error:
        return desk.page(visit, "message.html", status=404, title="There is no such synthesis", words=str(error))
    person = as_reviewer(visit.member) if visit.member is not None else None
    decidable = person is not None and may_rate(standing, body, person)
    state = standing.state(body.fingerprint)
    draft = None
    if decidable and person is not None:
        with desk.store.read() as tx:
            draft = get_draft(tx, draft_of("certainty", body.synthesis_id), person.person_id)
    typed = (draft.typed if draft is not None else {}) | typed
    settles = decidable and person is not None and person.role == "adjudicator"
    given = standing.on(body.fingerprint)
    return desk.page(
        visit,
        "certainty.html",
        status=status,
        body=body,
        state=state,
        standing=standing,
        decidable=decidable,
        own=person is not None and person.person_id in given,
        undoable=person is not None and _took_part(standing, body, person.person_id),
        others=sorted(given.items()) if settles or state in ("conflict", "agreed") else [],
        steps=steps_of(body, typed),
        typed=typed,
        draft=draft,
        errors=dict(errors or {}),
        stale=stale,
        done=done,
    )


def _took_part(standing: Ratings, body: BodyOfEvidence, person_id: str) -> bool:
    agreed = standing.agreed
    settled = agreed is not None and agreed.fingerprint == body.fingerprint and agreed.settled_by == person_id
    return settled or person_id in standing.on(body.fingerprint)


def _decided(desk: Desk, visit: Visit, act: Callable[[Desk, Visit], str], show: Callable[..., Response]) -> Response:
    try:
        state = act(desk, visit)
    except StaleItem as error:
        return show(desk, visit, status=409, stale=str(error))
    except FieldErrors as error:
        return show(desk, visit, status=422, errors=error.errors)
    except DecisionError as error:
        return show(desk, visit, status=422, errors={"": str(error)})
    if state in ("agreed", "undone"):
        desk.on_approved()
    path = visit.request.url.path.removeprefix(ROOT).rpartition("/")[0]
    if state == "undone":
        return RedirectResponse(ROOT + path, 303)
    return _next(desk, visit, after=path, done=state)


def _next(desk: Desk, visit: Visit, *, after: str, done: str) -> Response:
    with desk.store.read() as tx:
        mine = [line.path for line in waiting(tx, desk, visit) if line.mine and line.path != after]
    if done or not mine:
        return RedirectResponse(f"{ROOT}appraisal?done={quote(done)}&of={quote(after, safe='')}", 303)
    return RedirectResponse(ROOT + quote(mine[0], safe="/~"), 303)


DONE = {
    "needs_second": "Saved: your judgement is in, and a second judge who does not see it is awaited.",
    "conflict": "Saved: your judgement is in. The judges differ, and an adjudicator settles it.",
    "agreed": "Saved: the judgement is complete, and the pages it changes are being published.",
}


def _done(visit: Visit) -> tuple[str, str] | None:
    asked = visit.request.query_params
    words = DONE.get(asked.get("done", ""))
    of = asked.get("of", "")
    local = of.startswith(("bias/", "certainty/")) and "//" not in of and ".." not in of and of.isprintable()
    return (words, of) if words and local else None
