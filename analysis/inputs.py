"""The door of the engine: estimates are checked once; messages name the row and the remedy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import InputError
from analysis.options import checked_choice, checked_level

__all__ = [
    "FloatArray",
    "as_column",
    "checked_choice",
    "checked_estimates",
    "checked_level",
    "refuse_repeated_rows",
    "row_name",
]

FloatArray: TypeAlias = NDArray[np.float64]

LARGEST_VARIANCE_RATIO = 1e14
"""Largest over smallest ``vi``; beyond it double precision cannot weigh the studies together."""


def checked_estimates(
    yi: ArrayLike, vi: ArrayLike, *, labels: Sequence[str] | None = None, least: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return ``yi`` and ``vi`` as float arrays of one length, or say which row is wrong.

    Parameters
    ----------
    yi
        (k,) effect estimates on the analysis scale (log hazard ratios).
    vi
        (k,) their sampling variances, finite and above 0.
    labels
        (k,) names of the studies for messages; rows are numbered from 1 without them.
    least
        Smallest number of rows the caller can work with.

    Raises
    ------
    InputError
        Rows missing, of different length, not numeric, not finite, or a variance that is not above 0.
    """
    y, v = as_column(yi, "yi"), as_column(vi, "vi")
    if y.size != v.size:
        raise InputError(f"yi has {y.size} values and vi has {v.size}: give one sampling variance for each estimate")
    if y.size < least:
        raise InputError(f"{y.size} estimate(s) given, at least {least} needed: add studies or report the single study")
    # Cheap in the common case: the sums are finite and the smallest variance is above 0 only if every row is sound.
    smallest = v.min()
    if not (smallest > 0.0 and math.isfinite(float(y.sum()) + float(v.sum()))):
        _refuse_rows(y, v, labels)
    if v.max() > LARGEST_VARIANCE_RATIO * smallest:
        _refuse_ratio(v, labels)
    return y, v


def refuse_repeated_rows(y: FloatArray, v: FloatArray, labels: Sequence[str] | None) -> None:
    """Raise if a study stands in two rows with the same figures: it would be counted twice."""
    if labels is None:
        return
    seen: dict[tuple[str, float, float], int] = {}
    for row, (label, yi, vi) in enumerate(zip(labels, y.tolist(), v.tolist(), strict=False)):
        first = seen.setdefault((label, yi, vi), row)
        if label and first != row:
            raise InputError(
                f"{row_name(row, labels)}: the same study with the same figures as row {first + 1}: remove one of them"
            )


def as_column(values: Any, name: str) -> FloatArray:
    """Return ``values`` as a (k,) float array, or say which entry is not a number."""
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(_first_text(values, name)) from error
    if column.ndim != 1:
        raise InputError(f"{name} has {column.ndim} dimensions: give one column with one number for each study")
    return column


def row_name(row: int, labels: Sequence[str] | None) -> str:
    """Return how messages call row ``row`` (from 0): its number from 1 and its label."""
    return f"row {row + 1}" + (f" ({labels[row]})" if labels is not None and row < len(labels) else "")


def _refuse_rows(y: FloatArray, v: FloatArray, labels: Sequence[str] | None) -> None:
    for row in range(y.size):
        where = row_name(row, labels)
        if not np.isfinite(y[row]):
            raise InputError(
                f"{where}: yi is {y[row]}: give a finite estimate on the log scale, or leave the study out"
            )
        if not np.isfinite(v[row]) or v[row] <= 0.0:
            raise InputError(
                f"{where}: vi is {v[row]:g}: a sampling variance is finite and above 0; "
                "derive it from the interval at its stated level, or leave the study out"
            )


def _refuse_ratio(v: FloatArray, labels: Sequence[str] | None) -> None:
    row = int(v.argmin())
    raise InputError(
        f"{row_name(row, labels)}: vi is {v[row]:g} while the largest is {v.max():g}: a ratio above "
        f"{LARGEST_VARIANCE_RATIO:g} is a misprint or a mix of scales; check the standard errors"
    )


def _first_text(values: Any, name: str) -> str:
    try:
        for row, value in enumerate(values):
            try:
                float(value)
            except (TypeError, ValueError):
                return f"row {row + 1}: {name} is {value!r}, not a number: correct the cell or leave the row out"
    except TypeError:
        return f"{name} is {values!r}: give one number for each study"
    return f"{name} cannot be read as numbers: give one number for each study"
