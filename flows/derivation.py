"""One approved value brought to the scale and direction of the analysis, or the reason why it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.effect_size import LogHazardRatio, invert, log_hr_from_interval
from analysis.errors import AnalysisError
from analysis.select import Estimate
from extract.errors import DecisionError
from extract.review.routes import chosen_route
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Adjusted, Arm, Body, Design, ImmortalTime, Measure, body_of
from flows.curves import log_hr_of_curves
from flows.frozen import FrozenTable, FrozenValue

HANDLED = (
    ImmortalTime.NOT_APPLICABLE,
    ImmortalTime.LANDMARK,
    ImmortalTime.TIME_VARYING,
    ImmortalTime.CLONE_CENSOR_WEIGHT,
)
"""Ways of dealing with immortal time that leave no such bias by design."""


@dataclass(frozen=True)
class Derived:
    """A value brought to the review's direction and the log scale, or the reason why it cannot be."""

    frozen: FrozenValue
    effect: LogHazardRatio | None
    inverted: bool
    reason: str | None
    reason_code: str | None


def derive(frozen: FrozenValue) -> Derived:
    """Bring one value to log hazard ratio and standard error, surgery over no surgery.

    The interval is read at its stated level; an effect printed the other way round is inverted here, and only here.
    """
    problem = _not_poolable(frozen)
    if problem is not None:
        return Derived(frozen, None, False, problem[1], problem[0])
    used = frozen.used
    if used.route is not None:
        return _by_route(frozen)
    if used.estimate is None or used.ci_low is None or used.ci_high is None or used.ci_level is None:
        return Derived(frozen, None, False, "no interval printed, or its level is never stated", "not_estimable")
    try:
        effect = log_hr_from_interval(used.estimate, ci_low=used.ci_low, ci_high=used.ci_high, ci_level=used.ci_level)
    except AnalysisError as error:
        return Derived(frozen, None, False, str(error), "not_estimable")
    inverted = used.numerator_arm == Arm.NO_SURGERY
    return Derived(frozen, invert(effect) if inverted else effect, inverted, None, None)


def _by_route(frozen: FrozenValue) -> Derived:
    """Derive a value that prints no interval the way its reviewers chose (DECISIONS 0029)."""
    used = frozen.used
    try:
        route = chosen_route(used, log_hr_of_curves)
    except DecisionError as error:
        return Derived(frozen, None, False, str(error), "not_estimable")
    if route is None or route.log_hr is None or route.se_log_hr is None:
        return Derived(frozen, None, False, "the chosen route gives no number", "not_estimable")
    effect = LogHazardRatio(route.log_hr, route.se_log_hr, route.name, route.approximation or None)
    inverted = route.as_printed and used.numerator_arm == Arm.NO_SURGERY
    return Derived(frozen, invert(effect) if inverted else effect, inverted, None, None)


def _not_poolable(frozen: FrozenValue) -> tuple[str, str] | None:
    used = frozen.used
    if frozen.retracted:
        return "retracted", "the report was retracted"
    if not used.poolable:
        return "not_estimable", used.not_poolable_reason or "a reviewer decided that it cannot be pooled"
    if used.measure in (Measure.SHR, Measure.CSHR):
        return "other_measure", "a competing-risks hazard ratio is not pooled with hazard ratios"
    if used.measure not in (Measure.HR, Measure.RR):
        return "other_measure", f"{used.measure} is not a hazard ratio"
    if used.population is not None and used.comparison_group is None:
        return "other_population", f"result of a subgroup ({used.population}), not of the whole stratum"
    if used.numerator_arm == Arm.NOT_STATED:
        return "not_estimable", "the report does not say which arm is the numerator, and no reviewer has decided"
    return None


def stratum(derived: Derived) -> tuple[str, str, str, Body]:
    """Return outcome, subtype, pattern and body of evidence of a value."""
    used = derived.frozen.used
    return used.outcome, used.subtype, used.pattern, body_of(Design(derived.frozen.family.design))


