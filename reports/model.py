"""What a snapshot holds, as frozen values; the parts of a synthesis are in :mod:`reports.synthesis`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from reports.rows import (
    BiasRow,
    DecisionRow,
    ExcludedRow,
    OngoingRow,
    OtherResultRow,
    ReportRow,
    SearchRow,
    StudyRow,
    ValueRow,
)
from reports.synthesis import (
    Absolute,
    Asymmetry,
    Certainty,
    CertaintyDomain,
    CertaintyLevel,
    CumulativeStep,
    InfluencePoint,
    Input,
    Interaction,
    Interval,
    LeaveOneOut,
    LeftOut,
    LivingTimes,
    Part,
    Pooled,
    State,
    Synthesis,
    synthesis_id,
)

__all__ = [
    "Absolute",
    "Asymmetry",
    "Certainty",
    "CertaintyDomain",
    "CertaintyLevel",
    "Changes",
    "CumulativeStep",
    "EstimateChange",
    "Flow",
    "FlowBox",
    "InfluencePoint",
    "Input",
    "Interaction",
    "Interval",
    "LeaveOneOut",
    "LeftOut",
    "LivingTimes",
    "Manifest",
    "Part",
    "Pooled",
    "Reproduction",
    "Snapshot",
    "State",
    "Synthesis",
    "Validation",
    "synthesis_id",
]


class FlowBox(Part):
    """One box of the PRISMA flow: a count from the log."""

    key: str
    label: str
    count: int


class Flow(Part):
    """PRISMA-LSR flow; ``edges`` are (from, to...) sums that must hold."""

    boxes: tuple[FlowBox, ...]
    edges: tuple[tuple[str, tuple[str, ...]], ...]
    exclusion_reasons: tuple[FlowBox, ...]


class EstimateChange(Part):
    """Old and new pooled result of one synthesis (either may be missing)."""

    synthesis_id: str
    old: str | None
    new: str | None
    old_k: int
    new_k: int
    conclusion_changed: bool


class Changes(Part):
    """What changed against the previous snapshot, computed from the two."""

    previous_version: str | None
    triggers: tuple[str, ...]
    values_added: tuple[str, ...]
    values_removed: tuple[str, ...]
    values_changed: tuple[str, ...]
    estimates: tuple[EstimateChange, ...]


class Reproduction(Part):
    """A published meta-analysis next to ours under the same reading and handled properly."""

    review: str
    published: str
    k: int
    reading: str
    ours_same_reading: str
    ours_proper: str
    agreement: str
    reason: str


class Validation(Part):
    """Published reviews re-run, and the reading that must not be used, explained."""

    reproductions: tuple[Reproduction, ...]
    naive_ratio: Interval | None
    naive_explanation: str


class Automation(Part):
    """What programs did before people decided: PRISMA 2020 asks for name, version and threshold of each.

    Parameters
    ----------
    ranking, ranking_version
        What the model that orders records for reading is made of, a part each; it has no threshold.
    extractor
        Version of the program that proposes values.
    second_extractor
        Name of the language model that reads every record apart from it; None for none.
    """

    ranking: tuple[str, ...]
    ranking_version: str
    extractor: str
    second_extractor: str | None


class Manifest(Part):
    """What a snapshot is; ``files`` maps each other file to its SHA-256."""

    format: Annotated[int, Field(ge=1)]
    snapshot_id: str
    version: str
    table_version: int
    created_at: str
    integrated_through: str | None
    searched_through: str | None
    code_revision: str
    protocol_sha256: str
    rehearsal: bool
    previous_snapshot_id: str | None
    content_hash: str | None = None
    automation: Automation | None = None
    files: dict[str, str]


class Snapshot(Part):
    """A whole snapshot in memory."""

    manifest: Manifest
    protocol: dict[str, Any]
    studies: tuple[StudyRow, ...]
    reports: tuple[ReportRow, ...]
    values: tuple[ValueRow, ...]
    decisions: tuple[DecisionRow, ...]
    excluded: tuple[ExcludedRow, ...]
    searches: tuple[SearchRow, ...]
    ongoing: tuple[OngoingRow, ...]
    other_results: tuple[OtherResultRow, ...]
    risk_of_bias: tuple[BiasRow, ...] = ()
    results: tuple[Synthesis, ...]
    flow: Flow
    changes: Changes
    validation: Validation

    def result(self, synthesis_id: str) -> Synthesis | None:
        """Return one synthesis by id (see :func:`synthesis_id`), or None."""
        return next((s for s in self.results if s.synthesis_id == synthesis_id), None)
