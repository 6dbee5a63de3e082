"""What every form of an item carries beside its fields: answers to checks, and how long the page was open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from extract.review.desk import Visit
from extract.review.leases import LEASE_MINUTES

CHECK_FIELD = "check-"
"""Beginning of the name of the field that answers a check; the rest is its code."""


def cleared_checks(form: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons a form gives for the checks that fired, by code."""
    return {
        name.removeprefix(CHECK_FIELD): text.strip()
        for name, text in form.items()
        if name.startswith(CHECK_FIELD) and text.strip()
    }


def seconds_on(visit: Visit) -> int | None:
    """Return how long the person had the page before them; a page left open longer than a lease counts as that."""
    try:
        opened = dt.datetime.fromisoformat(visit.form.get("opened", ""))
        seconds = int((visit.now - opened).total_seconds())
    except (ValueError, TypeError):
        return None
    return min(seconds, LEASE_MINUTES * 60) if seconds >= 0 else None
