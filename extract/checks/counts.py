"""Checks: numbers of people and events add up (REVIEW_METHODS 3, check 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from extract.checks.findings import CheckInput, Finding

SUM: Final = "counts-do-not-sum"
EXCEED: Final = "events-exceed-n"


def check(value: CheckInput) -> Iterator[Finding]:
    """Fire when events exceed people, arms do not make the total, or subgroups do not make the whole."""
    for arm, events, people in (
        ("surgery", value.events_surgery, value.n_surgery),
        ("control", value.events_control, value.n_control),
        ("both arms", value.events_total, value.n_total),
    ):
        if events is not None and people is not None and events > people:
            yield Finding(EXCEED, "error", f"{arm}: {events} events among {people} people")
    yield from _sum("people in the arms", (value.n_surgery, value.n_control), value.n_total)
    yield from _sum("events in the arms", (value.events_surgery, value.events_control), value.events_total)
    yield from _sum("people in the subgroups", value.subgroup_n, value.whole_n)
    yield from _sum("events in the subgroups", value.subgroup_events, value.whole_events)


def _sum(what: str, parts: tuple[int | None, ...], whole: int | None) -> Iterator[Finding]:
    """Compare a sum with its whole when every part is known."""
    known = [part for part in parts if part is not None]
    if whole is None or not known or len(known) != len(parts):
        return
    if sum(known) != whole:
        shown = " + ".join(str(part) for part in known)
        yield Finding(
            SUM,
            "warning",
            f"{what}: {shown} = {sum(known)}, not {whole}; missing values, or another population",
        )
