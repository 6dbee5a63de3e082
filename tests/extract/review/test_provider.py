"""Signing in through an identity provider, against a real one on loopback: who gets in, and what never does."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from extract.review.accounts import disable_person
from extract.review.addresses import change_email
from extract.review.kept_typed import MOST_AWAY, Away
from extract.review.provider import Provider, ProviderSettings
from extract.store.accounts import all_accounts
from flows.errors import SettingsError
from flows.provider import provider_of
from flows.settings import load_settings
from tests.extract.review.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    identity_provider,
    signed_by_a_stranger,
    signed_with_our_secret,
    unsigned,
)
from tests.extract.review.queue_server import Client, Queue, make_account, serving
from tests.extract.review.test_queue_pages import filled, form_of
from tests.extract.review.test_unsaved import value_to_read
from tests.stores import ROOT, new_store


@dataclass
class Institution:
    """A queue and the provider its people sign in through."""

    queue: Queue
    provider: IdentityProvider

    def sign_in(self, client: Client, path: str = "oidc/start") -> requests.Response:
        """Go to the provider and back, as a browser does."""
        return client.page(path)


@pytest.fixture
def institution(tmp_path: Path) -> Iterator[Institution]:
    with identity_provider() as provider, new_store(tmp_path) as store:
        client = Provider(ProviderSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, "unset"))
        with serving(store, provider=client) as queue:
            client.settings = ProviderSettings(
                provider.issuer, CLIENT_ID, CLIENT_SECRET, f"{queue.address}oidc/callback"
            )
            provider.now = lambda: queue.clock().timestamp()
            make_account(queue, "reviewer-a")
            change_email(store, "reviewer-a", "A@example.org")
            yield Institution(queue, provider)


def gets_in(institution: Institution) -> bool:
    """Tell whether a fresh browser gets in; if not, that it is told and has no session."""
    with institution.queue.client() as client:
        answer = institution.sign_in(client)
        entered = client.page("you", allow_redirects=False).status_code == 200
        assert entered or ("Not signed in" in answer.text and answer.status_code in (403, 404, 502))
        return entered


def test_a_person_signs_in_by_verified_address_and_ever_after_by_subject(institution: Institution) -> None:
    with institution.queue.client() as client:
        assert "Sign in through 127.0.0.1" in client.page("login").text
        before = client.cookies["review"]
        assert "Reviewer A" in institution.sign_in(client).text
        assert client.cookies["review"] != before
    institution.provider.person["email"] = "new-address@example.org"
    assert gets_in(institution)


def test_one_lands_where_one_wanted_to_go_and_never_on_another_site(institution: Institution) -> None:
    with institution.queue.client() as client:
        assert institution.sign_in(client, "oidc/start?next=/review/you").url.endswith("/review/you")
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "/review/%5C%5Celsewhere.example"):
        with institution.queue.client() as client:
            assert institution.sign_in(client, f"oidc/start?next={elsewhere}").url == institution.queue.address


@pytest.mark.parametrize(
    ("who", "minutes", "comes_back"), [("reviewer-a", 10, True), ("reviewer-a", 16, False), ("reviewer-b", 1, False)]
)
def test_what_was_sent_after_the_session_ended_is_a_draft_of_whoever_typed_it_and_comes_back_in_time(
    institution: Institution, who: str, minutes: int, comes_back: bool
) -> None:
    queue = institution.queue
    item = value_to_read(queue)
    make_account(queue, "reviewer-b")
    change_email(queue.store, "reviewer-b", "b@example.org")
    with queue.client("reviewer-a") as a:
        form = {**filled(a, item, "approve"), "n_surgery": "150", "reason": "first sentence"}
        queue.clock.forward(hours=13)
        refused = a.submit(f"item/{item}/approve", form)
        assert refused.status_code == 401
        kept = a.submit("oidc/keep", form_of(refused.text, "keep"))
        assert "What you had typed is kept" in kept.text
        queue.clock.forward(minutes=minutes)
        if who == "reviewer-b":
            institution.provider.person = {"sub": "b", "email": "b@example.org", "email_verified": True}
        (way,) = re.findall(r'href="(/review/oidc/start[^"]+)"', kept.text)
        page = institution.sign_in(a, html.unescape(way).removeprefix("/review/"))
        assert page.url.endswith(f"/item/{item}")
        assert ("Your draft" in page.text) == comes_back
        assert (form_of(page.text, "approve").get("n_surgery") == "150") == comes_back


def test_few_forms_wait_and_each_visitor_gets_the_own_one_back_once() -> None:
    away, now = Away(), dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
    for number in range(MOST_AWAY + 1):
        away.leave(f"visitor-{number}", {"kept-reason": str(number), "password": "secret"}, now=now)
    assert away.fetch("visitor-0", now=now) == {}
    assert away.fetch("visitor-1", now=now) == {"kept-reason": "1"}
    assert away.fetch("visitor-1", now=now) == {}


def test_nobody_is_made_a_member_by_signing_in(institution: Institution) -> None:
    with institution.queue.store.read() as tx:
        before = all_accounts(tx)
    institution.provider.person = {"sub": "xyz", "email": "stranger@example.org", "email_verified": True}
    assert not gets_in(institution)
    with institution.queue.store.read() as tx:
        assert all_accounts(tx) == before


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_the_provider_has_not_verified_opens_nothing(institution: Institution, verified: object) -> None:
    institution.provider.person["email_verified"] = verified
    assert not gets_in(institution)


def test_an_address_that_passed_to_another_person_does_not_open_the_old_account(institution: Institution) -> None:
    assert gets_in(institution)
    institution.provider.person["sub"] = "somebody-new-at-the-same-address"
    assert not gets_in(institution)


def test_a_closed_account_stays_closed(institution: Institution) -> None:
    assert gets_in(institution)
    disable_person(institution.queue.store, "reviewer-a", now=institution.queue.clock())
    assert not gets_in(institution)


Lie = Callable[[dict[str, Any]], dict[str, Any]]
LIES: dict[str, Lie] = {
    "another issuer": lambda c: c | {"iss": "https://elsewhere.example"},
    "for another client": lambda c: c | {"aud": "another-client"},
    "for two clients, meant for the other": lambda c: c | {"aud": [CLIENT_ID, "b"], "azp": "b"},
    "another nonce": lambda c: c | {"nonce": "x"},
    "no nonce": lambda c: {k: v for k, v in c.items() if k != "nonce"},
    "expired": lambda c: c | {"exp": c["iat"] - 300},
    "never expires": lambda c: {k: v for k, v in c.items() if k != "exp"},
    "from the future": lambda c: c | {"iat": c["iat"] + 3600},
    "no subject": lambda c: {k: v for k, v in c.items() if k != "sub"},
    "a subject that is no text": lambda c: c | {"sub": 7},
    "for another access token": lambda c: c | {"at_hash": "AAAA"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_word_that_is_not_for_this_sign_in_opens_nothing(institution: Institution, lie: str) -> None:
    institution.provider.change = LIES[lie]
    assert not gets_in(institution)


@pytest.mark.parametrize("sign", [unsigned, signed_with_our_secret, signed_by_a_stranger, lambda _: "no token at all"])
def test_a_word_the_provider_did_not_sign_opens_nothing(
    institution: Institution, sign: Callable[[dict[str, Any]], str]
) -> None:
    institution.provider.sign = sign
    assert not gets_in(institution)


def test_an_answer_is_worth_nothing_in_another_browser_or_a_second_time(institution: Institution) -> None:
    queue = institution.queue
    with queue.client() as victim, queue.client() as attacker:
        attacker.page("login")
        there = attacker.page("oidc/start", allow_redirects=False).headers["Location"]
        back = requests.get(there, timeout=10, allow_redirects=False).headers["Location"]
        path = back.removeprefix(queue.address)
        victim.page("login")
        assert victim.page(path).status_code == 403
        assert victim.page("you", allow_redirects=False).status_code == 303
        with queue.client() as without_cookie:
            assert without_cookie.page(path).status_code == 403
        assert attacker.page(path).status_code == 200
        with queue.client() as again:
            again.cookies.set("review", attacker.cookies["review"])
            assert again.page(path).status_code == 403


@pytest.mark.parametrize("query", ["", "?state=", "?state=a.b.c&code=x", "?code=x", "?error=access_denied&state=a.b.c"])
def test_an_answer_nobody_asked_for_is_refused_before_the_provider_is_bothered(
    institution: Institution, query: str
) -> None:
    with institution.queue.client() as client:
        client.page("login")
        assert client.page(f"oidc/callback{query}").status_code == 403
    assert institution.provider.asked == []


def test_the_question_carries_pkce_state_and_nonce_and_no_secret(institution: Institution) -> None:
    with institution.queue.client() as client:
        there = client.page("oidc/start", allow_redirects=False).headers["Location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
        assert asked["response_type"] == "code"
        assert asked["nonce"] not in asked["state"]
        assert CLIENT_SECRET not in there
        assert client.cookies["review"] not in there
        again = client.page("oidc/start", allow_redirects=False).headers["Location"]
        assert parse_qs(urlsplit(again).query)["nonce"] != [asked["nonce"]]


def test_who_declines_at_the_provider_is_told_and_not_signed_in(institution: Institution) -> None:
    institution.provider.refuses = "access_denied"
    assert not gets_in(institution)


def test_a_provider_that_changes_its_keys_is_believed_again(institution: Institution) -> None:
    from joserfc.jwk import RSAKey

    assert gets_in(institution)
    institution.provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert gets_in(institution)


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    institution: Institution, described: dict[str, Any]
) -> None:
    institution.provider.description = described
    with institution.queue.client() as client:
        answer = client.page("oidc/start", allow_redirects=False)
        assert answer.status_code == 502
        assert "use your password" in answer.text


def test_a_provider_that_is_down_leaves_the_password(tmp_path: Path) -> None:
    down = Provider(ProviderSettings("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "http://127.0.0.1/x"))
    with new_store(tmp_path) as store, serving(store, provider=down) as queue, queue.client() as client:
        assert client.page("oidc/start").status_code == 502
        assert client.sign_in("reviewer-a").status_code == 200


def test_without_a_provider_nothing_is_offered(queue: Queue) -> None:
    with queue.client() as client:
        assert "Sign in through" not in client.page("login").text
        assert client.page("oidc/start").status_code == 404
        assert client.page("oidc/callback?code=x&state=y").status_code == 404


def test_settings_that_are_half_a_provider_are_refused_in_one_line() -> None:
    base = {"LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml"), "LIVING_REVIEW_SITE_URL": "https://site.example/"}
    every = {
        "LIVING_REVIEW_OIDC_ISSUER": "https://id.example",
        "LIVING_REVIEW_OIDC_CLIENT_ID": CLIENT_ID,
        "LIVING_REVIEW_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    assert provider_of(load_settings(base)) is None
    provider = provider_of(load_settings({**base, **every}))
    assert isinstance(provider, Provider)
    assert provider.settings.redirect_uri == "https://site.example/review/oidc/callback"
    assert CLIENT_SECRET not in repr(provider.settings)
    for left_out in every:
        with pytest.raises(SettingsError, match=f"{left_out} is not set"):
            provider_of(load_settings({**base, **{k: v for k, v in every.items() if k != left_out}}))
    for name in ("LIVING_REVIEW_OIDC_ISSUER", "LIVING_REVIEW_SITE_URL"):
        with pytest.raises(SettingsError, match="is not https"):
            provider_of(load_settings({**base, **every, name: "http://id.example/"}))
