"""Gates before publishing: what must hold of a built site, or yesterday's site stands.

The pages are read back as text, the way a reader gets them, and compared with the snapshot by code that shares nothing
with the templates.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reports.checklist import check_checklist
from reports.errors import GateError
from reports.figures.flow_chart import check_sums
from reports.frozen import KeptPages
from reports.html_reading import PageText, read_page
from reports.model import Interval, Snapshot, Synthesis

NOTHING_KEPT = KeptPages()

REMOVING = frozenset({"withdraw", "reject", "remove", "exclude"})
"""Actions of the decision log that take a value, report or study out of the review."""

FORBIDDEN_TEXT = re.compile(r"(?<![\w.-])(NaN|nan|inf|Infinity|None(?!\.|\s+[a-z]))(?![\w-])|\{\{|\{%|\}\}")
"""What a program leaves where a number should stand; "None." and "None known" are words of the language."""

FORBIDDEN_WORDS = ("NaN", "nan", "inf", "Infinity", "None", "{{", "{%", "}}")
"""What such places begin with: plain words are found a good deal faster in a long page than the pattern."""


def check_site(
    out: Path,
    snapshot: Snapshot,
    *,
    previous: Snapshot | None,
    kept: KeptPages = NOTHING_KEPT,
    pages: Mapping[str, PageText] | None = None,
) -> None:
    """Refuse a site that must not be published.

    Parameters
    ----------
    out
        The built site.
    snapshot
        What it was built from.
    previous
        The snapshot published before, None for the first.
    kept
        Frozen pages taken from the archive: they passed when they were published and cannot be changed; only
        that their links still lead somewhere is looked at.
    pages
        What the pages say (:class:`reports.readings.Readings`); None reads all of them.

    Raises
    ------
    GateError
        A number that is none, template text on a page, broken markup, an empty section, one the reporting checklists
        ask for missing, a dead internal link, included studies fewer than before without an approved removal, or a
        printed number that differs from the snapshot.
    """
    check_removals(snapshot, previous)
    check_sums(snapshot.flow)
    files = _files(out)
    if pages is None:
        pages = {name: read_page(out / name) for name in sorted(files - kept.files) if name.endswith(".html")}
    if "index.html" not in pages:
        raise GateError(f"{out}: no index.html; the site was not built")
    for name, page in pages.items():
        _check_markup(name, page)
        _check_text(name, page)
        _check_sections(name, page)
    _check_links(out, files, pages)
    _check_kept_links(files, kept.links)
    check_checklist(pages, version=snapshot.manifest.version)
    _check_numbers(pages, snapshot)
    _check_naive(pages, snapshot)


def _files(out: Path) -> frozenset[str]:
    root = len(str(out)) + 1
    return frozenset(f"{folder}/{name}"[root:] for folder, _, names in os.walk(out) for name in names)


def check_removals(snapshot: Snapshot, previous: Snapshot | None) -> None:
    """Refuse a snapshot that lost studies nobody decided to remove.

    A study may go when a decision in the log says so: one of :data:`REMOVING` on the study, one of its reports or one
    of its values.
    """
    if previous is None:
        return
    lost = {s.study_id for s in previous.studies} - {s.study_id for s in snapshot.studies}
    for study_id in sorted(lost):
        subjects = {study_id}
        subjects |= {r.report_id for r in previous.reports if r.study_id == study_id}
        subjects |= {v.value_id for v in previous.values if v.study_id == study_id}
        if not any(d.subject_id in subjects and d.action in REMOVING for d in snapshot.decisions):
            raise GateError(
                f"study {study_id} was in version {previous.manifest.version} and is not in this one, and no decision "
                "removes it; record the removal with its reason, or restore its values"
            )


def _check_markup(name: str, page: PageText) -> None:
    if page.faults:
        raise GateError(f"{name}: the markup is broken ({len(page.faults)} places): {page.faults[0]}")


def _check_kept_links(files: frozenset[str], links: Mapping[str, str]) -> None:
    """Look whether what frozen pages point to is still there; each place once, however many versions point to it."""
    for target, name in links.items():
        if target not in files:
            raise GateError(f"{name}: the link to {target!r} of this frozen page leads nowhere; keep what it points to")


def _check_text(name: str, page: PageText) -> None:
    found = next((place for word in FORBIDDEN_WORDS for place in _places(word, page.text)), None)
    if found:
        around = page.text[max(0, found.start() - 40) : found.end() + 40]
        raise GateError(f"{name}: {found.group()!r} stands on the page: ...{' '.join(around.split())}...")


def _places(word: str, text: str) -> Iterator[re.Match[str]]:
    """Yield where a word stands that no page may print."""
    at = text.find(word)
    while at >= 0:
        place = FORBIDDEN_TEXT.match(text, at)
        if place:
            yield place
        at = text.find(word, at + 1)


def _check_sections(name: str, page: PageText) -> None:
    for heading, body in page.sections:
        if not body.strip():
            raise GateError(f"{name}: the section {heading!r} is empty; a gap must be said in words")


def _check_links(out: Path, files: frozenset[str], pages: Mapping[str, PageText]) -> None:
    ids: dict[str, frozenset[str]] = {name: page.ids for name, page in pages.items()}
    folders = {name: name.split("/")[:-1] for name in pages}
    for name, page in pages.items():
        for link in set(page.links):
            if ELSEWHERE.match(link):
                continue
            address, _, fragment = link.partition("#")
            target = _target(folders[name], address.partition("?")[0]) if address else name
            if target not in files:
                target = f"{target}/index.html" if target else "index.html"
            if target not in files:
                raise GateError(f"{name}: the link to {link!r} leads nowhere")
            if fragment and target.endswith(".html"):
                if target not in ids:
                    ids[target] = read_page(out / target).ids
                if fragment not in ids[target]:
                    raise GateError(f"{name}: the link to {link!r} leads to a page without that place")


ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/")
"""Links that leave the site; only the page for unknown addresses links from the root of the server."""


UNTIDY = re.compile(r"(?:^|/)(?:\.|/|$)|^$")
"""What makes a path another one when it is written plainly: empty steps and steps to oneself or upwards."""


def _target(folder: list[str], address: str) -> str:
    """Return the path in the site that a relative link in a folder means; empty for its root, ``..`` above it."""
    depth = len(folder)
    while address.startswith("../") and depth > 0:
        address, depth = address[3:], depth - 1
    target = "/".join((*folder[:depth], address))
    if UNTIDY.search(target):
        target = posixpath.normpath(target)
    return "" if target == "." else target


def _check_numbers(pages: Mapping[str, PageText], snapshot: Snapshot) -> None:
    """Compare each forest table of the latest reports with the snapshot."""
    results = {one.synthesis_id: one for one in snapshot.results}
    seen: set[str] = set()
    for name, page in pages.items():
        if "/v/" in name:
            continue
        for table in page.tables:
            synthesis = results.get(table.synthesis_id)
            if synthesis is None:
                raise GateError(f"{name}: shows {table.synthesis_id}, which the snapshot does not hold")
            seen.add(table.synthesis_id)
            printed = dict(table.rows)
            for key, expected in _expected(synthesis):
                if printed.get(key) != expected:
                    raise GateError(
                        f"{name}: {table.synthesis_id}, {key}: the page prints {printed.get(key)!r}, "
                        f"the snapshot holds {expected!r}"
                    )
            if len(printed) != len(list(_expected(synthesis))):
                raise GateError(f"{name}: {table.synthesis_id}: the page has other rows than the snapshot")
    missing = sorted(key for key, one in results.items() if one.inputs and key not in seen)
    if missing:
        raise GateError(f"no page shows {missing[0]} (and {len(missing) - 1} more), which the snapshot holds")


def _expected(synthesis: Synthesis) -> Iterator[tuple[str, str]]:
    for one in synthesis.inputs:
        yield one.value_id, _digits(one.ratio, 2)
    if synthesis.primary is not None and synthesis.k > 1:
        yield "pooled:primary", _digits(synthesis.primary.ratio, 3)
        prediction = synthesis.primary.prediction
        if prediction is not None:
            yield "pooled:prediction", f"{_one(prediction.low, 2)}–{_one(prediction.high, 2)}"


def _digits(interval: Interval, decimals: int) -> str:
    low, high = _one(interval.low, decimals), _one(interval.high, decimals)
    return f"{_one(interval.estimate, decimals)} ({low}–{high})"


def _one(value: float, decimals: int) -> str:
    if value > 1000:
        return "> 1000"
    if value < 0.001:
        return "< 0.001"
    shown = 0 if value >= 100 else 1 if value >= 10 else 3 if value < 0.01 else decimals
    return "{:.{}f}".format(value, shown)


def _check_naive(pages: Mapping[str, PageText], snapshot: Snapshot) -> None:
    """Keep the reading that must not be used on the one page that explains it."""
    naive = snapshot.validation.naive_ratio
    if naive is None:
        return
    text = _digits(naive, 3)
    for name, page in pages.items():
        if text in page.text and not name.startswith("validation/"):
            raise GateError(f"{name}: prints {text}, the naive reading, which only the validation page may show")
