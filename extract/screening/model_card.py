"""What the ranking model is, in words."""

from __future__ import annotations

from extract.screening.model_settings import (
    INCLUDED_TO_EXCLUDED,
    KERNEL_SQUARINGS,
    LETTERS,
    MAX_DOCUMENT_SHARE,
    MAX_TOPIC_SHARE,
    SVM_C,
    TOPICS,
    WEIGHTS,
)


def model_card() -> tuple[str, ...]:
    """Return what the model is made of, a part each; the methods page prints it.

    How good the ranking is on labelled reviews is measured by ``python -m tests.benchmarks.screening_rank``.
    """
    machine = f"a linear support vector machine (squared hinge, C {SVM_C}, included to excluded {INCLUDED_TO_EXCLUDED})"
    weights = ", ".join(f"{name} {weight:g}" for name, weight in WEIGHTS.items())
    return (
        f"{machine} on words and word pairs of title and abstract (TF-IDF, in at most {MAX_DOCUMENT_SHARE:.0%} of the "
        f"records) and on sequences of {LETTERS} letters",
        f"a log ratio of kernel densities (cosine to the power {2**KERNEL_SQUARINGS}) on topics at depths "
        f"{', '.join(map(str, TOPICS))} of a singular value decomposition of the words in at most "
        f"{MAX_TOPIC_SHARE:.0%} of the records",
        f"the scores weighted ({weights}); equal scores: randomised trials first",
    )
