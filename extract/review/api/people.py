"""Endpoints about people: their accounts (for an administrator) and one's own tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path as PathParameter

from extract.errors import AccessError
from extract.review.accounts import LINK_DAYS, account_lines, add_person, disable_person, new_link
from extract.review.api.models import AccountLineOut, Link, TokenLine
from extract.review.api.present import token_line
from extract.review.api.problems import access_problem
from extract.review.api.register import Endpoints
from extract.review.api.requests import NewPerson
from extract.review.desk import ROOT, Access, Desk, Visit
from extract.review.tokens import end_token, working_tokens

PersonId = Annotated[str, PathParameter(max_length=60, description="Id of a person with an account")]


def add_people_endpoints(api: Endpoints, desk: Desk) -> None:
    """Register the endpoints."""
    _own_tokens(api, desk)
    administers = api.visit(Access.ADMINISTER)

    @api.get("/people", Access.ADMINISTER, "Every account")
    def list_people(visit: Visit = administers) -> list[AccountLineOut]:  # noqa: ARG001 - checked, not used
        return _lines(desk)

    @api.post("/people", Access.ADMINISTER, "Add a person; the answer holds the one-time link")
    def add(asked: NewPerson, visit: Visit = administers) -> Link:
        try:
            token = add_person(desk.store, desk.protocol, asked.person.strip(), role=asked.role, now=visit.now)
        except AccessError as error:
            raise access_problem(error, status=422, where="person") from error
        return _link(visit, asked.person.strip(), token)

    @api.post("/people/{person}/link", Access.ADMINISTER, "End a person's sessions and make a new one-time link")
    def link(person: PersonId, visit: Visit = administers) -> Link:
        try:
            token = new_link(desk.store, person, now=visit.now)
        except AccessError as error:
            raise access_problem(error, status=404, where="person") from error
        return _link(visit, person, token)

    @api.post("/people/{person}/disable", Access.ADMINISTER, "Close an account; decisions stay, open items go back")
    def disable(person: PersonId, visit: Visit = administers) -> list[AccountLineOut]:
        try:
            if person == visit.person:
                raise AccessError("you cannot close your own account; another administrator can")
            disable_person(desk.store, person, now=visit.now)
        except AccessError as error:
            raise access_problem(error, status=404 if "no account" in str(error) else 422, where="person") from error
        return _lines(desk)


def _own_tokens(api: Endpoints, desk: Desk) -> None:
    reads = api.visit(Access.SIGNED_IN)

    @api.get("/me/tokens", Access.SIGNED_IN, "Your tokens that still work")
    def list_tokens(visit: Visit = reads) -> list[TokenLine]:
        return [token_line(token) for token in working_tokens(desk.store, visit.person, now=visit.now)]

    @api.delete("/me/tokens/{token_id}", Access.SIGNED_IN, "Revoke one of your tokens")
    def revoke_token(
        token_id: Annotated[str, PathParameter(max_length=16, description="As the list names it")],
        visit: Visit = reads,
    ) -> list[TokenLine]:
        """End a token; new ones are made elsewhere, so that a stolen one cannot outlive itself."""
        try:
            end_token(desk.store, visit.person, token_id, now=visit.now)
        except AccessError as error:
            raise access_problem(error, status=404, where="token_id") from error
        return [token_line(token) for token in working_tokens(desk.store, visit.person, now=visit.now)]


def _lines(desk: Desk) -> list[AccountLineOut]:
    with desk.store.read() as tx:
        lines = account_lines(tx, desk.protocol)
    return [AccountLineOut(person=o.person_id, role=o.role, state=o.state, since=o.created_at) for o in lines]


def _link(visit: Visit, person: str, token: str) -> Link:
    url = visit.request.url
    return Link(person=person, link=f"{url.scheme}://{url.netloc}{ROOT}join/{token}", days=LINK_DAYS)
