"""Each number on each page is the snapshot's: the HTML is read back and formatted here a second time, by other code."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator

import pytest
from lxml import html

from reports.model import Interval, Snapshot, Synthesis
from reports.site import build_site
from reports.taxonomy import taxonomy_of
from tests.reports.conftest import Built
from tests.reports.snapshots import PRINTED, SITE_URL, Printed, snapshot, status

MANY = tuple(
    Printed(f"Cohort-{i}", 2000 + i, (40 + i, 50 + i), (0.6 + i / 40, 0.4, 1.3 + i / 30), design="population_registry")
    for i in range(12)
)


def two(interval: Interval, places: int = 2) -> str:
    return f"{interval.estimate:.{places}f} ({interval.low:.{places}f}–{interval.high:.{places}f})"


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\N{NO-BREAK SPACE}", " ").split())


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return a site with a funnel, judgements, an interaction and a certainty."""
    out = tmp_path_factory.mktemp("numbers")
    content = snapshot((*PRINTED, *MANY), judged=True)
    build_site(content, status=status(), out=out, site_url=SITE_URL)
    return Built(out, content, content)


def tree(built: Built, folder: str) -> html.HtmlElement:
    return html.parse(str(built.folder / folder / "index.html")).getroot()


def reports(built: Built) -> Iterator[tuple[str, html.HtmlElement]]:
    for path in sorted(built.folder.rglob("index.html")):
        name = path.relative_to(built.folder).as_posix()
        if name.startswith(("subtype/", "pattern/")) and "/v/" not in name and "/changes/" not in name:
            yield name, html.parse(str(path)).getroot()


def result(content: Snapshot, key: str) -> Synthesis:
    found = content.result(key)
    assert found is not None, key
    return found


def test_the_summary_of_findings_is_the_snapshots(rich: Built) -> None:
    seen = 0
    for name, page in reports(rich):
        for row in page.xpath("//tr[@data-finding]"):
            one = result(rich.snapshot, row.get("data-finding"))
            cells = [words(cell) for cell in row.xpath("./td")]
            if not one.inputs:
                assert cells[1].startswith("no ")
                continue
            assert int(cells[1]) == one.k, name
            assert cells[2] == "not reported" if one.participants is None else digits(cells[2]) == one.participants
            assert one.primary is not None
            # One study alone prints two decimals, and so do its limits: a third would be made up.
            assert cells[3] == two(one.primary.ratio, 3 if one.k > 1 else 2)
            prediction = one.primary.prediction
            assert cells[4] == (f"{prediction.low:.2f}–{prediction.high:.2f}" if prediction else "not estimable")
            seen += 1
    assert seen >= 9


def test_every_forest_row_has_the_snapshots_counts_and_weight(rich: Built) -> None:
    seen = 0
    for _, page in reports(rich):
        for table in page.xpath("//table[@data-synthesis]"):
            one = result(rich.snapshot, table.get("data-synthesis"))
            inputs = {i.value_id: i for i in one.inputs}
            for row in table.xpath(".//tr[@data-value]"):
                put = inputs.pop(row.get("data-value"))
                cells = [words(cell) for cell in row.xpath("./td")]
                assert cells[0] == str(put.year)
                assert cells[1] == "–" if put.n_surgery is None else digits(cells[1]) == put.n_surgery
                assert cells[2] == "–" if put.n_control is None else digits(cells[2]) == put.n_control
                assert cells[-2] == two(put.ratio)
                assert cells[-1] == f"{put.weight_percent:.1f} %"
                seen += 1
            assert not inputs
    assert seen > 20


def test_every_number_drawn_in_a_forest_plot_stands_in_its_table(rich: Built) -> None:
    for name, page in reports(rich):
        for table in page.xpath("//table[@data-synthesis]"):
            one = result(rich.snapshot, table.get("data-synthesis"))
            anchor = f"forest-{one.outcome.lower().replace('_', '-')}-{one.body}"
            drawn = [
                words(t)
                for t in page.xpath(f"//figure[@id='{anchor}']//*[local-name()='svg'][1]//*[local-name()='text']")
            ]
            for put in one.inputs:
                assert two(put.ratio) in drawn, (name, put.label)
            if one.primary is not None and one.k > 1:
                assert two(one.primary.ratio, 3) in drawn


@pytest.mark.parametrize("kind", ["cumulative", "leave_one_out", "sensitivity"])
def test_the_tables_of_further_analyses_are_the_snapshots(rich: Built, kind: str) -> None:
    seen = 0
    for _, page in reports(rich):
        for table in page.xpath(f"//table[@data-{kind.replace('_', '-')}]"):
            one = result(rich.snapshot, table.get(f"data-{kind.replace('_', '-')}"))
            rows = [[words(cell) for cell in row.xpath("./th|./td")] for row in table.xpath("./tbody/tr")]
            if kind == "sensitivity":
                assert one.primary is not None
                expected = [(p.label, str(p.k), two(p.ratio, 3)) for p in one.sensitivity]
                assert rows[0][2] == two(one.primary.ratio, 3)
                assert [tuple(row[:3]) for row in rows[1:]] == expected
            else:
                steps = one.cumulative if kind == "cumulative" else one.leave_one_out
                assert [tuple(row) for row in rows] == [(step.label, two(step.ratio)) for step in steps]
            seen += 1
    assert seen >= 2


