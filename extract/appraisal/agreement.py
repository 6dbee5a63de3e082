"""Agreement of two readers over the items both saw: percent, Cohen's kappa and Gwet's AC1, each with an interval.

All three are shown because each misleads alone: percent agreement is high by chance when nearly everything is excluded,
and kappa is low for the same reason (Feinstein & Cicchetti 1990, J Clin Epidemiol 43:543); AC1 is steadier there.
Standard errors are those for a sample of items from an infinite population, with these two readers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054
"""Quantile of the normal distribution for a two-sided 95 % interval."""


@dataclass(frozen=True)
class Coefficient:
    """An estimate with its standard error and 95 % interval, cut at the scale's ends.

    ``se`` and the limits are None where they cannot be estimated from these items (all agree, or one item).
    """

    estimate: float
    se: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Agreement:
    """Agreement over ``items`` that both readers judged.

    Parameters
    ----------
    share
        Share of items on which they agree (0 to 1), Wilson's interval.
    kappa
        None where both readers put everything into one category: chance agreement is then 1.
    """

    items: int
    agreed: int
    share: Coefficient | None
    kappa: Coefficient | None
    ac1: Coefficient | None


def agreement(pairs: Sequence[tuple[Hashable, Hashable]], *, categories: int) -> Agreement:
    """Return the agreement of two readers.

    Parameters
    ----------
    pairs
        What each of the two said on each item.
    categories
        Number of categories they could choose from, used or not; it enters AC1.
    """
    n = len(pairs)
    agreed = sum(one == other for one, other in pairs)
    if n == 0:
        return Agreement(0, 0, None, None, None)
    cells = {cell: count / n for cell, count in Counter(pairs).items()}
    return Agreement(n, agreed, wilson(agreed, n), cohen_kappa(cells, n), gwet_ac1(cells, n, categories=categories))


def wilson(agreed: int, n: int) -> Coefficient:
    """Return a share with Wilson's score interval (Wilson 1927, J Am Stat Assoc 22:209; Newcombe 1998, method 3)."""
    p, z2 = agreed / n, Z_95**2
    centre, half = p + z2 / (2 * n), Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Coefficient(
        p, sqrt(p * (1 - p) / n), max((centre - half) / (1 + z2 / n), 0.0), min((centre + half) / (1 + z2 / n), 1.0)
    )


Cells = dict[tuple[Hashable, Hashable], float]


def cohen_kappa(cells: Cells, n: int) -> Coefficient | None:
    """Return Cohen's kappa with the standard error of Fleiss, Cohen & Everitt 1969 (Psychol Bull 72:323, eq. 14).

    kappa = (po - pe) / (1 - pe), pe the sum of the products of the margins; variance as in Fleiss, Levin & Paik 2003,
    eq. 18.13 to 18.16.
    """
    rows, columns = _margins(cells)
    every = rows.keys() | columns.keys()
    po = sum(p for (one, other), p in cells.items() if one == other)
    pe = sum(rows.get(k, 0.0) * columns.get(k, 0.0) for k in every)
    if 1 - pe < 1e-12:
        return None
    kappa = (po - pe) / (1 - pe)
    same = sum(
        p * (1 - (rows[one] + columns[one]) * (1 - kappa)) ** 2 for (one, other), p in cells.items() if one == other
    )
    differ = (1 - kappa) ** 2 * sum(
        p * (columns.get(one, 0.0) + rows.get(other, 0.0)) ** 2 for (one, other), p in cells.items() if one != other
    )
    variance = (same + differ - (kappa - pe * (1 - kappa)) ** 2) / (n * (1 - pe) ** 2)
    return _with_interval(kappa, variance, n)


def gwet_ac1(cells: Cells, n: int, *, categories: int) -> Coefficient | None:
    """Return Gwet's AC1 with its standard error (Gwet 2008, Br J Math Stat Psychol 61:29, eq. 5, 9 and 12).

    AC1 = (po - pe) / (1 - pe), pe = sum of pi_k (1 - pi_k) / (Q - 1), pi_k the mean of the two margins.
    """
    if categories < 2:
        return None
    rows, columns = _margins(cells)
    pi = {k: (rows.get(k, 0.0) + columns.get(k, 0.0)) / 2 for k in rows.keys() | columns.keys()}
    po = sum(p for (one, other), p in cells.items() if one == other)
    pe = sum(p * (1 - p) for p in pi.values()) / (categories - 1)
    if 1 - pe < 1e-12:
        return None
    ac1 = (po - pe) / (1 - pe)
    same = sum(p * (1 - pi[one]) for (one, other), p in cells.items() if one == other) / (categories - 1)
    both = sum(p * (1 - (pi[one] + pi[other]) / 2) ** 2 for (one, other), p in cells.items()) / (categories - 1) ** 2
    variance = po * (1 - po) - 4 * (1 - ac1) * (same - po * pe) + 4 * (1 - ac1) ** 2 * (both - pe**2)
    return _with_interval(ac1, variance / (n * (1 - pe) ** 2), n)


def _margins(cells: Cells) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
    rows: dict[Hashable, float] = {}
    columns: dict[Hashable, float] = {}
    for (one, other), p in cells.items():
        rows[one] = rows.get(one, 0.0) + p
        columns[other] = columns.get(other, 0.0) + p
    return rows, columns


def _with_interval(estimate: float, variance: float, n: int) -> Coefficient:
    if n < 2 or variance < 1e-15:
        return Coefficient(estimate, None, None, None)
    se = sqrt(variance)
    return Coefficient(estimate, se, max(estimate - Z_95 * se, -1.0), min(estimate + Z_95 * se, 1.0))
