"""What the second extractor says about a proposed value; never shown to a blind reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extract.schema.effect import Effect
from extract.schema.value import RATIO_MEASURES
from extract.second_extractor.agreement import Difference, compare
from extract.store.candidates import Candidate, list_candidates
from extract.store.engine import Transaction
from extract.store.second_readings import second_reading

READ = ("title", "abstract")
"""What the second extractor reads."""

Verdict = Literal["agrees", "differs", "not found", "failed"]


@dataclass(frozen=True)
class SecondOpinion:
    """The second extractor on one value.

    Parameters
    ----------
    verdict
        It found the same result and reads it alike or otherwise, did not find it, or gave no usable answer.
    differences
        Fields it reads otherwise.
    others
        Ratios it found in this record and the first extractor did not.
    failure
        Why there is no reading.
    refused
        ``(claim, reason)`` of what it said about the record and could not prove from the text.
    """

    extractor: str
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    others: tuple[Effect, ...] = ()
    failure: str | None = None
    refused: tuple[tuple[str, str], ...] = ()


def second_opinion(tx: Transaction, candidate: Candidate) -> SecondOpinion | None:
    """Return what the second extractor says about a proposed value; None if it has not read its source.

    It reads title and abstract; about a value from a full text it says nothing.
    """
    if candidate.effect.span.source not in READ:
        return None
    reading = second_reading(tx, candidate.pmid, revision=candidate.revision)
    if reading is None:
        return None
    if reading.failure is not None:
        return SecondOpinion(reading.extractor, "failed", failure=reading.failure)
    known = list_candidates(tx, pmid=candidate.pmid)
    proposed = [one for one in known if one.state != "superseded" and one.effect.span.source in READ]
    ratios = [effect for effect in reading.effects if effect.is_result and effect.measure in (*RATIO_MEASURES, "OR")]
    agreement = compare([one.effect for one in proposed], ratios)
    for match in agreement.matches:
        if match.first == candidate.effect:
            verdict: Verdict = "differs" if match.differences else "agrees"
            return SecondOpinion(
                reading.extractor, verdict, match.differences, agreement.only_second, refused=reading.refused
            )
    return SecondOpinion(reading.extractor, "not found", (), agreement.only_second, refused=reading.refused)
