"""What the guard and the accounts refuse; routes are enumerated, so that a new one cannot be forgotten."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from extract.review.accounts import disable_person, first_link
from extract.review.desk import Access, local_path
from extract.review.guard import API, Guard
from extract.store.accounts import all_accounts
from extract.store.decisions import all_decisions
from tests.extract.review.api_client import Program, token_for
from tests.extract.review.queue_server import PASSWORD, Client, Queue, enqueue, make_account, serving
from tests.stores import new_store

PEOPLE = {
    "guest": "viewer",
    "reviewer-b": "reviewer",
    "reviewer-a": "expert",
    "adjudicator": "adjudicator",
    "admin": "administrator",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    """Serve one queue for the tests that change nothing, or must not."""
    with new_store(tmp_path_factory.mktemp("queue")) as store, serving(store) as served:
        enqueue(store, "100")
        for person in PEOPLE:
            make_account(served, person)
        yield served


FILLED = {
    "{item}": "record:100",
    "{person}": "guest",
    "{link}": "none",
    "{value_id}": "none--1",
    "{token_id}": "none",
    "{token}": "none",
    "{proposal}": "none",
    "{report}": "none",
    "{study}": "none",
}

SCOPED = {"read": Access.SIGNED_IN, "decide": Access.DECIDE, "administer": Access.ADMINISTER}


def rightful(access: Access, role: str | None) -> bool:
    """Tell what the roles are for (REVIEW_METHODS 4.10), written down apart from the code."""
    return (
        access is Access.ANYONE
        or (access is Access.SIGNED_IN and role is not None)
        or (access is Access.DECIDE and role in ("reviewer", "expert", "adjudicator"))
        or (access is Access.ADMINISTER and role == "administrator")
    )


def filled(path: str) -> str:
    """Return a route with its parameters filled in, without the leading slash."""
    return re.sub(r"\{\w+\}", lambda match: FILLED[match.group()], path).removeprefix("/")


def routes(queue: Queue, method: str) -> list[str]:
    """Return every page of a method."""
    return [filled(path) for verb, path in queue.app.access if verb == method and not path.startswith(API)]


def changes(queue: Queue) -> int:
    """Return a number that grows with every decision and account."""
    with queue.store.read() as tx:
        return len(all_decisions(tx)) + sum(bool(a.disabled_at) + 2 for a in all_accounts(tx))


def routed(app: Any, root: str = "") -> Iterator[tuple[str, str]]:
    """Walk through the router, mounted applications too."""
    for route in app.routes:
        if hasattr(route, "methods"):
            yield from ((verb, root + route.path) for verb in route.methods - {"HEAD"})
        elif hasattr(route.app, "routes"):
            yield from routed(route.app, root + route.path)
        else:
            assert root + route.path == "/static", "an application whose routes cannot be seen"


def test_the_register_of_pages_is_the_router_so_that_no_route_escapes_these_tests(kept: Queue) -> None:
    inner = kept.app.asgi._app  # type: ignore[attr-defined]
    assert sorted(routed(inner)) == sorted(kept.app.access)
    assert len(routes(kept, "POST")) >= 14
    assert len([path for _, path in kept.app.access if path.startswith(API)]) >= 20


def test_a_post_without_the_right_token_or_from_elsewhere_is_refused_on_every_route(kept: Queue) -> None:
    client, before = kept.client("adjudicator"), changes(kept)
    origin = kept.address.removesuffix("/review/")
    here = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    token = client.token()
    other = kept.client("reviewer-a")
    attempts: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "no token": (here, {}),
        "wrong token": (here, {"form_token": "0" * 64}),
        "somebody else's token": (here, {"form_token": other.token()}),
        "the cookie itself": (here, {"form_token": client.cookies["review"]}),
        "no word on where it comes from": ({}, {"form_token": token}),
        "another origin": ({"Origin": "https://elsewhere.example"}, {"form_token": token}),
        "a hidden origin": ({"Origin": "null"}, {"form_token": token}),
        "another port": ({"Origin": "http://127.0.0.1:1"}, {"form_token": token}),
        "another site": ({"Origin": origin, "Sec-Fetch-Site": "cross-site"}, {"form_token": token}),
        "a sister site": ({"Origin": origin, "Sec-Fetch-Site": "same-site"}, {"form_token": token}),
        "typed by hand": ({"Sec-Fetch-Site": "none"}, {"form_token": token}),
    }
    let_through = []
    for path in routes(kept, "POST"):
        for name, (headers, form) in attempts.items():
            body = {"vote": "maybe", "reason": "x", **form}
            answer = client.post(kept.address + path, data=body, headers=headers, timeout=10, allow_redirects=False)
            if answer.status_code != 403:
                let_through.append((path, name, answer.status_code))
    client.close()
    other.close()
    assert let_through == []
    assert changes(kept) == before


def test_everything_that_changes_something_is_a_form_or_needs_a_token(kept: Queue) -> None:
    """No cookie and no form, whatever its origin and token, moves anything behind the API."""
    changing = [(verb, path) for verb, path in kept.app.access if verb != "GET"]
    assert all(verb == "POST" or path.startswith(API) for verb, path in changing)
    before, origin = changes(kept), kept.address.removesuffix("/review/")
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    with kept.client("adjudicator") as client:
        body = {"vote": "maybe", "seen": "1-open-0", "reason": "x", "form_token": client.token()}
        for verb, path in changing:
            if path.startswith(API):
                for sent in ({"json": body}, {"data": body}, {}):
                    answer = client.request(
                        verb,
                        kept.address + filled(path),
                        headers=headers,
                        timeout=10,
                        **sent,  # type: ignore[arg-type]
                    )
                    assert (answer.status_code, answer.json()["status"]) == (401, 401), path
    assert changes(kept) == before


@pytest.mark.parametrize("person", [None, *PEOPLE])
def test_each_role_may_use_exactly_the_endpoints_of_the_api_declared_for_it(kept: Queue, person: str | None) -> None:
    role, every = PEOPLE.get(person or ""), ("read", "decide", "administer")
    fitting = [scope for scope in every if rightful(SCOPED[scope], role)]
    wrong = []
    for scope in (*fitting, None):
        with Program(kept, token_for(kept, person, scope) if person and scope else None) as program:
            for (method, template), access in kept.app.access.items():
                if template.startswith(API) and not (role == "administrator" and "{person}" in template):
                    answer = program.ask(method, filled(template).removeprefix("api/v1"), {})
                    allowed = access is Access.ANYONE or (scope is not None and access is SCOPED[scope])
                    if allowed == (answer.status_code in (401, 403)) or answer.status_code >= 500:
                        wrong.append((method, template, scope, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("person", [None, *PEOPLE])
def test_each_role_may_use_exactly_the_pages_declared_for_it(kept: Queue, person: str | None) -> None:
    role = PEOPLE.get(person or "")
    with kept.client(person) as client:
        wrong = []
        for (method, template), access in kept.app.access.items():
            path = filled(template)
            if template.startswith(API):
                continue  # a browser's session opens nothing there; the roles are tried on it above
            if path == "logout" or (role == "administrator" and "/guest/" in path):
                continue  # it would end the session, or the guest's account, on which the other roles' turns depend
            answer = (
                client.page(path, allow_redirects=False)
                if method == "GET"
                else client.submit(path, {"seen": "never"}, allow_redirects=False)
            )
            allowed = rightful(access, role)
            to_login = answer.is_redirect and "/login" in answer.headers["Location"]
            refused = to_login or (answer.status_code in (401, 403) and "<h1>Nothing was saved</h1>" in answer.text)
            if allowed == refused:
                wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_a_viewer_or_administrator_outside_the_team_cannot_vote(kept: Queue) -> None:
    before = changes(kept)
    for person in ("guest", "admin"):
        with kept.client(person) as client:
            assert client.submit("item/record:100/vote", {"vote": "maybe", "seen": "1-open-0"}).status_code == 403
    assert changes(kept) == before


def test_signing_in_gives_a_fresh_cookie_and_the_planted_one_stays_worthless(queue: Queue) -> None:
    make_account(queue, "reviewer-a")
    with queue.client() as client:
        client.cookies.set("review", "planted-by-somebody", domain="127.0.0.1", path="/")
        answer = client.sign_in("reviewer-a")
        assert answer.status_code == 200
        own = {cookie.value for cookie in client.cookies}
        assert own != {"planted-by-somebody"}
    with queue.client() as thief:
        thief.cookies.set("review", "planted-by-somebody")
        assert "/login" in thief.page("", allow_redirects=False).headers["Location"]


def test_the_cookie_is_for_no_script_and_no_other_site(queue: Queue) -> None:
    with queue.client() as client:
        header = client.page("login").headers["Set-Cookie"]
        assert {part.strip().lower() for part in header.split(";")[1:]} == {"httponly", "path=/", "samesite=lax"}
        https = client.page("login", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
        assert https.startswith("__Host-review=")
        assert "Secure" in https


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(queue: Queue) -> None:
    with queue.client("reviewer-a") as client, queue.client() as copy:
        copy.cookies.set("review", client.cookies["review"])
        assert copy.page("", allow_redirects=False).status_code == 200
        client.submit("logout")
        assert "/login" in copy.page("", allow_redirects=False).headers["Location"]


def test_a_disabled_person_is_out_at_the_next_click_and_sees_again_what_was_typed(queue: Queue) -> None:
    enqueue(queue.store, "100")
    with queue.client("reviewer-a") as client:
        disable_person(queue.store, "reviewer-a", now=queue.clock())
        answer = client.submit("item/record:100/vote", {"vote": "maybe", "comment": "half a page of thoughts"})
        assert answer.status_code == 401
        assert "half a page of thoughts" in answer.text
        assert client.sign_in("reviewer-a").status_code == 401


def test_a_session_nobody_uses_ends_after_twelve_hours_and_any_after_seven_days(queue: Queue) -> None:
    with queue.client("reviewer-a") as client:
        for _ in range(14):
            queue.clock.forward(hours=11)
            assert client.page("", allow_redirects=False).status_code == 200
        queue.clock.forward(hours=15)
        assert client.page("", allow_redirects=False).status_code == 303
    with queue.client("reviewer-b") as client:
        queue.clock.forward(hours=13)
        assert client.page("", allow_redirects=False).status_code == 303


def test_five_wrong_passwords_close_the_door_for_a_quarter_of_an_hour_even_to_the_right_one(queue: Queue) -> None:
    make_account(queue, "reviewer-a")
    with queue.client() as client:
        for _ in range(5):
            assert client.sign_in("reviewer-a", "not the password").status_code == 401
        refused = client.sign_in("reviewer-a")
        assert refused.status_code == 429
        assert "try again in 15 minutes" in refused.text
        queue.clock.forward(minutes=16)
        assert client.sign_in("reviewer-a").status_code == 200


def test_a_person_who_does_not_exist_costs_the_same_work_and_gets_the_same_words(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pwdlib import PasswordHash

    checked: list[str] = []
    verify = PasswordHash.verify
    monkeypatch.setattr(
        PasswordHash, "verify", lambda self, pw, hash_: checked.append(str(hash_)) or verify(self, pw, hash_)
    )
    make_account(queue, "reviewer-a")
    make_account(queue, "reviewer-b")
    disable_person(queue.store, "reviewer-b", now=queue.clock())
    with queue.client() as client:
        texts = set()
        for person in ("nobody-at-all", "reviewer-a", "reviewer-b"):
            body = {"person": person, "password": "wrong password"}
            answer = client.submit("login", body)
            assert answer.status_code == 401
            texts.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(texts) == 1
    assert len(checked) == 3


def test_the_first_link_makes_one_administrator_once(queue: Queue) -> None:
    token = first_link(queue.store, now=queue.clock())
    form = {"person": "the-lead", "password": PASSWORD, "password_again": PASSWORD}
    with queue.client() as client:
        assert client.submit(f"join/{token}", {**form, "password_again": "x"}).status_code == 400
        assert (
            client.submit(f"join/{token}", {**form, "password": "short", "password_again": "short"}).status_code == 400
        )
        assert client.submit(f"join/{token}", {**form, "person": "reviewer-a"}).status_code == 400
        assert client.submit(f"join/{token}", form).status_code == 200
        assert client.page("people").status_code == 200
        assert client.page(f"join/{token}").status_code == 410
    assert first_link(queue.store, now=queue.clock()) is None


def test_a_link_that_expired_or_was_made_up_is_no_way_in(queue: Queue) -> None:
    token = first_link(queue.store, now=queue.clock())
    queue.clock.forward(days=8)
    with queue.client() as client:
        for link in (token, "made-up", "..%2f..%2fpeople"):
            assert client.page(f"join/{link}").status_code in (404, 410)


def test_the_administrator_adds_people_by_one_time_links_and_closes_accounts(queue: Queue) -> None:
    with queue.client("admin") as admin, queue.client() as newcomer:
        shown = admin.submit("people", {"person": "reviewer-b", "role": ""})
        link = re.search(r"join/([\w-]+)", shown.text)
        assert link is not None
        form = {"password": PASSWORD, "password_again": PASSWORD}
        assert newcomer.submit(f"join/{link.group(1)}", form).status_code == 200
        assert "Reviewer B" in newcomer.page("").text
        assert admin.submit("people", {"person": "stranger", "role": ""}).status_code == 400
        assert admin.submit("people/admin/disable").status_code == 400
        admin.submit("people/reviewer-b/disable")
        assert newcomer.page("", allow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "after",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/review/",
        "/review/\\elsewhere.example",
        "/review//elsewhere.example",
        "/review/../elsewhere",
        "/review/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/",
        "",
    ],
)
def test_after_signing_in_nobody_is_sent_to_another_site(after: str) -> None:
    assert local_path(after) == "/review/"


def test_after_signing_in_one_lands_where_one_wanted_to_go(queue: Queue) -> None:
    enqueue(queue.store, "100")
    make_account(queue, "reviewer-a")
    with queue.client() as client:
        asked = client.page("item/record:100")
        assert "Sign in" in asked.text
        after = re.search(r'name="next" value="([^"]+)"', asked.text)
        assert after is not None
        form = {"person": "reviewer-a", "password": PASSWORD, "next": after.group(1)}
        assert client.submit("login", form).url.endswith("/review/item/record:100")


@pytest.mark.parametrize(
    "path",
    [
        "static/../app.py",
        "static/..%2fapp.py",
        "static/%2e%2e/app.py",
        "item/..%2f..%2freview.db",
        "static//etc/passwd",
    ],
)
def test_no_path_leads_to_a_file_of_the_machine(kept: Queue, path: str) -> None:
    with kept.client("reviewer-a") as client:
        request = requests.Request("GET", kept.address + path).prepare()
        request.url = kept.address + path  # requests would tidy the path
        answer = raw(client, request)
        assert answer.status_code == 404
        assert "import" not in answer.text


def raw(client: Client, request: requests.PreparedRequest) -> requests.Response:
    request.headers["Cookie"] = f"review={client.cookies['review']}"
    with requests.Session() as session:
        return session.send(request, timeout=10)


def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(kept: Queue) -> None:
    with kept.client("reviewer-a") as client:
        form = {"vote": "maybe", "comment": "x" * 300_000}
        assert client.submit("item/record:100/vote", form).status_code == 413


def test_a_body_that_is_no_form_is_refused(kept: Queue) -> None:
    origin = kept.address.removesuffix("/review/")
    with kept.client("reviewer-a") as client:
        for body, kind in ((b"{}", "application/json"), (b"x", "multipart/form-data; boundary=a"), (b"a=%00", None)):
            headers = {"Origin": origin, "Content-Type": kind or "application/x-www-form-urlencoded"}
            answer = client.post(kept.address + "logout", data=body, headers=headers, timeout=10)
            assert answer.status_code in (400, 415)


def test_a_foreign_host_name_is_refused_so_that_no_name_can_be_rebound_to_us(kept: Queue) -> None:
    with kept.client() as client:
        assert client.page("login", headers={"Host": "elsewhere.example"}).status_code == 421


def test_every_answer_carries_a_policy_without_inline_script_or_style(kept: Queue) -> None:
    with kept.client("reviewer-a") as client:
        for path in ("", "item/record:100", "login", "static/review.css", "nothing-here", "item/record:999"):
            answer = client.page(path)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert not re.search(r"<style|<script(?! src)|\sstyle=|\son\w+=", answer.text) or path.endswith(".css")


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onfocus=alert(1) x='{{7*7}}"


def test_hostile_text_from_pubmed_or_a_person_is_shown_as_text(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, serving(store) as queue:
        enqueue(store, "100", title=HOSTILE)
        with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
            study = {"vote": "include", "seen": "1-open-0", "design": "rct", "country": HOSTILE, "comment": HOSTILE}
            assert a.submit("item/record:100/vote", study).status_code == 200
            b.submit("item/record:100/vote", {"vote": "exclude:no-comparison", "seen": "1-open-0", "comment": HOSTILE})
            pages = [a.page(path).text for path in ("?show=all", "item/record:100")]
            pages.append(a.submit("login", {"person": HOSTILE, "password": HOSTILE, "next": HOSTILE}).text)
            pages.append(a.page(f"?done={HOSTILE}&show={HOSTILE}&kind={HOSTILE}").text)
        for page in pages:
            assert "alert(1)</script>" not in page
            assert "<img" not in page
            assert not re.search(r"<[^>]* onfocus=", re.sub(r'"[^"]*"', '""', page))
        assert "&lt;script&gt;" in pages[1]
        assert HOSTILE.count("{{7*7}}") == 1
        assert "49" not in re.sub(r'"[^"]*"', "", pages[1]).split("Screen:")[1][:300]


def test_a_nul_or_a_line_break_in_an_address_reaches_no_page_and_no_database(kept: Queue) -> None:
    with kept.client("adjudicator") as client:
        for path in (
            "item/record:%00",
            "?done=record:%00",
            "you?x=%00",
            "api/v1/items/record:%00",
            "api/v1/items/%0Ax",
            "api/v1/items/x%0A",
            "join/%00",
        ):
            assert client.page(path).status_code == 400, path


def test_nothing_behind_the_guard_sees_a_cookie_sent_to_the_api() -> None:
    seen: dict[str, list[bytes]] = {}

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        seen[scope["path"]] = [name for name, _ in scope["headers"]]
        await PlainTextResponse("ok")(scope, receive, send)

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def ignore(_message: Message) -> None:
        return None

    for path in ("/review/api/v1/me", "/review/you"):
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "/review", "scheme": "http"}
        headers = [(b"host", b"here"), (b"cookie", b"review=secret"), (b"cookie", b"other=1")]
        asyncio.run(Guard(pages, allowed_hosts=["here"])({**scope, "headers": headers}, nothing, ignore))
    assert seen == {"/review/api/v1/me": [b"host"], "/review/you": [b"host", b"cookie", b"cookie"]}
