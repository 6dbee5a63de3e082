"""The one form in which the API says that something is wrong: what, the value, where, what to do."""

from __future__ import annotations

import math
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from extract.errors import AccessError, DecisionError, FieldErrors, StaleItem, StoreError
from extract.review.api.models import Item
from extract.review.fields import placed

LONGEST_VALUE = 200
"""Characters of a refused value that are sent back."""


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    where: str = Field(description="The field, as a path into what was sent", examples=["values.ci_low"])
    what: str = Field(description="What is wrong with it")
    value: str | None = Field(None, description="What was sent there")


class Problem(BaseModel):
    """Why a request was refused; nothing was saved."""

    status: int = Field(description="The HTTP status again")
    what: str = Field(description="What is wrong, in one sentence")
    value: str | None = Field(None, description="The value that is wrong, if one is")
    where: str | None = Field(None, description="Where: the item, the field, the token, the request")
    do: str | None = Field(None, description="What to do about it")
    fields: list[FieldProblem] = Field([], description="Field by field, where fields are wrong")
    standing: Item | None = Field(
        None, description="With 409: the item as it stands now, the other's edit included unless you read it blind"
    )


class Refused(Exception):
    """Raised inside the API to answer with a problem."""

    def __init__(self, problem: Problem, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.what)
        self.problem, self.headers = problem, headers or {}


def refused(
    status: int, what: str, *, where: str | None = None, value: str | None = None, do: str | None = None
) -> Refused:
    """Return a refusal without more to it."""
    return Refused(Problem(status=status, what=what, value=value, where=where, do=do))


def too_many(seconds: float, *, where: str) -> Refused:
    """Return the refusal of somebody who asks too often."""
    wait = max(1, math.ceil(seconds))
    problem = Problem(status=429, what="too many requests", where=where, do=f"wait {wait} s (Retry-After)")
    return Refused(problem, headers={"Retry-After": str(wait)})


def decision_problem(error: DecisionError, *, item: str, sent: dict[str, str], standing: Item | None) -> Refused:
    """Return what the API answers to a decision that cannot be taken."""
    if isinstance(error, StaleItem):
        what, _, _ = str(error).partition("; nothing")
        return Refused(
            Problem(
                status=409, what=what, where=item, do="look at what stands now, then decide again", standing=standing
            )
        )
    if isinstance(error, FieldErrors):
        faults = [
            FieldProblem(where=name, what=words, value=_cut(sent.get(name))) for name, words in error.errors.items()
        ]
        what = "one field needs" if len(faults) == 1 else f"{len(faults)} fields need"
        first = faults[0]
        return Refused(
            Problem(
                status=422,
                what=f"{what} attention: {first.what}",
                value=first.value,
                where=first.where,
                do="mend the fields and send again",
                fields=faults,
            )
        )
    field, words = placed(error)
    what, _, advice = words.partition("; ")
    return Refused(
        Problem(
            status=404 if "no such" in what else 422,
            what=what,
            value=_cut(sent.get(field)),
            where=field or item,
            do=advice or None,
        )
    )


def access_problem(error: AccessError, *, status: int, where: str) -> Refused:
    """Return what the API answers when an account or token cannot be used as asked."""
    what, _, advice = str(error).partition("; ")
    return refused(status, what, where=where, do=advice or None)


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem as an answer."""
    if problem.status == 401:
        headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
    # Text that is no Unicode (a lone surrogate somebody sent) is shown escaped instead of failing.
    content = _clean(problem.model_dump(mode="json"))
    return JSONResponse(content, status_code=problem.status, headers=headers)


def on_refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal raised by an endpoint."""
    if not isinstance(error, Refused):
        raise error
    return answer(error.problem, error.headers)


def on_invalid(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not what the OpenAPI document says."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        FieldProblem(
            where=".".join(str(part) for part in fault["loc"]),
            what=str(fault["msg"]).removeprefix("Value error, "),
            value=_cut(fault.get("input")),
        )
        for fault in error.errors()
    ]
    first = faults[0]
    return answer(
        Problem(
            status=422,
            what=first.what,
            value=first.value,
            where=first.where,
            do="send what /review/api/v1/openapi.json describes",
            fields=faults,
        )
    )


def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a path or method that does not exist."""
    if not isinstance(error, HTTPException):
        raise error
    what = {404: "no such address", 405: "no such method here"}.get(error.status_code, str(error.detail))
    problem = Problem(
        status=error.status_code,
        what=what,
        value=_cut(f"{request.method} {request.url.path}"),
        where="request",
        do="see /review/api/v1/openapi.json",
    )
    return answer(problem, dict(error.headers or {}))


def on_store_error(_request: Request, error: Exception) -> JSONResponse:
    """Answer when the store cannot be used."""
    if not isinstance(error, StoreError):
        raise error
    problem = Problem(status=503, what=f"nothing was saved: {error}", where="store", do="try again later")
    return answer(problem, {"Retry-After": "10"})


def _cut(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _clean(content: Any) -> Any:
    if isinstance(content, str):
        return content.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(content, dict):
        return {key: _clean(part) for key, part in content.items()}
    return [_clean(part) for part in content] if isinstance(content, list) else content
