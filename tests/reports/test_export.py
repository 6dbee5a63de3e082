"""Figures as PNG and PDF: drawn from the SVG file itself, the same bytes every time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reports.errors import PublishError
from reports.figures.export import export
from reports.figures.style import rules_of, styled
from reports.formats import FORMATS, Format
from reports.gates import check_site
from reports.site import build_site
from tests.benchmarks.site_build import large
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, Printed, snapshot, status

STARTS = {"png": b"\x89PNG", "pdf": b"%PDF-"}
TWELVE = [one for one in large(12, ["all"], ["all"]) if one.design == "rct"]


def built(folder: Path, printed: list[Printed], *formats: Format) -> Path:
    folder.mkdir()
    content = snapshot(printed)
    build_site(content, status=status(), out=folder, site_url=SITE_URL, figure_formats=formats)
    check_site(folder, content, previous=None)
    return folder / "data/figures"


def test_every_figure_is_a_file_in_each_format_asked_for_with_a_link_beside_it(tmp_path: Path) -> None:
    figures = built(tmp_path / "site", TWELVE, "png", "pdf")
    names = ["os--all--all--randomised" + part for part in ("", "-cumulative", "-leave-one-out", "-funnel", "-baujat")]
    report = (tmp_path / "site/subtype/all/index.html").read_text()
    data = (tmp_path / "site/data/index.html").read_text()
    for name in [*names, "evidence-map", "flow", "nights"]:
        for kind in ("svg", *FORMATS):
            raw = (figures / f"{name}.{kind}").read_bytes()
            assert raw.startswith(STARTS.get(kind, b"<?xml"))
            place = data if name in ("evidence-map", "flow", "nights") else report
            assert f"figures/{name}.{kind}" in place
    overview = (tmp_path / "site/index.html").read_text()
    assert "data/figures/evidence-map.pdf" in overview
    assert "data/figures/" not in next((tmp_path / "site/subtype/all/v").rglob("index.html")).read_text()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_figure_is_the_same_bytes_and_holds_no_date_no_program_and_no_version(
    kind: Format, tmp_path: Path
) -> None:
    figures = built(tmp_path / "site", [*TRIALS, *COHORTS])
    for path in (figures / "os--all--all--observational.svg", figures / "evidence-map.svg"):
        svg = path.read_text()
        first = export(svg, kind)
        assert first.startswith(STARTS[kind])
        assert first == export(svg, kind)
        assert b"CreationDate" not in first
        assert b"Matplotlib" not in first


def test_a_figure_that_did_not_change_keeps_its_bytes_in_the_next_version(tmp_path: Path) -> None:
    pictures = []
    for version in ("2026.1", "2026.2"):
        out = tmp_path / version
        out.mkdir()
        content = snapshot(TRIALS[:2], version=version)
        build_site(
            content, status=status(), out=out, site_url=SITE_URL, figure_formats=("png",), built=tmp_path / "kept"
        )
        pictures.append((out / "data/figures/os--all--all--randomised.png").read_bytes())
        assert f"version {version}" in (out / "data/figures/os--all--all--randomised.svg").read_text()
    assert pictures[0] == pictures[1]
    assert b"2026" not in pictures[0]


def test_an_element_that_cannot_be_drawn_is_refused_and_not_left_out() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><ellipse/></svg>'
    with pytest.raises(PublishError, match="a figure holds <ellipse>, which cannot be drawn"):
        export(svg, "png")


def test_the_style_sheet_is_read_as_a_browser_reads_it() -> None:
    rules = rules_of("text{fill:red;a:1}.head text{fill:blue}.hollow .study rect{fill:none}.study rect{fill:black}")
    assert styled(rules, {}, [frozenset({"text"})]) == {"fill": "red", "a": "1"}
    assert styled(rules, {}, [frozenset({"g", ".head"}), frozenset({"text"})])["fill"] == "blue"
    way = [frozenset({"g", ".hollow"}), frozenset({"g", ".study"}), frozenset({"rect"})]
    assert styled(rules, {}, way)["fill"] == "none"
    assert styled(rules, {}, way[1:])["fill"] == "black"


def test_without_the_extra_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PublishError, match="the extra 'figures' is not installed"):
        export('<svg viewBox="0 0 10 10"/>', "png")