def test_funnel_and_baujat_show_the_snapshots_numbers(rich: Built) -> None:
    page = tree(rich, "subtype/all")
    observational = result(rich.snapshot, "os--all--all--observational")
    tables = {t.get("data-figure"): t for t in page.xpath("//table[@data-figure]")}
    rows = [[words(c) for c in r] for r in tables["funnel-os-observational"].xpath("./tbody/tr")]
    assert rows == [
        [i.label, f"{math.exp(i.log_hr):.2f}", f"{i.log_hr:.3f}".replace("-", "−"), f"{i.se_log_hr:.3f}"]
        for i in observational.inputs
    ]
    assert observational.asymmetry is not None
    p = observational.asymmetry.p
    printed = "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
    assert f"Egger's test of asymmetry: p {printed}" in words(page)
    points = result(rich.snapshot, "os--all--all--randomised").influence
    rows = [[words(c) for c in r] for r in tables["baujat-os-randomised"].xpath("./tbody/tr")]
    assert rows == [[p.label, f"{p.heterogeneity:.2f}", f"{p.influence:.2f}"] for p in points]


@pytest.mark.parametrize("folder", ["", "subtype/all"])
def test_the_evidence_map_shows_each_cells_own_result(rich: Built, folder: str) -> None:
    seen = 0
    taxonomy = taxonomy_of(rich.snapshot.protocol)
    cells = tree(rich, folder).xpath("//table[@class='map']/tbody//td")
    places = list(itertools.product(taxonomy.subtypes, taxonomy.patterns))
    assert len(cells) == len(places)
    for cell, (subtype, pattern) in zip(cells, places, strict=True):
        text = words(cell)
        for body in ("randomised", "observational"):
            one = rich.snapshot.result(f"os--{subtype.slug}--{pattern.slug}--{body}")
            if one is not None and one.primary is not None:
                assert two(one.primary.ratio) in text
                assert f"{one.k} {'trial' if body == 'randomised' else 'observational'}" in text
                seen += 1
            elif body == "randomised":
                assert "no randomised data" in text
    assert seen >= 5


def test_absolute_effects_are_the_snapshots_at_both_times(rich: Built) -> None:
    rows = tree(rich, "subtype/all").xpath("//div[@data-absolute]")
    absolute = result(rich.snapshot, "os--all--all--randomised").absolute
    assert [row.get("data-absolute") for row in rows] == ["36", "60"]
    for row, at in zip(rows, absolute, strict=True):
        ten = [round(10 * x) for x in (
            at.control_survival_percent, at.surgery_survival_percent,
            at.surgery_survival_low_percent, at.surgery_survival_high_percent,
        )]  # fmt: skip
        assert words(row.xpath("./dd")[0]) == f"{ten[0]} without, {ten[1]} with surgery ({ten[2]}–{ten[3]})"


def test_a_study_page_shows_each_value_as_its_report_prints_it(rich: Built) -> None:
    seen = 0
    for path in sorted(rich.folder.glob("studies/*/index.html")):
        for article in html.parse(str(path)).getroot().xpath("//article[@class='value']"):
            value = next(v for v in rich.snapshot.values if v.value_id == article.get("id"))
            printed = words(article.xpath(".//p[@class='result']/strong")[0])
            assert printed == f"{value.estimate:g} ({value.ci_low:g}–{value.ci_high:g}; {value.ci_level:g} %)"
            if value.n_surgery is not None:
                assert f"Patients: {value.n_surgery} with surgery" in re.sub(r"(\d)\s(\d)", r"\1\2", words(article))
            seen += 1
    assert seen == len(rich.snapshot.values)


def test_flow_log_and_row_counts_are_the_snapshots(rich: Built) -> None:
    boxes = {
        r.get("data-box"): digits(words(r.xpath("./td")[0])) for r in tree(rich, "methods").xpath("//tr[@data-box]")
    }
    assert boxes == {box.key: box.count for box in rich.snapshot.flow.boxes}
    rows = {c.get("data-rows"): digits(words(c)) for c in tree(rich, "data").xpath("//td[@data-rows]")}
    assert rows == {name: len(getattr(rich.snapshot, name)) for name in rows}
    assert len(rows) >= 8


def test_no_page_prints_a_ratio_that_the_snapshot_does_not_hold(rich: Built) -> None:
    """Every printed "0.93 (0.69–1.25)" is some interval of the snapshot, whatever page and figure it stands on."""
    content = rich.snapshot
    allowed = set()
    for one in content.results:
        intervals = [i.ratio for i in one.inputs] + [s.ratio for s in (*one.cumulative, *one.leave_one_out)]
        intervals += [p.ratio for p in (one.primary, *one.sensitivity) if p is not None]
        allowed |= {two(i, places) for i in intervals for places in (2, 3)}
        if one.primary is not None and one.primary.tau2_low is not None and one.primary.tau2_high is not None:
            allowed.add(f"{one.primary.tau2:.3f} ({one.primary.tau2_low:.3f}–{one.primary.tau2_high:.3f}")
    allowed |= {f"{v.estimate:g} ({v.ci_low:g}–{v.ci_high:g}" for v in content.values}
    allowed = {text.rstrip(")") for text in allowed}
    pattern = re.compile(r"\d+(?:\.\d+)? \(\d+(?:\.\d+)?–\d+(?:\.\d+)?")
    seen = 0
    for path in sorted(rich.folder.rglob("*.html")):
        if path.parent.name == "validation":
            continue
        text = " ".join(" ".join(html.parse(str(path)).getroot().xpath("//main")[0].itertext()).split())
        for found in pattern.findall(text):
            assert found in allowed, (path, found)
            seen += 1
    assert seen > 200


def test_the_groups_the_evidence_map_counts_add_up(rich: Built) -> None:
    said = rich.page("").text
    found = re.search(
        r"Of (\d+) groups (\d+) ha(?:s|ve) randomised evidence, (\d+) observational evidence"
        r"(?: \((\d+) of them both\))?, and (\d+) no usable result",
        said,
    )
    assert found
    groups, trials, apart, both, empty = (int(number or 0) for number in found.groups())
    assert both > 0
    assert trials + apart - both + empty == groups
