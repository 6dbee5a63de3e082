"""One synthesis of a snapshot: a body of evidence for an outcome and a group of patients, with all that was computed.

Numbers are finite by construction: NaN and infinity are refused when a value is made, so none can reach a page.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of every part: frozen, no unknown key, and NaN or infinity is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(Part):
    """A point with limits; ``level`` in percent."""

    estimate: float
    low: float
    high: float
    level: float


class Pooled(Part):
    """One meta-analysis of a set of inputs, on the log scale and as ratios.

    ``log`` and ``ratio`` are the same interval on the two scales. Heterogeneity fields are None for k = 1.
    """

    label: str
    method: str
    ci_method: str
    k: int
    log: Interval
    ratio: Interval
    se: float
    statistic: float
    df: float | None
    p: float
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    h2: float | None
    q: float | None
    q_p: float | None
    prediction: Interval | None


class Input(Part):
    """One estimate that entered the pool, with everything a reader needs to trace it."""

    value_id: str
    study_id: str
    report_id: str
    label: str
    year: int | None
    design: str
    n_surgery: int | None
    n_control: int | None
    events_surgery: int | None
    events_control: int | None
    reported_estimate: float | None
    reported_ci_low: float | None
    reported_ci_high: float | None
    reported_ci_level: float | None
    reported_numerator_arm: str
    numerator_arm: str
    inverted: bool
    route: str
    approximation: str | None
    log_hr: float
    se_log_hr: float
    ratio: Interval
    weight_percent: float
    immortal_time: str | None
    adjusted: str | None
    note: str | None
    risk_of_bias: str | None = None
    """Agreed overall level of this result; None where nobody judged it, or it must be confirmed again."""


class LeftOut(Part):
    """A value of this stratum that did not enter the pool, with the reason."""

    value_id: str
    study_id: str
    report_id: str
    label: str
    reason_code: str
    reason: str


class LeaveOneOut(Part):
    """The pool without one study."""

    study_id: str
    label: str
    ratio: Interval
    tau2: float | None
    i2: float | None


class CumulativeStep(Part):
    """The pool after adding one more study in order of publication year."""

    study_id: str
    label: str
    year: int | None
    k: int
    ratio: Interval


class InfluencePoint(Part):
    """What one study does to the pool (Baujat 2002): its share of Q, and how far the result moves without it.

    ``influence`` is the squared change of the pooled log ratio without the study, in units of its variance.
    """

    study_id: str
    label: str
    heterogeneity: float
    influence: float


class Asymmetry(Part):
    """Test of funnel asymmetry, from ten studies on."""

    test: str
    statistic: float
    df: float | None
    p: float


class Absolute(Part):
    """Absolute effect at a time from a stated control risk."""

    months: float
    control_survival_percent: float
    surgery_survival_percent: float
    surgery_survival_low_percent: float
    surgery_survival_high_percent: float
    per_1000: float
    per_1000_low: float
    per_1000_high: float
    source: str


class LivingTimes(Part):
    """Worst, usual and best case without the treatment: how long people lived, in months, from a printed median.

    One in ten lives shorter than ``worst_months``, half between the two usual ones, one in ten longer than
    ``best_months``.
    """

    median_months: float
    worst_months: float
    usual_low_months: float
    usual_high_months: float
    best_months: float
    source: str


CertaintyLevel = Literal["high", "moderate", "low", "very low"]


class CertaintyDomain(Part):
    """One GRADE domain as the rules see it: steps down (negative) or up, and whether a person must judge it."""

    domain: str
    steps: int
    reason: str
    needs_person: bool


class Certainty(Part):
    """GRADE certainty of one body of evidence: proposed by rule, decided by people for exactly these inputs.

    Parameters
    ----------
    level, reasons
        The level decided, with the deciders' words first; while nobody has decided, what the rules propose.
    decided_by, decided_on
        None while nobody has decided on the present inputs.
    proposed, domains
        What the rules propose from the present inputs, domain by domain.
    inputs_sha256
        Hash of the inputs a decision is bound to.
    former_level, former_by, former_on
        The decision on earlier inputs, which must be confirmed again and does not count until then.
    """

    level: CertaintyLevel
    reasons: tuple[str, ...]
    decided_by: str | None = None
    decided_on: str | None = None
    proposed: CertaintyLevel | None = None
    domains: tuple[CertaintyDomain, ...] = ()
    inputs_sha256: str | None = None
    former_level: CertaintyLevel | None = None
    former_by: str | None = None
    former_on: str | None = None


class Interaction(Part):
    """Test whether the effect differs between subgroups (Q between groups), on the log scale."""

    variable: Literal["subtype", "pattern"]
    levels: tuple[str, ...]
    q: float
    df: int
    p: float
    prespecified: bool


State = Literal["pooled", "single", "none", "not_estimable"]


class Synthesis(Part):
    """One body of evidence for one outcome and stratum."""

    synthesis_id: str
    outcome: str
    subtype: str
    pattern: str
    body: Literal["randomised", "observational"]
    state: State
    reason: str | None = None
    k: int
    participants: int | None
    events: int | None
    inputs: tuple[Input, ...]
    left_out: tuple[LeftOut, ...]
    primary: Pooled | None
    sensitivity: tuple[Pooled, ...] = ()
    leave_one_out: tuple[LeaveOneOut, ...] = ()
    cumulative: tuple[CumulativeStep, ...] = ()
    influence: tuple[InfluencePoint, ...] = ()
    asymmetry: Asymmetry | None = None
    absolute: tuple[Absolute, ...] = ()
    living_times: LivingTimes | None = None
    probability_below_1: float | None = None
    median_difference: str | None = None
    conclusion: str
    software: dict[str, str]
    certainty: Certainty | None = None
    interactions: tuple[Interaction, ...] = ()


def synthesis_id(*, outcome: str, subtype: str, pattern: str, body: str) -> str:
    """Return the id of a synthesis, which is also its file name: ``os--all--bone-only--randomised``."""
    return f"{outcome.lower().replace('_', '-')}--{subtype}--{pattern}--{body}"
