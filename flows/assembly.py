"""Rows of a frozen table -> analysis inputs -> syntheses; plain functions without store or clock.

Randomised and observational evidence are assembled apart; whatever does not enter a pool is listed with its reason.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from functools import cache
from itertools import product

from analysis.effect_size import interval
from analysis.models import MetaAnalysis
from analysis.select import select_estimates
from extract.review.certainty import Ratings
from extract.review.routes import chosen_route, route_in_words
from extract.schema.protocol import Protocol
from extract.schema.vocabulary import Body
from flows.appraisal import HIGH, Levels, agreed_levels, level_of
from flows.curves import log_hr_of_curves
from flows.derivation import (
    Derived,
    arm_counts,
    as_estimate,
    derive,
    events,
    label_of,
    overlap_groups,
    participants,
    report_ranks,
    stratum,
)
from flows.frozen import FrozenTable
from flows.grading import certainty_of, with_interactions
from flows.pooling import (
    as_pooled,
    asymmetry,
    cumulative,
    influence_points,
    leave_one_out,
    pool,
    probability_below_1,
    sensitivity,
)
from reports.conclusion import conclusion
from reports.model import Absolute, Input, Interval, LeftOut, LivingTimes, Synthesis, synthesis_id
from reports.taxonomy import Taxonomy, population_words, taxonomy_of
from reports.terms import Terms, terms_of

KIELY_MULTIPLES = (0.25, 0.5, 2.0, 3.0)
"""Multiples of a median that estimate the 90th, 75th, 25th and 10th percentile of survival: the worst case, the usual
range and the best case (Kiely 2011, J Clin Oncol 29:456, doi 10.1200/JCO.2010.30.2174: 36 trials in metastatic breast
cancer, within 0.75 to 1.33 times the actual value in 73, 97, 95 and 96 % of the curves)."""


def synthesise(
    table: FrozenTable, protocol: Protocol, *, only: tuple[str, str, str] | None = None
) -> tuple[Synthesis, ...]:
    """Make every synthesis of the review, or those of one outcome, subtype and pattern.

    The primary outcome has one for each subtype and each pattern in both bodies of evidence, with or without
    studies: an honest page says where there is none. Cells and secondary outcomes have one where there is a value.
    """
    derived = [derive(frozen) for frozen in table.values]
    primary = protocol.primary_outcome().code
    dumped = protocol.model_dump(mode="json")
    taxonomy, terms = taxonomy_of(dumped), terms_of(dumped)
    syntheses = []
    for outcome, subtype, pattern, body in product(
        [o.code for o in protocol.outcomes],
        [s.slug for s in protocol.subtypes],
        [p.slug for p in protocol.patterns],
        Body,
    ):
        if only not in (None, (outcome, subtype, pattern)):
            continue
        members = [d for d in derived if stratum(d) == (outcome, subtype, pattern, body)]
        has_page = outcome == primary and "all" in (subtype, pattern)
        if members or has_page:
            syntheses.append(
                _synthesis(
                    members,
                    table,
                    protocol,
                    taxonomy,
                    terms,
                    outcome=outcome,
                    subtype=subtype,
                    pattern=pattern,
                    body=body,
                )
            )
    return with_interactions(tuple(syntheses), protocol)


def _synthesis(
    members: Sequence[Derived],
    table: FrozenTable,
    protocol: Protocol,
    taxonomy: Taxonomy,
    terms: Terms,
    *,
    outcome: str,
    subtype: str,
    pattern: str,
    body: Body,
) -> Synthesis:
    plan = protocol.analysis
    unusable = [d for d in members if d.effect is None]
    usable = [d for d in members if d.effect is not None]
    ranks = report_ranks(table)
    groups = overlap_groups(usable)
    selection = select_estimates([as_estimate(d, ranks, groups) for d in usable])
    by_id = {d.frozen.value.value_id: d for d in members}
    pooled = sorted(
        (by_id[e.value_id] for e in selection.pooled),
        key=lambda d: (d.frozen.report.facts.get("year") or 0, d.frozen.family.study_id),
    )
    left_out = [
        *(_left_out(by_id[item.value_id], item.reason_code, item.reason) for item in selection.left_out),
        *(_left_out(d, d.reason_code or "not_estimable", d.reason or "") for d in unusable),
    ]
    primary = pool(pooled, plan.method, plan.ci_method, plan.level) if pooled else None
    levels = agreed_levels(table)
    asked = protocol.appraisal.sensitivity_without_high_risk
    without = [d for d in pooled if level_of(d, levels) in HIGH] if asked else []
    key = synthesis_id(outcome=outcome, subtype=subtype, pattern=pattern, body=body.value)
    inputs = _inputs(pooled, primary, plan.level, levels)
    return Synthesis(
        synthesis_id=key,
        outcome=outcome,
        subtype=subtype,
        pattern=pattern,
        body=body.value,
        state="none" if not pooled else "single" if len(pooled) == 1 else "pooled",
        reason=None if pooled else _why_none(members, body),
        k=len(pooled),
        participants=_sum([participants(d) for d in pooled]),
        events=_sum([events(d.frozen.used) for d in pooled]),
        inputs=inputs,
        left_out=tuple(sorted(left_out, key=lambda item: item.value_id)),
        primary=None if primary is None else as_pooled("Main analysis", primary),
        sensitivity=sensitivity(pooled, plan, without=without),
        leave_one_out=leave_one_out(pooled, plan),
        cumulative=cumulative(pooled, plan),
        influence=influence_points(pooled, primary),
        asymmetry=asymmetry(primary),
        absolute=_absolute(primary, protocol, subtype=subtype, pattern=pattern, body=body, outcome=outcome),
        living_times=_living_times(protocol, subtype=subtype, pattern=pattern, body=body, outcome=outcome),
        probability_below_1=probability_below_1(pooled),
        median_difference=_median_differences(pooled),
        certainty=certainty_of(pooled, primary, body, plan, levels=levels, of=table.ratings.get(key, Ratings())),
        conclusion=conclusion(
            None if primary is None else as_pooled("Main analysis", primary),
            k=len(pooled),
            body=body.value,
            outcome=outcome,
            outcome_label=taxonomy.outcome(outcome).in_text,
            population=population_words(taxonomy, subtype=subtype, pattern=pattern),
            event=taxonomy.outcome(outcome).event,
            treatment=terms.treatment,
            short=terms.short,
        ),
        software=dict(software()),
    )


@cache
def software() -> dict[str, str]:
    """Return the versions that can change a digit; read once, for each takes parsing a file."""
    versions = {name: importlib.metadata.version(name) for name in ("living-review", "numpy", "scipy")}
    return {**versions, "python": platform.python_version()}


def _left_out(derived: Derived, reason_code: str, reason: str) -> LeftOut:
    frozen = derived.frozen
    return LeftOut(
        value_id=frozen.value.value_id,
        study_id=frozen.family.study_id,
        report_id=frozen.report.report_id,
        label=label_of(frozen),
        reason_code=reason_code,
        reason=reason,
    )


def _median_differences(pooled: Sequence[Derived]) -> str | None:
    """Return the printed differences of median survival, study by study; medians are never pooled."""
    told = []
    for derived in pooled:
        used = derived.frozen.used
        if used.median_surgery_months is not None and used.median_control_months is not None:
            difference = used.median_surgery_months - used.median_control_months
            told.append(f"{label_of(derived.frozen)} {difference:+.1f}")
    if not told:
        return None
    return f"{', '.join(told)} months with surgery; medians are not pooled, and curves that cross make them misleading"


def _why_none(members: Sequence[Derived], body: Body) -> str:
    if members:
        return "results were reported, but none can be pooled; see the list of results left out"
    return f"no {'randomised' if body is Body.RANDOMISED else 'observational'} data"


def _inputs(pooled: Sequence[Derived], primary: MetaAnalysis | None, level: float, levels: Levels) -> tuple[Input, ...]:
    if primary is None:
        return ()
    inputs = []
    for derived, weight in zip(pooled, primary.weights, strict=True):
        frozen, used, effect = derived.frozen, derived.frozen.used, derived.effect
        if effect is None:
            continue
        ratio, low, high = interval(effect.log_hr, effect.se_log_hr, level=level)
        inputs.append(
            Input(
                value_id=frozen.value.value_id,
                study_id=frozen.family.study_id,
                report_id=frozen.report.report_id,
                label=label_of(frozen),
                year=frozen.report.facts.get("year"),
                design=frozen.family.design,
                n_surgery=arm_counts(derived)[0],
                n_control=arm_counts(derived)[1],
                events_surgery=used.events_surgery,
                events_control=used.events_control,
                reported_estimate=used.estimate,
                reported_ci_low=used.ci_low,
                reported_ci_high=used.ci_high,
                reported_ci_level=used.ci_level,
                reported_numerator_arm=frozen.value.reported.numerator_arm,
                numerator_arm=used.numerator_arm,
                inverted=derived.inverted,
                route=effect.route,
                approximation=effect.approximation,
                log_hr=effect.log_hr,
                se_log_hr=effect.se_log_hr,
                ratio=Interval(estimate=ratio, low=low, high=high, level=level),
                weight_percent=weight,
                immortal_time=used.immortal_time,
                adjusted=used.adjusted,
                note=_input_note(derived),
                risk_of_bias=level_of(derived, levels),
            )
        )
    return tuple(inputs)


def _input_note(derived: Derived) -> str | None:
    used = derived.frozen.used
    notes = []
    if derived.inverted:
        notes.append("printed as no surgery over surgery; inverted after review")
    route = chosen_route(used, log_hr_of_curves)
    if route is not None:
        notes.append(route_in_words(route))
    elif used.ci_level is not None and used.ci_level != 95.0:
        notes.append(f"printed with a {used.ci_level:g} % interval")
    if derived.frozen.value.state == "reopened":
        notes.append("re-opened by a notice in PubMed; reviewers have not yet confirmed it")
    return "; ".join(notes) or None


def _living_times(protocol: Protocol, *, subtype: str, pattern: str, body: Body, outcome: str) -> LivingTimes | None:
    """Worst, usual and best case without surgery, from simple multiples of a printed median (Kiely 2011)."""
    median = protocol.analysis.control_median
    whole = (outcome, subtype, pattern, body) == (protocol.primary_outcome().code, "all", "all", Body.RANDOMISED)
    if median is None or not whole:
        return None
    worst, lower, upper, best = (round(multiple * median.months, 1) for multiple in KIELY_MULTIPLES)
    return LivingTimes(
        median_months=median.months,
        worst_months=worst,
        usual_low_months=lower,
        usual_high_months=upper,
        best_months=best,
        source=median.source,
    )


def _absolute(
    primary: MetaAnalysis | None, protocol: Protocol, *, subtype: str, pattern: str, body: Body, outcome: str
) -> tuple[Absolute, ...]:
    """Absolute survival with surgery: S1(t) = S0(t) ** HR, for the whole population of the trials only."""
    whole = (outcome, subtype, pattern, body) == (protocol.primary_outcome().code, "all", "all", Body.RANDOMISED)
    if primary is None or not whole:
        return ()
    ratio = as_pooled("", primary).ratio
    rows = []
    for control in protocol.analysis.control_survival:
        base = control.percent / 100
        survival = {key: 100 * base ** getattr(ratio, key) for key in ("estimate", "low", "high")}
        rows.append(
            Absolute(
                months=control.months,
                control_survival_percent=control.percent,
                surgery_survival_percent=survival["estimate"],
                surgery_survival_low_percent=survival["high"],
                surgery_survival_high_percent=survival["low"],
                per_1000=10 * (survival["estimate"] - control.percent),
                per_1000_low=10 * (survival["high"] - control.percent),
                per_1000_high=10 * (survival["low"] - control.percent),
                source=control.source,
            )
        )
    return tuple(rows)


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if counts and len(known) == len(counts) else None
