"""What a value *is*: a result, a design assumption, someone else's result; adjusted or not."""

from __future__ import annotations

import re
from typing import Final

_DESIGN: Final = re.compile(
    r"\bto (?:detect|show|demonstrate|rule out|exclude|prove|observe|identify)\b|\bpower(?:ed)?\b"
    r"|\bassum(?:ed?|ing|ption|ptions)\b"
    r"|\bhypothesi[sz]|\btarget(?:ed|ing)?\b(?! therap)|\bsample size\b|\bwas designed\b|\bdesigned to\b"
    r"|\bexpect(?:ed|ing)\b|\banticipat(?:ed|ing)\b"
    r"|\bnon-?\s?inferiority (?:margin|limit|bound(?:ary)?|threshold|hazard|HR|criteri)|\b(?:predefined"
    r"|prespecified|pre-specified|specified|inferiority) (?:margin|limit|boundary|threshold)"
    r"|\bmargin\b|\bcriteri(?:a|on)\b|\bif the (?:upper|lower)|\bupper (?:limit|bound"
    r"|boundary)\b[^.]{0,60}\b(?:less than"
    r"|below|exceed|<|under)|\brequired (?:to|number|events)"
    r"|\bwould (?:be|have)\b|\bdefined as (?:a|an|the)?\s*(?:hazard|HR|upper)|\bclinically (?:relevant"
    r"|meaningful|important) (?:benefit|difference|effect)\b[^.]{0,30}(?:HR|hazard)",
    re.I,
)
#: Planning so plain that even a p value beside it (the significance level) does not make it a finding.
_PLANNING: Final = re.compile(
    r"\bpower(?:ed)? to (?:detect|show|demonstrate)\b|\b(?:to|would) detect\b|\bassum(?:ing|ed)\b"
    r"|\bsample size\b"
    r"|\bsuperiority required\b|\bcriteri(?:a|on) for\b",
    re.I,
)
_SUSTAINED: Final = re.compile(r"\b(?:sustain|maintain|persist|remain|consistent|confirm)", re.I)
_PRIOR: Final = re.compile(
    r"\bpreviously (?:reported|published|demonstrated|showed|shown)\b|\b(?:has|have) (?:previously"
    r"|already) (?:shown|demonstrated|reported)\b"
    r"|\b(?:previous|prior|earlier|first|initial|primary) (?:report|publication"
    r"|analys[ei]s)\b[^.]{0,40}\b(?:showed|demonstrated|reported|found)"
    r"|\bin (?:the|a|our) (?:previous|prior|earlier) (?:report|analys[ei]s|stud(?:y|ies)|trial)",
    re.I,
)
_ADJUSTED: Final = re.compile(
    r"\bmulti-?variable\b|\bmulti-?variate\b|\badjust(?:ed|ing|ment)\b(?! disc)|\bpropensity\b|\bmatched\b"
    r"|\bmatching\b|\binverse[- ]probability\b|\bIPTW\b|\bPSM\b"
    r"|\bindependent(?:ly)?\b(?! (?:data|review|central|cohort|radiolog|validation|committee))"
    r"|\bafter (?:controlling|accounting|correction|correcting)\b|\bcontrolling for\b",
    re.I,
)
_UNADJUSTED: Final = re.compile(r"\bunivariate\b|\bunivariable\b|\bunadjusted\b|\bcrude\b|\bun-adjusted\b", re.I)


def is_design_assumption(
    text: str, start: int, at: int, end: int, *, has_interval: bool, has_p: bool, compared: str
) -> bool:
    """Tell whether the number at ``at`` is a design assumption and not a finding.

    Parameters
    ----------
    text, start, end
        Folded text and the bounds of the sentence.
    at
        Offset of the number.
    has_interval, has_p
        A finding has an interval or a p value; an assumption has none. Where one is printed, only a stated
        margin counts.
    compared
        "<" or ">" printed before the number: "HR < 1.25".
    """
    if has_interval:
        return False
    if _PLANNING.search(text, start, at):
        return True
    if has_p:
        return False
    if _DESIGN.search(text, start, min(end, at + 60)):
        return True
    return compared != "" and _DESIGN.search(text, start, end) is not None


def is_prior_analysis(text: str, start: int, at: int) -> bool:
    """Tell whether the sentence reports an earlier analysis or another study before its number."""
    return _PRIOR.search(text, start, at) is not None and _SUSTAINED.search(text, start, at) is None


def adjustment(text: str, start: int, at: int, end: int, flags: frozenset[str]) -> bool | None:
    """Tell whether an estimate is adjusted, by its own name or by the nearest word; None if unsaid."""
    if "unadjusted" in flags:
        return False
    if "adjusted" in flags:
        return True
    yes = _last(_ADJUSTED, text, start, at)
    no = _last(_UNADJUSTED, text, start, at)
    if yes < 0 and no < 0:
        yes, no = (_first(pattern, text, at, min(end, at + 120)) for pattern in (_ADJUSTED, _UNADJUSTED))
        if yes < 0 and no < 0:
            return None
        return no < 0 or (0 <= yes < no)
    return yes > no


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """Return the offset of the last match, or -1."""
    offset = -1
    for match in pattern.finditer(text, start, end):
        offset = match.start()
    return offset


def _first(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """Return the offset of the first match, or -1."""
    match = pattern.search(text, start, end)
    return match.start() if match else -1
