"""Where things stand on the site, and which ids may be linked to the outside world."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from reports.taxonomy import ALL

FIRST_REHEARSAL_PMID = 990_000_000
"""Record ids from here on belong to the recorded archive, not to PubMed: they are shown, never linked."""


def report_path(subtype: str, pattern: str) -> str:
    """Return the folder of a report page: ``subtype/her2-positive/pattern/bone-only/``."""
    if pattern == ALL:
        return f"subtype/{subtype}/"
    if subtype == ALL:
        return f"pattern/{pattern}/"
    return f"subtype/{subtype}/pattern/{pattern}/"


def frozen_path(report: str, version: str) -> str:
    """Return the folder of a frozen version of a report."""
    return f"{report}v/{version}/"


def root_of(page_path: str) -> str:
    """Return the relative way from a page's folder to the root of the site: ``../../`` for ``subtype/all/``."""
    return "../" * page_path.count("/") or "./"


def slugs(ids: Iterable[str]) -> dict[str, str]:
    """Return a folder name for each id: lower case, letters and digits; ids that would collide get a hash."""
    out: dict[str, str] = {}
    for one in sorted(set(ids)):
        slug = re.sub(r"[^a-z0-9]+", "-", one.lower()).strip("-") or "study"
        if slug in out.values():
            slug = f"{slug}-{hashlib.sha256(one.encode()).hexdigest()[:6]}"
        out[one] = slug
    return out


def pubmed_url(pmid: str | None) -> str | None:
    """Return PubMed's page of a record, or None for a rehearsal id or no id."""
    if not pmid or not pmid.isdigit() or int(pmid) >= FIRST_REHEARSAL_PMID:
        return None
    return f"https://pubmed.ncbi.nlm.nih.gov/{int(pmid)}/"


def doi_url(doi: str | None) -> str | None:
    """Return the resolver's address of a DOI, or None when the text is not one."""
    if not doi or not re.fullmatch(r"10\.\d{4,9}/\S+", doi):
        return None
    return "https://doi.org/" + doi.replace("<", "%3C").replace(">", "%3E").replace("#", "%23").replace("?", "%3F")


def registry_url(registry_id: str) -> str | None:
    """Return the registry's page of an id where the address follows from the id."""
    if re.fullmatch(r"NCT\d{8}", registry_id):
        return f"https://clinicaltrials.gov/study/{registry_id}"
    if re.fullmatch(r"ISRCTN\d{8}", registry_id):
        return f"https://www.isrctn.com/{registry_id}"
    if re.fullmatch(r"jRCTs?\d+", registry_id):
        return f"https://jrct.niph.go.jp/en-latest-detail/{registry_id}"
    return None
