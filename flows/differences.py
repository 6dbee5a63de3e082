"""What a full run shows beside what was known: records no longer found, and records the nightly windows had missed.

A changed query may lose records that are included. Then nothing is published until a person has said, in the protocol
beside the query, that it may be so (decision 0022).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from extract.pubmed.query import query_hash
from extract.schema.protocol import Protocol
from extract.schema.record import Pmid
from extract.schema.vocabulary import RecordState, SearchState
from extract.store.engine import Transaction
from extract.store.log import last_complete, search_log
from extract.store.records import list_records
from extract.store.results import QUERY_WINDOWS, record_origins, records_of_run, result_of
from flows.errors import PublishRefused

NAMED = 20
"""PMIDs named in a message; the night's summary in the log holds all of them."""


@dataclass(frozen=True)
class FullRunDifference:
    """A full run beside what was known before it.

    Parameters
    ----------
    changed_query
        Whether the query was another one before.
    lost
        Records found by the query before and not now, withdrawn ones apart.
    lost_included
        Those of them that are included.
    missed
        Records that came in now although the nightly windows of this query should have brought them; for a changed
        query everything it newly finds.
    """

    changed_query: bool
    lost: tuple[Pmid, ...]
    lost_included: tuple[Pmid, ...]
    missed: tuple[Pmid, ...]

    def told(self) -> str | None:
        """Return the difference in words, or None if there is none."""
        parts = []
        if self.lost:
            parts.append(f"{_records(self.lost)} found before and not now (PMID {_named(self.lost)})")
        if self.lost_included:
            parts.append(f"{len(self.lost_included)} of them included (PMID {_named(self.lost_included)})")
        if self.missed:
            how = "newly found by the changed query" if self.changed_query else "missed by the nightly windows"
            parts.append(f"{_records(self.missed)} {how} (PMID {_named(self.missed)})")
        if self.changed_query:
            parts.insert(0, "the query changed, all years were asked again")
        return "; ".join(parts) or None


def full_run_difference(
    tx: Transaction, fingerprint: str, source: str, run_id: int, found: Sequence[Pmid], *, reach: dt.date | None
) -> FullRunDifference:
    """Compare what a full run found with what was known.

    Parameters
    ----------
    tx
        The records the run brought in are stored already.
    fingerprint, source
        Hash of the query, and where it was put.
    run_id, found
        The run, and every id it found.
    reach
        First day tonight's window of new records would have reached back to; None where there was no earlier full run
        of this query.
    """
    now = set(found)
    origins = record_origins(tx)
    before = [r for r in list_records(tx) if origins.get(r.pmid) in QUERY_WINDOWS and r.deleted_night is None]
    lost = tuple(sorted((r.pmid for r in before if r.pmid not in now), key=int))
    included = {r.pmid for r in before if r.state is RecordState.INCLUDED}
    changed = _was_another(tx, fingerprint, source)
    came = records_of_run(tx, run_id)
    if changed:
        missed = tuple(pmid for pmid, _ in came)
    else:
        missed = tuple(pmid for pmid, day in came if reach is not None and day is not None and day < reach.isoformat())
    return FullRunDifference(changed, lost, tuple(pmid for pmid in lost if pmid in included), missed)


def _was_another(tx: Transaction, fingerprint: str, source: str) -> bool:
    """Tell whether another query was run in full on this source before this one ever was."""
    full = [r for r in search_log(tx) if r.source == source and r.date_type == "all"]
    hashes = [run.query_hash for run in full if run.state is SearchState.COMPLETE]
    return bool(hashes) and fingerprint not in hashes


def lost_inclusions(tx: Transaction, protocol: Protocol) -> tuple[Pmid, ...]:
    """Return the included records that the query in force no longer finds and nobody has accepted to lose.

    Looked at where the query was another one before; a record that goes missing under an unchanged query is told in
    the log and in the night's summary, for there it is the source that changed, and surveillance looks after it.
    """
    full = [run for run in search_log(tx) if run.date_type == "all" and run.state is SearchState.COMPLETE]
    now: set[str] = set()
    changed = False
    accepted = {loss.pmid for strategy in protocol.search for loss in strategy.accepted_losses}
    for strategy in protocol.search:
        fingerprint = query_hash(strategy.query())
        latest = last_complete(tx, query_hash=fingerprint, date_type="all")
        result = result_of(tx, latest.run_id) if latest is not None else None
        if result is None:
            return ()  # not run in full yet: the status says that nothing was searched with this query
        now |= set(result.found)
        changed = changed or any(run.source == strategy.source and run.query_hash != fingerprint for run in full)
    if not changed:
        return ()
    included = list_records(tx, states=[RecordState.INCLUDED])
    origins = record_origins(tx)
    return tuple(
        record.pmid
        for record in included
        if origins.get(record.pmid) in QUERY_WINDOWS
        and record.deleted_night is None
        and record.pmid not in now | accepted
    )


def refuse_lost_inclusions(tx: Transaction, protocol: Protocol) -> None:
    """Refuse to publish while a changed query loses included records.

    Raises
    ------
    PublishRefused
        It does; names them, and what to do.
    """
    lost = lost_inclusions(tx, protocol)
    if lost:
        raise PublishRefused(
            f"not published, the old site stands: the changed query no longer finds {_records(lost)} in "
            f"the review: PMID {', '.join(lost)}; mend the query, or accept each loss in protocol.toml under "
            " [[search.accepted_losses]] with pmid, reason, by and date"
        )


def _records(pmids: Sequence[Pmid]) -> str:
    return f"{len(pmids)} record{'' if len(pmids) == 1 else 's'}"


def _named(pmids: Sequence[Pmid]) -> str:
    more = f", ... {len(pmids) - NAMED} more" if len(pmids) > NAMED else ""
    return ", ".join(pmids[:NAMED]) + more
