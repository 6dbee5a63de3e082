"""Who may decide."""

from __future__ import annotations

from dataclasses import dataclass

from extract.errors import DecisionError
from extract.schema.protocol import Protocol


@dataclass(frozen=True)
class Reviewer:
    """The person who acts, already known to the protocol."""

    person_id: str
    role: str


def reviewer(protocol: Protocol, person_id: str) -> Reviewer:
    """Return the person who acts.

    Raises
    ------
    DecisionError
        Nobody of this id is on the team, or the role may not decide.
    """
    person = protocol.person(person_id)
    if person is None:
        known = ", ".join(p.id for p in protocol.people)
        raise DecisionError(f"--by {person_id!r}: nobody of this id is on the review team; known: {known}")
    if person.role == "viewer":
        raise DecisionError(f"--by {person_id!r}: a viewer may look, not decide")
    return Reviewer(person.id, person.role)
