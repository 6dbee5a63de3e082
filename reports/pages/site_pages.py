"""The pages that stand once: overview, methods, search, status, validation, people, patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures.evidence_map import EvidenceMap, MapCell, evidence_map
from reports.figures.flow_chart import flow_chart
from reports.figures.night_calendar import NightCalendar, night_calendar
from reports.model import Flow
from reports.notation import capitalize_first, count
from reports.pages.answer import answer, interpretation
from reports.pages.edition import Edition, Stratum
from reports.pages.report import evidence_matrix, report_view
from reports.pages.shell import Page, Site, page
from reports.rows import SearchRow
from reports.taxonomy import ALL

WHOLE = Stratum(ALL, ALL)
RUNS_SHOWN = 120
NIGHTS_SHOWN = 120
FLOWS_SHOWN = 8


def overview_page(site: Site, edition: Edition) -> Page:
    """Return the page a reader meets first: the answer, its plot, and what is known for which patients."""
    view = report_view(edition, WHOLE)
    return page(
        "overview.html",
        site=site,
        edition=edition,
        folder="",
        title=f"{edition.short_title}. A living systematic review, version {edition.version}",
        description=view.answer[0],
        nav="overview",
        scripted=True,
        answer=answer(edition, WHOLE),
        randomised=[v for v in view.main if v.synthesis.body == "randomised"],
        map=view.matrix,
        picture=map_of(edition),
    )


def methods_page(site: Site, edition: Edition, editions: Sequence[Edition]) -> Page:
    """Return question, eligibility, flow diagram, statistics and living mode, from the protocol in force.

    The flow has two views: this version with everything before combined, and one column for each version.
    """
    snapshot = edition.snapshot
    software = sorted({pair for result in snapshot.results for pair in result.software.items()})
    flow = snapshot.flow
    triggers = [t for t in snapshot.changes.triggers if t.startswith("method change")]
    question = [t for t in triggers if "eligibility" in t or "outcomes" in t]
    return _page(
        site,
        edition,
        "methods",
        "Methods",
        "Question, eligibility, statistics and living mode, from the protocol in force.",
        protocol=snapshot.protocol,
        flow_wide=flow_chart(flow, name="wide", width=720, main=400, chars=44),
        flow_narrow=flow_chart(flow, name="narrow", width=380, main=380, chars=36),
        flow_versions=[one.version for one in editions[-FLOWS_SHOWN:]],
        flow_rows=_flow_by_version(editions[-FLOWS_SHOWN:]),
        flow_words=flow_words(flow),
        interpretation=interpretation(edition),
        software=software,
        method_change="; ".join(triggers) or "no change",
        question_change="; ".join(question) or "no change",
    )


def flow_words(flow: Flow) -> str:
    """Return what a flow diagram shows, for those who do not see it."""
    return "; ".join(f"{box.label}: {count(box.count)}" for box in flow.boxes) + "."


def map_of(edition: Edition, *, title: str = "Evidence map") -> EvidenceMap:
    """Return the evidence map of an edition as a picture."""
    matrix = evidence_matrix(edition)
    rows = [(entry.label, [MapCell(c.randomised, c.observational) for c in cells]) for entry, cells in matrix]
    columns = [pattern.label for pattern in edition.taxonomy.patterns]
    return evidence_map(rows, columns, title=title, randomised_gap="no randomised data")


def calendar_of(edition: Edition) -> NightCalendar | None:
    """Return the nights of an edition's log as a picture."""
    log = nights(edition.snapshot.searches)
    return night_calendar(
        {one.night: (one.state, one.new_records) for one in log}, through=edition.snapshot.manifest.created_at
    )


def _flow_by_version(editions: Sequence[Edition]) -> list[tuple[str, list[int | None]]]:
    """Return each box of the flow with its count in each version, None where a version had no such box."""
    labels = {box.key: box.label for edition in editions for box in edition.snapshot.flow.boxes}
    counts = [{box.key: box.count for box in edition.snapshot.flow.boxes} for edition in editions]
    return [(label, [version.get(key) for version in counts]) for key, label in labels.items()]


@dataclass(frozen=True)
class Strategy:
    """A search strategy with its query exactly as sent."""

    platform: str
    query: str
    version: str
    date: str
    author: str
    checker: str
    limits: str
    filters: str
    adapted_from: tuple[str, ...]


def search_page(site: Site, edition: Edition) -> Page:
    """Return each query exactly as sent, and the log of runs."""
    runs = edition.snapshot.searches
    living = edition.snapshot.protocol["living"]
    return _page(
        site,
        edition,
        "search",
        "Search strategy",
        "Each query exactly as sent, with every run of it.",
        strategies=tuple(_strategy(one) for one in edition.snapshot.protocol["search"]),
        runs=tuple(reversed(runs))[:RUNS_SHOWN],
        older_runs=max(0, len(runs) - RUNS_SHOWN),
        registries=tuple(edition.snapshot.protocol.get("registries", ())),
        citations=any(run.date_type in ("citedin", "refs") for run in runs),
        total_records=sum(run.new_records or 0 for run in runs),
        schedule=(
            f"every night at {living['night_at']} {living['timezone']}: created and changed records with "
            f"{living['overlap_days']} days of overlap; a full run every {living['full_rerun_every_days']} days"
        ),
        code=edition.snapshot.manifest.code_revision,
        scripted=True,
        nav="methods",
    )


