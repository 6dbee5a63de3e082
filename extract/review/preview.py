"""What the published pages would say after an approval; ``flows`` computes it with the code that publishes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from extract.schema.value import ReportedValue


@dataclass(frozen=True)
class PooledNow:
    """A pooled result as a page shows it.

    Parameters
    ----------
    k
        Estimates pooled.
    estimate
        "0.93 (0.69 to 1.25)", or why there is none.
    heterogeneity
        tau squared and I squared, empty for one estimate.
    sentence
        The sentence of the page that tells the answer.
    """

    k: int
    estimate: str
    heterogeneity: str
    sentence: str


@dataclass(frozen=True)
class PageChange:
    """One published page before and after an approval.

    Parameters
    ----------
    title, address
        Which page, and where on the site.
    enters
        Whether the value enters the pool of this page; else ``why`` says what keeps it out.
    """

    title: str
    address: str
    before: PooledNow
    after: PooledNow
    enters: bool
    why: str = ""

    @property
    def changes(self) -> bool:
        """Whether a reader of the page would see another result."""
        return self.before != self.after


Preview = Callable[[str, ReportedValue], Sequence[PageChange]]
"""Takes the id of a proposed value and the value as it would be approved."""


def reading_mark(value: ReportedValue) -> str:
    """Return a mark of a value as typed: a preview counts only for the reading it was made for."""
    return hashlib.sha256(json.dumps(asdict(value), sort_keys=True).encode()).hexdigest()[:16]
