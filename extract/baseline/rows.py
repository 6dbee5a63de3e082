"""Rows of the starting tables as frozen values; field for field the columns of :mod:`extract.baseline.tables`.

What each field means, with unit and constraint, stands in the codebook. Nothing here is derived: a ratio keeps
its printed direction, a limit its stated level.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from extract.schema.vocabulary import Adjusted, Arm, Design, ImmortalTime, Measure


@dataclass(frozen=True, slots=True)
class BaselineStudy:
    """A trial family or cohort: the unit of interest."""

    study_id: str
    label: str
    design: Design
    status: str
    country: str | None
    registry_ids: tuple[str, ...]
    accrual_start: int | None
    accrual_end: int | None
    data_source: str | None
    overlap_group: str | None
    also_overlaps: tuple[str, ...]
    immortal_time: ImmortalTime
    n_total: int | None
    unverified_fields: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class BaselineReport:
    """A publication about a study; ``study_id`` is None for a synthesis of several studies."""

    report_id: str
    study_id: str | None
    report_type: str
    supersedes: str | None
    pmid: str | None
    doi: str | None
    pmcid: str | None
    first_author: str | None
    year: int | None
    journal: str | None
    citation: str | None
    title: str
    n_total: int | None
    n_surgery: int | None
    n_control: int | None
    median_followup_months: float | None
    source_url: str | None
    unverified_fields: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class BaselineValue:
    """One printed effect; ``estimate`` and limits on the printed (ratio) scale and in the printed direction."""

    value_id: str
    report_id: str
    outcome: str
    subtype: str
    pattern: str
    population: str | None
    measure: Measure
    estimate: float
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    p_value: str | None
    p_sided: str | None
    numerator_arm: Arm
    denominator_arm: Arm
    numerator_label: str | None
    denominator_label: str | None
    events_surgery: int | None
    events_control: int | None
    n_surgery: int | None
    n_control: int | None
    median_surgery_months: float | None
    median_control_months: float | None
    adjusted: Adjusted
    adjustment: str | None
    immortal_time: ImmortalTime
    landmark_months: float | None
    where_reported: str
    quote: str
    source_url: str
    poolable: bool
    not_poolable_reason: str | None
    comparison_group: str | None
    comparison_rank: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A decision about one cell of a value; it fails once the cell no longer says ``reported``."""

    kind: str
    value_id: str
    field: str
    reported: str | None
    corrected: str | None
    reason: str
    evidence: str
    decided_by: str
    decided_on: dt.date
    next_review: dt.date


@dataclass(frozen=True, slots=True)
class ScreeningSeed:
    """A starting screening decision; a title is compared without case and punctuation."""

    key_type: str
    key: str
    report_id: str | None
    decision: str
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class OtherResult:
    """A result for a study's page that is never pooled (median, survival percent, p value alone)."""

    report_id: str
    outcome: str
    subtype: str
    pattern: str
    population: str | None
    measure: str
    text: str
    p_value: str | None
    source_url: str


@dataclass(frozen=True, slots=True)
class PublishedPooling:
    """A pooled hazard ratio as a meta-analysis published it."""

    report_id: str
    outcome: str
    subtype: str
    pattern: str
    population: str | None
    estimate: float
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    source_url: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PoolingInput:
    """One value of one way of reading the inputs of a published pooling."""

    input_set: str
    published_report_id: str | None
    value_id: str
    read_level_as: float
    inverted: bool


@dataclass(frozen=True, slots=True)
class PoolingRerun:
    """What pooling one input set gave by four methods, hazard ratios with 95 % limits."""

    input_set: str
    published_report_id: str | None
    description: str
    k: int
    dl_hr: float
    dl_low: float
    dl_high: float
    reml_hr: float
    reml_low: float
    reml_high: float
    reml_hksj_hr: float
    reml_hksj_low: float
    reml_hksj_high: float
    ee_hr: float
    ee_low: float
    ee_high: float
    q: float | None
    i2: float | None
    tau2_dl: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The whole starting material, checked."""

    studies: tuple[BaselineStudy, ...]
    reports: tuple[BaselineReport, ...]
    values: tuple[BaselineValue, ...]
    corrections: tuple[Correction, ...]
    screening: tuple[ScreeningSeed, ...]
    other_results: tuple[OtherResult, ...]
    published_poolings: tuple[PublishedPooling, ...]
    pooling_inputs: tuple[PoolingInput, ...]
    pooling_reruns: tuple[PoolingRerun, ...]


@dataclass(frozen=True, slots=True)
class CorrectedValue:
    """A value as reported beside the value to use, with the decisions that lead from one to the other."""

    reported: BaselineValue
    value: BaselineValue
    decisions: tuple[Correction, ...]
