"""What readers of the methods page are told about the ranking."""

from __future__ import annotations

from importlib.metadata import version

from extract.screening.ranker import (
    INCLUDED_TO_EXCLUDED,
    KERNEL_SQUARINGS,
    MODEL_VERSION,
    SVM_C,
    WEIGHTS,
    Ranking,
)
from extract.screening.views import LETTERS, MAX_DOCUMENT_SHARE, MAX_TOPIC_SHARE, TOPICS


def model_card(ranking: Ranking) -> dict[str, object]:
    """Return the card of a ranking: purpose, features, training size, limits; plain JSON types.

    Every figure is read from the code that uses it. How good the ranking is on labelled reviews is measured by
    ``python -m tests.benchmarks.screening_rank``, not asserted here.
    """
    return {
        "version": MODEL_VERSION,
        "purpose": "Order in which unscreened records are put before people. It excludes nothing and decides nothing.",
        "trained_on": "this review's own screening decisions, retrained from all of them every time",
        "training_included": ranking.included,
        "training_excluded": ranking.excluded,
        "ranked": len(ranking.documents),
        "features": [
            f"words and word pairs of title and abstract, TF-IDF, in at most {MAX_DOCUMENT_SHARE:.0%} of the records",
            f"sequences of {LETTERS} letters inside words, TF-IDF",
            f"topics at depths {', '.join(map(str, TOPICS))} of a singular value decomposition of the words in at most "
            f"{MAX_TOPIC_SHARE:.0%} of the records",
        ],
        "model": [
            f"linear support vector machine on words and on letters (squared hinge, C {SVM_C}, included to excluded "
            f"{INCLUDED_TO_EXCLUDED})",
            f"log ratio of kernel densities on topics (cosine to the power {2**KERNEL_SQUARINGS})",
        ],
        "weights": dict(WEIGHTS),
        "ties": "equal scores: randomised trials first, then by id",
        "limits": [
            "scores compare within one ranking only; they are no probabilities",
            "a record unlike every included one is placed low, however eligible: read the audit sample",
            "authors, journal, year and citations are not used",
        ],
        "software": {"scikit-learn": version("scikit-learn")},
    }
