"""How far screening has got: what waits, the standing estimate of recall with its interval, and the stop rule.

The estimate comes from the latest audit sample and speaks of the records found, never of those no search found. The
stop rule advises; nothing is excluded by it, and below the stop records stay unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from extract.schema.vocabulary import RecordState
from extract.store.audits import ScreeningAudit, latest_audit
from extract.store.engine import Transaction
from extract.store.records import record_counts, record_states

DECIDED: Final = (RecordState.INCLUDED, RecordState.EXCLUDED)


@dataclass(frozen=True)
class ScreeningProgress:
    """Counts of screening and what the latest audit says.

    Parameters
    ----------
    included, excluded, waiting
        Records decided, and records that wait.
    sample, sample_read, sample_found
        Size of the audit sample, how many of it (from its beginning, without a gap) are decided, and how many of
        those are included. All 0 while no audit was drawn.
    recall, recall_low, recall_high
        Share of the eligible records among those found that is included by now, with its 95 % interval; None while
        nothing of a sample was read.
    stop
        Whether the stop rule (recall of 95 %, error 5 %) says that reading on is not worth it; None while the sample
        is not read to its end.
    """

    included: int
    excluded: int
    waiting: int
    sample: int = 0
    sample_read: int = 0
    sample_found: int = 0
    recall: float | None = None
    recall_low: float | None = None
    recall_high: float | None = None
    stop: bool | None = None

    def told(self) -> str:
        """Return the progress in words."""
        counts = f"{self.included} included, {self.excluded} excluded, {self.waiting} wait"
        if self.waiting == 0:
            return f"{counts}: every record found is decided"
        if self.recall is None or self.recall_low is None or self.recall_high is None:
            return f"{counts}; recall not estimated yet ({self.sample_read} of {self.sample} audit records read)"
        rule = {None: "stop rule waits for the rest of the sample", True: "stop rule met", False: "read on"}[self.stop]
        return (
            f"{counts}; recall {self.recall:.0%} (95 % interval {self.recall_low:.0%} to {self.recall_high:.0%}, "
            f"{self.sample_read} of {self.sample} audit records read); {rule}"
        )


def screening_progress(tx: Transaction) -> ScreeningProgress:
    """Compute the progress from the log."""
    by_state = record_counts(tx)
    included, excluded = by_state[RecordState.INCLUDED], by_state[RecordState.EXCLUDED]
    counts = (included, excluded, sum(by_state.values()) - included - excluded)
    audit = latest_audit(tx)
    if audit is None:
        return ScreeningProgress(*counts)
    states = record_states(tx, sorted({*audit.sample, *audit.pile}))
    # A record that was withdrawn since is neither eligible nor unread.
    decided = [states.get(pmid, RecordState.EXCLUDED) in DECIDED for pmid in audit.sample]
    read = decided.index(False) if False in decided else len(decided)
    found = sum(states.get(pmid) is RecordState.INCLUDED for pmid in audit.sample[:read])
    if read == 0:
        return ScreeningProgress(*counts, sample=len(audit.sample))
    return _estimated(counts, audit, states, read=read, found=found)


def _estimated(
    counts: tuple[int, int, int], audit: ScreeningAudit, states: dict[str, RecordState], *, read: int, found: int
) -> ScreeningProgress:
    # scipy takes half a second to load; a review without an audit does without it.
    from extract.screening.recall import recall_estimate
    from extract.screening.stopping import stop_test

    asked = {"found_before": audit.found_before, "pile": len(audit.pile), "sampled": read, "found_in_sample": found}
    estimate = recall_estimate(**asked)
    in_pile = sum(states.get(pmid) is RecordState.INCLUDED for pmid in audit.pile)
    now = audit.found_before + in_pile

    def share(eligible: float) -> float:
        # What was found by reading in ranked order counts as found too, and bounds the pile from below.
        whole = audit.found_before + max(eligible, in_pile)
        return now / whole if whole else 1.0

    return ScreeningProgress(
        *counts,
        sample=len(audit.sample),
        sample_read=read,
        sample_found=found,
        recall=share(estimate.eligible_in_pile or 0.0),
        recall_low=share(estimate.eligible_high),
        recall_high=share(estimate.eligible_low),
        stop=stop_test(**asked).stop if read == len(audit.sample) else None,
    )
