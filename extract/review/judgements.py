"""How many judgements (risk of bias, certainty) wait, for the inbox and the digests."""

from __future__ import annotations

from collections.abc import Sequence

from extract.review.bias import assessments, may_judge
from extract.review.certainty import BodyOfEvidence, Ratings, may_rate, ratings
from extract.review.people import Reviewer
from extract.store.engine import Transaction


def judgements_waiting(tx: Transaction, bodies: Sequence[BodyOfEvidence], person: Reviewer | None) -> int:
    """Return how many judgements wait for a person, or for anybody.

    Parameters
    ----------
    bodies
        The bodies of evidence as they stand now.
    person
        Who looks; None counts everything that is not agreed.
    """
    given = ratings(tx)
    rated = [(given.get(body.synthesis_id, Ratings()), body) for body in bodies]
    if person is None:
        return sum(one.state != "agreed" for one in assessments(tx)) + sum(
            standing.state(body.fingerprint) != "agreed" for standing, body in rated
        )
    return sum(may_judge(one, person) for one in assessments(tx)) + sum(
        may_rate(standing, body, person) for standing, body in rated
    )
