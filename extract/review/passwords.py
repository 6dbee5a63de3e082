"""Passwords: what is accepted, how they are hashed, and a check that takes as long for a person who does not exist."""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from extract.errors import AccessError

SHORTEST = 12
"""Characters; length is what counts, so there is no rule on kinds of characters (NIST SP 800-63B, 5.1.1)."""

LONGEST = 256
"""Characters; hashing much longer ones would let anybody keep the processor busy."""


class Passwords:
    """Hashes and verifies passwords with argon2id.

    Parameters
    ----------
    hasher
        The library's defaults (64 MiB, 3 passes) unless given; tests give a cheap one.
    """

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        # A person who does not exist is checked against this, at the same cost.
        self._nobody = self._hash.hash("no person has this password")

    def hashed(self, password: str, *, person_id: str) -> str:
        """Return the hash of a new password.

        Raises
        ------
        AccessError
            It is too short, too long, or the person's own id; the message never repeats it.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise AccessError(f"password: {SHORTEST} to {LONGEST} characters are needed, this has {len(password)}")
        if person_id.casefold() in password.casefold() or len(set(password)) < 5:
            raise AccessError("password: it must not hold your name or repeat a few characters; use a few words")
        return self._hash.hash(password)

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Tell whether a password fits; with no hash the answer is no, after the same work."""
        right = self._hash.verify(password[:LONGEST], password_hash or self._nobody)
        return right and password_hash is not None
