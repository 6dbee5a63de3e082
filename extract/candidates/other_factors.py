"""Ratios that are not the arms': a prognostic factor's, another treatment's, in a sentence that also names surgery.

"ER (HR 0.47), PR (0.57) predicted survival; surgery showed a trend (HR 0.71)": the first two are of the receptors, yet
an arm stands in the sentence, and in the next one nothing may stand but "chest wall control (HR 0.415)". What a ratio
is about is read from two places: the *item*, the words right before its bracket, and the *subject* of its clause. An
arm in either leaves the ratio to the arms. A population ("in bone-only disease") restricts a ratio of the arms; as an
item or subject of its own ("bone-only disease (HR 0.7) predicted survival") it is a factor like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.candidates.governing import Place

#: Nouns that stand for the arms' difference, its size, or the work that found it.
_ANCHORS: Final = re.compile(
    r"\b(?:benefit\w*|effects?|associations?|advantage|differences?|improvements?|gains?|hazards?|risks?|mortality|deaths?"
    r"|survival|ratios?|hrs?|results?|findings?|analys[ei]s|models?|regression|matching|weighting|adjust\w*|propensity"
    r"|trends?|interactions?|subgroups?|subsets?|estimates?|outcomes?|prognosis|stud(?:y|ies)|trials?|data|evidence"
    r"|meta-analys[ei]s|reviews?|it|this|these|that|which|there|both|same|no|none|nor)\b",
    re.I,
)
_PEOPLE: Final = re.compile(
    r"\b(?:patients?|women|men|people|participants?|those|individuals|cases|they|we|authors?)\b", re.I
)
#: "The pooled hazard ratio was": words before a ratio's name that add no subject of their own.
_BARE: Final = re.compile(
    r"\s*(?:\b(?:the|an?|and|pooled|adjusted|unadjusted|crude|overall|corresponding|with|summary|combined|multivaria\w+"
    r"|univaria\w+|estimated|respective|resulting|not|also|only|even|all|most|more|less)\b\s*)*$",
    re.I,
)
_PREDICTORS: Final = re.compile(
    r"\b(?:predictors?|factors?|variables?|determinants?|covariates?|characteristics|parameters|markers?)\b", re.I
)
_BENEFIT: Final = re.compile(r"\b(?:benefi\w+|advantage|gain\w*|effects?|helped|profit\w*|favou?r\w*)\b", re.I)
_PROGNOSTIC: Final = re.compile(
    r"\bfactors?\b|\bpredict\w*|\bprognos\w*|\bindependent(?:ly)?\b|\bcovariates?\b|\bassociated\b|\bcorrelat\w*", re.I
)
_SUBGROUPS: Final = re.compile(r"\b(?:subgroups?|subsets?|strat\w+|interactions?|benefi\w+|effects?)\b", re.I)
_OTHER_TREATMENT: Final = re.compile(
    r"\b(?:chemotherap\w*|radiotherap\w*|radiation|irradiation|endocrine|hormon\w+ (?:therapy|treatment)"
    r"|immunotherap\w*|targeted|anti-\w+|\w+mab|\w+[ct]inib|\w+ciclib|tamoxifen|taxanes?|anthracyclines?|inhibitors?)\b",
    re.I,
)
_VERBS: Final = re.compile(
    r"\b(?:was|were|is|are|has|have|had|did|does|do|showed|shows|predict(?:ed|s)|remain(?:ed|s)|went|goes|improve[ds]"
    r"|reduce[ds]|increase[ds]|decrease[ds]|le[ad]ds?|conferred|resulted|appeared|tended|emerged|correlated|influenced"
    r"|affected|brought|gave|fell|rose|lowered|raised|prolonged|shortened|included?|comprised|revealed|identified|found"
    r"|demonstrated|indicated|suggested|confirmed|favou?red|benefit(?:t?ed|s)|helped|lived|died|survived|carried"
    r"|doubled|halved|persisted|held|differed|depended|seemed|proved|became|grew|extended|impaired|worsened)\b",
    re.I,
)
_RELATIVE: Final = re.compile(r"\b(?:who|that|which|whose|not)\s+(?:\w+\s+)?$", re.I)
_TIED_TO: Final = (
    r"\b(?:associated|correlated|related|linked|tied|associations?)\s+(?:\w+ly\s+)?(?:with|to)\b"
    r"|\b(?:predicted|influenced|affected|determined|driven|explained)\s+by\b|\bby\b"
)
_GOVERNOR: Final = re.compile(
    rf"(?P<against>\b(?:in contrast (?:to|with)|unlike|as opposed to)\b)|(?P<tied>{_TIED_TO})|(?P<colon>:)"
    rf"|(?P<verb>{_VERBS.pattern})"
    r"|(?P<preposition>\b(?:in|for|among|within|to|from|at|after|before|during|on|between|except|including|than|when|if"
    r"|as|into|towards?|since|until|with(?=\s+(?:the\s+)?(?:\w+\s+)?(?:surg|risk|surviv)))\b)",
    re.I,
)
_CLAUSE: Final = re.compile(
    r";|\b(?:whereas|while|whilst|although|though|but)\b"
    r"|\b(?:show\w*|suggest\w*|found|indicat\w*|demonstrat\w*|reveal\w*|conclude\w*|confirm\w*|observed)\s+that\b",
    re.I,
)
#: What may stand before a subject: a label, an adverb, phrases up to a comma, the analysis without a comma.
_FRONTED: Final = re.compile(
    r"\s*(?-i:[A-Z][A-Z /&-]+:\s*)?(?:(?:and|however|moreover|furthermore|overall|finally|notably|interestingly"
    r"|similarly|also|thus|then|conversely|additionally|importantly)\b\s*,?\s*)*"
    r"(?:(?:in|among|for|within|on|after|by|with|without|at|during|using|of|from|compared|when|following|before"
    r"|regardless|irrespective|as|upon|under|based|adjust\w+|controlling|relative)\b[^,]*,\s*)*"
    r"(?:(?:in|on|by|at|after|using)\s+(?:[\w-]+\s+){0,5}?"
    r"(?:analys[ei]s|models?|model+ing|regression|matching|adjustment|weighting)\s+)?",
    re.I,
)
_WITHIN_SUBJECT: Final = re.compile(r"\b(?:in|among|within|after|before|during|following|at)\b", re.I)
_GLUE: Final = re.compile(r"^(?:[\s)\],;]|\b(?:and|or|nor|but|as well as|plus)\b)+", re.I)
_OPEN, _CLOSE = "([", ")]"


@dataclass(frozen=True, slots=True)
class Named:
    """Offsets of what a sentence names: the arms that are usable as such, outcomes, populations."""

    arms: Sequence[int]
    outcomes: Sequence[int]
    populations: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause up to a value, without its brackets; ``offset`` is where it begins in the text."""

    words: str
    offset: int

    def has(self, offsets: Sequence[int], start: int = 0, end: int | None = None) -> bool:
        """Tell whether one of the offsets stands in this part of the clause."""
        last = len(self.words) if end is None else end
        return any(start <= at - self.offset < last for at in offsets)


