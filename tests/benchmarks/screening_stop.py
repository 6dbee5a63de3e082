"""Where the stop rules stop, and what they miss: `python -m tests.benchmarks.screening_stop`.

The labelled sets in the update setting (see screening_rank): the second half is read in ranked order. "ranked" stops as
soon as the ranked test rejects a recall below 95 % (looking after every tenth document). "sampled" reads the same first
fifth, then documents drawn at random, and stops on their test; mean of 20 draws. A review that never stops early reads
everything: that is the price of certainty in small sets, not a failure. Also printed: how often the recall interval
from a sample of a quarter of the unread holds the true recall (promised: at least 95 %).
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from extract.screening.ranker import rank_documents
from extract.screening.recall import audit_sample, recall_estimate
from extract.screening.stopping import ranked_stop_test, stop_test
from tests.benchmarks.screening_rank import SETS, read_set

DRAWS = 20
INTERVAL_DRAWS = 200
STEP = 10


def ranked_stop(labels: NDArray[np.bool_]) -> int:
    """Return how many documents are read before the ranked test stops."""
    reads = range(STEP, len(labels), STEP)
    return next((read for read in reads if ranked_stop_test(labels[:read], total=len(labels)).stop), len(labels))


def sampled_stop(labels: NDArray[np.bool_], seed: int) -> tuple[int, int]:
    """Return documents read, and included ones found, when the random sample after the first fifth stops."""
    first = len(labels) // 5
    places = audit_sample((str(at) for at in range(first, len(labels))), size=len(labels) - first, seed=str(seed))
    hits = np.cumsum(labels[[int(place) for place in places]])
    before = int(labels[:first].sum())
    for drawn in range(STEP, len(hits), STEP):
        found = int(hits[drawn - 1])
        if stop_test(found_before=before, pile=len(hits), sampled=drawn, found_in_sample=found).stop:
            return first + drawn, before + found
    return len(labels), int(labels.sum())


def interval_coverage(labels: NDArray[np.bool_]) -> float:
    """Return how often the interval from a quarter of the unread, after the first fifth, holds the true recall."""
    first = len(labels) // 5
    before, pile = int(labels[:first].sum()), labels[first:]
    held = 0
    for seed in range(INTERVAL_DRAWS):
        drawn = audit_sample((str(at) for at in range(len(pile))), size=len(pile) // 4, seed=str(seed))
        found = int(pile[[int(place) for place in drawn]].sum())
        estimate = recall_estimate(found_before=before, pile=len(pile), sampled=len(drawn), found_in_sample=found)
        held += estimate.recall_low - 1e-12 <= (before + found) / labels.sum() <= estimate.recall_high + 1e-12
    return held / INTERVAL_DRAWS


def main() -> int:
    """Print one line a set."""
    paths = sorted(SETS.glob("*.jsonl"))
    if not paths:
        print(f"no labelled sets under {SETS}", file=sys.stderr)
        return 2
    print(
        f"{'set':<28}{'n':>5}{'incl.':>7} |{'ranked: read':>13}{'recall':>8} |{'sampled: read':>14}{'recall':>8}"
        f"{'below 95 %':>12} |{'interval holds':>15}"
    )
    for path in paths:
        labelled = read_set(path)
        half = len(labelled) // 2
        truth = {document.document_id: included for document, included in labelled[half:]}
        ranking = rank_documents(labelled[:half], [document for document, _ in labelled[half:]])
        labels = np.array([truth[each.document_id] for each in ranking.documents])
        read = ranked_stop(labels)
        draws = [sampled_stop(labels, seed) for seed in range(DRAWS)]
        recalls = [found / labels.sum() for _, found in draws]
        print(
            f"{path.stem:<28}{len(labels):>5}{labels.sum():>7} |{read / len(labels):>13.1%}"
            f"{labels[:read].sum() / labels.sum():>8.1%} |{np.mean([each for each, _ in draws]) / len(labels):>14.1%}"
            f"{np.mean(recalls):>8.1%}{np.mean(np.array(recalls) < 0.95):>12.1%} |{interval_coverage(labels):>15.1%}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
