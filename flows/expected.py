"""How far a published result may move: what the queue is ordered by (DECISIONS 0032).

Computed from the syntheses just made, with tau2 held, so that no page of the queue pools anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extract.pubmed.parse import record_from_json
from extract.review.proposal import proposed_value
from extract.review.record_view import suggested_design
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Arm, Design, RecordState, body_of
from extract.store.candidates import OPEN_STATES, Candidate, list_candidates
from extract.store.curated import CuratedValue, Report, TrialFamily
from extract.store.engine import Store, Transaction
from extract.store.queue import put_queue_facts
from extract.store.records import list_records
from flows.derivation import derive
from flows.frozen import FrozenTable, FrozenValue
from reports.model import Synthesis

Place = tuple[str, str, str, str]
"""Outcome, subtype, pattern, body of evidence."""

USUAL_LEVEL = 95.0
"""Read into an interval whose level is not stated; for the order of work only."""


@dataclass(frozen=True)
class Pool:
    """A pooled result as far as it is needed here: mean, tau2 and the sum of weights ``1 / (v + tau2)``."""

    mu: float
    tau2: float
    weights: float


def note_expected_shifts(
    store: Store, protocol: Protocol, table: FrozenTable, syntheses: Sequence[Synthesis], *, at: str
) -> None:
    """Store, for everything that waits, how far it may move a result, and the design it seems to have."""
    known = {code.code for code in protocol.outcomes}
    with store.read() as tx:
        facts = list(_facts(tx, table, syntheses, outcomes=known))
    with store.write() as tx:
        put_queue_facts(tx, facts, at=at)


def expected_shift(log_hr: float, se: float, pool: Pool | None) -> float:
    """Return how far the pooled log hazard ratio moves when one estimate joins: ``|y - mu| w / (W + w)``.

    Without a pool the estimate would be the result: the distance from no effect.
    """
    if pool is None:
        return abs(log_hr)
    weight = 1 / (se**2 + pool.tau2)
    return abs(log_hr - pool.mu) * weight / (pool.weights + weight)


def shift_without(log_hr: float, se: float, pool: Pool, *, k: int) -> float:
    """Return how far the pooled log hazard ratio moves when one of its ``k`` estimates leaves."""
    if k < 2:
        return abs(log_hr)
    weight = 1 / (se**2 + pool.tau2)
    return abs(log_hr - pool.mu) * weight / (pool.weights - weight)


def pool_of(synthesis: Synthesis) -> Pool | None:
    """Return the pool of a synthesis, None where nothing is pooled."""
    if synthesis.primary is None:
        return None
    tau2 = synthesis.primary.tau2 or 0.0
    return Pool(synthesis.primary.log.estimate, tau2, sum(1 / (one.se_log_hr**2 + tau2) for one in synthesis.inputs))


def _facts(
    tx: Transaction, table: FrozenTable, syntheses: Sequence[Synthesis], *, outcomes: set[str]
) -> Iterator[tuple[str, str | None, float | None]]:
    pools: dict[Place, Pool] = {}
    for synthesis in syntheses:
        if (pool := pool_of(synthesis)) is not None:
            pools[synthesis.outcome, synthesis.subtype, synthesis.pattern, synthesis.body] = pool
    candidates: dict[str, list[Candidate]] = {}
    for candidate in list_candidates(tx, states=OPEN_STATES):
        candidates.setdefault(candidate.pmid, []).append(candidate)
    designs = _designs(table)
    # Most of what a search ever brought is excluded, and waits for nobody: it stays in the database.
    waiting_or_in = [state for state in RecordState if state is not RecordState.EXCLUDED]
    for record in list_records(tx, states=waiting_or_in):
        if record.state is RecordState.INCLUDED and record.pmid not in candidates:
            continue
        design = designs.get(record.report_id or "") or suggested_design(record_from_json(record.content))
        shifts = []
        for candidate in candidates.get(record.pmid, ()):
            shift = _shift(proposed_value(candidate.effect), design, pools, outcomes=outcomes)
            shifts.append(shift)
            yield f"value:{candidate.candidate_id}", design, shift
        if record.state is not RecordState.INCLUDED:
            yield f"record:{record.pmid}", design, max((one for one in shifts if one is not None), default=None)
    yield from _reopened(table, syntheses)


def _designs(table: FrozenTable) -> dict[str, str]:
    families = {family.study_id: family.design for family in table.families}
    return {report.report_id: families[report.study_id] for report in table.reports}


def _shift(value: ReportedValue, design: str, pools: Mapping[Place, Pool], *, outcomes: set[str]) -> float | None:
    """Return the expected shift of a proposal; None where it could not be pooled even with the usual assumptions."""
    if value.outcome not in outcomes:
        return None
    if value.numerator_arm == Arm.NOT_STATED:
        value = replace(value, numerator_arm=Arm.SURGERY.value)
    value = replace(value, ci_level=value.ci_level or USUAL_LEVEL, population=None)
    family = TrialFamily("", design, None, "queue", {})
    report = Report("", "", None, None, "queue", {})
    curated = CuratedValue("", "", "queue", "approved", value, (), (), "", None, None)
    effect = derive(FrozenValue(curated, value, report, family, ())).effect
    if effect is None:
        return None
    place = (value.outcome, value.subtype, value.pattern, body_of(Design(design)).value)
    return expected_shift(effect.log_hr, effect.se_log_hr, pools.get(place))


def _reopened(table: FrozenTable, syntheses: Sequence[Synthesis]) -> Iterator[tuple[str, str | None, float | None]]:
    inputs = {one.value_id: (one, s) for s in syntheses for one in s.inputs}
    for frozen in table.values:
        if frozen.value.state != "reopened":
            continue
        shift = None
        if frozen.value.value_id in inputs:
            one, synthesis = inputs[frozen.value.value_id]
            pool = pool_of(synthesis)
            shift = shift_without(one.log_hr, one.se_log_hr, pool, k=synthesis.k) if pool is not None else None
        yield f"reopened:{frozen.value.value_id}", frozen.family.design, shift
