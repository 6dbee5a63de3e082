"""How good a reading order is, once every document's label is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate


def work_saved_over_sampling(labels: Sequence[bool], *, recall: float = 0.95) -> float:
    """Return WSS: the share of documents unread when ``recall`` is reached, less what random order would save.

    WSS@R = (TN + FN) / N - (1 - R), with TN + FN the documents below the one that brings recall to R.

    Parameters
    ----------
    labels
        ``(n,)`` in reading order; True for an included document.
    recall
        Above 0, at most 1.

    Returns
    -------
    float
        Below 1 - (1 - recall); negative where random order is better.

    Raises
    ------
    ValueError
        No included document: recall has no meaning.

    References
    ----------
    Cohen et al. 2006, J Am Med Inform Assoc 13:206-219 (doi 10.1197/jamia.M1929), "Evaluation measures".
    """
    needed = math.ceil(recall * _included(labels) - 1e-9)
    read = next(place for place, found in enumerate(accumulate(labels), start=1) if found >= needed)
    return (len(labels) - read) / len(labels) - (1 - recall)


def recall_at(labels: Sequence[bool], *, share: float = 0.10) -> float:
    """Return the share of the included documents among the first ``share`` of the order (rounded up).

    Raises
    ------
    ValueError
        No included document: recall has no meaning.
    """
    read = math.ceil(share * len(labels) - 1e-9)
    return sum(labels[:read]) / _included(labels)


def _included(labels: Sequence[bool]) -> int:
    included = sum(labels)
    if included == 0:
        raise ValueError("none of the labels is True: recall needs at least one included document")
    return included
