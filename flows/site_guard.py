"""What stands before every page as served: security headers, caching, and a limit of requests from one address.

The queue sets its own, stricter headers; they stand. The static files need none of this to be safe to read: it is here
so that a site served by `living-review serve` needs no proxy before it.
"""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    # 'wasm-unsafe-eval' lets the site's own search compile its index reader; it allows no script from elsewhere.
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src {styles}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY.format(styles="'self'"),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000; includeSubDomains"
"""Sent over https only, as RFC 6797 section 7.2 asks: a year, the least that browsers' preload lists take."""

UNCHANGING = re.compile(r"^/(?:snapshots|static/[^/]+\.[0-9a-f]{8,})/|\.[0-9a-f]{16,}\.(?:css|js|svg|woff2)$")
"""Addresses whose bytes never change: copies of snapshots, and files named by their content."""

VERSION = re.compile(r"/v/[^/]+/")
"""A frozen report: its content never changes, its status strip does every night."""

CACHE_UNCHANGING = "public, max-age=31536000, immutable"
CACHE_VERSION = "public, max-age=3600, must-revalidate"
CACHE_OTHER = "no-cache"
"""Ask again every time; the ETag makes the answer short."""

BURST_SECONDS = 20
"""Requests of so many seconds may come at once: a page with its files, a few tabs."""

MOST_ADDRESSES = 10_000
"""Addresses remembered; the one not seen for longest is forgotten first."""


class SiteGuard:
    """ASGI middleware; see the module.

    Parameters
    ----------
    requests_per_minute
        What one address may ask for in the long run; 0 for no limit. This machine itself is not limited.
    """

    def __init__(
        self, app: ASGIApp, *, requests_per_minute: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._limit = AddressLimit(requests_per_minute / 60, monotonic=monotonic) if requests_per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with 429 when too much is asked for, else pass on and complete the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        address = (scope.get("client") or ("", 0))[0]
        wait = self._limit.wait(address) if self._limit is not None and not on_this_machine(address) else 0.0
        if wait > 0:
            answer = PlainTextResponse(
                "Too many requests from your address; wait a little. The data are at /data/ in one download.\n",
                status_code=429,
                headers={"Retry-After": str(math.ceil(wait))},
            )
            await answer(scope, receive, send_completed)
            return
        await self._app(scope, receive, send_completed)


def _complete(headers: MutableHeaders, scope: Scope, status: int) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    path = scope["path"]
    if path.endswith(".svg"):  # a figure opened by itself carries its own style sheet
        headers["Content-Security-Policy"] = CONTENT_POLICY.format(styles="'self' 'unsafe-inline'")
    if scope["scheme"] == "https":
        headers.setdefault("Strict-Transport-Security", HSTS)
    if status == 429 or status >= 500:
        headers["Cache-Control"] = "no-store"
    headers.setdefault("Cache-Control", cache_control(path))


def cache_control(path: str) -> str:
    """Return how long a page of the site may be kept."""
    if UNCHANGING.search(path):
        return CACHE_UNCHANGING
    return CACHE_VERSION if VERSION.search(path) else CACHE_OTHER


def on_this_machine(address: str) -> bool:
    """Tell whether a request comes from this machine (and not through a proxy on it, which names its client)."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def on_own_network(address: str) -> bool:
    """Tell whether a request comes from this machine or from a private network (RFC 1918, RFC 4193)."""
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False


class AddressLimit:
    """A bucket an address that fills at a rate; bounded in memory."""

    def __init__(self, per_second: float, *, monotonic: Callable[[], float]) -> None:
        self._per_second, self._size, self._monotonic = per_second, per_second * BURST_SECONDS, monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one request; return 0, or the seconds after which there is one again."""
        now = self._monotonic()
        left, since = self._buckets.pop(address, (self._size, now))
        left = min(self._size, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[address] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
