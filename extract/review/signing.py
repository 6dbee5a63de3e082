"""What the pages ask of an identity provider; the client itself (and its libraries) is loaded only where one is set."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider; ``email`` only if the provider has verified it."""

    issuer: str
    subject: str
    email: str | None


class SignIn(Protocol):
    """A provider through which people sign in."""

    @property
    def name(self) -> str:
        """What to call it."""

    def way_there(self, token: str, *, after: str) -> str:
        """Return the address to send a visitor to."""

    def who_came(self, token: str, *, state: str, code: str, now: dt.datetime) -> tuple[Identity, str]:
        """Return who came back, and where they wanted to go."""
