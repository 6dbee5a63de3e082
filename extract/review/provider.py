"""The institution's OpenID Connect provider: where to send a visitor, and who came back.

Authorization code flow with PKCE, state and nonce. Nothing about a sign-in under way is stored: all three derive from
the random token of the visitor's own cookie, so an answer is worth something only in the browser that asked.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from extract.errors import AccessError, ProviderFailed
from extract.review.signing import Identity

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by the provider's own key only: never "none", never one made with a secret we share."""

TIMEOUT_SECONDS = 10
KEPT_SECONDS = 3600
"""How long the provider's description and keys are kept; a key that is not known is asked for again at once."""

LEEWAY_SECONDS = 60
"""How far the clocks of provider and queue may differ."""

LARGEST_ANSWER = 256 * 1024


@dataclass(frozen=True)
class ProviderSettings:
    """Which provider, and who we are to it.

    Parameters
    ----------
    issuer
        As the provider writes it in its tokens.
    redirect_uri
        Where the provider sends people back to; from the site's own address, never from a request.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str

    def __repr__(self) -> str:
        """Show the provider, without the secret."""
        return f"ProviderSettings({self.issuer!r}, {self.client_id!r})"


class Provider:
    """A client of one provider."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def way_there(self, token: str, *, after: str) -> str:
        """Return the provider's address to send a visitor to.

        Parameters
        ----------
        token
            Of the visitor's cookie.
        after
            Where to go once signed in.

        Raises
        ------
        ProviderFailed
            The provider does not answer or does not describe itself as it should.
        """
        once = secrets.token_urlsafe(16)
        target = base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")
        state = f"{once}.{target}.{_derived(token, 'state', once + target)}"
        url, _ = self._session().create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=state,
            nonce=_derived(token, "nonce", once),
            code_verifier=_derived(token, "verifier", once),
        )
        return str(url)

    def who_came(self, token: str, *, state: str, code: str, now: dt.datetime) -> tuple[Identity, str]:
        """Return who came back with an answer of the provider, and where they wanted to go.

        Raises
        ------
        AccessError
            The answer is not to a question of this visitor, or the provider's word does not hold.
        ProviderFailed
            The provider does not answer.
        """
        once, target = _of_this_visitor(token, state)
        try:
            answer = self._session().fetch_token(
                self._endpoint("token_endpoint"),
                code=code,
                code_verifier=_derived(token, "verifier", once),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ProviderFailed(f"{self._host} did not answer ({type(error).__name__})") from error
        except Exception as error:  # authlib's errors have no root of their own
            raise AccessError(f"{self._host} did not accept the sign-in; start again") from error
        word = str(answer.get("id_token") or "")
        claims = self._verified(
            word, nonce=_derived(token, "nonce", once), access_token=str(answer.get("access_token") or ""), now=now
        )
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(self.settings.issuer, str(claims["sub"]), str(email).casefold() if email else None), target

    @property
    def name(self) -> str:
        """The provider's host."""
        return self._host

    @property
    def _host(self) -> str:
        return urlsplit(self.settings.issuer).netloc

    def _session(self) -> OAuth2Session:
        ours = self.settings
        return OAuth2Session(
            ours.client_id,
            ours.client_secret,
            scope="openid email",
            redirect_uri=ours.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
        )

    def _verified(self, word: str, *, nonce: str, access_token: str, now: dt.datetime) -> CodeIDToken:
        ours = self.settings
        options = {
            "iss": {"essential": True, "value": ours.issuer},
            "aud": {"essential": True, "value": ours.client_id},
            "sub": {"essential": True},
        }
        try:
            read = self._decoded(word)
            claims = CodeIDToken(
                read.claims,
                read.header,
                options,
                {"nonce": nonce, "client_id": ours.client_id, "access_token": access_token},
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except ProviderFailed:
            raise
        except Exception as error:  # the two libraries' errors have no root in common, and none may let anybody in
            raise AccessError(f"{self._host}'s word about you does not hold ({type(error).__name__})") from error
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
            raise AccessError(f"{self._host} gives no usable subject")
        return claims

    def _decoded(self, word: str) -> jwt.Token:
        try:
            return jwt.decode(word, KeySet.import_key_set(self._keys(fresh=False)), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were kept; a forged word fails again.
            return jwt.decode(word, KeySet.import_key_set(self._keys(fresh=True)), algorithms=ALGORITHMS)

    def _keys(self, *, fresh: bool) -> Any:
        return self._document(self._endpoint("jwks_uri"), fresh=fresh)

    def _endpoint(self, name: str) -> str:
        address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        described = self._document(address, fresh=False)
        if described.get("issuer") != self.settings.issuer:
            raise ProviderFailed(
                f"{address} speaks for {described.get('issuer')!r}, not {self.settings.issuer!r}: "
                "LIVING_REVIEW_OIDC_ISSUER must be what it says, letter by letter"
            )
        url = str(described.get(name) or "")
        if not safe_address(url):
            raise ProviderFailed(f"{address}: {name} {url!r} is no https address")
        return url

    def _document(self, url: str, *, fresh: bool) -> dict[str, Any]:
        with self._lock:
            kept = self._kept.get(url)
            if kept is not None and not fresh and time.monotonic() - kept[0] < KEPT_SECONDS:
                return kept[1]
            content = _fetched(url)
            self._kept[url] = (time.monotonic(), content)
            return content


def safe_address(url: str) -> bool:
    """Tell whether a provider may be spoken to there: https, or this machine itself."""
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.netloc) and (parts.scheme == "https" or (parts.scheme == "http" and here))


def _fetched(url: str) -> dict[str, Any]:
    host = urlsplit(url).netloc
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer:
            body = answer.raw.read(LARGEST_ANSWER + 1, decode_content=True)
            status = answer.status_code
    except requests.RequestException as error:
        raise ProviderFailed(f"{host} did not answer ({type(error).__name__})") from error
    try:
        content = json.loads(body) if status == 200 and len(body) <= LARGEST_ANSWER else None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ProviderFailed(f"{url} answered {status} and no description of a provider")
    return content


def _derived(token: str, what: str, once: str) -> str:
    """Return a value nobody without the cookie's token can know or make; 64 characters, as PKCE wants 43 or more."""
    return hmac.new(token.encode(), f"oidc {what} {once}".encode(), hashlib.sha256).hexdigest()


def _of_this_visitor(token: str, state: str) -> tuple[str, str]:
    once, _, rest = state.partition(".")
    target, _, proof = rest.partition(".")
    if not token or not hmac.compare_digest(proof.encode(), _derived(token, "state", once + target).encode()):
        raise AccessError("this sign-in was not started in this browser, or too long ago; start again")
    return once, base64.urlsafe_b64decode(target + "=" * (-len(target) % 4)).decode()
