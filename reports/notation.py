"""How numbers, dates and words are written on every page; the one place that rounds.

Pages show ratios to two decimals; tables of pooled results to three, so that a reader can check them against another
program. Rounding is half to even on the decimal text Python prints, and a printed number is never computed with.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

from reports.model import Interval

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
NOT_REPORTED = "not reported"

LARGEST_PRINTED_RATIO = 1000.0
SMALLEST_PRINTED_RATIO = 0.001

DESIGN_WORDS = {
    "rct": "Randomised trial",
    "prospective_registry": "Prospective registry",
    "population_registry": "Population registry",
    "retrospective_cohort": "Retrospective cohort",
}

IMMORTAL_TIME_WORDS = {
    "not_applicable": "does not arise (randomised)",
    "none": "not handled",
    "not_checked": "not checked yet",
    "landmark": "handled: landmark analysis",
    "time_varying": "handled: treatment as a time-varying covariate",
    "clone_censor_weight": "handled: clone, censor, weight",
}


def ratio_number(value: float, *, decimals: int = 2) -> str:
    """Return a ratio with ``decimals`` decimals, fewer where they would be false precision.

    Parameters
    ----------
    value
        A ratio, above 0.
    decimals
        Decimals below 10; from 10 one, from 100 none.
    """
    if value > LARGEST_PRINTED_RATIO:
        return "> 1000"
    if value < SMALLEST_PRINTED_RATIO:
        return "< 0.001"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    if value < 0.01:
        return f"{value:.3f}"
    return f"{value:.{decimals}f}"


def ratio(interval: Interval, *, decimals: int = 2) -> str:
    """Return a point with its limits: ``0.93 (0.69–1.25)``."""
    low, high = ratio_number(interval.low, decimals=decimals), ratio_number(interval.high, decimals=decimals)
    return f"{ratio_number(interval.estimate, decimals=decimals)} ({low}{EN_DASH}{high})"


def limits(interval: Interval, *, decimals: int = 2) -> str:
    """Return the limits alone: ``0.69–1.25``."""
    low, high = ratio_number(interval.low, decimals=decimals), ratio_number(interval.high, decimals=decimals)
    return f"{low}{EN_DASH}{high}"


def limits_in_words(interval: Interval) -> str:
    """Return the limits for a sentence read aloud: ``0.69 to 1.25``."""
    return f"{ratio_number(interval.low)} to {ratio_number(interval.high)}"


def level(value: float) -> str:
    """Return a confidence level, ``95 %``; the space does not break."""
    return f"{value:g}{NBSP}%"


def p_value(value: float) -> str:
    """Return a p value as journals print it, never ``0.000``."""
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def count(value: int | None, *, missing: str = NOT_REPORTED) -> str:
    """Return a count with a thin space between thousands, or ``missing``."""
    return missing if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(value: int, one: str, many: str) -> str:
    """Return a count with its noun: ``1 trial``, ``5 trials``."""
    return f"{count(value)} {one if value == 1 else many}"


def decimal(value: float | None, decimals: int, *, missing: str = "not estimable") -> str:
    """Return a number with a true minus sign, or ``missing``."""
    return missing if value is None else f"{value:.{decimals}f}".replace("-", MINUS)


def percent(value: float | None, *, decimals: int = 0, missing: str = "not estimable") -> str:
    """Return a percentage: ``62 %``."""
    return missing if value is None else f"{value:.{decimals}f}{NBSP}%"


def compact(value: float) -> str:
    """Return a number as printed in a report: no trailing zeros added or lost beyond the float."""
    return f"{value:g}"


def as_reported(estimate: float | None, low: float | None, high: float | None, ci_level: float | None) -> str:
    """Return a result the way its report prints it, with the level it states."""
    if estimate is None:
        return "no ratio printed"
    if low is None or high is None:
        return f"{compact(estimate)} (no interval printed)"
    stated = "level not stated" if ci_level is None else level(ci_level)
    return f"{compact(estimate)} ({compact(low)}{EN_DASH}{compact(high)}; {stated})"


class PrintedResult(Protocol):
    """What a reported value has of a result: a row of the snapshot's table of values."""

    @property
    def estimate(self) -> float | None: ...  # noqa: D102
    @property
    def ci_low(self) -> float | None: ...  # noqa: D102
    @property
    def ci_high(self) -> float | None: ...  # noqa: D102
    @property
    def ci_level(self) -> float | None: ...  # noqa: D102


def printed_value(value: PrintedResult) -> str:
    """Return a reported value the way its report prints it."""
    return as_reported(value.estimate, value.ci_low, value.ci_high, value.ci_level)


def time_words(months: float) -> str:
    """Return a time in years: ``3 years``."""
    years = months / 12
    return f"{years:g} years" if years != 1 else "1 year"


def day(text: str | None, *, missing: str = "not yet") -> str:
    """Return an ISO date or time as ``23 November 2026``; text that is no date is returned as it stands."""
    if not text:
        return missing
    try:
        parsed = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{parsed.day} {MONTHS[parsed.month - 1]} {parsed.year}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def design_words(design: str) -> str:
    """Return the design code in words."""
    return DESIGN_WORDS.get(design, design.replace("_", " ").capitalize())


def immortal_time_words(code: str | None) -> str:
    """Return how immortal time was handled, in words."""
    return IMMORTAL_TIME_WORDS.get(code, code.replace("_", " ")) if code else "not stated"


def hazard_change(value: float) -> str:
    """Return a hazard ratio as a change in words: ``31 % lower``, ``25 % higher``, ``no different``."""
    change = round(100 * (value - 1))
    if change == 0:
        return "no different"
    return f"{abs(change)}{NBSP}% {'lower' if change < 0 else 'higher'}"


NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number_word(value: int) -> str:
    """Return a small count in words, a larger one in digits."""
    return NUMBER_WORDS[value] if 0 <= value < len(NUMBER_WORDS) else count(value)


def kept_together(text: str) -> str:
    """Return a title in which Latin terms are not broken over two lines."""
    return text.replace("de novo", f"de{NBSP}novo").replace("De novo", f"De{NBSP}novo")


def capitalize_first(text: str) -> str:
    """Return a sentence with its first letter in upper case, the rest as it stands."""
    return text[:1].upper() + text[1:]


I_SQUARED = re.compile(r"\bI2\b")
RANGE = re.compile(r"(?<![\w.-])(\d+\.\d+)-(\d+\.\d+)(?![\w.-])")


def typeset(text: str) -> str:
    """Return a sentence of the analysis or of a table as a page prints it: I², ranges, percent signs at their numbers.

    Only decimals are taken for a range: dates, ids and addresses hold hyphens between whole numbers.
    """
    text = RANGE.sub(rf"\1{EN_DASH}\2", I_SQUARED.sub("I²", text))
    return re.sub(r"(?<=\d) %", f"{NBSP}%", text)
