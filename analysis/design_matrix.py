"""Moderators to a design matrix: named columns, categories against a reference level, collinearity refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import InputError
from analysis.inputs import FloatArray, as_column

COLLINEAR = 1e-10
"""A column whose part not explained by those before it is this small, relative to its length, adds nothing."""


@dataclass(frozen=True)
class DesignMatrix:
    """A (k, p) matrix of full column rank with the names of its columns."""

    x: FloatArray
    names: tuple[str, ...]

    @property
    def has_intercept(self) -> bool:
        """Whether the first column is constant."""
        return self.names[0] == "intercept"


def design_matrix(
    moderators: Mapping[str, Sequence[object] | ArrayLike], k: int, *, intercept: bool = True
) -> DesignMatrix:
    """Return the design of study-level moderators.

    Numbers become one column; text becomes one column for each level but the first in alphabetical order (all
    levels when there is no intercept and it is the only moderator).

    Raises
    ------
    InputError
        A column of another length, not finite, constant, or a combination of the others: the column is named.
    """
    columns: list[FloatArray] = [np.ones(k)] if intercept else []
    names: list[str] = ["intercept"] if intercept else []
    for name, values in moderators.items():
        for column_name, column in _columns(name, values, drop_first=intercept or len(moderators) > 1):
            if column.size != k:
                raise InputError(f"moderator {name!r} has {column.size} values for {k} studies: give one a study")
            columns.append(column)
            names.append(column_name)
    if not columns:
        raise InputError("no moderators and no intercept: name at least one moderator")
    matrix = np.column_stack(columns)
    refuse_collinear(matrix, names)
    return DesignMatrix(matrix, tuple(names))


def refuse_collinear(x: FloatArray, names: Sequence[str]) -> None:
    """Raise if a column is a linear combination of those before it, or there are too few rows."""
    k, p = x.shape
    if k <= p:
        raise InputError(
            f"{p} coefficients ({', '.join(names)}) and only {k} studies: drop moderators or merge categories"
        )
    basis: list[FloatArray] = []
    for j in range(p):
        rest = x[:, j].copy()
        for _ in range(2):  # twice is enough (Kahan): the second pass removes what rounding left
            for q in basis:
                rest -= q.dot(rest) * q
        length = float(np.sqrt(rest.dot(rest)))
        if length <= COLLINEAR * float(np.sqrt(x[:, j].dot(x[:, j]))):
            raise InputError(
                f"moderator column {names[j]!r} is constant or a combination of {', '.join(names[:j]) or 'nothing'}: "
                "leave it out, or merge the categories that coincide"
            )
        basis.append(rest / length)


def _columns(name: str, values: Sequence[object] | ArrayLike, *, drop_first: bool) -> list[tuple[str, FloatArray]]:
    listed = list(values)  # type: ignore[arg-type]
    if not any(isinstance(value, str) for value in listed):
        column = as_column(listed, f"moderator {name!r}")
        bad = np.flatnonzero(~np.isfinite(column))
        if bad.size:
            raise InputError(
                f"row {bad[0] + 1}: moderator {name!r} is {column[bad[0]]}: complete it or leave the study out"
            )
        return [(name, column)]
    for row, value in enumerate(listed):
        if not isinstance(value, str):
            raise InputError(f"row {row + 1}: moderator {name!r} is {value!r} among text: give a category")
    levels = sorted({str(value) for value in listed})
    if len(levels) == 1:
        raise InputError(f"moderator {name!r} is {levels[0]!r} for every study: leave it out")
    kept = levels[1:] if drop_first else levels
    return [(f"{name}={level}", np.array([1.0 if value == level else 0.0 for value in listed])) for level in kept]
