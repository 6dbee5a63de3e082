"""Deliberate errors: which proposal gets one and which, chosen by a keyed hash that no reviewer can compute; pure.

One in so many proposals is shown to its first reader with a wrong number, to learn how well proposals are read. The
wrong number must stand nowhere in the record, so that nobody can read it there in good faith, and no check may notice
it: what the program would catch by itself says nothing about the reader.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from extract.review.checked import findings_on
from extract.schema.value import ReportedValue

Wrong: TypeAlias = dict[str, float]
"""Wrong numbers by field."""

_NUMBER = re.compile(r"\d*[.\u00b7]?\d+")


@dataclass(frozen=True)
class SeedPlan:
    """How often proposals get a deliberate error, and the secret that decides which.

    Parameters
    ----------
    one_in
        One proposal in this many; 1 for each (tests).
    """

    secret: bytes
    one_in: int


def seeded(plan: SeedPlan, candidate_id: str, value: ReportedValue, *, text: str) -> Wrong | None:
    """Return the wrong numbers to show for a proposal, None for most proposals.

    Parameters
    ----------
    value
        As proposed.
    text
        The whole document of its record: title, abstract and, where it is at hand, the full text with its tables.
    """
    digest = hmac.new(plan.secret, candidate_id.encode(), hashlib.sha256).digest()
    if int.from_bytes(digest[:8], "big") % plan.one_in:
        return None
    printed = numbers_in(text)
    start = digest[8] % len(_KINDS)
    for kind in (*_KINDS[start:], *_KINDS[:start]):
        wrong = kind(value)
        if wrong and not printed & set(wrong.values()) and _unnoticed(value, wrong):
            return wrong
    return None


def with_wrong(value: ReportedValue, wrong: Mapping[str, float]) -> ReportedValue:
    """Return a value with wrong numbers in their places."""
    changes: dict[str, Any] = dict(wrong)
    return dataclasses.replace(value, **changes)


def holds_wrong(value: ReportedValue, wrong: Mapping[str, float]) -> bool:
    """Tell whether a value still holds one of the wrong numbers."""
    return any(getattr(value, name) == number for name, number in wrong.items())


def numbers_in(text: str) -> set[float]:
    """Return every number a text prints, the decimal point raised or not."""
    return {float(found.replace("\u00b7", ".")) for found in _NUMBER.findall(text)}


def _unnoticed(value: ReportedValue, wrong: Wrong) -> bool:
    before = {finding.code for finding in findings_on(value)}
    return all(finding.code in before for finding in findings_on(with_wrong(value, wrong)))


def _other_level(value: ReportedValue) -> Wrong:
    """Take a 90 % interval for a 95 % one, or the other way round: the costliest slip in this review's trials."""
    other = {95.0: 90.0, 90.0: 95.0}.get(value.ci_level or 0.0)
    return {"ci_level": other} if other is not None else {}


def _inverted(value: ReportedValue) -> Wrong:
    """Turn the ratio and its limits upside down, as if the arms had been taken for each other."""
    if not value.estimate or not value.ci_low or not value.ci_high:
        return {}
    places = _places(value.estimate, value.ci_low, value.ci_high)
    wrong = {
        "estimate": round(1 / value.estimate, places),
        "ci_low": round(1 / value.ci_high, places),
        "ci_high": round(1 / value.ci_low, places),
    }
    ordered = 0 < wrong["ci_low"] < wrong["estimate"] < wrong["ci_high"]
    return wrong if ordered and wrong["estimate"] != value.estimate else {}


def _slipped_limit(value: ReportedValue) -> Wrong:
    """Move the last digit of a limit by one, a slip of the eye."""
    if not value.estimate or not value.ci_low or not value.ci_high:
        return {}
    step = 10.0 ** -_places(value.ci_low, value.ci_high)
    low = round(value.ci_low - step, 6)
    return {"ci_low": low} if 0 < low < value.estimate else {}


_KINDS: tuple[Callable[[ReportedValue], Wrong], ...] = (_other_level, _inverted, _slipped_limit)


def _places(*numbers: float) -> int:
    """Return how many decimals the numbers are printed with, at least two."""
    return max(2, *(len(repr(number).partition(".")[2].rstrip("0")) for number in numbers))
