"""When reading on is no longer worth it: a test of the hypothesis that the recall target has been missed.

Documents are drawn at random and without replacement from those unread; how many of them are eligible tells how many
eligible ones the pile can still hold. The rule advises; people decide, and documents below the stop stay unread, not
excluded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StopTest:
    """The outcome of a stop test.

    Parameters
    ----------
    p_value
        Chance to see so few eligible documents if the recall target had been missed.
    stop
        ``p_value`` is below ``alpha``.
    missed_at_least
        Smallest number of eligible documents in the pile that the sample was drawn from under which the target would
        be missed.
    """

    p_value: float
    stop: bool
    missed_at_least: int
    recall_target: float
    alpha: float


def stop_test(
    *,
    found_before: int,
    pile: int,
    sampled: int,
    found_in_sample: int,
    recall_target: float = 0.95,
    alpha: float = 0.05,
) -> StopTest:
    """Test whether the recall target may be taken as reached, from a random sample of the unread.

    Why this and not "n irrelevant in a row": such a count has no known error rate and depends on the size of the pile.

    Under the hypothesis that recall is below the target the pile held at least

        K = floor(r_seen / target - r_before + 1),    r_seen = r_before + k

    eligible documents, and the number among n drawn is hypergeometric: p = P(X <= k), X ~ Hyper(N, K, n).

    Parameters
    ----------
    found_before
        Eligible documents found before the sample was begun (r_before).
    pile
        Unread documents when the sample was begun (N).
    sampled, found_in_sample
        Documents drawn at random and read since (n), and how many of them are eligible (k).
    recall_target
        Above 0, below 1.
    alpha
        Error rate accepted.

    Returns
    -------
    StopTest
        ``p_value`` 1 while nothing was sampled; 0 once the pile cannot hold enough to miss the target.

    Raises
    ------
    ValueError
        Counts that contradict each other.

    Notes
    -----
    The error rate holds for one look at a sample whose size was fixed beforehand. Looking again and again and stopping
    at the first p < alpha errs more often: ``tests.benchmarks.screening_stop`` measures it (3 of 20 draws in a set with
    five eligible documents). Assumes that people label alike throughout.

    References
    ----------
    Callaghan and Mueller-Hansen 2020, Syst Rev 9:273 (doi 10.1186/s13643-020-01521-4), "A statistical stopping
    criterion", random sampling.
    """
    _check_counts(found_before=found_before, pile=pile, sampled=sampled, found_in_sample=found_in_sample)
    before, hits = np.array([found_before]), np.array([found_in_sample])
    p_value = float(_p_values(before, np.array([pile]), np.array([sampled]), hits, recall_target)[0])
    missed_at_least = int(_missed_at_least(before, hits, recall_target)[0])
    return StopTest(p_value, p_value < alpha, missed_at_least, recall_target, alpha)


def ranked_stop_test(
    labels: NDArray[np.bool_], *, total: int, recall_target: float = 0.95, alpha: float = 0.05
) -> StopTest:
    """Test the recall target on documents read in ranked order, without a random sample.

    The last n documents read are taken as if drawn at random from what was unread before them, for every n, and the
    strongest evidence counts. Ranked reading meets eligible documents earlier than drawing would, so what is left is
    poorer than the test assumes: conservative as long as the ranking is better than chance. A heuristic all the same:
    where a random sample (:func:`stop_test`) says otherwise, the sample is right.

    Parameters
    ----------
    labels
        ``(n_read,)`` in the order read; True for eligible.
    total
        Documents in all, read and unread.
    recall_target
        Above 0, below 1.
    alpha
        Error rate accepted.

    Raises
    ------
    ValueError
        More labels than documents, or a target outside (0, 1).

    References
    ----------
    Callaghan and Mueller-Hansen 2020, Syst Rev 9:273, "Ranked quasi-sampling".
    """
    read = len(labels)
    if read > total:
        raise ValueError(f"{read} labels for {total} documents; expected at most one label a document")
    found_before = np.concatenate([[0], np.cumsum(labels)]).astype(np.int64)
    sampled = read - np.arange(read + 1)
    found_in_sample = found_before[-1] - found_before
    p_values = _p_values(found_before, total - np.arange(read + 1), sampled, found_in_sample, recall_target)
    start = int(np.argmin(p_values))
    return stop_test(
        found_before=int(found_before[start]),
        pile=total - start,
        sampled=int(sampled[start]),
        found_in_sample=int(found_in_sample[start]),
        recall_target=recall_target,
        alpha=alpha,
    )


def _missed_at_least(found_before: Counts, found_in_sample: Counts, recall_target: float) -> Counts:
    """Return K, the fewest eligible documents in the pile under which the target is missed."""
    if not 0 < recall_target < 1:
        raise ValueError(f"recall_target is {recall_target}; expected a share between 0 and 1")
    # 1e-9: 19 / 0.95 must be 20, not 19.999...
    total_at_least = np.floor((found_before + found_in_sample) / recall_target + 1e-9).astype(np.int64) + 1
    return np.asarray(total_at_least - found_before, dtype=np.int64)


def _p_values(
    found_before: Counts, pile: Counts, sampled: Counts, found_in_sample: Counts, recall_target: float
) -> NDArray[np.float64]:
    """Return P(X <= k) for X ~ Hyper(N, K, n); 0 where the pile cannot hold K any more."""
    missed_at_least = _missed_at_least(found_before, found_in_sample, recall_target)
    possible = missed_at_least <= pile - sampled + found_in_sample
    p_values = hypergeom.cdf(found_in_sample, pile, np.where(possible, missed_at_least, 0), sampled)
    return np.where(possible, p_values, 0.0)


def _check_counts(*, found_before: int, pile: int, sampled: int, found_in_sample: int) -> None:
    if min(found_before, pile, sampled, found_in_sample) < 0:
        raise ValueError("a count is negative; expected counts of documents")
    if sampled > pile:
        raise ValueError(f"sampled {sampled} of a pile of {pile}; a sample cannot be larger than the pile")
    if found_in_sample > sampled:
        raise ValueError(f"found {found_in_sample} eligible among {sampled} sampled; expected at most {sampled}")
