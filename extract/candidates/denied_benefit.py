"""A benefit denied without naming an arm: "there was no overall survival benefit (HR 0.90)".

In a report whose title names the intervention, the benefit that is missing is the intervention's, and it is the
numerator, as in "surgery brought no benefit". Only sentences made of nothing else are read so: "no benefit from
endocrine therapy" and "chemotherapy brought no benefit" speak of another treatment.
"""

from __future__ import annotations

import re
from typing import Final

from extract.candidates.governing import Place

_DENIED: Final = re.compile(
    r"(?:^|[;:]|\b(?:but|with|and|however,?|although)\s)\s*"
    r"(?:(?:results|conclusions?|findings)\s*:\s*)?"
    r"(?:(?:there (?:was|were|is)|we (?:found|saw|observed)|(?:it|this) (?:showed|brought|conferred|gave)|showed"
    r"|found)\s+)?"
    r"(?:no|not any|without(?: any)?|neither)\s+"
    r"(?:(?:significant|statistically|clear|clinically|relevant|meaningful|additional|overall|apparent|evidence|of|a|an|any"
    r"|survival|os|mortality|progression-free|disease-free|distant|locoregional|local|-)\s*)*"
    r"(?:benefits?|advantage|improvement|gain)\b"
    r"(?:\s+(?:in|on|for|of|was|were|is|be|could|seen|observed|found|noted|shown|demonstrated|detected|overall|os|survival"
    r"|mortality|progression-free|disease-free|the|terms|whole|population|cohort|either|any|all|patients|after|adjustment"
    r"|matching|weighting|propensity|score|at|years?|\d+))*"
    r"\s*[(\[,:]?\s*$",
    re.I,
)

#: "(HR 0.9 for chemotherapy versus none)": the arms are named behind the value, and they are others.
_COMPARED: Final = re.compile(r"\b(?:versus|vs?\.?|compared|relative to|over|with and without)\s", re.I)


def says_no_benefit(text: str, bounds: tuple[int, int], place: Place) -> bool:
    """Tell whether all that stands before a value in its sentence denies a benefit.

    Parameters
    ----------
    text
        Folded text.
    bounds
        Part of the sentence that is read.
    place
        Where the value stands.
    """
    if _COMPARED.search(text, place.start, bounds[1]):
        return False
    begin = place.ratio_start if place.ratio_start >= 0 else place.start
    return _DENIED.search(text[bounds[0] : begin]) is not None
