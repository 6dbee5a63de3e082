"""Replay of the log of something that several people judge apart: who stands by what, and what they agreed on.

A judgement is bound to its basis, the hash of what it was made on. One made on another basis than today's is kept and
does not count; nor does what was agreed on another one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from extract.review.people import Reviewer
from extract.store.decisions import Decision, LoggedDecision

State = Literal["to_judge", "needs_second", "conflict", "agreed", "to_confirm"]


class Based(Protocol):
    """Something made on a basis."""

    @property
    def basis(self) -> str:
        """Hash of what it was made on."""


class BasedAndSettled(Based, Protocol):
    """What was agreed on a basis, or settled by an adjudicator."""

    @property
    def settled_by(self) -> str | None:
        """Who settled it, None where the judges agreed."""


Given = TypeVar("Given", bound=Based)
Agreed = TypeVar("Agreed", bound=BasedAndSettled)


@dataclass
class Standing(Generic[Given, Agreed]):
    """Standing judgements of one thing, and the last agreed one.

    Parameters
    ----------
    given
        Each person's judgement that was not taken back.
    last
        Number of the latest decision on it.
    """

    given: dict[str, Given] = field(default_factory=dict)
    agreed: Agreed | None = None
    last: int = 0

    def replay(
        self,
        logged: LoggedDecision,
        *,
        judged: Callable[[dict[str, Any]], Given],
        agreed: Callable[[Decision], Agreed],
    ) -> None:
        """Take in the next decision of the log.

        Parameters
        ----------
        judged, agreed
            Read a judgement from its details, and an agreement from its decision.
        """
        decision = logged.decision
        self.last = logged.seq
        if decision.action == "judge":
            self.given[decision.by] = judged(decision.details)
        elif decision.action == "agree":
            self.agreed = agreed(decision)
        elif decision.action == "undo":
            taken, made = self.given.pop(decision.by, None), self.agreed
            if made is not None and (made.settled_by == decision.by if taken is None else made.basis == taken.basis):
                self.agreed = None

    def on(self, basis: str) -> dict[str, Given]:
        """Return the judgements made on a basis."""
        return {by: one for by, one in self.given.items() if one.basis == basis}

    def state_on(self, basis: str, differ: Callable[[Sequence[Given]], bool]) -> State:
        """Return where it stands on a basis; ``differ`` tells whether judges see it differently."""
        if self.agreed is not None and self.agreed.basis == basis:
            return "agreed"
        given = list(self.on(basis).values())
        if len(given) > 1 and differ(given):
            return "conflict"
        return "needs_second" if given else "to_judge" if self.agreed is None else "to_confirm"

    def mark(self, basis: str) -> str:
        """Return what a person has before them, for the optimistic lock."""
        return f"{basis[:12]}-{self.last}"


def may_take_part(state: State, given_by: Collection[str], person: Reviewer) -> bool:
    """Tell whether a person can judge now: nobody twice, and a conflict is the adjudicator's."""
    if person.person_id in given_by:
        return False
    return state == "conflict" if person.role == "adjudicator" else state in ("to_judge", "needs_second", "to_confirm")
