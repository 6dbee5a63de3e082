"""Ids of trial registries in texts: found, and written the one way a trial family is keyed by.

The forms are those of the WHO registry network (https://www.who.int/clinical-trials-registry-platform): a trial
has one id a registry, but authors write it with and without prefix, with spaces and with various dashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Registry(StrEnum):
    """The registries whose ids are recognised."""

    CLINICALTRIALS_GOV = "ClinicalTrials.gov"
    ISRCTN = "ISRCTN"
    EUCTR = "EUCTR"
    UMIN = "UMIN"
    JRCT = "jRCT"
    CTRI = "CTRI"
    CHICTR = "ChiCTR"


@dataclass(frozen=True, slots=True)
class RegistryId:
    """An id found in a text.

    Parameters
    ----------
    registry
        Where it is registered.
    number
        The id in its usual form: ``NCT00193778``, ``ISRCTN12345678``, ``EUCTR2004-001234-12``,
        ``UMIN000005586``, ``jRCT1031180123``, ``CTRI/2010/091/000123``, ``ChiCTR1900012345``. Two mentions of
        one trial have equal numbers.
    start, end
        Characters of the text the mention covers.
    text
        The mention as printed.
    """

    registry: Registry
    number: str
    start: int
    end: int
    text: str


_DASH = "[-\u2010\u2011\u2012\u2013\u2014\u2212]"
_GAP = rf"(?:\s|{_DASH}|[:#.]|No\.?|number){{0,8}}"
#: Nothing that would make the id part of a longer word or number may stand around it.
_BEFORE, _AFTER = r"(?<![A-Za-z0-9])", r"(?![0-9])"


def _squeezed(prefix: str) -> Callable[[re.Match[str]], str]:
    return lambda match: prefix + match.group("number")


def _euctr(match: re.Match[str]) -> str:
    return "EUCTR{}-{}-{}".format(*match.group("year", "serial", "check"))


def _ctri(match: re.Match[str]) -> str:
    return "CTRI/{}/{}/{}".format(*match.group("year", "month", "serial"))


def _chictr(match: re.Match[str]) -> str:
    """Return ChiCTR's id; ids before 2017 carry a design such as TRC or IPR before the number."""
    return f"ChiCTR{_dashed((match.group('design') or '').upper())}{match.group('number')}"


def _dashed(design: str) -> str:
    return f"-{design}-" if design else ""


#: Each registry's forms. EudraCT numbers are EUCTR's; UMIN's may carry the primary registry's ``JPRN-``.
_FORMS: tuple[tuple[Registry, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        Registry.CLINICALTRIALS_GOV,
        re.compile(rf"{_BEFORE}NCT{_GAP}(?P<number>[0-9]{{8}}){_AFTER}", re.IGNORECASE),
        _squeezed("NCT"),
    ),
    (
        Registry.ISRCTN,
        re.compile(rf"{_BEFORE}ISRCTN{_GAP}(?P<number>[0-9]{{8}}){_AFTER}", re.IGNORECASE),
        _squeezed("ISRCTN"),
    ),
    (
        Registry.EUCTR,
        re.compile(
            rf"{_BEFORE}(?:EUCTR|EudraCT|EU\s?CTR|EudraCT\s+trial){_GAP}(?P<year>20[0-9]{{2}}){_DASH}"
            rf"(?P<serial>[0-9]{{6}}){_DASH}(?P<check>[0-9]{{2}})(?:-[A-Z]{{2}}\b)?{_AFTER}",
            re.IGNORECASE,
        ),
        _euctr,
    ),
    (
        Registry.UMIN,
        re.compile(
            rf"{_BEFORE}(?:JPRN{_GAP})?UMIN(?:{_DASH}?CTR)?{_GAP}(?:ID)?{_GAP}C?(?P<number>0[0-9]{{8}}){_AFTER}",
            re.IGNORECASE,
        ),
        _squeezed("UMIN"),
    ),
    (
        Registry.JRCT,
        re.compile(rf"{_BEFORE}(?:JPRN{_GAP})?jRCT{_GAP}(?P<number>s?[0-9]{{9,10}}){_AFTER}", re.IGNORECASE),
        lambda match: "jRCT" + match.group("number").lower(),
    ),
    (
        Registry.CTRI,
        re.compile(
            rf"{_BEFORE}CTRI{_GAP}/?\s?(?P<year>20[0-9]{{2}})/(?P<month>[0-9]{{2,3}})/(?P<serial>[0-9]{{6}}){_AFTER}",
            re.IGNORECASE,
        ),
        _ctri,
    ),
    (
        Registry.CHICTR,
        re.compile(
            rf"{_BEFORE}ChiCTR{_GAP}(?:(?P<design>[A-Z]{{2,5}}){_DASH}?)?(?P<number>[0-9]{{8,10}}){_AFTER}",
            re.IGNORECASE,
        ),
        _chictr,
    ),
)


def registry_ids(text: str) -> tuple[RegistryId, ...]:
    """Return every registry id of a text in order of appearance, each mention with its place.

    Only written ids count: a bare number after "trial registration" is not one, for eight digits may be anything.
    """
    found = [
        RegistryId(registry, usual(match), match.start(), match.end(), match.group())
        for registry, pattern, usual in _FORMS
        for match in pattern.finditer(text)
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def usual_form(text: str) -> str | None:
    """Return the usual form of a text that is one registry id and nothing else, or None."""
    found = registry_ids(text.strip())
    whole = [one for one in found if one.text == text.strip()]
    return whole[0].number if whole else None
