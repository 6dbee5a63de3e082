"""People at work: real connections, the pages and forms a browser would use, a little thinking in between."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from lxml import html

from tests.load.prepared import PASSWORD, Prepared

NEXT = "/review/next"
Kind = Literal["inbox", "next", "item", "act"]
IDLE_SECONDS = 3
"""A connection idle for longer is opened again: the server closes it after five seconds, and browsers know that."""

NUMBERS = re.compile(r"HR (\d\.\d\d); 95% CI (\d\.\d\d)-(\d\.\d\d)")


@dataclass
class Log:
    """What one person did, and how long each answer took (seconds)."""

    seconds: dict[Kind, list[float]] = field(default_factory=lambda: {"inbox": [], "next": [], "item": [], "act": []})
    saved: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    problem: str = ""


class Reviewer(threading.Thread):
    """One person, in a thread, with a connection that stays open.

    Parameters
    ----------
    until
        Time (``time.monotonic``) at which the person stops after the answer that is awaited.
    thinking
        Mean seconds between seeing an item and deciding on it.
    """

    def __init__(self, address: str, person: str, *, begin: threading.Barrier, seconds: float, thinking: float) -> None:
        super().__init__(name=person, daemon=True)
        self.person, self.log = person, Log()
        self._begin, self._seconds, self._thinking = begin, seconds, thinking
        self._host = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        self._cookie, self._used = "", time.monotonic()
        self._next = NEXT
        self._drawn = random.Random(person)

    def run(self) -> None:
        """Sign in, wait for the others, work until the time is over."""
        try:
            self._sign_in()
            self._begin.wait(timeout=120)
            until = time.monotonic() + self._seconds
            # Fifty people do not open the inbox in the same millisecond.
            self._think()
            self._ask("inbox", "/review/")
            while time.monotonic() < until and self._item():
                if self._drawn.random() < 0.05:
                    self._ask("inbox", "/review/")
        except Exception as error:  # noqa: BLE001 - told to whoever started the thread, which fails on it
            self.log.problem = f"{type(error).__name__}: {error}"
            self._begin.abort()
        finally:
            self._connection.close()

    def _item(self) -> bool:
        """Take the next item and decide on it; False when there is none."""
        status, place, _ = self._ask("next", self._next)
        if status != 303 or "/item/" not in place:
            # Judgements and links wait too; this benchmark is about records and values.
            left = place.partition("/review/")[2].partition("?")[0]
            self._next = f"{NEXT}?after={left}" if left and left not in self._next else ""
            self._think()
            return bool(self._next)
        item = place.partition("/item/")[2].partition("?")[0].replace("%3A", ":")
        status, _, page = self._ask("item", place)
        if status != 200:
            raise RuntimeError(f"GET {place}: {status}")
        self._think()
        form = self._filled(page, item)
        self._next = f"{NEXT}?after={quote(item)}"
        if form is None:
            return True
        action, fields = form
        status, onward, answer = self._ask("act", action, fields)
        if status == 200 and (again := self._filled(answer, item)) is not None:
            # The approval that completes a value shows first what the page would say; it is confirmed there.
            status, onward, answer = self._ask("act", *again)
        if status == 303:
            self.log.saved.append(item)
            self._next = onward
        elif status in (409, 422):
            self.log.refused[status] += 1
            if status == 422:
                self.log.problem = self.log.problem or " ".join(html.fromstring(answer).text_content().split())[:600]
        else:
            raise RuntimeError(f"POST {action}: {status}")
        return True

    def _think(self) -> None:
        time.sleep(self._drawn.uniform(0, 2 * self._thinking))

    def _filled(self, page: str, item: str) -> tuple[str, dict[str, str]] | None:
        """Fill in the form of an item as a person would; None where another decided meanwhile."""
        wanted = "/vote" if item.startswith("record:") else "/approve"
        form = next((f for f in html.fromstring(page).forms if str(f.action).endswith(wanted)), None)
        if form is None:
            return None
        fields = {name: value for name, value in form.form_values() if isinstance(value, str)}
        if wanted == "/vote":
            # Mostly agreement; one in fifty leaves it open, which makes a conflict.
            fields["vote"] = "maybe" if self._drawn.random() < 0.02 else "exclude:no-comparison"
        elif fields.get("blind"):
            read = NUMBERS.search(" ".join(html.fromstring(page).xpath("//mark[contains(@class, 'place')]//text()")))
            if read is None:
                raise RuntimeError(f"{item}: the document does not show its numbers")
            fields |= dict(zip(("estimate", "ci_low", "ci_high"), read.groups(), strict=True)) | {"ci_level": "95"}
        return str(form.action), fields

    def _sign_in(self) -> None:
        _, _, page = self._ask(None, "/review/login")
        token = html.fromstring(page).forms[0].fields["form_token"]
        form = {"person": self.person, "password": PASSWORD, "form_token": token}
        status, _, _ = self._ask(None, "/review/login", form)
        if status != 303:
            raise RuntimeError(f"{self.person} cannot sign in: {status}")

    def _ask(self, kind: Kind | None, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": self._cookie, "Origin": f"http://{self._host}", "Sec-Fetch-Site": "same-origin"}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
        begun = time.perf_counter()
        try:
            self._connection.request("POST" if form is not None else "GET", path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except OSError:
            self.log.unanswered += 1
            raise
        self._used = time.monotonic()
        if kind is not None:
            self.log.seconds[kind].append(time.perf_counter() - begun)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self._cookie = cookie.partition(";")[0]
        return answer.status, answer.headers.get("Location", ""), text


@dataclass(frozen=True)
class Work:
    """What everybody did together."""

    logs: dict[str, Log]

    def seconds(self, *kinds: Kind) -> list[float]:
        """Return how long the answers of some kinds took, shortest first."""
        return sorted(one for log in self.logs.values() for kind in kinds for one in log.seconds[kind])

    @property
    def saved(self) -> Counter[tuple[str, str]]:
        """How often a person was told that a decision on an item is saved: ``{(person, item): times}``."""
        return Counter((person, item) for person, log in self.logs.items() for item in log.saved)

    @property
    def refused(self) -> Counter[int]:
        """How many decisions were refused, by status: 409 when others were faster."""
        return sum((log.refused for log in self.logs.values()), Counter())

    @property
    def problems(self) -> dict[str, str]:
        """What went wrong, by person."""
        return {person: log.problem for person, log in self.logs.items() if log.problem}


def work(address: str, prepared: Prepared, *, seconds: float, thinking: float) -> Work:
    """Let everybody work at the same time."""
    begin = threading.Barrier(len(prepared.people))
    people = [Reviewer(address, one, begin=begin, seconds=seconds, thinking=thinking) for one in prepared.people]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return Work({person.person: person.log for person in people})


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent do not exceed (nearest rank); 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]
