"""Ways for the stand-in to fail, each one the real service or a network has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["answer", "close", "reset", "stall", "drip", "cut", "garble"]


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as the stand-in saw it: ``index`` counts from 0, ``seconds`` is the monotonic clock."""

    index: int
    utility: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    seconds: float

    def parameter(self, name: str) -> str | None:
        """Return the first value of a parameter."""
        return next((value for key, value in self.parameters if key == name), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of the right answer.

    Parameters
    ----------
    mode
        "answer": ``status``, ``headers`` and ``body`` instead of the right ones; "close": the connection ends
        without a byte; "reset": it is reset; "stall": nothing comes for ``seconds``; "drip": the right
        answer,
        a byte at a time, ``seconds`` apart; "cut": the right answer's first half under the full length's
        header; "garble": the first half as if it were all.
    times
        Requests it strikes, counted from the first one it is asked about; the next gets the right answer.
    """

    mode: Mode = "answer"
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.05
    times: int = 1


#: Faults by index of the request, or a rule that is asked about every request.
FaultPlan = Mapping[int, Fault] | Callable[[SeenRequest], Fault | None]


def planned(plan: FaultPlan | None, request: SeenRequest) -> Fault | None:
    """Return the fault a plan holds for a request; one in a mapping strikes ``times`` requests in a row."""
    if plan is None:
        return None
    if callable(plan):
        return plan(request)
    for index, fault in plan.items():
        if index <= request.index < index + fault.times:
            return fault
    return None
