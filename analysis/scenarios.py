"""The sensitivity set: the same question asked of other choices of studies.

One scenario a choice that could have been made otherwise: designs, risk of bias, immortal time, adjustment, and each
overlap group with another member. A scenario that cannot be computed says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.errors import InputError
from analysis.models import MetaAnalysis, meta_analysis
from analysis.select import Estimate, Selection, select_estimates


@dataclass(frozen=True)
class Scenario:
    """One choice: its name, the values pooled, and the result, or the reason why there is none."""

    name: str
    value_ids: tuple[str, ...]
    result: MetaAnalysis | None
    reason: str | None


def sensitivity_set(
    candidates: Sequence[Estimate],
    *,
    low_risk: Mapping[str, bool | None] | None = None,
    method: str = "REML",
    ci_method: str = "hksj",
    level: float = 95.0,
) -> tuple[Scenario, ...]:
    """Return the main analysis and every scenario of one outcome and stratum.

    Parameters
    ----------
    candidates
        All approved values, before selection: leaving some out changes which of the others are chosen.
    low_risk
        By ``study_id``: whether the study is at low risk of bias; None where nobody has judged.
    method, ci_method, level
        As in ``analysis.models.meta_analysis``.
    """
    sets: list[tuple[str, Sequence[Estimate]]] = [("main", candidates)]
    sets += [
        (f"design {design} only", [e for e in candidates if e.design == design])
        for design in sorted({e.design for e in candidates if e.design is not None})
    ]
    if low_risk is not None:
        sets.append(("low risk of bias only", [e for e in candidates if low_risk.get(e.study_id) is True]))
    sets.append(("immortal time handled only", [e for e in candidates if e.immortal_time_handled is True]))
    sets.append(("adjusted estimates only", [e for e in candidates if e.adjusted is True]))
    chosen = select_estimates(candidates)
    sets += _other_overlap_choices(candidates, chosen)
    return tuple(_scenario(name, rows, method, ci_method, level) for name, rows in sets)


def _other_overlap_choices(candidates: Sequence[Estimate], chosen: Selection) -> list[tuple[str, Sequence[Estimate]]]:
    """Return, for each overlap group and each member not chosen, the candidates without its rivals."""
    kept = {e.overlap_group: e.study_id for e in chosen.pooled if e.overlap_group is not None}
    others: list[tuple[str, Sequence[Estimate]]] = []
    for group, study in sorted(kept.items()):
        rivals = sorted({e.study_id for e in candidates if e.overlap_group == group} - {study})
        for rival in rivals:
            rows = [e for e in candidates if e.overlap_group != group or e.study_id == rival]
            others.append((f"{rival} instead of {study} (group {group})", rows))
        rows = [e for e in candidates if e.overlap_group != group]
        others.append((f"without overlap group {group}", rows))
    return others


def _scenario(name: str, rows: Sequence[Estimate], method: str, ci_method: str, level: float) -> Scenario:
    pooled = select_estimates(rows).pooled
    ids = tuple(e.value_id for e in pooled)
    if not pooled:
        return Scenario(name, ids, None, "no study is left")
    numbers = [_log_hr_and_variance(e) for e in pooled]
    result = meta_analysis(
        [y for y, _ in numbers],
        [v for _, v in numbers],
        method=method,
        ci_method=ci_method,
        level=level,
        labels=[e.study_id for e in pooled],
    )
    return Scenario(name, ids, result, None)


def _log_hr_and_variance(estimate: Estimate) -> tuple[float, float]:
    if estimate.log_hr is None or estimate.se_log_hr is None or estimate.se_log_hr <= 0.0:
        raise InputError(
            f"{estimate.value_id}: se_log_hr is {estimate.se_log_hr!r}: give a standard error above 0 or mark the "
            "value as not poolable"
        )
    return estimate.log_hr, estimate.se_log_hr**2


def without_study(candidates: Sequence[Estimate], study_id: str) -> tuple[Estimate, ...]:
    """Return the candidates with every value of one study marked as left out by the reader's choice."""
    reason = f"left out to see the result without {study_id}"
    return tuple(replace(e, not_poolable_reason=reason) if e.study_id == study_id else e for e in candidates)
