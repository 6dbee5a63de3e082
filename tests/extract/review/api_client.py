"""A program that talks to the API of a served queue."""

from __future__ import annotations

from typing import Any

import requests

from extract.review.tokens import make_token
from tests.extract.review.queue_server import PROTOCOL, Queue, make_account


def token_for(queue: Queue, person: str, *scopes: str, days: int = 90) -> str:
    """Return a fresh token of a person (the account is made if need be)."""
    make_account(queue, person)
    wanted = scopes or ("read", "decide")
    return make_token(queue.store, PROTOCOL, person, name="a test", scopes=wanted, now=queue.clock(), days=days)[0]


class Program(requests.Session):
    """Sends JSON with a token; without one, as a stranger."""

    def __init__(self, queue: Queue, token: str | None) -> None:
        super().__init__()
        self._root = f"{queue.address}api/v1"
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, content: Any = None, **how: Any) -> requests.Response:
        return self.request(method, self._root + path, json=content, timeout=10, **how)

    def show(self, path: str) -> dict[str, Any]:
        """Return what an address shows."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def act(self, item: str, action: str, **content: Any) -> requests.Response:
        """Decide on what stands now."""
        content.setdefault("seen", self.show(f"/items/{item}")["seen"])
        return self.ask("POST", f"/items/{item}/{action}", content)


def program(queue: Queue, person: str, *scopes: str) -> Program:
    """Return a program that acts for a person."""
    return Program(queue, token_for(queue, person, *scopes))
