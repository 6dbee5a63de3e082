"""How much of what is eligible has been found, with an interval: from a random sample of the unread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom


@dataclass(frozen=True, slots=True)
class RecallEstimate:
    """Recall with its interval.

    Parameters
    ----------
    recall
        Found over all eligible; None while no sample tells how many are still unread.
    recall_low, recall_high
        Limits at ``level``; without a sample what the counts alone allow.
    eligible_in_pile, eligible_low, eligible_high
        Estimated number of eligible documents in the pile the sample was drawn from, those in the sample included.
    """

    recall: float | None
    recall_low: float
    recall_high: float
    level: float
    eligible_in_pile: float | None
    eligible_low: int
    eligible_high: int


def recall_estimate(
    *, found_before: int, pile: int, sampled: int, found_in_sample: int, level: float = 0.95
) -> RecallEstimate:
    """Return the recall of a review from a random sample of its unread documents.

    recall = r_seen / (r_before + K), with K the eligible documents in the pile; K is estimated by k N / n and bounded
    by inverting both tails of X ~ Hyper(N, K, n). Why not the binomial (Clopper-Pearson): the pile is finite, and once
    it has been read to the end the interval must close on one point.

    Parameters
    ----------
    found_before
        Eligible documents found before sampling (r_before).
    pile
        Unread documents when the sample was begun (N).
    sampled, found_in_sample
        Documents drawn at random (n) and how many of them are eligible (k).
    level
        Confidence level, above 0 and below 1; coverage is at least this.

    Raises
    ------
    ValueError
        Counts that contradict each other, or a level outside (0, 1).

    Notes
    -----
    Says nothing about documents the search did not find. The sample must be drawn before it is read and read to its
    end; a pile that grew since is another pile.

    References
    ----------
    Buonaccorsi 1987, Am Stat 41:215-218 (exact limits for a finite population); Callaghan and Mueller-Hansen 2020,
    Syst Rev 9:273, for its use in screening.
    """
    if min(found_before, pile, sampled, found_in_sample) < 0:
        raise ValueError("a count is negative; expected counts of documents")
    if not found_in_sample <= sampled <= pile:
        raise ValueError(f"{found_in_sample} eligible among {sampled} sampled from {pile}; expected k <= n <= N")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a share between 0 and 1")
    low, high = _eligible_limits(pile, sampled, found_in_sample, level=level)
    seen = found_before + found_in_sample
    # Documents come whole: the sample's share may fall just short of a limit.
    eligible = min(max(found_in_sample * pile / sampled, low), high) if sampled else None
    return RecallEstimate(
        recall=None if eligible is None else _share(seen, found_before + eligible),
        recall_low=_share(seen, found_before + high) or 0.0,
        recall_high=1.0 if found_before + low == 0 else seen / (found_before + low),
        level=level,
        eligible_in_pile=eligible,
        eligible_low=low,
        eligible_high=high,
    )


def audit_sample(document_ids: Iterable[str], *, size: int, seed: str) -> tuple[str, ...]:
    """Draw a simple random sample that anyone can draw again.

    Documents are ordered by the SHA-256 of seed and id and the first ``size`` are taken: no generator state, the same
    on every machine, independent of the order given.

    Parameters
    ----------
    seed
        Any text fixed beforehand and published, such as the protocol's version.

    Raises
    ------
    ValueError
        A negative size, or more asked for than there is.
    """
    pile = sorted(set(document_ids))
    if not 0 <= size <= len(pile):
        raise ValueError(f"sample of {size} asked from {len(pile)} documents; expected 0 to {len(pile)}")
    return tuple(sorted(pile, key=lambda each: hashlib.sha256(f"{seed}\x1f{each}".encode()).digest())[:size])


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _eligible_limits(pile: int, sampled: int, found_in_sample: int, *, level: float) -> tuple[int, int]:
    """Return the smallest and the largest K whose tail beyond the observed count keeps half the error rate."""
    tail = (1 - level) / 2
    eligible = np.arange(found_in_sample, pile - sampled + found_in_sample + 1)
    at_most = hypergeom.cdf(found_in_sample, pile, eligible, sampled)
    at_least = hypergeom.sf(found_in_sample - 1, pile, eligible, sampled)
    return int(eligible[at_least > tail].min()), int(eligible[at_most > tail].max())
