"""One of the readers of a value must hold the role the protocol asks for (``living.one_must_be``).

Readings that agree and are enough in number settle nothing while none of them is by such a person: the value stays open
for one. The adjudicator, who leads the review, stands for every role (DECISIONS 0050).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from extract.schema.protocol import Person, Protocol

ARTICLED = {"expert": "an expert", "adjudicator": "an adjudicator", "reviewer": "a reviewer"}


@dataclass(frozen=True)
class RoleWait:
    """A value that was read often enough, and waits for a reader who holds the asked role.

    Parameters
    ----------
    role
        The role the protocol asks for.
    able
        Who on the team can give that reading; empty: nobody can, and somebody has to do something about it.
    """

    role: str
    able: tuple[str, ...]

    @property
    def words(self) -> str:
        """Why it waits and for whom, in one line that tells nothing of what was read."""
        said = f"read by enough people, none of them {ARTICLED[self.role]}, as the protocol asks of one: it waits for "
        if self.able:
            return said + " or ".join(self.able)
        return said + f"{ARTICLED[self.role]}, and nobody who may decide is one; {WHAT_TO_DO}"


def stranded(waits: Collection[RoleWait]) -> str:
    """Say how many values wait for a reader nobody can be, in one line; empty where there are none."""
    left = [wait for wait in waits if not wait.able]
    if not left:
        return ""
    values = "1 value waits" if len(left) == 1 else f"{len(left)} values wait"
    return f"{values} for {ARTICLED[left[0].role]}, and nobody who may decide is one; {WHAT_TO_DO}"


WHAT_TO_DO = (
    "give one an account again (`living-review user passwd`), or name one under [[people]] or another role in "
    "living.one_must_be of protocol.toml"
)


def all_with_asked_role(protocol: Protocol) -> frozenset[str]:
    """Return the protocol's people whose reading satisfies it."""
    return frozenset(person.id for person in protocol.people if _satisfies(protocol, person))


def holds_asked_role(protocol: Protocol, person_id: str) -> bool:
    """Tell whether a person's reading satisfies the protocol: they hold the role, or none is asked for."""
    person = protocol.person(person_id)
    return protocol.living.one_must_be is None or (person is not None and _satisfies(protocol, person))


def _satisfies(protocol: Protocol, person: Person) -> bool:
    return protocol.living.one_must_be in (None, person.role) or person.role == "adjudicator"


def lacks_asked_role(protocol: Protocol, readers: Collection[str]) -> bool:
    """Tell whether none of the readers holds the role that one of them must hold."""
    return not any(holds_asked_role(protocol, person_id) for person_id in readers)


def awaits_asked_role(protocol: Protocol, readers: Collection[str]) -> bool:
    """Tell whether only a reader who holds the asked role is missing: enough read the value."""
    return len(readers) >= protocol.living.approvals_needed and lacks_asked_role(protocol, readers)
