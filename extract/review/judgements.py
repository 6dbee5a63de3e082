"""Judgements (risk of bias, certainty) that wait: for the list, the next item, the inbox and the digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.review.bias import Assessment, assessments, may_judge
from extract.review.certainty import BodyOfEvidence, Ratings, may_rate, ratings
from extract.review.people import Reviewer
from extract.schema.protocol import Protocol
from extract.store.engine import Transaction

ORDER = ("conflict", "to_confirm", "needs_second", "to_judge", "agreed")
"""What is nearest to the page first."""

KINDS = ("Risk of bias, RoB 2", "Risk of bias, ROBINS-I", "Certainty, GRADE")
"""Certainty last: a risk of bias judged after it would ask for it again."""


@dataclass(frozen=True)
class Waiting:
    """One line of the list.

    Parameters
    ----------
    path
        ``bias/<study>~<outcome>`` or ``certainty/<synthesis>``.
    mine
        Whether the person who looks can judge it now.
    """

    path: str
    title: str
    kind: str
    state: str
    mine: bool
    told: str


def judgements(
    tx: Transaction, protocol: Protocol, bodies: Sequence[BodyOfEvidence], person: Reviewer | None
) -> tuple[Waiting, ...]:
    """Return everything to judge, what is nearest to the page first, trials before cohorts.

    Parameters
    ----------
    bodies
        The bodies of evidence as they stand now.
    person
        Who looks; None for somebody who may only look.
    """
    lines = [
        Waiting(
            path=f"bias/{one.result.item}",
            title=f"{one.result.study.facts.get('label') or one.result.study.study_id}: "
            f"{_outcome(protocol, one.result.outcome)}",
            kind=KINDS[0] if one.result.tool == "rob2" else KINDS[1],
            state=one.state,
            mine=person is not None and may_judge(one, person),
            told=_told(one),
        )
        for one in assessments(tx)
    ]
    given = ratings(tx)
    for body in bodies:
        standing = given.get(body.synthesis_id, Ratings())
        lines.append(
            Waiting(
                path=f"certainty/{body.synthesis_id}",
                title=body.title,
                kind=KINDS[2],
                state=standing.state(body.fingerprint),
                mine=person is not None and may_rate(standing, body, person),
                told=standing.agreed.level if standing.agreed else f"the rules propose {body.proposed}",
            )
        )
    return tuple(sorted(lines, key=lambda line: (not line.mine, KINDS.index(line.kind), ORDER.index(line.state))))


def judgements_waiting(
    tx: Transaction, protocol: Protocol, bodies: Sequence[BodyOfEvidence], person: Reviewer | None
) -> int:
    """Return how many judgements wait for a person; for None how many are not agreed."""
    lines = judgements(tx, protocol, bodies, person)
    return sum(line.state != "agreed" if person is None else line.mine for line in lines)


def _told(one: Assessment) -> str:
    if one.agreed is None:
        return ""
    return one.agreed.judgement.levels["overall"].replace("_", " ")


def _outcome(protocol: Protocol, code: str) -> str:
    return next((outcome.label for outcome in protocol.outcomes if outcome.code == code), code)