def _strategy(row: dict[str, Any]) -> Strategy:
    query = row.get("query") or "\n".join(row.get("lines", ()))
    return Strategy(
        platform=row.get("platform", row.get("source", "")),
        query=query,
        version=str(row.get("version", "")),
        date=str(row.get("date", "")),
        author=row.get("author", ""),
        checker=row.get("checker", "not stated"),
        limits=row.get("limits", "not stated"),
        filters=row.get("filters", "none"),
        adapted_from=tuple(row.get("adapted_from", ())),
    )


@dataclass(frozen=True)
class NightRow:
    """One night of the search log: its worst state and what it brought."""

    night: str
    state: str
    runs: int
    new_records: int


def nights(runs: Iterable[SearchRow]) -> tuple[NightRow, ...]:
    """Return the nights of a log, newest first; a night is as good as its worst run."""
    by_night: dict[str, list[SearchRow]] = {}
    for run in runs:
        by_night.setdefault(run.night, []).append(run)
    worst = ("failed", "incomplete", "running", "complete")
    return tuple(
        NightRow(
            night,
            min((r.state for r in rows), key=lambda s: worst.index(s) if s in worst else 0),
            len(rows),
            sum(r.new_records or 0 for r in rows),
        )
        for night, rows in sorted(by_night.items(), reverse=True)
    )


def status_page(site: Site, edition: Edition) -> Page:
    """Return how current the review is, with the log of nights up to this version."""
    log = nights(edition.snapshot.searches)
    return _page(
        site,
        edition,
        "status",
        "Status",
        "How current this review is, computed from the log.",
        nights=log[:NIGHTS_SHOWN],
        calendar=calendar_of(edition),
    )


def validation_page(site: Site, edition: Edition) -> Page:
    """Return published reviews run again; the one page where the naive reading may be seen."""
    main = edition.synthesis(WHOLE, outcome=edition.taxonomy.primary.code, body="randomised")
    return _page(
        site,
        edition,
        "validation",
        "Validation",
        "Published meta-analyses run again from the trials' own figures.",
        validation=edition.snapshot.validation,
        main=[main],
    )


def find_page(site: Site, edition: Edition) -> Page:
    """Return the search over all pages; without scripts it is the list of them."""
    latest = [(capitalize_first(edition.subject(s)), s.path) for s in edition.strata if s.entrance == "subtype"]
    studies = sorted((edition.label(key), f"studies/{slug}/") for key, slug in edition.study_slugs.items())
    pages = [(words, f"{name}/" if name else "") for name, words in FIXED_PAGES]
    return _page(
        site,
        edition,
        "find",
        "Find",
        "Search over every page of this site.",
        listed=[("The review", pages), ("Reports", latest), ("Studies", studies)],
        scripted=True,
    )


FIXED_PAGES = (
    ("", "Overview"),
    ("patients", "For patients and families"),
    ("studies", "Studies"),
    ("methods", "Methods and flow diagram"),
    ("search", "Search strategy"),
    ("changes", "Changes"),
    ("status", "Status"),
    ("validation", "Validation"),
    ("data", "Data"),
    ("people", "People and funding"),
)


def people_page(site: Site, edition: Edition) -> Page:
    """Return who did what, who approved the values of this version, and who paid."""
    approvals = Counter(
        name.strip() for value in edition.snapshot.values for name in value.approved_by.split(";") if name.strip()
    )
    return _page(
        site,
        edition,
        "people",
        "People and funding",
        "Who did what in this version, with interests and funding.",
        protocol=edition.snapshot.protocol,
        approvers=sorted(approvals.items(), key=lambda pair: (-pair[1], pair[0])),
        nav="",
    )


def patients_page(site: Site, edition: Edition) -> Page:
    """Return the result in plain words."""
    view = report_view(edition, WHOLE)
    main = edition.synthesis(WHOLE, outcome=edition.taxonomy.primary.code, body="randomised")
    return _page(
        site,
        edition,
        "patients",
        "For patients and families",
        "What the studies say, in plain words.",
        main=main,
        plain=view.plain,
        scenarios=view.scenarios,
        living=view.living,
    )


def _page(site: Site, edition: Edition, name: str, words: str, description: str, **values: Any) -> Page:
    nav = values.pop("nav", name)
    return page(
        f"{name}.html",
        site=site,
        edition=edition,
        folder=f"{name}/",
        title=f"{words}. {edition.short_title}: a living systematic review, version {edition.version}",
        description=description,
        nav=nav,
        heading=f"{words}.",
        **values,
    )
