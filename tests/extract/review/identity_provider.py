"""An OpenID Connect provider on loopback, honest unless told otherwise (OpenID Connect Core 1.0, section 3.1)."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "review-queue", "s3cret-between-us"
SURGEON = {"sub": "abc-1", "email": "a@example.org", "email_verified": True}


@cache
def first_key() -> RSAKey:
    """Return the key providers begin with; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class IdentityProvider:
    """The provider, with who is signed in there and how it misbehaves.

    Parameters
    ----------
    person
        Claims about whoever comes next.
    change
        Changes the claims of a token before it is signed.
    now
        Its clock, in seconds since 1970.
    """

    port: int = 0
    person: dict[str, Any] = field(default_factory=lambda: dict(SURGEON))
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any]], str] | None = None
    now: Callable[[], float] = time.time
    description: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=first_key)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: str = ""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.description

    def word(self, claims: dict[str, Any]) -> str:
        """Sign claims, as an honest provider does."""
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def token_answer(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Exchange a code, once, for its client and with its verifier (RFC 7636, section 4.6)."""
        given = self.codes.pop(form.get("code", ""), None)
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        good = (
            given is not None
            and client == f"{CLIENT_ID}:{CLIENT_SECRET}"
            and given["code_challenge_method"] == "S256"
            and given["code_challenge"] == challenge.decode().rstrip("=")
            and given["redirect_uri"] == form.get("redirect_uri")
        )
        if not good or given is None:
            return 400, {"error": "invalid_grant"}
        now = int(self.now())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": given["nonce"]}
        return 200, {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.word(self.change(claims | self.person)),
        }


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Serve a provider that signs everybody in without asking."""
    provider = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            provider.asked.append(url.path)
            if url.path == "/.well-known/openid-configuration":
                self._json(200, provider.described())
            elif url.path == "/keys":
                self._json(200, {"keys": [provider.key.as_dict(private=False)]})
            elif url.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(url.query).items()}
                back = {"state": asked["state"]}
                if provider.refuses:
                    back["error"] = provider.refuses
                else:
                    back["code"] = f"code-{len(provider.asked)}"
                    provider.codes[back["code"]] = asked
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
                self.end_headers()
            else:
                self._json(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._json(*provider.token_answer(form, self.headers.get("Authorization", "")))

        def _json(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that claims to need no signature."""
    parts = ({"alg": "none"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""])


def signed_with_our_secret(claims: dict[str, Any]) -> str:
    """Return a token signed with the secret the client knows, which is no proof of who made it."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET))


def signed_by_a_stranger(claims: dict[str, Any]) -> str:
    """Return a token of another key that goes by the provider's name of its own."""
    key = RSAKey.generate_key(2048, {"kid": "one"})
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