def is_of_another_factor(text: str, bounds: tuple[int, int], place: Place, before: int, named: Named) -> bool:
    """Tell whether a ratio is that of a factor which is none of the arms.

    Parameters
    ----------
    text, bounds
        Folded text and the part of the sentence that is read.
    place
        Where the ratio stands.
    before
        End of the value before in this sentence, or the sentence's start.
    named
        What the sentence names.
    """
    words, head = _without_brackets(text, bounds[0], place.start)
    if any(head <= at < place.start and at >= before for at in named.arms):
        return False
    clauses = _clauses(words, bounds[0], before)
    clause = clauses[-1]
    fronted = _fronted(clause)
    governor = next(iter(list(_GOVERNOR.finditer(clause.words))[::-1]), None)
    kind = governor.lastgroup if governor and governor.end() > fronted else None
    own = max(governor.end() if governor and kind else fronted, before - clause.offset)
    own += _glue(clause.words[own:])
    if kind not in ("preposition", "tied") and clause.has(named.arms, own):
        return False
    whole = clause.words + " " + _rest(text, place.end, bounds[1])
    end = place.ratio_start - clause.offset if own <= place.ratio_start - clause.offset else len(clause.words)
    if kind is None or kind == "against":
        return _stands_alone(clause, own, end, whole, named)
    if kind == "colon":
        return _is_listed(clause, governor.start() if governor else 0, own, named)
    spoken = clause.has([*named.outcomes, *named.arms], own) or _ANCHORS.search(clause.words, own)
    return _has_another_subject(clauses, whole, named, tied=kind == "tied" and not spoken, own=own)


def _stands_alone(clause: _Clause, own: int, end: int, whole: str, named: Named) -> bool:
    """Judge an item that is (part of) the clause's subject: "ER (HR 0.47), PR (0.57) predicted survival"."""
    item = clause.words[own:end]
    if _BARE.match(item) or clause.has(named.outcomes, own):
        return False
    if clause.has(named.populations, own):
        return not _speaks_of_benefit(whole)
    return _ANCHORS.search(item) is None or _PREDICTORS.search(item) is not None


