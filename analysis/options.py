"""Checks of the options of an analysis; nothing here needs an array."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.errors import InputError


def checked_level(level: float, name: str = "level") -> float:
    """Return a confidence level in percent, refusing 0, 100, and proportions such as 0.95."""
    try:
        value = float(level)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {level!r}: give a percentage such as 95") from error
    if not 0.0 < value < 100.0:
        raise InputError(f"{name} is {level!r}: give a percentage between 0 and 100, such as 95")
    if value < 1.0:
        raise InputError(f"{name} is {level!r}, a proportion: give it in percent, {100 * value:g} instead of {level!r}")
    return value


def checked_choice(value: str, name: str, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``allowed``."""
    if value not in allowed:
        raise InputError(f"{name} is {value!r}: choose one of {', '.join(allowed)}")
    return value
