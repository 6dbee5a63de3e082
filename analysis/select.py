"""Which estimates enter one synthesis: one per trial family and overlap group, reasons for all others.

Pure rule, no judgement: everything it needs stands in the estimates, and for every estimate it is told which
one was preferred and why, in words a reader of the page can follow.

The rule, in this order:

1. Not poolable (no estimate, no comparison) is left out with the reason given by whoever judged it.
2. Within one report against one control group the first-ranked comparison stays; the others would count the
   same
   control patients twice.
3. Within one study (trial family) the latest report stays: highest ``report_rank`` (a report outranks what it
   supersedes), then latest year.
4. Within one overlap group of cohorts (the same registry and years) one study stays: immortal time handled,
   then
   adjusted, then the largest, then the latest accrual end, then the first by name, so that the order of rows
   cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from analysis.errors import InputError

ReasonCode: TypeAlias = Literal[
    "not_comparative",
    "not_estimable",
    "second_comparison_same_control",
    "superseded_report",
    "overlap",
]


@dataclass(frozen=True)
class Estimate:
    """One approved value that could enter the synthesis of one outcome and stratum.

    Attributes
    ----------
    value_id, study_id, report_id
        The value, the trial family it belongs to, the report that prints it.
    log_hr, se_log_hr
        Effect and standard error, direction already as the review wants it; None where not derivable.
    overlap_group
        Cohorts that may hold the same patients share a group; None for a study that overlaps with none.
    year
        Year of the report.
    n_total
        Patients analysed in the comparison, None if not reported.
    design
        Word of the vocabulary, e.g. ``"rct"``; only carried through.
    adjusted, immortal_time_handled
        None where the report does not say: treated as no when cohorts compete.
    not_poolable_reason
        Why a person or an earlier step found it not poolable, or None.
    report_rank
        Order of the reports of one family; a report outranks those it supersedes.
    comparison_rank
        Order of the comparisons within one report against one control group; 0 comes first.
    control_group
        Name of the control group within the report; None when the report has one comparison only.
    comparative
        False for single-arm results.
    accrual_start, accrual_end
        ISO dates or years; compared as text of one format.
    """

    value_id: str
    study_id: str
    report_id: str
    log_hr: float | None
    se_log_hr: float | None
    overlap_group: str | None = None
    year: int | None = None
    n_total: int | None = None
    design: str | None = None
    adjusted: bool | None = None
    immortal_time_handled: bool | None = None
    not_poolable_reason: str | None = None
    report_rank: int = 0
    comparison_rank: int = 0
    control_group: str | None = None
    comparative: bool = True
    accrual_start: str | None = None
    accrual_end: str | None = None


@dataclass(frozen=True)
class LeftOut:
    """An estimate that does not enter, with a code for counting and a sentence for the page."""

    value_id: str
    reason_code: ReasonCode
    reason: str


@dataclass(frozen=True)
class Selection:
    """What is pooled, in the order given, and what is not; together they are all the candidates."""

    pooled: tuple[Estimate, ...]
    left_out: tuple[LeftOut, ...]


def select_estimates(candidates: Sequence[Estimate]) -> Selection:
    """Apply the rule above to the candidates of one outcome and stratum.

    Raises
    ------
    InputError
        Two candidates with one ``value_id``: the caller joined tables twice.
    """
    _refuse_duplicates(candidates)
    left_out: list[LeftOut] = []
    remaining = _drop_unpoolable(candidates, left_out)
    remaining = _one_comparison(remaining, left_out)
    remaining = _one_report(remaining, left_out)
    remaining = _one_per_overlap(remaining, left_out)
    kept = {estimate.value_id for estimate in remaining}
    pooled = tuple(estimate for estimate in candidates if estimate.value_id in kept)
    order = {estimate.value_id: i for i, estimate in enumerate(candidates)}
    return Selection(pooled, tuple(sorted(left_out, key=lambda item: order[item.value_id])))


def _refuse_duplicates(candidates: Sequence[Estimate]) -> None:
    seen: set[str] = set()
    for estimate in candidates:
        if estimate.value_id in seen:
            raise InputError(
                f"value_id {estimate.value_id!r} is given twice: pass each approved value once for one stratum"
            )
        seen.add(estimate.value_id)


def _drop_unpoolable(candidates: Sequence[Estimate], left_out: list[LeftOut]) -> list[Estimate]:
    kept = []
    for estimate in candidates:
        if not estimate.comparative:
            reason = estimate.not_poolable_reason or "single-arm: no comparison between treatments"
            left_out.append(LeftOut(estimate.value_id, "not_comparative", reason))
        elif estimate.not_poolable_reason is not None:
            left_out.append(LeftOut(estimate.value_id, "not_estimable", estimate.not_poolable_reason))
        elif estimate.log_hr is None or estimate.se_log_hr is None:
            reason = "no hazard ratio with a standard error can be derived from the report"
            left_out.append(LeftOut(estimate.value_id, "not_estimable", reason))
        else:
            kept.append(estimate)
    return kept


def _one_comparison(candidates: list[Estimate], left_out: list[LeftOut]) -> list[Estimate]:
    def key(e: Estimate) -> tuple[str, str, str]:
        return e.study_id, e.report_id, e.control_group or ""

    def preference(e: Estimate) -> tuple[object, ...]:
        return (e.comparison_rank, e.value_id)

    def reason(_: Estimate, chosen: Estimate) -> str:
        return (
            f"a second comparison of report {chosen.report_id} against the same control group; "
            f"{chosen.value_id} comes first and both would count its patients twice"
        )

    return _keep_first(candidates, key, preference, "second_comparison_same_control", reason, left_out)


def _one_report(candidates: list[Estimate], left_out: list[LeftOut]) -> list[Estimate]:
    latest: dict[str, Estimate] = {}
    for estimate in candidates:
        best = latest.get(estimate.study_id)
        if best is None or _report_preference(estimate) < _report_preference(best):
            latest[estimate.study_id] = estimate
    kept = []
    for estimate in candidates:
        chosen = latest[estimate.study_id]
        # Comparisons against different control groups of one report hold different patients: all stay.
        if estimate.report_id == chosen.report_id:
            kept.append(estimate)
            continue
        when = f" ({chosen.year})" if chosen.year is not None else ""
        reason = f"study {estimate.study_id} has a later report with an estimate: {chosen.report_id}{when}"
        left_out.append(LeftOut(estimate.value_id, "superseded_report", reason))
    return kept


def _report_preference(e: Estimate) -> tuple[int, int, str]:
    return -e.report_rank, -(e.year or 0), e.report_id


def _one_per_overlap(candidates: list[Estimate], left_out: list[LeftOut]) -> list[Estimate]:
    grouped: dict[str, list[Estimate]] = {}
    for estimate in candidates:
        if estimate.overlap_group is not None:
            grouped.setdefault(estimate.overlap_group, []).append(estimate)
    chosen = {group: min(members, key=_overlap_preference) for group, members in grouped.items()}
    kept = []
    for estimate in candidates:
        group = estimate.overlap_group
        if group is None or chosen[group].study_id == estimate.study_id:
            kept.append(estimate)
            continue
        best = chosen[group]
        why = _overlap_advantage(best, estimate)
        reason = f"overlaps with study {best.study_id} (group {group}), which is preferred: {why}"
        left_out.append(LeftOut(estimate.value_id, "overlap", reason))
    return kept


def _overlap_preference(e: Estimate) -> tuple[bool, bool, int, tuple[int, ...], str, str]:
    later_first = tuple(-ord(c) for c in e.accrual_end or "")
    return (
        e.immortal_time_handled is not True,
        e.adjusted is not True,
        -(e.n_total or 0),
        later_first,
        e.study_id,
        e.value_id,
    )


def _overlap_advantage(best: Estimate, other: Estimate) -> str:
    """Return the first criterion on which ``best`` beats ``other``, in words."""
    if best.immortal_time_handled is True and other.immortal_time_handled is not True:
        return "it handles immortal time"
    if best.adjusted is True and other.adjusted is not True:
        return "its estimate is adjusted"
    if (best.n_total or 0) > (other.n_total or 0):
        return f"it is larger ({best.n_total} v {other.n_total if other.n_total is not None else 'unknown'})"
    if (best.accrual_end or "") > (other.accrual_end or ""):
        return f"its accrual ends later ({best.accrual_end} v {other.accrual_end or 'unknown'})"
    return "equal on every criterion, first by name"


def _keep_first(
    candidates: Iterable[Estimate],
    key: Callable[[Estimate], tuple[str, str, str]],
    preference: Callable[[Estimate], tuple[object, ...]],
    code: ReasonCode,
    reason: Callable[[Estimate, Estimate], str],
    left_out: list[LeftOut],
) -> list[Estimate]:
    kept: list[Estimate] = []
    ordered = sorted(candidates, key=lambda e: (key(e), preference(e)))
    for _, members in groupby(ordered, key=key):
        chosen, *others = members
        kept.append(chosen)
        left_out.extend(LeftOut(e.value_id, code, reason(e, chosen)) for e in others)
    return kept
