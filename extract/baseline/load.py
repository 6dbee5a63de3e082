"""Load the starting rows that ship with the package, checked against their declarations and each other."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from extract.baseline.consistency import check_consistency
from extract.baseline.read import read_table
from extract.baseline.rows import (
    Baseline,
    BaselineReport,
    BaselineStudy,
    BaselineValue,
    Correction,
    OtherResult,
    PoolingInput,
    PoolingRerun,
    PublishedPooling,
    ScreeningSeed,
)
from extract.baseline.tables import (
    CORRECTIONS,
    OTHER_RESULTS,
    POOLING_INPUTS,
    POOLING_RERUNS,
    PUBLISHED_POOLINGS,
    REPORTS,
    SCREENING,
    STUDIES,
    TABLES,
    VALUES,
)
from extract.errors import BaselineError
from extract.schema.protocol import Protocol


def load_baseline(protocol: Protocol) -> Baseline:
    """Load the starting rows that ship with the package.

    Raises
    ------
    BaselineError
        A cell, link or decision that does not hold; nothing is loaded then.
    """
    return baseline_from_texts(packaged_texts(), protocol)


def packaged_texts() -> dict[str, str]:
    """Return the text of every table that ships with the package, by table name."""
    folder = resources.files("extract.baseline")
    return {name: (folder / f"{name}.csv").read_text(encoding="utf-8") for name, _ in TABLES}


def baseline_from_texts(texts: Mapping[str, str], protocol: Protocol) -> Baseline:
    """Check tables given as text and return them as rows.

    Parameters
    ----------
    texts
        CSV text by table name; every name of :data:`extract.baseline.tables.TABLES`.
    protocol
        Outcomes, taxonomy and exclusion reasons the rows must use.

    Raises
    ------
    BaselineError
        File, line, column, value and what to do.
    """
    for name, _ in TABLES:
        if name not in texts:
            raise BaselineError(f"{name}.csv is missing from the starting tables")
    p = protocol
    baseline = Baseline(
        studies=read_table(texts["studies"], STUDIES, BaselineStudy, file="studies.csv", protocol=p),
        reports=read_table(texts["reports"], REPORTS, BaselineReport, file="reports.csv", protocol=p),
        values=read_table(texts["values"], VALUES, BaselineValue, file="values.csv", protocol=p),
        corrections=read_table(texts["corrections"], CORRECTIONS, Correction, file="corrections.csv", protocol=p),
        screening=read_table(texts["screening"], SCREENING, ScreeningSeed, file="screening.csv", protocol=p),
        other_results=read_table(
            texts["other_results"], OTHER_RESULTS, OtherResult, file="other_results.csv", protocol=p
        ),
        published_poolings=read_table(
            texts["published_poolings"],
            PUBLISHED_POOLINGS,
            PublishedPooling,
            file="published_poolings.csv",
            protocol=p,
        ),
        pooling_inputs=read_table(
            texts["pooling_inputs"], POOLING_INPUTS, PoolingInput, file="pooling_inputs.csv", protocol=p
        ),
        pooling_reruns=read_table(
            texts["pooling_reruns"], POOLING_RERUNS, PoolingRerun, file="pooling_reruns.csv", protocol=p
        ),
    )
    check_consistency(baseline)
    return baseline
