"""Errors of the service in whatever shape they come: XML, JSON valid or not, a web page, nothing at all."""

from __future__ import annotations

import json
import re

from extract.pubmed.fetch.faults import AnswerFault, HistoryExpired, PermanentFault, TransientFault

_MISSING_HISTORY = re.compile(r"Unable to obtain query|WebEnv.*(?:expired|not found)|query_key", re.IGNORECASE)
_REFUSED = re.compile(
    r"API key|Invalid db name|ID list is empty|cannot be larger than|OUT OF RANGE|Empty term|not allowed",
    re.IGNORECASE,
)


def error_in(body: bytes) -> AnswerFault | None:
    """Return the error a body of any status carries (XML, JSON or a page), or None if it seems to be none."""
    start = body.lstrip()[:400]
    if not start:
        return TransientFault("the answer is empty")
    if start[:1] in (b"{", b"["):
        said = _json_error(body)
        return error_meant(said) if said else None
    if re.search(rb"<html|<!doctype html", start, re.IGNORECASE):
        return TransientFault(f"the answer is a web page, not XML: {_title(body)}")
    found = re.search(rb"<ERROR>(.*?)</ERROR>", body, re.DOTALL)
    return error_meant(found.group(1).decode("utf-8", errors="replace")) if found else None


def error_meant(said: str) -> AnswerFault:
    """Return the fault a message of the service means."""
    folded = " ".join(said.split())[:300]
    if _MISSING_HISTORY.search(folded):
        return HistoryExpired(f"the service says: {folded}")
    if _REFUSED.search(folded):
        return PermanentFault(f"the service says: {folded}")
    return TransientFault(f"the service says: {folded}")


def json_object(body: bytes) -> dict[str, object]:
    """Return a JSON body as a mapping; raw line breaks inside strings, which PubMed sends, are let in."""
    try:
        value = json.loads(body.decode("utf-8"), strict=False)
    except ValueError as error:
        raise TransientFault(f"the answer begins like JSON and is none: {error}") from error
    if not isinstance(value, dict):
        raise TransientFault("the answer is JSON but no object")
    return value


def _json_error(body: bytes) -> str | None:
    """Return the error message of a JSON body in any of the shapes seen, or None."""
    value = json_object(body)
    if isinstance(value.get("error"), str):
        return str(value["error"])
    for key in ("esearchresult", "elinkresult", "einforesult", "esummaryresult"):
        inner = value.get(key)
        if isinstance(inner, dict) and isinstance(inner.get("ERROR"), str):
            return str(inner["ERROR"])
        if isinstance(inner, list) and inner:
            return str(inner[0])
    return None


def _title(body: bytes) -> str:
    found = re.search(rb"<title>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    return " ".join(found.group(1).decode("utf-8", errors="replace").split())[:120] if found else "no title"
