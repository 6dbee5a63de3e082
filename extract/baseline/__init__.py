"""The curated rows the review starts from, each with its citation."""

from extract.baseline.corrections import apply_corrections
from extract.baseline.load import load_baseline
from extract.baseline.rows import (
    Baseline,
    BaselineReport,
    BaselineStudy,
    BaselineValue,
    CorrectedValue,
    Correction,
    OtherResult,
    PoolingInput,
    PoolingRerun,
    PublishedPooling,
    ScreeningSeed,
)

__all__ = [
    "Baseline",
    "BaselineReport",
    "BaselineStudy",
    "BaselineValue",
    "CorrectedValue",
    "Correction",
    "OtherResult",
    "PoolingInput",
    "PoolingRerun",
    "PublishedPooling",
    "ScreeningSeed",
    "apply_corrections",
    "load_baseline",
]
