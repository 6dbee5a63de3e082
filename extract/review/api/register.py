"""How an endpoint is registered: it must say who may use it, and the scope a token needs follows from that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request

from extract.errors import StoreError
from extract.review.api.problems import (
    Problem,
    Refused,
    on_http_error,
    on_invalid,
    on_refused,
    on_store_error,
    refused,
    too_many,
)
from extract.review.budget import Budget
from extract.review.desk import Access, Desk, Visit, may
from extract.review.guard import API
from extract.review.tokens import Caller, Scope, caller

SCOPE_OF: dict[Access, Scope] = {
    Access.SIGNED_IN: "read",
    Access.DECIDE: "decide",
    Access.ADMINISTER: "administer",
}
"""What a token must be for, beside what its person may do."""

BURST, BURST_SECONDS = 300, 10.0
"""Requests of one token in a row, and the time until as many are allowed again: far above any person's pace."""

WRONG, WRONG_SECONDS = 20, 900.0
"""Wrong tokens from one address; a right one always passes, since nobody guesses 256 random bits."""

_bearer = HTTPBearer(auto_error=False, description="A token made on your own page of the queue")

DESCRIPTION = """Everything the pages of the review queue can do, for programs that act for a person.

Send `Authorization: Bearer <token>`. A token is made on your own page of the queue or by `living-review user token`;
it can do what you may do, and of that only what its scopes name: `read`, `decide`, `administer`.
Decisions carry the `seen` mark of the item as you got it; if the item changed since, nothing is saved and the answer
is 409 with the item as it stands. The second reader of a value is blind here too. Every refusal is a `Problem`.
"""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Cannot be read"},
    401: {"model": Problem, "description": "No token, or one that does not work"},
    403: {"model": Problem, "description": "Not for this role or scope"},
    404: {"model": Problem, "description": "There is no such thing"},
    405: {"model": Problem, "description": "No such method here"},
    413: {"model": Problem, "description": "Too large"},
    415: {"model": Problem, "description": "Not JSON"},
    421: {"model": Problem, "description": "Not one of the site's names"},
    422: {"model": Problem, "description": "Something is wrong with what was sent"},
    429: {"model": Problem, "description": "Too many requests; see Retry-After"},
    503: {"model": Problem, "description": "The store cannot be used now; nothing was saved"},
}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The item changed since you saw it, or somebody else has it open"}
}

Endpoint = Callable[..., Any]


class Endpoints:
    """The API as an application of its own, with the register of who may use what.

    Parameters
    ----------
    access
        The register of the whole queue, which this adds to: ``{(method, path): access}``.
    """

    def __init__(self, desk: Desk, access: dict[tuple[str, str], Access]) -> None:
        self._desk, self._access = desk, access
        self._asked, self._wrong = (
            Budget(burst=BURST, seconds=BURST_SECONDS),
            Budget(burst=WRONG, seconds=WRONG_SECONDS),
        )
        self.app = FastAPI(
            title="Review queue",
            version="1",
            description=DESCRIPTION,
            docs_url=None,
            redoc_url=None,
            openapi_url="/openapi.json",
            redirect_slashes=False,
            servers=[{"url": f"/review{API.removesuffix('/')}"}],
            root_path_in_servers=False,
            responses=_PROBLEMS,
        )
        access["GET", f"{API}openapi.json"] = Access.ANYONE
        for kind, handler in (
            (Refused, on_refused),
            (RequestValidationError, on_invalid),
            (HTTPException, on_http_error),
            (StoreError, on_store_error),
        ):
            self.app.add_exception_handler(kind, handler)

    def get(self, path: str, access: Access, summary: str) -> Callable[[Endpoint], Endpoint]:
        """Register an endpoint that only shows."""
        return self._route("GET", path, access, summary, {})

    def post(self, path: str, access: Access, summary: str) -> Callable[[Endpoint], Endpoint]:
        """Register an action."""
        return self._route("POST", path, access, summary, _CONFLICT)

    def delete(self, path: str, access: Access, summary: str) -> Callable[[Endpoint], Endpoint]:
        """Register an action that ends something."""
        return self._route("DELETE", path, access, summary, _CONFLICT)

    def _route(
        self, method: str, path: str, access: Access, summary: str, more: dict[int | str, dict[str, Any]]
    ) -> Callable[[Endpoint], Endpoint]:
        def register(endpoint: Endpoint) -> Endpoint:
            self._access[method, f"{API.removesuffix('/')}{path}"] = access
            self.app.add_api_route(
                path,
                endpoint,
                methods=[method],
                summary=summary,
                description=f"{endpoint.__doc__ or ''}\n\nScope: `{SCOPE_OF[access]}`.".strip(),
                responses=more,
                operation_id=endpoint.__name__,
            )
            return endpoint

        return register

    def visit(self, access: Access) -> Any:
        """Return the parameter of an endpoint through which it learns who asks."""

        def admitted(
            request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None
        ) -> Visit:
            now = self._desk.clock()
            asks = self._caller(request, shown.credentials if shown is not None else "")
            scope = SCOPE_OF[access]
            if scope not in asks.token.scopes:
                raise refused(
                    403, f"this token is not for {scope!r}", where="token", do=f"make a token with the scope {scope}"
                )
            if not may(asks.member, access):
                raise refused(403, f"your role ({asks.member.role}) may not do this", where="token")
            return Visit(request, asks.member, {}, "", False, now)

        return Depends(admitted)

    def _caller(self, request: Request, token: str) -> Caller:
        now = self._desk.clock()
        asks = caller(self._desk.store, self._desk.protocol, token, now=now)
        if asks is None:
            address = request.client.host if request.client else ""
            if token and (wait := self._wrong.wait(address, now=now)):
                raise too_many(wait, where="address")
            raise refused(
                401, "the token is missing, was revoked or has expired", where="token", do="make a new one on your page"
            )
        if wait := self._asked.wait(asks.token.token_id, now=now):
            raise too_many(wait, where="token")
        request.state.token = asks.token
        return asks
