"""References in the formats of reference managers: RIS, BibTeX, CITATION.cff."""

from __future__ import annotations

import json
from collections.abc import Iterable

from reports.links import frozen_path, pubmed_url
from reports.pages.edition import Edition, Stratum
from reports.rows import ReportRow

WHOLE = Stratum("all", "all")


def ris(reports: Iterable[ReportRow]) -> str:
    """Return the included reports as RIS; rehearsal ids are left out, they are nobody's reference."""
    return "\r\n".join(line for report in reports for line in _ris_entry(report)) + "\r\n"


def _ris_entry(report: ReportRow) -> list[str]:
    kind = "CPAPER" if report.report_type == "conference_abstract" else "JOUR"
    lines = [f"TY  - {kind}", f"ID  - {_line(report.report_id)}"]
    tags = (
        ("TI", report.title),
        ("AU", report.first_author),
        ("PY", str(report.year) if report.year else None),
        ("JO", report.journal),
        ("DO", report.doi),
        ("UR", pubmed_url(report.pmid)),
    )
    lines += [f"{tag}  - {_line(text)}" for tag, text in tags if text]
    return [*lines, "ER  - ", ""]


def bibtex(edition: Edition, *, site_url: str, stratum: Stratum = WHOLE) -> str:
    """Return how to cite a report of this version; its address is the frozen one, which never changes."""
    subject = "" if stratum == WHOLE else f": {edition.subject(stratum)}"
    return (
        f"@misc{{{_key(edition, stratum)},\n"
        f"  title = {{{_brace(edition.short_title + subject)}: a living systematic review}},\n"
        f'  author = "{{{_brace(_author(edition))}}}",\n'
        f"  year = {{{edition.published_year}}},\n"
        f"  version = {{{edition.version}}},\n"
        f"  url = {{{site_url}/{frozen_path(stratum.path, edition.version)}}},\n"
        "}\n"
    )


def _key(edition: Edition, stratum: Stratum) -> str:
    part = "" if stratum == WHOLE else f"-{stratum.subtype}-{stratum.pattern}"
    return f"living-review{part}-{edition.version}"


def citation_cff(edition: Edition, *, site_url: str) -> str:
    """Return a CITATION.cff for this version (values are JSON strings, which YAML reads)."""
    return (
        "cff-version: 1.2.0\n"
        'message: "Please cite the version you read."\n'
        f"title: {json.dumps(edition.short_title + ': a living systematic review', ensure_ascii=False)}\n"
        f"version: {json.dumps(edition.version, ensure_ascii=False)}\n"
        f"date-released: {edition.published_on}\n"
        f"url: {json.dumps(f'{site_url}/subtype/all/v/{edition.version}/', ensure_ascii=False)}\n"
        "authors:\n"
        f"  - name: {json.dumps(_author(edition), ensure_ascii=False)}\n"
    )


def _author(edition: Edition) -> str:
    return str(edition.snapshot.protocol.get("editorial", {}).get("signed_by") or "Living review team")


def _line(text: str) -> str:
    return " ".join(text.split())


def _brace(text: str) -> str:
    return text.translate(str.maketrans("", "", '\\{}"'))
