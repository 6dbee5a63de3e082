"""A proposal of GRADE's certainty of evidence, by rule, with its reasons; people decide.

Each domain is judged from figures the analysis has; where it has none the proposal says what a person must look at. The
rules are ours, after Guyatt et al. 2011 (J Clin Epidemiol 64:380, 407, 1277, 1283, 1294, 1303, 1311) and Schuenemann et
al. 2019 (randomised evidence starts high; non-randomised starts low, or high where ROBINS-I carries the confounding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from analysis.errors import InputError
from analysis.models import MetaAnalysis

Certainty: TypeAlias = Literal["high", "moderate", "low", "very low"]
LEVELS: tuple[Certainty, ...] = ("very low", "low", "moderate", "high")

SUBSTANTIAL_I2 = 50.0
CONSIDERABLE_I2 = 75.0
"""Percent; Cochrane Handbook 10.10.2 (50 to 90 % may be substantial, 75 to 100 % considerable)."""

WEIGHT_AT_RISK = 50.0
"""Percent of weight at high risk of bias above which the body of evidence is downgraded (once; twice above 90)."""

LEAST_FOR_FUNNEL = 10
"""Studies below which a test of funnel asymmetry is not read (Sterne et al. 2011)."""

LARGE_HR = 0.5
"""A ratio below this (or above its inverse) is a large effect (Guyatt et al. 2011, 64:1311)."""


@dataclass(frozen=True)
class EvidenceFacts:
    """What the rules look at.

    Attributes
    ----------
    result
        The pooled result on the log scale.
    randomised
        Whether the studies are randomised trials.
    weight_high_risk, weight_some_concerns
        Percent of the weight from studies at high (or serious) risk of bias, and with some concerns (or moderate).
    required_information
        Fisher information needed for the effect that matters (optimal information size), None if not computed.
    important_hr
        Ratio below 1 that would matter to patients; its inverse is the harm that would.
    asymmetry_p
        p of Egger's test, None where it was not done.
    direct
        False when population, treatment, comparison or outcome differ from the question; None when nobody has judged.
    weight_not_judged
        Percent of the weight nobody has judged yet, while other studies are judged.
    immortal_time_weight
        Percent of the weight from cohorts that do not handle immortal time; None for trials.
    """

    result: MetaAnalysis
    randomised: bool
    weight_high_risk: float | None
    weight_some_concerns: float | None = None
    weight_not_judged: float = 0.0
    required_information: float | None = None
    important_hr: float = 0.8
    asymmetry_p: float | None = None
    direct: bool | None = None
    immortal_time_weight: float | None = None


@dataclass(frozen=True)
class DomainJudgement:
    """One domain: steps down (negative) or up, the reason in words, and whether a person must judge it."""

    domain: str
    steps: int
    reason: str
    needs_person: bool = False


@dataclass(frozen=True)
class CertaintyProposal:
    """The proposed level with its domains, from the level the design starts at."""

    start: Certainty
    proposed: Certainty
    domains: tuple[DomainJudgement, ...]
    label: str = "proposed by rule; a person decides"


def propose_certainty(facts: EvidenceFacts) -> CertaintyProposal:
    """Return the proposal.

    Raises
    ------
    InputError
        A weight outside 0 to 100, or an important ratio not between 0 and 1.
    """
    _check(facts)
    domains = (
        _risk_of_bias(facts),
        _inconsistency(facts.result),
        _indirectness(facts.direct),
        _imprecision(facts),
        _publication_bias(facts),
        _large_effect(facts),
    )
    start: Certainty = "high" if facts.randomised else "low"
    down = sum(d.steps for d in domains if d.steps < 0)
    # Upgrading is for non-randomised evidence that was not downgraded for anything (Guyatt et al. 2011, 64:1311).
    up = sum(d.steps for d in domains if d.steps > 0) if down == 0 else 0
    place = min(max(LEVELS.index(start) + down + up, 0), len(LEVELS) - 1)
    return CertaintyProposal(start, LEVELS[place], domains)


def _check(facts: EvidenceFacts) -> None:
    for name in ("weight_high_risk", "weight_some_concerns", "weight_not_judged", "immortal_time_weight"):
        value = getattr(facts, name)
        if value is not None and not 0.0 <= value <= 100.0 + 1e-9:
            raise InputError(f"{name} is {value!r}: give a percentage from 0 to 100")
    if not 0.0 < facts.important_hr < 1.0:
        raise InputError(f"important_hr is {facts.important_hr!r}: give a ratio between 0 and 1, such as 0.8")


def _risk_of_bias(facts: EvidenceFacts) -> DomainJudgement:
    immortal = facts.immortal_time_weight or 0.0
    if immortal > WEIGHT_AT_RISK:
        reason = f"{immortal:.0f} % of the weight comes from cohorts that do not handle immortal time"
        return DomainJudgement("risk of bias", -2, reason)
    high = facts.weight_high_risk
    if high is None:
        return DomainJudgement("risk of bias", 0, "no study has been judged yet", needs_person=True)
    left = facts.weight_not_judged
    more, person = (f"; {left:.0f} % is not judged yet", True) if left > 0.05 else ("", False)
    if high > WEIGHT_AT_RISK:
        steps = -2 if high > 90.0 else -1
        reason = f"{high:.0f} % of the weight is at high risk of bias{more}"
        return DomainJudgement("risk of bias", steps, reason, needs_person=person)
    concerns = (facts.weight_some_concerns or 0.0) + high
    if concerns > WEIGHT_AT_RISK:
        reason = f"{concerns:.0f} % of the weight has at least some concerns{more}"
        return DomainJudgement("risk of bias", -1, reason, needs_person=True)
    reason = f"{high:.0f} % of the weight is at high risk of bias{more}"
    return DomainJudgement("risk of bias", 0, reason, needs_person=person)


def _inconsistency(result: MetaAnalysis) -> DomainJudgement:
    name = "inconsistency"
    if result.i2 is None:
        return DomainJudgement(name, 0, "one study: consistency cannot be judged", needs_person=True)
    both_sides = result.pi_low is not None and result.pi_high is not None and result.pi_low < 0.0 < result.pi_high
    spread = ""
    if result.pi_low is not None and result.pi_high is not None:
        low, high = math.exp(result.pi_low), math.exp(result.pi_high)
        spread = f"; a new study's ratio may lie between {low:.2f} and {high:.2f}"
    if result.i2 >= CONSIDERABLE_I2 and both_sides:
        return DomainJudgement(name, -2, f"I2 {result.i2:.0f} %{spread}")
    if result.i2 >= SUBSTANTIAL_I2:
        return DomainJudgement(name, -1, f"I2 {result.i2:.0f} %{spread}")
    return DomainJudgement(name, 0, f"I2 {result.i2:.0f} %{spread}")


def _indirectness(direct: bool | None) -> DomainJudgement:
    if direct is None:
        return DomainJudgement(
            "indirectness", 0, "compare population, timing of surgery and outcome with the question", needs_person=True
        )
    reason = "the studies answer the question" if direct else "population, treatment or outcome differ"
    return DomainJudgement("indirectness", 0 if direct else -1, reason)


def _imprecision(facts: EvidenceFacts) -> DomainJudgement:
    r, name = facts.result, "imprecision"
    if r.ci_low is None or r.ci_high is None:
        return DomainJudgement(name, -1, "no interval can be estimated", needs_person=True)
    benefit, harm = math.log(facts.important_hr), -math.log(facts.important_hr)
    interval = f"the interval {math.exp(r.ci_low):.2f}-{math.exp(r.ci_high):.2f}"
    if r.ci_low < benefit and r.ci_high > harm:
        return DomainJudgement(name, -2, f"{interval} holds important benefit and important harm")
    information = sum(1.0 / v for v in r.vi)
    short = facts.required_information is not None and information < facts.required_information
    share = (
        ""
        if facts.required_information is None
        else (f"; {100.0 * information / facts.required_information:.0f} % of the required information")
    )
    crosses = r.ci_low < 0.0 < r.ci_high and (r.ci_low < benefit or r.ci_high > harm)
    if crosses:
        return DomainJudgement(name, -1, f"{interval} holds no effect and an important one{share}")
    if short:
        return DomainJudgement(name, -1, f"too few events{share}")
    return DomainJudgement(name, 0, f"{interval} does not reach across an important effect{share}")


def _publication_bias(facts: EvidenceFacts) -> DomainJudgement:
    name = "publication bias"
    if facts.result.k < LEAST_FOR_FUNNEL or facts.asymmetry_p is None:
        reason = f"k = {facts.result.k}: no test of asymmetry; look at registered trials without results"
        return DomainJudgement(name, 0, reason, needs_person=True)
    if facts.asymmetry_p < 0.10:
        return DomainJudgement(name, -1, f"the funnel is asymmetric (Egger's p {facts.asymmetry_p:.3f})")
    return DomainJudgement(name, 0, f"no asymmetry found (Egger's p {facts.asymmetry_p:.2f})")


def _large_effect(facts: EvidenceFacts) -> DomainJudgement:
    r, name = facts.result, "large effect"
    if facts.randomised:
        return DomainJudgement(name, 0, "randomised evidence is not upgraded")
    limit = None if r.ci_low is None or r.ci_high is None else (r.ci_high if r.estimate < 0.0 else r.ci_low)
    large = abs(r.estimate) > -math.log(LARGE_HR) and limit is not None and limit * r.estimate > 0.0
    if large:
        return DomainJudgement(name, 1, f"ratio {math.exp(r.estimate):.2f}, beyond {LARGE_HR:g} or its inverse")
    return DomainJudgement(name, 0, f"ratio {math.exp(r.estimate):.2f}: not large")
