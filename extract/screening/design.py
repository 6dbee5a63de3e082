"""Whether a document calls itself a randomised trial: among equal scores these are read first."""

from __future__ import annotations

import re
from typing import Final

from extract.screening.documents import ScreeningDocument

RANDOMISED_TYPES: Final = frozenset({"Randomized Controlled Trial"})

#: Words of a report on randomised participants. "Randomly selected" charts and "Mendelian randomisation" are none.
_TITLE: Final = re.compile(r"(?<!non)(?<!non-)(?<!mendelian )\brandomi[sz]ed\b", re.IGNORECASE)
_ABSTRACT: Final = re.compile(
    r"\brandomly (?:assigned|allocated)\b"
    r"|\b(?:were|was|are|been) (?:\d+:\d+ )?randomi[sz]ed\b"
    r"|\brandomi[sz]ed (?:\w+[ -]){0,3}(?:trial|study)\b"
    r"|\brandomi[sz]ed,? (?:double|single|open)\b",
    re.IGNORECASE,
)
_SYNTHESIS: Final = re.compile(r"\bmeta-?analys[ie]s\b|\bsystematic review\b|\bnarrative review\b", re.IGNORECASE)


def calls_itself_randomised(document: ScreeningDocument) -> bool:
    """Tell whether publication types or words present the document as a report of a randomised trial.

    A synthesis of trials speaks of randomised trials too; one that names itself in the title is none. This orders
    equal scores and decides nothing.
    """
    if RANDOMISED_TYPES.intersection(document.publication_types):
        return True
    if _SYNTHESIS.search(document.title):
        return False
    return bool(_TITLE.search(document.title) or _ABSTRACT.search(document.abstract))
