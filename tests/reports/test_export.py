"""Forest plots as PNG and PDF: the coordinates of the page's own figure, the same bytes every time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reports.errors import PublishError
from reports.figures.export import export
from reports.figures.forest import forest
from reports.formats import FORMATS, Format
from reports.gates import check_site
from reports.site import build_site
from reports.terms import terms_of
from tests.reports.snapshots import COHORTS, SITE_URL, TRIALS, protocol, snapshot, status, synthesis

STARTS = {"png": b"\x89PNG", "pdf": b"%PDF-"}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_plot_is_the_same_bytes_and_holds_no_date_and_no_program(kind: Format) -> None:
    wide = [one for one in COHORTS if one.subtype == "all"]
    for members, body in ((TRIALS, "randomised"), (wide, "observational")):
        plot = forest(synthesis(members, body=body), anchor="f", title="Forest & plot", terms=terms_of(protocol()))
        assert plot is not None
        first = export(plot, kind)
        assert first.startswith(STARTS[kind])
        assert first == export(plot, kind)
        assert b"CreationDate" not in first
        assert b"Matplotlib" not in first


def test_the_site_offers_the_formats_asked_for_and_every_link_resolves(tmp_path: Path) -> None:
    content = snapshot(TRIALS[:2])
    build_site(content, status=status(), out=tmp_path, site_url=SITE_URL, figure_formats=("png", "pdf"))
    check_site(tmp_path, content, previous=None)
    for kind in FORMATS:
        assert (tmp_path / f"data/figures/os--all--all--randomised.{kind}").read_bytes().startswith(STARTS[kind])
        assert f"os--all--all--randomised.{kind}" in (tmp_path / "data/index.html").read_text()


def test_without_the_extra_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    plot = forest(synthesis(TRIALS), anchor="f", title="t", terms=terms_of(protocol()))
    assert plot is not None
    with pytest.raises(PublishError, match="the extra 'figures' is not installed"):
        export(plot, "png")
