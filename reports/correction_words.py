"""What reviewers corrected, in words: a snapshot names fields and codes, a page must not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reports.notices import notice_words

FIELD_WORDS: Mapping[str, str] = {
    "adjusted": "adjusted",
    "ci_high": "upper limit",
    "ci_level": "confidence level",
    "ci_low": "lower limit",
    "denominator_arm": "arm below the line",
    "estimate": "ratio",
    "events_control": "events without treatment",
    "events_surgery": "events with treatment",
    "immortal_time": "immortal time",
    "measure": "measure",
    "median_control_months": "median without treatment",
    "median_surgery_months": "median with treatment",
    "n_control": "patients without treatment",
    "n_surgery": "patients with treatment",
    "numerator_arm": "arm above the line",
    "outcome": "outcome",
    "p_sided": "sides of p",
    "p_value": "p",
    "pattern": "metastatic pattern",
    "population": "subgroup",
    "subtype": "subtype",
}

CORRECTION = re.compile(
    r"(?P<before>^|; |: )(?P<field>[a-z]+(?:_[a-z]+)*): (?P<old>[^;:()]*?)(?: -> (?P<new>[^;:()]*?))? "
    r"\((?:(?P<kind>confirmation|exclusion): )?"
)
"""``field: reported -> used (reason`` or ``field: reported (confirmation: reason``, as a value's row has it."""

KIND_LABELS: Mapping[str | None, str] = {None: "Correction", "confirmation": "Confirmed", "exclusion": "Left out"}

ENDING_IN_ZERO = re.compile(r"(-?\d+)\.0")


def correction_words(text: str) -> str:
    """Return corrections, or what a version was triggered by, in words; what is none of them stands as it is."""
    return CORRECTION.sub(_told, text)


def trigger_words(text: str) -> str:
    """Return what a version was triggered by in words, notices and corrections alike."""
    return correction_words(notice_words(text))


def correction_label(text: str) -> str:
    """Return what reviewers did to a value: corrected it, only confirmed what is printed, or left it out for it."""
    kinds = {found["kind"] for found in CORRECTION.finditer(text)}
    return KIND_LABELS[kinds.pop() if len(kinds) == 1 else None]


def _told(found: re.Match[str]) -> str:
    name = FIELD_WORDS.get(found["field"], found["field"].replace("_", " "))
    told = f"{found['before']}{name}: {_content(found['old'])}"
    if found["new"] is not None:
        told += f" → {_content(found['new'])}"
    return f"{told} ({KIND_LABELS[found['kind']].lower()}: " if found["kind"] else f"{told} ("


def _content(text: str) -> str:
    whole = ENDING_IN_ZERO.fullmatch(text)
    return whole[1] if whole else text.replace("_", " ")
