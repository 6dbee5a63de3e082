"""The reporting checklists as a gate: the sections that PRISMA 2020, PRISMA-S and PRISMA-LSR ask for stand on the site.

That no section is empty is another gate, so here it is enough that each one stands. What each must say word by word is
tested on a built site (tests/reports/prisma.py); this keeps a template or protocol change from losing one in the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reports.errors import GateError
from reports.html_reading import PageText

REPORT_SECTIONS: Mapping[str, str] = {
    "The answer": "P20b",
    "What changed in this version": "L3, L-S1",
    "In plain words": "P23a",
    "Summary of findings": "P20a, P20b, P22",
    "Subgroups": "P20c",
    "Studies": "P17, P18",
    "Structured abstract": "P2",
    "How this was made": "P16a, P27",
}
PAGE_SECTIONS: Mapping[str, Mapping[str, str]] = {
    "methods/index.html": {
        "The question": "P3, P4, L-R1",
        "Eligibility": "P5, P10a",
        "From records to studies": "P16a, L-S2",
        "Selection and data collection": "P8, P9, L-M1",
        "Risk of bias and certainty": "P11, P15, L-M2",
        "Synthesis": "P12, P13a to P13f, P14, L-M3",
        "Living mode": "L1a to L1c",
        "Interpretation and limits": "P23a to P23d, L-D1",
        "Registration, protocol, amendments": "P24a to P24c, L2",
    },
    "search/index.html": {"Other sources": "S2 to S7", "Every search run up to this version": "P6, S13, S15"},
    "people/index.html": {"Who did what": "P26, L4", "Funding": "P25"},
    "data/index.html": {"Tables": "P27", "Syntheses": "P27"},
    "status/index.html": {"Now": "L-ST"},
}
ABSTRACT_PARTS = (
    "Title", "Objective", "Eligibility", "Sources", "Risk of bias", "Synthesis", "Included studies", "Main result",
    "Limitations", "Interpretation", "Funding", "Registration",
)  # fmt: skip
REPORT_PAGE = re.compile(r"(subtype|pattern)/[^/]+/(pattern/[^/]+/)?index\.html")
STATUS_WORDS = ("Living", "Overdue", "Paused", "Retired")


def check_checklist(pages: Mapping[str, PageText], *, version: str) -> None:
    """Refuse a site that lacks what the checklists ask for.

    Raises
    ------
    GateError
        Names the page, what is missing and the checklist's item.
    """
    for name, wanted in PAGE_SECTIONS.items():
        _check_sections(name, pages.get(name), wanted)
    for name, page in pages.items():
        if REPORT_PAGE.fullmatch(name) and not _withdrawn(page):
            _check_sections(name, page, REPORT_SECTIONS)
            _check_report(name, page, version)


def _check_sections(name: str, page: PageText | None, wanted: Mapping[str, str]) -> None:
    headings = {heading for heading, _ in page.sections} if page is not None else set()
    for heading, item in wanted.items():
        if heading not in headings:
            raise GateError(f"{name}: the section {heading!r} is missing (checklist item {item})")


def _check_report(name: str, page: PageText, version: str) -> None:
    title = page.headings[0][1] if page.headings else ""
    for words, item in (("living systematic review", "P1, L-T1"), (f"version {version}", "L-T2")):
        if words not in title:
            raise GateError(f"{name}: the title lacks {words!r} (checklist item {item})")
    if not any(f" {word} Searched through" in page.text for word in STATUS_WORDS):
        raise GateError(f"{name}: the status of the review is missing (checklist item L-ST)")
    abstract = dict(page.sections)["Structured abstract"]
    for part in ABSTRACT_PARTS:
        if part not in abstract:
            raise GateError(f"{name}: the abstract lacks {part!r} (checklist item P2)")


def _withdrawn(page: PageText) -> bool:
    return "This report is no longer updated." in page.text
