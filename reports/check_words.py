"""What each plausibility check doubts, in words for readers; a test holds the list against the checks themselves."""

from __future__ import annotations

from collections.abc import Mapping

CHECK_WORDS: Mapping[str, str] = {
    "comparison-narrower": "the comparison is narrower than surgery or not",
    "comparison-wider": "the comparison is wider than surgery or not",
    "counts-do-not-sum": "the counts do not add up",
    "direction-against-medians": "the ratio points the other way than the printed medians",
    "direction-not-stated": "which arm is compared with which is not stated",
    "estimate-outside-interval": "the ratio lies outside its own interval",
    "events-exceed-n": "more events than patients",
    "interval-asymmetric": "the ratio does not lie in the middle of its interval on the log scale",
    "interval-contradicts-p": "interval and p contradict each other",
    "interval-missing": "no interval is printed",
    "interval-very-wide": "the interval is unusually wide",
    "level-identified-by-p": "the confidence level is not stated; p tells which it is",
    "level-not-stated": "the confidence level is not stated",
    "level-unusual": "the confidence level is an unusual one",
    "limits-reversed": "the lower limit is above the upper one",
    "linked-notice": "a notice is linked to the report",
    "older-report-not-smaller": "an older report has as many patients as a newer one",
    "overlap-group-used": "another study of the same people is in the pool",
    "p-against-interval": "p does not fit the interval",
    "p-one-sided": "p is one-sided",
    "ratio-implausible": "the ratio is implausibly large or small",
    "ratio-not-positive": "the ratio is not above 0",
    "report-retracted": "the report was retracted",
    "same-source-used": "another value of the same source is in the pool",
    "se-against-events": "the interval is narrower than its number of events allows",
    "shared-control-group": "the control group is shared with another comparison",
    "single-arm": "there is one arm only",
    "strata-exceed-whole": "the subgroups hold more patients than the whole",
}


def check_words(codes: str) -> str:
    """Return the codes of a value, separated by semicolons, in words; an unknown code speaks for itself."""
    found = [code.strip() for code in codes.split(";") if code.strip()]
    return "; ".join(CHECK_WORDS.get(code, code.replace("-", " ")) for code in found)