def _is_listed(clause: _Clause, colon: int, own: int, named: Named) -> bool:
    """Judge an item of a list behind a colon: subgroups of the arms' comparison, or the factors of a model."""
    if _PREDICTORS.search(clause.words, 0, colon):
        return True
    if clause.has(named.outcomes, own) or clause.has(named.arms, 0, colon):
        return False
    return _SUBGROUPS.search(clause.words, 0, colon) is None and not clause.has(named.populations, own)


def _has_another_subject(clauses: Sequence[_Clause], whole: str, named: Named, *, tied: bool, own: int) -> bool:
    """Judge a ratio by the subject of its clause; a clause that begins with its verb has the one before's."""
    clause, start, end = _subject(clauses)
    subject = clause.words[start:end]
    predictor = _PREDICTORS.search(subject)
    if clause.has(named.arms, start, start + predictor.start() if predictor else end):
        return False
    if tied or predictor:
        return True
    if clause.has(named.outcomes, start, end) or _ANCHORS.search(subject):
        last = clauses[-1]
        return _OTHER_TREATMENT.search(last.words, own) is not None and not last.has(named.arms)
    restricted = not _BARE.match(_PEOPLE.sub("", subject))
    return restricted and not (_is_about_people(clause, start, end, named) and _speaks_of_benefit(whole))


def _is_about_people(clause: _Clause, start: int, end: int, named: Named) -> bool:
    """Tell whether a part of a clause names a population, in the protocol's words or in its own."""
    return clause.has(named.populations, start, end) or _PEOPLE.search(clause.words, start, end) is not None


def _subject(clauses: Sequence[_Clause]) -> tuple[_Clause, int, int]:
    """Return the clause that holds the subject, and where the subject begins and ends in it."""
    for clause in reversed(clauses):
        start = _fronted(clause)
        end = len(clause.words)
        for verb in _VERBS.finditer(clause.words, start):
            if not _RELATIVE.search(clause.words, start, verb.start()) and verb.start() > start:
                end = verb.start()
                break
            if verb.start() == start and clause is not clauses[0]:
                end = start
                break
        inner = _WITHIN_SUBJECT.search(clause.words, start, end)
        end = inner.start() if inner and inner.start() > start else end
        if clause.words[start:end].strip() or clause is clauses[0]:
            return clause, start, end
    return clauses[0], 0, 0


def _speaks_of_benefit(words: str) -> bool:
    """Tell whether a clause about a population says what the population had of the intervention."""
    return _BENEFIT.search(words) is not None and _PROGNOSTIC.search(words) is None


def _clauses(words: str, offset: int, before: int) -> list[_Clause]:
    """Cut a sentence up to its value into clauses; behind the value before, one begins where a verb follows."""
    cuts = [(cut.start(), cut.end()) for cut in _CLAUSE.finditer(words)]
    behind = before - offset
    if behind > 0 and _VERBS.search(words, behind) and not any(start >= behind for start, _ in cuts):
        cuts.append((behind, behind + _glue(words[behind:])))
    found = []
    begin = 0
    for start, end in cuts:
        found.append(_Clause(words[begin:start], offset + begin))
        begin = end
    found.append(_Clause(words[begin:], offset + begin))
    return found


def _without_brackets(text: str, start: int, end: int) -> tuple[str, int]:
    """Return a text with blanks for what stands in brackets, up to a bracket that is still open at its end."""
    kept = list(text[start:end])
    opened: list[int] = []
    for at, mark in enumerate(kept):
        if mark in _OPEN:
            opened.append(at)
        elif mark in _CLOSE and opened:
            first = opened.pop()
            kept[first : at + 1] = " " * (at + 1 - first)
    head = opened[0] if opened else len(kept)
    return "".join(kept[:head]), start + head


def _fronted(clause: _Clause) -> int:
    """Return where the subject of a clause can begin."""
    match = _FRONTED.match(clause.words)
    end = match.end() if match else 0
    for verb in _VERBS.finditer(clause.words, 0, end):
        if not _RELATIVE.search(clause.words, 0, verb.start()):
            return 0  # "In HER2-positive disease the HR was 0.7, ...": the comma comes after the subject
    return end


def _glue(words: str) -> int:
    """Return the length of list marks and conjunctions at the front."""
    match = _GLUE.match(words)
    return match.end() if match else 0


def _rest(text: str, start: int, end: int) -> str:
    """Return the rest of a clause behind a value."""
    words = re.sub(r"^[^()\[\]]*[)\]]", " ", text[start:end])
    words = re.sub(r"\([^()]*\)|\[[^][]*\]", " ", words)
    return words.partition(";")[0]
