"""What a value *is*: a result, a design assumption, someone else's result; adjusted or not."""

from __future__ import annotations

import re
from typing import Final

from extract.candidates.cues import Cued

_DESIGN: Final = re.compile(
    r"\bto (?:detect|show|demonstrate|rule out|exclude|prove|observe|identify)\b|\bpower(?:ed)?\b"
    r"|\bassum(?:ed?|ing|ption|ptions)\b"
    r"|\bhypothesi[sz]|\btarget(?:ed|ing)?\b(?! therap)|\bsample size\b|\bwas designed\b|\bdesigned to\b"
    r"|\bexpect(?:ed|ing)\b|\banticipat(?:ed|ing)\b"
    r"|\bnon-?\s?inferiority (?:margin|limit|bound(?:ary)?|threshold|hazard|hr|criteri)|\b(?:predefined"
    r"|prespecified|pre-specified|specified|inferiority) (?:margin|limit|boundary|threshold)"
    r"|\bmargin\b|\bcriteri(?:a|on)\b|\bif the (?:upper|lower)|\bupper (?:limit|bound"
    r"|boundary)\b[^.]{0,60}\b(?:less than"
    r"|below|exceed|<|under)|\brequired (?:to|number|events)"
    r"|\bwould (?:be|have)\b|\bdefined as (?:a|an|the)?\s*(?:hazard|hr|upper)|\bclinically (?:relevant"
    r"|meaningful|important) (?:benefit|difference|effect)\b[^.]{0,30}(?:hr|hazard)"
)
#: Planning so plain that even a p value beside it (the significance level) does not make it a finding.
_PLANNING: Final = re.compile(
    r"\bpower(?:ed)? to (?:detect|show|demonstrate)\b|\b(?:to|would) detect\b|\bassum(?:ing|ed)\b"
    r"|\bsample size\b"
    r"|\bsuperiority required\b|\bcriteri(?:a|on) for\b"
)
_SUSTAINED: Final = re.compile(r"\b(?:sustain|maintain|persist|remain|consistent|confirm)")
_PRIOR: Final = Cued(
    re.compile(
        r"\bpreviously (?:reported|published|demonstrated|showed|shown)\b|\b(?:has|have) (?:previously"
        r"|already) (?:shown|demonstrated|reported)\b"
        r"|\b(?:previous|prior|earlier|first|initial|primary) (?:report|publication"
        r"|analys[ei]s)\b[^.]{0,40}\b(?:showed|demonstrated|reported|found)"
        r"|\bin (?:the|a|our) (?:previous|prior|earlier) (?:report|analys[ei]s|stud(?:y|ies)|trial)"
    ),
    ("previous", "already ", "prior ", "earlier ", "first ", "initial ", "primary "),
)
_ADJUSTED: Final = Cued(
    re.compile(
        r"\bmulti-?variable\b|\bmulti-?variate\b|\badjust(?:ed|ing|ment)\b(?! disc)|\bpropensity\b|\bmatched\b"
        r"|\bmatching\b|\binverse[- ]probability\b|\biptw\b|\bpsm\b"
        r"|\bindependent(?:ly)?\b(?! (?:data|review|central|cohort|radiolog|validation|committee))"
        r"|\bafter (?:controlling|accounting|correction|correcting)\b|\bcontrolling for\b"
    ),
    ("multi", "adjust", "propensity", "match", "inverse", "iptw", "psm", "independent", "after ", "controlling"),
)
_UNADJUSTED: Final = Cued(
    re.compile(r"\bunivariate\b|\bunivariable\b|\bunadjusted\b|\bcrude\b|\bun-adjusted\b"),
    ("univaria", "unadjusted", "crude", "un-adjusted"),
)


def is_design_assumption(
    text: str, start: int, at: int, end: int, *, has_interval: bool, has_p: bool, compared: str
) -> bool:
    """Tell whether the number at ``at`` is a design assumption and not a finding.

    Parameters
    ----------
    text, start, end
        Folded text in lower case and the bounds of the sentence.
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
    yes = _start(_ADJUSTED.last(text, start, at))
    no = _start(_UNADJUSTED.last(text, start, at))
    if yes < 0 and no < 0:
        yes, no = (_start(words.search(text, at, min(end, at + 120))) for words in (_ADJUSTED, _UNADJUSTED))
        if yes < 0 and no < 0:
            return None
        return no < 0 or (0 <= yes < no)
    return yes > no


def _start(match: re.Match[str] | None) -> int:
    """Return the offset of a match, or -1."""
    return match.start() if match else -1
