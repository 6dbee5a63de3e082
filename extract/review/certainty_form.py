"""The form of a certainty rating: a level, the steps that lead to it domain by domain, and the reason."""

from __future__ import annotations

from collections.abc import Mapping

from extract.errors import FieldErrors
from extract.review.certainty import LEVELS, BodyOfEvidence

STEPS = (-2, -1, 0, 1, 2)
LONGEST_REASON = 4_000


def steps_of(body: BodyOfEvidence, form: Mapping[str, str]) -> dict[str, str]:
    """Return the steps a form shows for each domain: as typed, else the rules'."""
    return {one.domain: form.get(field_of(one.domain), str(one.steps)) for one in body.domains}


def field_of(domain: str) -> str:
    """Return the name of a domain's field."""
    return f"steps-{domain.replace(' ', '-')}"


def level_from(start: str, steps: Mapping[str, int]) -> str:
    """Return the level the steps lead to; up only where nothing leads down (Guyatt et al. 2011, 64:1311)."""
    down = sum(step for step in steps.values() if step < 0)
    up = sum(step for step in steps.values() if step > 0) if down == 0 else 0
    place = LEVELS.index(start) - down - up
    return LEVELS[min(max(place, 0), len(LEVELS) - 1)]


def read_rating(body: BodyOfEvidence, form: Mapping[str, str]) -> tuple[str, str, dict[str, int]]:
    """Read level, reason and steps.

    Raises
    ------
    FieldErrors
        No level or reason, steps outside the list, or steps that do not lead to the level.
    """
    level, reason = form.get("level", ""), form.get("reason", "").strip()
    errors: dict[str, str] = {}
    steps: dict[str, int] = {}
    for domain, text in steps_of(body, form).items():
        if text in map(str, STEPS):
            steps[domain] = int(text)
        else:
            errors[field_of(domain)] = f"{text!r} is not one of {', '.join(map(str, STEPS))}"
    if level not in LEVELS:
        errors["level"] = "choose a level"
    elif not errors and (given := level_from(body.start, steps)) != level:
        errors["level"] = f"the steps give {given}: change the step of the domain that decides, or the level"
    if not reason:
        errors["reason"] = "say why, also where you follow the rules"
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = f"{len(reason)} characters; at most {LONGEST_REASON} fit"
    if errors:
        raise FieldErrors(errors)
    return level, reason, steps
