"""Three views of the same documents: words, letters inside words, topics.

Each sees what the others miss: words and word pairs are precise; letter sequences join inflections and compounds
("randomised", "randomized", "randomisation"); topics join documents that share no word. All are fitted on the decided
*and* the waiting documents together: no label enters, and the rare words of the new ones get their weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from extract.screening.model_settings import LETTERS, MAX_DOCUMENT_SHARE, MAX_TOPIC_SHARE, TOPICS

#: Seed of the randomised decomposition, so that the same files give the same order.
SEED: Final = 20240501


@dataclass(frozen=True, slots=True)
class Views:
    """Rows are documents in the order given, each of length 1.

    Parameters
    ----------
    words
        ``(n, terms)`` TF-IDF of words and word pairs.
    letters
        ``(n, sequences)`` TF-IDF of letter sequences inside words.
    topics
        ``(n, depth)`` coordinates for every depth of :data:`TOPICS`.
    """

    words: csr_matrix
    letters: csr_matrix
    topics: tuple[NDArray[np.float64], ...]


def views_of(texts: Sequence[str]) -> Views:
    """Return the three views of the texts; they are split into words once.

    Raises
    ------
    ValueError
        Not one word of two characters in all the texts.
    """
    vectorizer = CountVectorizer(ngram_range=(1, 2), dtype=np.float32)
    terms = csr_matrix(vectorizer.fit_transform(texts))
    names = vectorizer.get_feature_names_out()
    single = np.array([" " not in name for name in names])
    words = csr_matrix(terms[:, single])
    return Views(
        words=_weighted(terms, at_least=1, at_most=_most(terms, MAX_DOCUMENT_SHARE)),
        letters=_letter_view(words, names[single]),
        topics=_topic_views(words),
    )


def _letter_view(words: csr_matrix, names: Sequence[str]) -> csr_matrix:
    """Return TF-IDF of letter sequences that stand in two documents or more.

    Sequences never cross a word, so they are counted once a word of the vocabulary and then spread by a product of
    sparse matrices: the same numbers as counting through every text, in a tenth of the time.
    """
    counts = csr_matrix(words @ _letters_of(names))
    return _weighted(counts, at_least=2, at_most=_most(counts, MAX_DOCUMENT_SHARE))


def _topic_views(words: csr_matrix) -> tuple[NDArray[np.float64], ...]:
    """Return coordinates of a truncated singular value decomposition of TF-IDF, read at every depth.

    Fewer topics where the documents do not carry so many. Deerwester et al. 1990, J Am Soc Inf Sci 41:391-407 (latent
    semantic indexing); Halko et al. 2011, SIAM Rev 53:217-288 (its randomised computation).
    """
    terms = _weighted(words, at_least=2, at_most=_most(words, MAX_TOPIC_SHARE))
    most = min(max(TOPICS), min(terms.shape) - 1)
    if most < 1:
        return (terms.toarray().astype(np.float64),)
    reduction = TruncatedSVD(most, random_state=SEED, n_iter=3)
    coordinates = reduction.fit_transform(terms).astype(np.float64)
    return tuple(
        np.asarray(normalize(coordinates[:, :depth])) for depth in sorted({min(each, most) for each in TOPICS})
    )


def _weighted(counts: csr_matrix, *, at_least: int, at_most: int) -> csr_matrix:
    """Return TF-IDF, (1 + ln tf) ln((1 + n) / (1 + df)) + 1, of columns that stand in so many documents.

    Where no column does, in a handful of documents, all are kept.
    """
    in_documents = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = (in_documents >= at_least) & (in_documents <= at_most)
    columns = counts[:, kept] if kept.any() else counts
    return csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(columns))


def _most(counts: csr_matrix, share: float) -> int:
    """Return the number of documents that ``share`` means, at least 2: in a handful nothing is too common."""
    return max(2, int(share * counts.shape[0]))


def _letters_of(words: Sequence[str]) -> csr_matrix:
    """Return ``(words, sequences)``: how often each sequence stands in each word."""
    columns: dict[str, int] = {}
    entries: list[tuple[int, int, int]] = []
    for row, word in enumerate(words):
        edged = f" {word} "
        sequences = Counter(edged[at : at + LETTERS] for at in range(max(1, len(edged) - LETTERS + 1)))
        entries += [(row, columns.setdefault(each, len(columns)), count) for each, count in sequences.items()]
    rows, places, counts = np.array(entries, dtype=np.int64).T
    return csr_matrix((counts.astype(np.float32), (rows, places)), shape=(len(words), len(columns)))
