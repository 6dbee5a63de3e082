"""The order in which unread documents are put before people, learned from the review's own decisions.

It orders and does nothing else: no document is dropped, none is decided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from extract.errors import RankingError
from extract.screening.design import calls_itself_randomised
from extract.screening.documents import RankedDocument, ScreeningDocument
from extract.screening.model_settings import INCLUDED_TO_EXCLUDED, KERNEL_SQUARINGS, SVM_C, WEIGHTS
from extract.screening.views import SEED, views_of

#: Keeps the logarithm finite for a document like none of a class.
KERNEL_FLOOR: Final = 1e-6
#: What counts as a word: two letters or digits (scikit-learn's own token).
_WORD: Final = re.compile(r"\b\w\w+\b")
#: Scores that agree to this many digits are equal: there randomised trials go first.
SCORE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Ranking:
    """A reading order with what it was learned from.

    Parameters
    ----------
    documents
        Best first.
    included, excluded
        Decisions it was trained on.
    """

    documents: tuple[RankedDocument, ...]
    included: int
    excluded: int


def rank_documents(decided: Sequence[tuple[ScreeningDocument, bool]], waiting: Sequence[ScreeningDocument]) -> Ranking:
    """Order waiting documents by how much they resemble the included and not the excluded ones.

    Three views (:mod:`extract.screening.views`) each give a score: distance from the plane of a linear support vector
    machine on words and on letter sequences, and on topics the log ratio of the kernel densities of both classes.
    Each score is brought to mean 0 and standard deviation 1 over the waiting documents; their weighted mean, through
    the logistic function, is the score. Why three: where few decisions are included ones, a plane through words alone
    puts an eligible document of unusual wording last, and that one document sets the work of the whole review.

    Parameters
    ----------
    decided
        Documents with their decision (True: included); at least one of each.
    waiting
        Documents to order; none may stand twice. None at all gives an empty order.

    Returns
    -------
    Ranking
        Every waiting document once. Equal scores: randomised trials first, then by id.

    Raises
    ------
    RankingError
        Decisions of one kind only, or documents without a single word.

    References
    ----------
    Cortes and Vapnik 1995, Mach Learn 20:273-297 (the plane); Parzen 1962, Ann Math Stat 33:1065-1076 (densities).
    """
    # By id, so that sums run in one order and the result does not depend on the order of the files.
    decided = sorted(decided, key=lambda pair: pair[0].document_id)
    waiting = sorted(waiting, key=lambda document: document.document_id)
    labels = np.array([included for _, included in decided], dtype=bool)
    included, excluded = int(labels.sum()), int((~labels).sum())
    if not included or not excluded:
        raise RankingError(
            f"{included} included and {excluded} excluded decisions with a text; a ranking needs at least one of each"
        )
    if not waiting:
        return Ranking((), included, excluded)
    texts = [document.text() for document, _ in decided] + [document.text() for document in waiting]
    if not any(_WORD.search(text) for text in texts):
        raise RankingError("not one of the documents holds a word; a ranking needs titles or abstracts")
    # One thread: the sums run in the same order on every machine, and small sets do not wait for a crowded one.
    with threadpool_limits(limits=1):
        scores = _scores(texts, labels)
    return Ranking(_in_order(waiting, scores), included, excluded)


def _scores(texts: Sequence[str], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return ``(n_waiting,)`` scores; the first ``len(labels)`` texts are the decided ones."""
    views = views_of(texts)
    scores = {
        "words": _plane(views.words, labels),
        "letters": _plane(views.letters, labels),
        "topics": np.mean([_standardised(_log_density_ratio(view, labels)) for view in views.topics], axis=0),
    }
    total = sum(WEIGHTS[name] * _standardised(score) for name, score in scores.items())
    mean = np.asarray(total) / sum(WEIGHTS.values())
    return np.asarray(1 / (1 + np.exp(-mean)))


def _plane(view: csr_matrix, labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the signed distance of the waiting documents from the plane between the classes."""
    model = LinearSVC(C=SVM_C, loss="squared_hinge", random_state=SEED)
    model.fit(view[: len(labels)], labels, sample_weight=_balanced(labels))
    return np.asarray(model.decision_function(view[len(labels) :]), dtype=np.float64)


def _balanced(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights of mean 1 with which all included together weigh ``INCLUDED_TO_EXCLUDED`` all excluded."""
    of_excluded = labels.sum() / (INCLUDED_TO_EXCLUDED * (~labels).sum())
    weights = np.where(labels, 1.0, of_excluded)
    return np.asarray(weights * len(labels) / weights.sum())


def _log_density_ratio(view: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return ln of the mean kernel to the included over that to the excluded; kernel = max(cosine, 0)^4."""
    kernel = np.maximum(view[len(labels) :] @ view[: len(labels)].T, 0.0)
    for _ in range(KERNEL_SQUARINGS):
        kernel *= kernel
    to_included = kernel[:, labels].mean(axis=1) + KERNEL_FLOOR
    to_excluded = kernel[:, ~labels].mean(axis=1) + KERNEL_FLOOR
    return np.asarray(np.log(to_included) - np.log(to_excluded))


def _standardised(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores with mean 0 and standard deviation 1; all 0 where they do not differ."""
    spread = float(scores.std())
    # One document, or texts that are all alike: this view says nothing about the order.
    return np.zeros_like(scores) if spread < KERNEL_FLOOR else (scores - scores.mean()) / spread


def _in_order(waiting: Sequence[ScreeningDocument], scores: NDArray[np.float64]) -> tuple[RankedDocument, ...]:
    ranked = [
        RankedDocument(document.document_id, round(float(score), SCORE_DIGITS), calls_itself_randomised(document))
        for document, score in zip(waiting, scores, strict=True)
    ]
    return tuple(sorted(ranked, key=lambda each: (-each.score, not each.randomised, each.document_id)))
