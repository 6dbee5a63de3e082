"""A hostile statistician takes the tables the site offers and works its pages out again, without our analysis.

The site is that of a rehearsed night on the starting table. Formulas: REML by maximising the restricted likelihood
(Viechtbauer 2005, J Educ Behav Stat 30:261); Hartung-Knapp with t on k - 1 degrees of freedom (IntHout 2014, BMC Med
Res Methodol 14:25); DerSimonian-Laird 1986; Paule-Mandel 1982; the interval of tau2 by the Q profile (Viechtbauer
2007, Stat Med 26:37); I2 from tau2 and the typical variance (Higgins and Thompson 2002, Stat Med 21:1539); survival
with surgery is survival without it to the power of the hazard ratio.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import html
from numpy.typing import NDArray
from scipy import optimize, stats

from tests.nights import after_first_night

Array = NDArray[np.float64]
HEADLINE = "os--all--all--randomised"


@dataclass(frozen=True)
class Fit:
    """A pool on the log scale; ``critical`` is the quantile behind its interval."""

    mu: float
    se: float
    critical: float
    tau2: float
    i2: float
    q: float
    weights: Array

    def printed(self, decimals: int) -> str:
        low, high = self.mu - self.critical * self.se, self.mu + self.critical * self.se
        return f"{math.exp(self.mu):.{decimals}f} ({math.exp(low):.{decimals}f}–{math.exp(high):.{decimals}f})"


def generalised_q(y: Array, v: Array, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def reml(y: Array, v: Array) -> float:
    def minus_log_likelihood(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float(0.5 * (np.log(v + tau2).sum() + np.log(w.sum()) + generalised_q(y, v, tau2)))

    grid = np.concatenate(([0.0], np.geomspace(1e-6, 10, 300)))
    best = float(grid[np.argmin([minus_log_likelihood(float(t)) for t in grid])])
    found = optimize.minimize_scalar(
        minus_log_likelihood, bounds=(0.8 * best, 1.25 * best + 1e-6), method="bounded", options={"xatol": 1e-12}
    )
    return float(found.x) if found.fun < minus_log_likelihood(0) else 0.0


def fit(y: Array, v: Array, method: str = "REML", *, hartung_knapp: bool = True) -> Fit:
    k, w0 = len(y), 1 / v
    q, spread = generalised_q(y, v, 0), float(w0.sum() - (w0**2).sum() / w0.sum())
    if k == 1 or method == "EE":
        tau2 = 0.0
    elif method == "DL":
        tau2 = max(0.0, (q - (k - 1)) / spread)
    elif method == "PM":
        tau2 = optimize.brentq(lambda t: generalised_q(y, v, t) - (k - 1), 0, 100) if q > k - 1 else 0.0
    else:
        tau2 = reml(y, v)
    w = 1 / (v + tau2)
    mu, variance, critical = float((w * y).sum() / w.sum()), float(1 / w.sum()), float(stats.norm.ppf(0.975))
    if hartung_knapp and k > 1:
        variance *= generalised_q(y, v, tau2) / (k - 1)
        critical = float(stats.t.ppf(0.975, k - 1))
    i2 = 100 * tau2 / (tau2 + (k - 1) / spread) if k > 1 and method != "EE" else math.nan
    return Fit(mu, math.sqrt(variance), critical, tau2, i2, q, 100 * w / w.sum())


def q_profile(y: Array, v: Array) -> tuple[float, float]:
    """Return the limits of tau2: where the generalised Q equals the quantiles of chi squared."""
    limits = []
    for quantile in stats.chi2.ppf([0.975, 0.025], len(y) - 1):
        above = generalised_q(y, v, 0) > quantile
        limits.append(optimize.brentq(lambda t, q=quantile: generalised_q(y, v, t) - q, 0, 1e3) if above else 0.0)
    return limits[0], limits[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return after_first_night(tmp_path_factory.mktemp("recomputed") / "state").site_dir


@pytest.fixture(scope="module")
def values(site: Path) -> dict[str, dict[str, str]]:
    with (site / "data/tables/values.csv").open(encoding="utf-8", newline="") as file:
        return {row["value_id"]: row for row in csv.DictReader(file)}


def effect(row: dict[str, str]) -> tuple[float, float]:
    """Return log hazard ratio and variance of a row, surgery over no surgery, from its interval at its stated level."""
    z = stats.norm.ppf(0.5 + float(row["ci_level"]) / 200)
    se = (math.log(float(row["ci_high"])) - math.log(float(row["ci_low"]))) / (2 * z)
    sign = -1 if row["numerator_arm"] == "no_surgery" else 1
    return sign * math.log(float(row["estimate"])), se**2


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


@dataclass(frozen=True)
class Shown:
    """A forest table with the page it stands on, and its effects."""

    synthesis_id: str
    page: Any
    table: Any
    rows: list[Any]
    y: Array
    v: Array

    def tables(self, kind: str) -> list[tuple[str, list[str]]]:
        """Return name and cells of each row of another table of this synthesis."""
        rows = self.page.xpath(f'//table[@data-{kind}="{self.synthesis_id}"]/tbody/tr')
        return [(words(row.xpath("./th")[0]), [words(cell) for cell in row.xpath("./td")]) for row in rows]

    def names(self) -> list[str]:
        return [words(row.xpath("./th/a")[0]) for row in self.rows]


def shown(site: Path, values: dict[str, dict[str, str]]) -> Iterator[Shown]:
    """Yield each synthesis once, wherever it stands."""
    seen = set()
    for path in sorted([*site.glob("subtype/*/index.html"), *site.glob("pattern/*/index.html")]):
        page = html.parse(str(path)).getroot()
        for table in page.xpath("//table[@data-synthesis]"):
            key, rows = table.get("data-synthesis"), table.xpath(".//tr[@data-value]")
            if key not in seen:
                seen.add(key)
                effects = np.array([effect(values[row.get("data-value")]) for row in rows])
                yield Shown(key, page, table, rows, effects[:, 0], effects[:, 1])


def test_every_estimate_interval_and_weight_of_every_report_follows_from_its_tables(
    site: Path, values: dict[str, dict[str, str]]
) -> None:
    several = 0
    for one in shown(site, values):
        pooled = fit(one.y, one.v)
        for row, y, v, weight in zip(one.rows, one.y, one.v, pooled.weights, strict=True):
            cells = [words(cell) for cell in row.xpath("./td")]
            alone = fit(np.array([y]), np.array([v]))
            assert cells[-2:] == [alone.printed(2), f"{weight:.1f} %"], (one.synthesis_id, row.get("data-value"))
        if len(one.rows) < 2:
            assert not one.table.xpath(".//tfoot")
            continue
        several += 1
        found = one.table.xpath('.//tr[@data-pooled]/td[@data-field="ratio"]')
        reach = pooled.critical * math.sqrt(pooled.tau2 + pooled.se**2)
        prediction = f"{math.exp(pooled.mu - reach):.2f}–{math.exp(pooled.mu + reach):.2f}"
        assert [words(cell) for cell in found] == [pooled.printed(3), prediction]
        low, high = q_profile(one.y, one.v)
        said = words(one.table.getparent().getnext()).replace("\N{NO-BREAK SPACE}", " ")
        assert f"τ² {pooled.tau2:.3f} ({low:.3f}–{high:.3f}); I² {pooled.i2:.0f} %" in said
        typical = (len(one.y) - 1) / ((1 / one.v).sum() - (1 / one.v**2).sum() / (1 / one.v).sum())
        shares = [f"{100 * tau2 / (tau2 + typical):.0f} %" for tau2 in (low, high)]
        assert f"({shares[0]}–{shares[1]})" in said
        assert f"Q {pooled.q:.2f} on {len(one.rows) - 1} df" in said
    assert several == 2


def test_further_analyses_of_the_same_studies_follow_as_well(site: Path, values: dict[str, dict[str, str]]) -> None:
    codes = {"DerSimonian": "DL", "Paule": "PM", "Equal": "EE"}
    checked = 0
    for one in shown(site, values):
        for name, cells in one.tables("sensitivity"):
            method = next((code for word, code in codes.items() if word in name), "REML")
            again = fit(one.y, one.v, method, hartung_knapp="Wald" not in name)
            assert cells[:3] == [str(len(one.y)), again.printed(3), f"{again.tau2:.3f}"], name
            checked += 1
        # A year that is not known is printed as a dash; a study alone has no cumulative table.
        years = [words(row.xpath("./td")[0]) for row in one.rows]
        order = sorted(range(len(years)), key=lambda i: years[i])
        for number, (name, cells) in enumerate(one.tables("cumulative"), start=1):
            assert cells == [fit(one.y[order[:number]], one.v[order[:number]]).printed(2)], name
            checked += 1
        for name, cells in one.tables("leave-one-out"):
            rest = [i for i, label in enumerate(one.names()) if label != name]
            assert len(rest) == len(one.y) - 1
            assert cells == [fit(one.y[rest], one.v[rest]).printed(2)], name
            checked += 1
    assert checked == 5 + 5 + 5 + 5 + 4 + 4


def test_patients_of_a_thousand_and_the_sentence_of_the_answer_follow_from_the_pooled_ratio(
    site: Path, values: dict[str, dict[str, str]]
) -> None:
    one = next(found for found in shown(site, values) if found.synthesis_id == HEADLINE)
    pooled = fit(one.y, one.v)
    reach = pooled.critical * pooled.se
    ratios = [math.exp(pooled.mu), math.exp(pooled.mu + reach), math.exp(pooled.mu - reach)]
    page = html.parse(str(site / "subtype/all/index.html")).getroot()
    told = [words(dd) for dd in page.xpath("//div[@data-absolute]/dd")]
    assert len(told) == 2
    # E2108 (Khan 2022): 67.9 % at 3 years; 43.5 % at 5 years on the curve through that and the median of 53.1 months.
    for text, without in zip(told, (0.679, 0.435), strict=True):
        alive = [round(1000 * without**ratio) for ratio in ratios]
        assert text == f"{1000 * without:.0f} without, {alive[0]} with surgery ({alive[1]}–{alive[2]})"
    first, second = (words(page.xpath(f'//p[@class="{name}"]')[0]) for name in ("first", "second"))
    low, high = (round(100 * (1 - ratios[2])), round(100 * (ratios[1] - 1)))
    assert ratios[2] < 1 < ratios[1]
    assert "together do not show that surgery of the primary tumour improves overall survival" in first
    assert re.search(rf"a hazard of death {low}\s% lower to one {high}\s% higher", first)
    fewer, more = (round(1000 * (0.679**ratio - 0.679)) for ratio in ratios[1:])
    assert f"anything from {-fewer} fewer to {more} more" in second


def test_the_flow_counts_what_the_tables_hold(site: Path, values: dict[str, dict[str, str]]) -> None:
    page = html.parse(str(site / "methods/index.html")).getroot()
    boxes = {}
    for row in page.xpath("//table[caption='The same numbers']//tr[td]"):
        boxes[words(row.xpath("./th")[0])] = int(words(row.xpath("./td")[0]))
    with (site / "data/tables/excluded.csv").open(encoding="utf-8", newline="") as file:
        assert boxes["Records excluded"] == len(list(csv.DictReader(file)))
    assert boxes["Reports with at least one approved value"] == len({row["report_id"] for row in values.values()})
    studies = {row["study_id"] for row in values.values()}
    assert boxes["Studies (trial families) with at least one approved value"] == len(studies)
    parts = ("Records waiting for screening", "Records excluded", "Records included")
    assert boxes["Records to screen, from every source"] == sum(boxes[part] for part in parts)
    # From records to reports: what has no value yet stands at the side, what is no record comes in beside.
    with_value = boxes["Included records with an approved value"]
    assert boxes["Records included"] == boxes["Included records without an approved value so far"] + with_value
    other = boxes["Reports identified by other methods (in the starting table, not a record)"]
    assert boxes["Reports with at least one approved value"] == with_value + other
    main = [found for found in shown(site, values) if found.synthesis_id.startswith("os--all--all--")]
    pooled = {values[row.get("data-value")]["study_id"] for one in main for row in one.rows}
    assert boxes["Studies in the main analyses of the primary outcome"] == len(pooled)
