"""Pages to sign in, sign out, use a one-time link, and (for the administrator) to look after accounts."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from extract.errors import AccessError, TooManyAttempts
from extract.review.accounts import (
    account_lines,
    add_person,
    disable_person,
    invited,
    join,
    new_link,
)
from extract.review.desk import ROOT, Access, Desk, Pages, Visit, local_path, set_cookie
from extract.review.kept_typed import carried, keep_carried
from extract.review.passwords import SHORTEST
from extract.review.sessions import sign_in, sign_out


def add_account_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""
    _sign_in_pages(pages, desk)
    _join_pages(pages, desk)
    _administration(pages, desk)


def _sign_in_pages(pages: Pages, desk: Desk) -> None:
    @pages.get("/login", Access.ANYONE)
    def login(visit: Visit) -> Response:
        after = local_path(visit.request.query_params.get("next", ROOT))
        return desk.page(visit, "login.html", after=after, person="", problem="", provider=desk.provider, carry={})

    @pages.post("/login", Access.ANYONE)
    def check(visit: Visit) -> Response:
        person, after = visit.form.get("person", "").strip(), local_path(visit.form.get("next", ROOT))
        try:
            token = sign_in(
                desk.store,
                desk.protocol,
                desk.passwords,
                person,
                visit.form.get("password", ""),
                address=visit.request.client.host if visit.request.client else "",
                now=visit.now,
            )
        except AccessError as error:
            status = 429 if isinstance(error, TooManyAttempts) else 401
            return desk.page(
                visit,
                "login.html",
                status=status,
                after=after,
                person=person,
                problem=str(error),
                provider=desk.provider,
                carry=carried(visit.form),
            )
        keep_carried(desk.store, visit.form, after, person_id=person, at=visit.at)
        return _signed_in(visit, token, after)

    @pages.post("/logout", Access.SIGNED_IN)
    def logout(visit: Visit) -> Response:
        sign_out(desk.store, visit.token, now=visit.now)
        return RedirectResponse(f"{ROOT}login", 303)


def _join_pages(pages: Pages, desk: Desk) -> None:
    @pages.get("/join/{link}", Access.ANYONE)
    def welcome(visit: Visit) -> Response:
        return _join_page(visit, "")

    @pages.post("/join/{link}", Access.ANYONE)
    def set_password(visit: Visit) -> Response:
        password = visit.form.get("password", "")
        try:
            if password != visit.form.get("password_again", ""):
                raise AccessError("password: the two do not match; type it again")
            person = join(
                desk.store,
                desk.protocol,
                desk.passwords,
                visit.request.path_params["link"],
                person_id=visit.form.get("person", "").strip(),
                password=password,
                now=visit.now,
            )
        except AccessError as error:
            return _join_page(visit, str(error), status=400)
        token = sign_in(desk.store, desk.protocol, desk.passwords, person, password, address="", now=visit.now)
        return _signed_in(visit, token, ROOT)

    def _join_page(visit: Visit, problem: str, *, status: int = 200) -> Response:
        try:
            invitation = invited(desk.store, visit.request.path_params["link"], now=visit.now)
        except AccessError as error:
            return desk.page(
                visit, "message.html", status=410, title="This link is not good any more", words=str(error)
            )
        return desk.page(
            visit,
            "join.html",
            status=status,
            person=invitation.person_id,
            typed=visit.form.get("person", ""),
            problem=problem,
            shortest=SHORTEST,
        )


def _administration(pages: Pages, desk: Desk) -> None:
    @pages.get("/people", Access.ADMINISTER)
    def people(visit: Visit) -> Response:
        return _people_page(visit)

    @pages.post("/people", Access.ADMINISTER)
    def add(visit: Visit) -> Response:
        person = visit.form.get("person", "").strip()
        try:
            token = add_person(desk.store, desk.protocol, person, role=visit.form.get("role") or None, now=visit.now)
        except AccessError as error:
            return _people_page(visit, problem=str(error), status=400)
        return _people_page(visit, person=person, link=_link(visit, token))

    @pages.post("/people/{person}/link", Access.ADMINISTER)
    def link(visit: Visit) -> Response:
        person = visit.request.path_params["person"]
        try:
            token = new_link(desk.store, person, now=visit.now)
        except AccessError as error:
            return _people_page(visit, problem=str(error), status=404)
        return _people_page(visit, person=person, link=_link(visit, token))

    @pages.post("/people/{person}/disable", Access.ADMINISTER)
    def disable(visit: Visit) -> Response:
        person = visit.request.path_params["person"]
        try:
            if person == visit.person:
                raise AccessError("you cannot close your own account; another administrator can")
            disable_person(desk.store, person, now=visit.now)
        except AccessError as error:
            return _people_page(visit, problem=str(error), status=400)
        return RedirectResponse(f"{ROOT}people", 303)

    def _people_page(
        visit: Visit, *, problem: str = "", person: str = "", link: str = "", status: int = 200
    ) -> Response:
        with desk.store.read() as tx:
            lines = account_lines(tx, desk.protocol)
        without = [p for p in desk.protocol.people if p.id not in {line.person_id for line in lines}]
        return desk.page(
            visit, "people.html", status=status, lines=lines, without=without, problem=problem, person=person, link=link
        )


def _signed_in(visit: Visit, token: str, after: str) -> Response:
    """Give the session's fresh token: whatever token the visitor came with is worth nothing afterwards."""
    response = RedirectResponse(after, 303)
    set_cookie(response, token, scheme=visit.request.url.scheme)
    return response


def _link(visit: Visit, token: str) -> str:
    return f"{visit.request.url.scheme}://{visit.request.url.netloc}{ROOT}join/{token}"