def report_ranks(table: FrozenTable) -> dict[str, int]:
    """Return the rank of each report: a report ranks one above the report it supersedes."""
    supersedes = {report.report_id: report.facts.get("supersedes") for report in table.reports}

    def rank(report_id: str, seen: frozenset[str]) -> int:
        older = supersedes.get(report_id)
        if not older or older in seen or older not in supersedes:
            return 0
        return 1 + rank(older, seen | {report_id})

    return {report_id: rank(report_id, frozenset({report_id})) for report_id in supersedes}


def overlap_groups(members: Sequence[Derived]) -> dict[str, str]:
    """Return the overlap group of each study of one synthesis, groups that share patients united.

    SEER and NCDB, for example, both hold many of the same people in the United States; a study says so in
    ``also_overlaps``. Only groups present among these members are united: a chain through a study that is not here
    would throw out cohorts that share nobody.
    """
    own = {d.frozen.family.study_id: d.frozen.family.overlap_group for d in members}
    present = {group for group in own.values() if group}
    united: dict[str, frozenset[str]] = {group: frozenset({group}) for group in present}
    for derived in members:
        group = derived.frozen.family.overlap_group
        others = [g for g in derived.frozen.family.facts.get("also_overlaps") or () if g in present]
        for other in others if group else ():
            whole = united[str(group)] | united[other]
            united |= dict.fromkeys(whole, whole)
    return {study_id: " + ".join(sorted(united[group])) for study_id, group in own.items() if group}


def as_estimate(derived: Derived, ranks: dict[str, int], groups: dict[str, str]) -> Estimate:
    """Return the value as the selection rule sees it."""
    frozen, effect = derived.frozen, derived.effect
    facts = frozen.family.facts
    handled = frozen.used.immortal_time
    adjusted = frozen.used.adjusted
    return Estimate(
        value_id=frozen.value.value_id,
        study_id=frozen.family.study_id,
        report_id=frozen.report.report_id,
        log_hr=effect.log_hr if effect else None,
        se_log_hr=effect.se_log_hr if effect else None,
        overlap_group=groups.get(frozen.family.study_id),
        year=frozen.report.facts.get("year"),
        n_total=participants(derived) or facts.get("n_total"),
        design=frozen.family.design,
        adjusted=None if adjusted == Adjusted.UNCLEAR else adjusted == Adjusted.YES,
        immortal_time_handled=None if handled == ImmortalTime.NOT_CHECKED else handled in HANDLED,
        report_rank=ranks.get(frozen.report.report_id, 0),
        comparison_rank=frozen.used.comparison_rank,
        control_group=frozen.used.comparison_group,
        accrual_start=text_or_none(facts.get("accrual_start")),
        accrual_end=text_or_none(facts.get("accrual_end")),
    )


def text_or_none(value: object) -> str | None:
    """Return a fact as text; nothing stays nothing."""
    return None if value in (None, "") else str(value)


def label_of(frozen: FrozenValue) -> str:
    """Return the study's name in plots and tables."""
    return str(frozen.family.facts.get("label") or frozen.family.study_id)


def arm_counts(derived: Derived) -> tuple[int | None, int | None]:
    """Return the participants with and without surgery.

    From the value itself; for the whole population also from the report, which may give them elsewhere.
    """
    used, facts = derived.frozen.used, derived.frozen.report.facts
    whole = (used.subtype, used.pattern, used.population) == ("all", "all", None)
    if (used.n_surgery is None or used.n_control is None) and whole:
        return facts.get("n_surgery"), facts.get("n_control")
    return used.n_surgery, used.n_control


def participants(derived: Derived) -> int | None:
    """Return the participants of the comparison, None if not reported."""
    used = derived.frozen.used
    n_surgery, n_control = arm_counts(derived)
    if n_surgery is not None and n_control is not None:
        return n_surgery + n_control
    total = derived.frozen.family.facts.get("n_total")
    # The study's total says nothing about one of its strata.
    return total if (used.subtype, used.pattern) == ("all", "all") else None


def events(used: ReportedValue) -> int | None:
    """Return the events in both arms, None if not reported."""
    if used.events_surgery is None or used.events_control is None:
        return None
    return used.events_surgery + used.events_control
