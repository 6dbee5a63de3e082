"""Words of the statistics, not of the question: what a ratio, an interval, a p value and a time are called.

Words of the question (outcomes, subtypes, patterns, arms) come from the protocol.
"""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of a blank-separated list."""
    return frozenset(text.split())


#: Abbreviations of effect measures, by exact spelling: ``or`` the word is not ``OR`` the ratio.
RATIO_ABBREVIATIONS: Final[dict[str, tuple[str, str]]] = {
    # spelling: (measure, qualifier)
    "HR": ("HR", ""),
    "HRs": ("HR", ""),
    "Hr": ("HR", ""),
    "aHR": ("HR", "adjusted"),
    "aHRs": ("HR", "adjusted"),
    "AHR": ("HR", "adjusted"),
    "AHRs": ("HR", "adjusted"),
    "mHR": ("HR", "adjusted"),
    "HRadj": ("HR", "adjusted"),
    "wHR": ("HR", "adjusted"),
    "uHR": ("HR", "unadjusted"),
    "cHR": ("HR", "unadjusted"),
    "pHR": ("HR", ""),
    "sHR": ("SHR", ""),
    "SHR": ("SHR", ""),
    "sHRs": ("SHR", ""),
    "SHRs": ("SHR", ""),
    "asHR": ("SHR", "adjusted"),
    "aSHR": ("SHR", "adjusted"),
    "sdHR": ("SHR", ""),
    "SDHR": ("SHR", ""),
    "csHR": ("CSHR", ""),
    "CSHR": ("CSHR", ""),
    "CHR": ("CSHR", ""),
    "OR": ("OR", ""),
    "ORs": ("OR", ""),
    "aOR": ("OR", "adjusted"),
    "aORs": ("OR", "adjusted"),
    "AOR": ("OR", "adjusted"),
    "RR": ("RR", ""),
    "RRs": ("RR", ""),
    "aRR": ("RR", "adjusted"),
    "ARR": ("RR", "adjusted"),
    "IRR": ("RR", ""),
    "WMD": ("MD", ""),
    "SMD": ("MD", ""),
    "MD": ("MD", ""),
    "RD": ("RD", ""),
}

#: Abbreviations that mean many other things; alone they are believed only beside "=", ":" or an interval.
DOUBTFUL_ABBREVIATIONS: Final = frozenset(
    {"OR", "ORs", "RR", "RRs", "MD", "RD", "ARR", "AOR", "CHR", "AHR", "SHR", "IRR", "SMD", "Hr"}
)

#: Names of effect measures in words (lower case).
RATIO_NAMES: Final[dict[tuple[str, ...], str]] = {
    ("hazard", "ratio"): "HR",
    ("hazard", "ratios"): "HR",
    ("hazards", "ratio"): "HR",
    ("hazards", "ratios"): "HR",
    ("hazard", "rate", "ratio"): "HR",
    ("hazard", "-", "ratio"): "HR",
    ("mortality", "hazard", "ratio"): "HR",
    ("relative", "hazard"): "HR",
    ("relative", "hazards"): "HR",
    ("risk", "ratio"): "RR",
    ("risk", "ratios"): "RR",
    ("relative", "risk"): "RR",
    ("relative", "risks"): "RR",
    ("rate", "ratio"): "RR",
    ("rate", "ratios"): "RR",
    ("odds", "ratio"): "OR",
    ("odds", "ratios"): "OR",
    ("mean", "difference"): "MD",
    ("mean", "differences"): "MD",
    ("risk", "difference"): "RD",
    ("absolute", "difference"): "RD",
    ("estimated", "difference"): "RD",
    ("proportional", "difference"): "RD",
    ("absolute", "increase"): "RD",
    ("absolute", "reduction"): "RD",
}
RATIO_FIRST_WORDS: Final = frozenset(name[0] for name in RATIO_NAMES)

#: Qualifiers of a ratio, looked for in the few words before its name.
QUALIFIERS: Final[dict[str, str]] = {
    "adjusted": "adjusted",
    "multivariable": "adjusted",
    "multivariate": "adjusted",
    "weighted": "adjusted",
    "matched": "adjusted",
    "standardized": "adjusted",
    "unadjusted": "unadjusted",
    "crude": "unadjusted",
    "univariate": "unadjusted",
    "univariable": "unadjusted",
    "subdistribution": "SHR",
    "sub": "SHR",
    "specific": "CSHR",  # "cause-specific hazard ratio"
}

INTERVAL_NAMES: Final[tuple[tuple[str, ...], ...]] = (
    ("confidence", "intervals"),
    ("confidence", "interval"),
    ("confidence", "limits"),
    ("confidence", "limit"),
    ("confidence", "bound"),
    ("confidence", "bounds"),
    ("confident", "interval"),
    ("confidential", "interval"),
    ("credible", "interval"),
    ("credible", "intervals"),
    ("credibility", "interval"),
    ("conf", ".", "interval"),
    ("c", ".", "i", "."),
    ("ci",),
    ("cis",),
    ("cl",),
    ("cri",),
    ("crl",),
    ("ic",),
)
INTERVAL_FIRST_WORDS: Final = frozenset(name[0] for name in INTERVAL_NAMES)

TIME_UNITS: Final[dict[str, str]] = {
    "month": "months",
    "months": "months",
    "mo": "months",
    "mos": "months",
    "mths": "months",
    "mth": "months",
    "m": "months",
    "year": "years",
    "years": "years",
    "yr": "years",
    "yrs": "years",
    "y": "years",
    "week": "weeks",
    "weeks": "weeks",
    "wk": "weeks",
    "wks": "weeks",
    "day": "days",
    "days": "days",
    "d": "days",
}

#: Words between a ratio's name and its number that say "here it comes".
COPULAS: Final = frozenset(
    {
        "=",
        ":",
        ",",
        "was",
        "were",
        "is",
        "are",
        "of",
        "at",
        "being",
        "be",
        "by",
        "reached",
        "equal",
        "equals",
        "≈",
        "~",
        "to",
    }
)
OPENERS: Final = frozenset("([{")
CLOSERS: Final = frozenset(")]}")
COMPARATORS: Final = frozenset({"<", ">", "≤", "≥"})
