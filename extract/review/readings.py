"""What people decided about a proposed value so far, and whether they agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from extract.review.routes import ROUTE_FIELDS, chosen_route
from extract.schema.value import ReportedValue
from extract.store.candidates import Candidate
from extract.store.decisions import Decision, decisions_on
from extract.store.engine import Transaction

KEY_FIELDS = (
    "outcome",
    "subtype",
    "pattern",
    "population",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "numerator_arm",
    "denominator_arm",
    "adjusted",
    "immortal_time",
    "poolable",
    "comparison_group",
    "comparison_rank",
    "n_surgery",
    "n_control",
    "events_surgery",
    "events_control",
    *ROUTE_FIELDS,
)
"""Fields on which two reviewers must agree before a value is approved."""


Word = TypeVar("Word")


def settler(latest: Mapping[str, Word], differ: Callable[[Collection[Word]], bool]) -> str | None:
    """Return who settled what the others had decided differently: the last to decide, else None.

    Parameters
    ----------
    latest
        Each person's standing decision, oldest first.
    """
    people = [*latest]
    return people[-1] if people and differ([latest[person] for person in people[:-1]]) else None


def readings_differ(decisions: Collection[Decision]) -> bool:
    """Tell whether people read a value differently."""
    return len({reading_key(decision) for decision in decisions}) > 1


def who_settled_value(candidate: Candidate, readings: Mapping[str, Decision]) -> str | None:
    """Return who rejected a value that others had read differently; None where they agreed or nothing is settled."""
    return settler(readings, readings_differ) if candidate.state == "rejected" else None


def latest_approvals(tx: Transaction, candidate_id: str) -> dict[str, Decision]:
    """Return each person's approval or rejection of a candidate that was not taken back, oldest first."""
    latest: dict[str, Decision] = {}
    for logged in decisions_on(tx, "candidate", candidate_id):
        if logged.decision.action in ("approve", "reject"):
            latest.pop(logged.decision.by, None)
            latest[logged.decision.by] = logged.decision
        elif logged.decision.action == "undo":
            latest.pop(logged.decision.by, None)
    return latest


def reading_key(decision: Decision) -> str:
    """Return what two decisions must share to agree: approve or reject, and every key field.

    By a chosen route the p value decides the standard error: then two people must reach the same number as well.
    """
    value = decision.details.get("value")
    if not value:
        return json.dumps([decision.action])
    route = chosen_route(ReportedValue(**value))
    # Digitised curves are key fields themselves: the same points give the same number.
    known = route is not None and route.log_hr is not None
    derived = [f"{route.log_hr:.6f}", f"{route.se_log_hr:.6f}"] if known and route is not None else []
    return json.dumps([decision.action, [value.get(name) for name in KEY_FIELDS], derived])
