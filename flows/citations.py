"""Forward and backward citations of the included reports: what cites them and what they cite, looked up weekly.

Records found so enter screening like any other, and the log says by what way they came: the flow counts them apart
from the database search.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from extract.errors import SearchFailed
from extract.pubmed.fetch.search import fetch_batches
from extract.schema.record import Pmid
from extract.schema.vocabulary import RecordState
from extract.store.curated import all_reports
from extract.store.engine import Transaction
from extract.store.records import known_pmids, list_records
from extract.store.results import recently_asked
from flows.context import NightContext
from flows.pubmed import pubmed
from flows.runs import logged_run
from flows.search import store_batches

WAYS: Final = {"citedin": "pubmed_pubmed_citedin", "refs": "pubmed_pubmed_refs"}
"""Kind of run in the log -> PubMed's name of the link: what cites a report, and what it cites."""

EVERY_DAYS: Final = 7
"""A report's citations are asked for again after this many days; PubMed's links change no faster."""

AT_ONCE: Final = 100
"""Reports in one request."""


@dataclass(frozen=True)
class CitationOutcome:
    """Reports asked about tonight (each in both directions), records newly found, and what went wrong."""

    asked: int
    new: int
    failures: tuple[str, ...]


def follow_citations(context: NightContext) -> CitationOutcome:
    """Ask for the citations of included reports that were not asked about for a week."""
    asked: set[Pmid] = set()
    new = 0
    failures: list[str] = []
    for kind, link_name in WAYS.items():
        with context.store.read() as tx:
            due = _due(tx, kind, context.night)
        asked |= set(due)
        if not due:
            continue
        try:
            new += _follow(context, kind, link_name, due)
        except SearchFailed as error:
            # Not swallowed: the run is logged with its state, the night ends with exit code 3.
            failures.append(f"citations ({kind}): {error}")
    return CitationOutcome(len(asked), new, tuple(failures))


def _due(tx: Transaction, kind: str, night: dt.date) -> tuple[Pmid, ...]:
    """Return the included reports whose citations were not looked up completely within a week."""
    since = (night - dt.timedelta(days=EVERY_DAYS - 1)).isoformat()
    recent = recently_asked(tx, kind, since=since, until=night.isoformat())
    gone = {record.pmid for record in list_records(tx, deleted=True)}
    reports = {Pmid(report.pmid) for report in all_reports(tx) if report.pmid}
    included = {record.pmid for record in list_records(tx, states=[RecordState.INCLUDED]) if record.pmid.isdecimal()}
    return tuple(sorted((reports | included) - gone - recent, key=int))


def _follow(context: NightContext, kind: str, link_name: str, due: tuple[Pmid, ...]) -> int:
    """Look up one direction and bring in the records we lack; return how many."""
    with logged_run(context, source="pubmed", date_type=kind, query_hash="citations") as run:
        with pubmed(context, run.run_id) as client:
            found: set[Pmid] = set()
            for first in range(0, len(due), AT_ONCE):
                answer = client.link(due[first : first + AT_ONCE], link_name=link_name)
                found |= {pmid for _, linked in answer.links for pmid in linked}
            run.hits = len(found)
            with context.store.read() as tx:
                lacking = tuple(sorted(found - known_pmids(tx, tuple(found)), key=int))
            store_batches(context, fetch_batches(client, lacking), run.run_id, run.counts)
        run.asked, run.found = due, tuple(found)
    return run.counts["new"]
