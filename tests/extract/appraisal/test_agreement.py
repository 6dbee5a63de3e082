"""Agreement of two readers, against published examples and an independent derivation of the standard errors."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.appraisal.agreement import Cells, Coefficient, agreement, cohen_kappa, gwet_ac1, wilson

# irrCAC 1.0 (Gwet), data set cont3x3abstractors (Ectopic, AIU, NIU), as printed in its vignette "overview":
# kappa2.table 0.7964094 (SE 0.05891072); gwet.ac1.table 0.8493305 (SE 0.04321747); pa2.table 0.89 (SE 0.03128898).
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
# irrCAC is given here with 7 figures.
PRINTED = 5e-7


def pairs(table: list[list[int]]) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]


def test_the_abstractors_give_irrcacs_kappa_ac1_and_percent_with_their_standard_errors() -> None:
    found = agreement(pairs(ABSTRACTORS), categories=3)
    assert (found.items, found.agreed) == (100, 89)
    assert found.kappa is not None
    assert found.ac1 is not None
    assert found.share is not None
    assert found.kappa.estimate == pytest.approx(0.7964094, abs=PRINTED)
    assert found.kappa.se == pytest.approx(0.05891072, abs=PRINTED)
    assert found.ac1.estimate == pytest.approx(0.8493305, abs=PRINTED)
    assert found.ac1.se == pytest.approx(0.04321747, abs=PRINTED)
    assert found.share.se == pytest.approx(0.03128898, abs=PRINTED)
    # The interval is the estimate -+ 1.959964 standard errors: 0.8493305 -+ 0.0847047.
    assert (found.ac1.low, found.ac1.high) == (
        pytest.approx(0.7646258, abs=1e-6),
        pytest.approx(0.9340352, abs=1e-6),
    )


def test_nearly_everything_in_one_category_makes_kappa_negative_and_leaves_ac1_high() -> None:
    # 118 both yes, 5 and 2 one of them, 0 both no. By hand: po = 118/125 = 0.944; kappa's pe = (123 x 120 + 2 x 5) /
    # 125^2 = 0.94528, so (0.944 - 0.94528) / 0.05472 = -0.02339; AC1's pe = 2 x 0.972 x 0.028 = 0.054432, so
    # (0.944 - 0.054432) / 0.945568 = 0.94078.
    found = agreement(pairs([[118, 5], [2, 0]]), categories=2)
    assert found.kappa is not None
    assert found.ac1 is not None
    assert found.kappa.estimate == pytest.approx(-0.00128 / 0.05472, abs=1e-12)
    assert found.ac1.estimate == pytest.approx(0.889568 / 0.945568, abs=1e-12)


def test_wilsons_interval_by_hand() -> None:
    # 8 of 10: centre (0.8 + z2/20) / (1 + z2/10), half z sqrt(0.016 + z2/400) / (1 + z2/10), z2 = 3.841459.
    z2 = 3.841458820694124
    centre, half = (0.8 + z2 / 20) / (1 + z2 / 10), sqrt(z2) * sqrt(0.016 + z2 / 400) / (1 + z2 / 10)
    found = wilson(8, 10)
    assert (found.low, found.high) == (pytest.approx(centre - half), pytest.approx(centre + half))
    assert wilson(10, 10).high == pytest.approx(1.0)
    assert wilson(10, 10).low == pytest.approx(10 / (10 + z2))


def test_what_cannot_be_estimated_is_not_made_up() -> None:
    assert agreement([], categories=2) == agreement((), categories=3)
    everything_out = agreement([("exclude", "exclude")] * 20, categories=3)
    assert everything_out.kappa is None
    assert everything_out.ac1 == Coefficient(1.0, None, None, None)
    assert agreement([("a", "b")], categories=2).kappa == Coefficient(0.0, None, None, None)


@given(st.lists(st.integers(1, 30), min_size=9, max_size=9))
def test_the_standard_errors_are_those_of_the_delta_method(counts: list[int]) -> None:
    """Both formulas are first-order expansions: differentiate the coefficient by each cell, and compare.

    With cells p of a multinomial sample, variance = (sum p g^2 - (sum p g)^2) / n, where g are the derivatives.
    """
    n = sum(counts)
    cells: Cells = {(i // 3, i % 3): count / n for i, count in enumerate(counts)}
    for coefficient in (lambda c: cohen_kappa(c, n), lambda c: gwet_ac1(c, n, categories=3)):
        found = coefficient(cells)
        assert found is not None
        assert found.se is not None
        slopes = {}
        for cell in cells:
            up, down = (coefficient(_moved(cells, cell, step)) for step in (1e-5, -1e-5))
            assert up is not None
            assert down is not None
            slopes[cell] = (up.estimate - down.estimate) / 2e-5
        mean = sum(cells[c] * slopes[c] for c in cells)
        variance = (sum(cells[c] * slopes[c] ** 2 for c in cells) - mean**2) / n
        assert found.se == pytest.approx(sqrt(variance), rel=1e-4, abs=1e-7)


def _moved(cells: Cells, cell: tuple[object, object], step: float) -> Cells:
    """Return the cells with one moved and the others scaled so that they sum to 1 (a step on the simplex)."""
    return {c: p * (1 - step) + (step if c == cell else 0.0) for c, p in cells.items()}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40))
def test_every_interval_holds_its_estimate_and_readers_can_be_swapped(said: list[tuple[str, str]]) -> None:
    found, swapped = agreement(said, categories=3), agreement([(b, a) for a, b in said], categories=3)
    for one, other in ((found.share, swapped.share), (found.kappa, swapped.kappa), (found.ac1, swapped.ac1)):
        assert (one is None) == (other is None)
        if one is None or other is None:
            continue
        assert one.estimate == pytest.approx(other.estimate, abs=1e-12)
        if one.low is not None and one.high is not None:
            assert -1.0 <= one.low <= one.estimate + 1e-12
            assert one.estimate - 1e-12 <= one.high <= 1.0
