"""Three views of the same documents: words, letters inside words, topics.

Each sees what the others miss: words and word pairs are precise; letter sequences join inflections and compounds
("randomised", "randomized", "randomisation"); topics join documents that share no word. All are fitted on the decided
*and* the waiting documents together: no label enters, and the rare words of the new ones get their weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import normalize

#: A term in more than this share of the documents tells nothing.
MAX_DOCUMENT_SHARE: Final = 0.95
#: Letters of a sequence; it never crosses a word, a blank marks the word's edge.
LETTERS: Final = 4
#: A topic word stands in at most half of the documents.
MAX_TOPIC_SHARE: Final = 0.5
#: Coarse to fine: the same decomposition read at three depths, so that no single depth decides.
TOPICS: Final = (50, 100, 150)
#: Seed of the randomised decomposition, so that the same files give the same order.
SEED: Final = 20240501


def word_view(texts: Sequence[str]) -> csr_matrix:
    """Return ``(n, terms)`` TF-IDF of words and word pairs, 1 + ln(tf), rows of length 1."""
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, max_df=_most(texts, MAX_DOCUMENT_SHARE), dtype=np.float32
    )
    return csr_matrix(vectorizer.fit_transform(texts))


def letter_view(texts: Sequence[str]) -> csr_matrix:
    """Return ``(n, sequences)`` TF-IDF of letter sequences inside words that stand in two documents or more.

    Sequences never cross a word, so they are counted once a word of the vocabulary and then spread by a product of
    sparse matrices: the same numbers as counting through every text, in a tenth of the time.
    """
    vectorizer = CountVectorizer(dtype=np.float32)
    words = csr_matrix(vectorizer.fit_transform(texts))
    counts = csr_matrix(words @ _letters_of(vectorizer.get_feature_names_out()))
    in_documents = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = (in_documents >= min(2, len(texts))) & (in_documents <= _most(texts, MAX_DOCUMENT_SHARE))
    return csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, kept]))


def topic_views(texts: Sequence[str]) -> tuple[NDArray[np.float64], ...]:
    """Return ``(n, topics)`` coordinates at every depth of :data:`TOPICS`, rows of length 1.

    A truncated singular value decomposition of TF-IDF; fewer topics where the documents do not carry so many.

    References
    ----------
    Deerwester et al. 1990, J Am Soc Inf Sci 41:391-407 (latent semantic indexing); Halko et al. 2011, SIAM Rev
    53:217-288 (its randomised computation).
    """
    vectorizer = TfidfVectorizer(
        sublinear_tf=True, max_df=_most(texts, MAX_TOPIC_SHARE), min_df=min(2, len(texts)), dtype=np.float32
    )
    terms = csr_matrix(vectorizer.fit_transform(texts))
    most = min(max(TOPICS), min(terms.shape) - 1)
    if most < 1:
        return (np.asarray(normalize(terms.toarray().astype(np.float64))),)
    reduction = TruncatedSVD(most, random_state=SEED, n_iter=3)
    coordinates = reduction.fit_transform(terms).astype(np.float64)
    return tuple(
        np.asarray(normalize(coordinates[:, :depth])) for depth in sorted({min(each, most) for each in TOPICS})
    )


def _most(texts: Sequence[str], share: float) -> int:
    """Return the count that ``share`` means, at least 2: in a handful of documents nothing is too common."""
    return max(2, int(share * len(texts)))


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
