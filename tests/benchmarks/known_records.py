"""What a quiet night costs with more and more known records: ``python -m tests.benchmarks.known_records``.

The known records are synthetic and excluded by a vote of two, as most of a large review's are. Printed: CPU seconds of
the night and of each step, requests to PubMed, and the growth from the smallest to the largest store.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from extract.pubmed.parse import record_from_json, record_to_json
from extract.store.decisions import Decision, record_vote
from extract.store.records import list_records
from extract.store.tables import record_revisions, records
from flows.context import open_store
from flows.night import opened_night, run_night
from flows.rehearsal import packaged_archive, rehearsal_clock, rehearsing
from flows.settings import Settings
from tests.nights import NIGHTS, rehearsal, rehearse
from tests.stores import AT

AT_ONCE = 5000
QUIET = NIGHTS[-1] + dt.timedelta(days=2)


def main() -> int:
    """Print the table; exit code 1 when the growth or the requests are over the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--votes", action="store_true", help="with the two votes of each record in the decision log")
    asked = parser.parse_args()
    costs = []
    for known in asked.known:
        with tempfile.TemporaryDirectory() as folder:
            settings = rehearsal(Path(folder) / "state")
            for night in NIGHTS:
                rehearse(settings, night)
            add_known(settings, known, votes=asked.votes)
            rehearse(settings, QUIET - dt.timedelta(days=1))  # what came last is looked at once more
            seconds, steps, requests = quiet_night(settings)
        costs.append(seconds)
        told = ", ".join(f"{name} {cost:.2f}" for name, cost in steps.items() if cost >= 0.02)
        sys.stdout.write(f"{known:>7} known: {seconds:6.2f} s CPU, {requests} requests to PubMed ({told})\n")
        sys.stdout.flush()
    growth = costs[-1] / costs[0]
    sys.stdout.write(f"growth from {asked.known[0]} to {asked.known[-1]}: {growth:.2f}-fold (at most 2)\n")
    return int(growth > 2 or requests >= 15)


def quiet_night(settings: Settings) -> tuple[float, dict[str, float], int]:
    """Run a night that brings nothing; return its CPU seconds, those of its steps, and its requests."""
    steps: dict[str, float] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        began = time.process_time()
        outcome = step()
        steps[name] = time.process_time() - began
        return outcome

    with rehearsing(settings, packaged_archive(), night=QUIET) as served:
        began = time.process_time()
        with opened_night(served, night=QUIET, clock=rehearsal_clock(served, QUIET)) as context:
            report = run_night(context, run_step=timed)
        return time.process_time() - began, steps, report.requests


def add_known(settings: Settings, number: int, *, votes: bool) -> None:
    """Add synthetic records that were excluded."""
    store = open_store(settings)
    with store.write() as tx:
        model = record_from_json(list_records(tx)[0].content)
        for first in range(0, number, AT_ONCE):
            pmids = [str(992_000_000 + n) for n in range(first, min(first + AT_ONCE, number))]
            made = [replace(model, pmid=pmid, title=f"[Synthetic {pmid}] {model.title}", doi=None) for pmid in pmids]
            tx.connection.execute(
                insert(records),
                [
                    {
                        "pmid": r.pmid,
                        "revision": 1,
                        "state": "excluded",
                        "title": r.title,
                        "created": r.created,
                        "first_night": NIGHTS[0].isoformat(),
                        "first_run_id": 1,
                    }
                    for r in made
                ],
            )
            tx.connection.execute(
                insert(record_revisions),
                [
                    {
                        "pmid": r.pmid,
                        "revision": 1,
                        "content_hash": r.pmid,
                        "record": record_to_json(r),
                        "night": NIGHTS[0].isoformat(),
                        "run_id": 1,
                    }
                    for r in made
                ],
            )
            for pmid in pmids if votes else ():
                for person in ("reviewer-a", "reviewer-b"):
                    decision = Decision(AT, person, "vote", "record", pmid, new="exclude")
                    record_vote(tx, decision, pmid=pmid, vote="exclude", reason_code="no-comparison")
    store.close()


if __name__ == "__main__":
    sys.exit(main())
