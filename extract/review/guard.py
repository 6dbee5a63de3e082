"""The guard before every page of the queue: fails closed, and knows nothing of the pages.

A request that may change something passes only if the browser says that it comes from a page of this site
(``Sec-Fetch-Site``, else ``Origin``) *and* its form carries the token of the visitor's own cookie. A new route cannot
forget this. The guard also refuses foreign ``Host`` names (DNS rebinding), large bodies, and bodies that are no form.

Requests to the API (:data:`API`) are the other kind: they pass on a bearer token alone, which no browser adds by
itself, and the cookie is taken out of them before anything behind the guard can see it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "review"
"""Name of the cookie; with https it carries the prefix ``__Host-``, which binds it to this host and to https."""

TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
LARGEST_BODY = 256 * 1024
"""Bytes; the longest form is a few kilobytes."""

MOST_FIELDS = 200
SAFE = ("GET", "HEAD")

API = "/api/v1/"
"""Where the API begins, below the application's own root."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send Origin: null with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


def cookie_name(scheme: str) -> str:
    """Return the cookie's name for a scheme."""
    return f"__Host-{COOKIE}" if scheme == "https" else COOKIE


def cookie_token(scope: Scope) -> str:
    """Return the visitor's token from the cookie, or an empty text."""
    try:
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return ""
    morsel = cookies.get(cookie_name(scope["scheme"]))
    return morsel.value if morsel is not None else ""


def form_token(token: str) -> str:
    """Return what forms must carry for a visitor's token: derived from it, and not it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


class Guard:
    """ASGI middleware; see the module.

    Parameters
    ----------
    app
        The pages.
    allowed_hosts
        Names under which the site may be asked for, without port.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.casefold() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                raise RuntimeError("the review queue has no websockets")
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refused_address(scope)
        scope["review.form"] = {}
        for_api = is_api(scope)
        if for_api:
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        if refusal is None and scope["method"] not in SAFE:
            check = self._checked_json if for_api else self._checked_body
            refusal, body = await check(scope, receive)
            receive = _replayed(body)
        if refusal is not None:
            answer = _refusal(*refusal, for_api=for_api)
            await answer(scope, receive, send_safely)
            return
        await self._app(scope, receive, send_safely)

    async def _checked_json(self, scope: Scope, receive: Receive) -> tuple[tuple[int, str] | None, bytes]:
        headers = Headers(scope=scope)
        if not headers.get("authorization"):
            return (401, "refused: this needs a token, 'Authorization: Bearer ...'; a browser's session is none"), b""
        body = await _limited(receive)
        if body is None:
            return (413, f"refused: more than {LARGEST_BODY // 1024} kB were sent"), b""
        if body and headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return (415, "refused: only JSON is read here; send Content-Type: application/json"), b""
        return None, body

    def _refused_address(self, scope: Scope) -> tuple[int, str] | None:
        if any(character in scope["path"] for character in "\0\r\n") or b"%00" in scope.get("query_string", b""):
            return 400, "refused: the address holds a character that no name has"
        host = urlsplit("//" + Headers(scope=scope).get("host", "")).hostname or ""
        if host.casefold() not in self._hosts:
            return 421, "this host name is not one of the site's; the operator sets it with LIVING_REVIEW_SITE_URL"
        return None

    async def _checked_body(self, scope: Scope, receive: Receive) -> tuple[tuple[int, str] | None, bytes]:
        if not same_site(scope):
            return (403, "refused: this request does not come from a page of this site; go back and reload"), b""
        headers = Headers(scope=scope)
        if headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
            return (415, "refused: only forms are read here"), b""
        body = await _limited(receive)
        if body is None:
            return (413, f"refused: more than {LARGEST_BODY // 1024} kB were sent"), b""
        form = _fields(body)
        if form is None:
            return (400, "refused: the form cannot be read"), b""
        expected = form_token(cookie_token(scope)) if cookie_token(scope) else ""
        if not expected or not hmac.compare_digest(form.pop(TOKEN_FIELD, "").encode(), expected.encode()):
            return (403, "refused: the form's token is missing or not yours; go back, reload the page, send again"), b""
        scope["review.form"] = form
        return None, body


def is_api(scope: Scope) -> bool:
    """Tell whether a request is for the API."""
    return str(scope["path"]).removeprefix(scope.get("root_path", "")).startswith(API)


def _refusal(status: int, words: str, *, for_api: bool) -> Response:
    if not for_api:
        return PlainTextResponse(words + "\n", status_code=status)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    what, _, advice = words.partition(";")
    problem = {"status": status, "what": what, "value": None, "where": "request", "do": advice.strip() or None}
    return JSONResponse(problem, status_code=status, headers=headers)


def same_site(scope: Scope) -> bool:
    """Tell whether the browser says that a request comes from a page of this site; no word is a no."""
    headers = Headers(scope=scope)
    fetch_site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetch_site is None and origin is None:
        return False
    if fetch_site is not None and fetch_site != "same-origin":
        return False
    if origin is None:
        return True
    parts = urlsplit(origin)
    # A proxy that ends TLS may speak plain http to us: the page's own scheme is then https.
    return parts.netloc == headers.get("host") and parts.scheme in (scope["scheme"], "https")


async def _limited(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _fields(body: bytes) -> dict[str, str] | None:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        return None
    return None if any("\0" in text for pair in pairs for text in pair) else dict(pairs)


def _replayed(body: bytes) -> Any:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
