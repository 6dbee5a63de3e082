"""Gates refuse a page that must not be published, and name page and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reports.errors import GateError
from reports.gates import check_site
from reports.rows import DecisionRow
from tests.reports.conftest import Built
from tests.reports.snapshots import TRIALS, flow, snapshot

PAGE = "subtype/all/index.html"


def spoiled(built: Built, tmp_path: Path, old: str, new: str, *, page: str = PAGE) -> Path:
    out = tmp_path / "site"
    shutil.copytree(built.folder, out)
    text = (out / page).read_text()
    assert old in text
    (out / page).write_text(text.replace(old, new))
    return out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.928 (0.690–1.249)", "0.929 (0.690–1.249)", r"prints '0\.929 \(0\.690–1\.249\)'"),
        ("1.04 (0.81–1.34)", "NaN", "'NaN' stands on the page"),
        ("1.04 (0.81–1.34)", "None", "'None' stands on the page"),
        ("1.04 (0.81–1.34)", "inf", "'inf' stands on the page"),
        ("1.04 (0.81–1.34)", "{{ value }}", "stands on the page"),
        ('href="../../methods/index.html"', 'href="../../method/index.html"', "leads nowhere"),
        (
            'href="../../studies/tata/index.html#tata-2015-os-all-all"',
            'href="../../studies/tata/index.html#gone"',
            "without that place",
        ),
    ],
)
def test_a_spoiled_page_is_refused(built: Built, tmp_path: Path, old: str, new: str, message: str) -> None:
    out = spoiled(built, tmp_path, old, new)
    with pytest.raises(GateError, match=message):
        check_site(out, built.snapshot, previous=built.earlier)


def test_an_empty_section_is_refused(built: Built, tmp_path: Path) -> None:
    out = tmp_path / "site"
    shutil.copytree(built.folder, out)
    page = out / "people/index.html"
    page.write_text(page.read_text().replace("</main>", "<section><h2>Thanks</h2> </section></main>"))
    with pytest.raises(GateError, match="the section 'Thanks' is empty"):
        check_site(out, built.snapshot, previous=built.earlier)


def test_the_naive_reading_is_refused_outside_its_page(built: Built, tmp_path: Path) -> None:
    out = spoiled(built, tmp_path, "</main>", "<p>0.880 (0.730–1.061)</p></main>", page="methods/index.html")
    with pytest.raises(GateError, match="naive reading"):
        check_site(out, built.snapshot, previous=None)


def test_a_lost_study_is_refused(built: Built) -> None:
    fewer = snapshot(TRIALS[:4], version="2026.3")
    with pytest.raises(GateError, match="no decision removes it"):
        check_site(built.folder, fewer, previous=built.snapshot)


def test_a_study_removed_by_a_decision_may_go(tmp_path: Path) -> None:
    from reports.gates import check_removals

    removal = DecisionRow(
        seq=9, at="2026-11-23", by="adjudicator", action="withdraw", subject_kind="value",
        subject_id="jcog1017-2025-os-all-all", reason="retracted",
    )  # fmt: skip
    check_removals(snapshot(TRIALS[:4], decisions=(removal,)), snapshot(TRIALS))
    approval = removal.model_copy(update={"action": "confirm"})
    with pytest.raises(GateError, match="study JCOG1017 was in version"):
        check_removals(snapshot(TRIALS[:4], decisions=(approval,)), snapshot(TRIALS))


def test_a_flow_that_does_not_add_up_is_refused(built: Built) -> None:
    boxes = tuple(b.model_copy(update={"count": 5}) if b.key == "identified" else b for b in flow().boxes)
    wrong = built.snapshot.model_copy(update={"flow": flow().model_copy(update={"boxes": boxes})})
    with pytest.raises(GateError, match="identified is 5, but 3 waiting"):
        check_site(built.folder, wrong, previous=None)


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [
        (PAGE, '<h2 id="findings">Summary of findings</h2>', '<h2 id="findings">Numbers</h2>', "P20a, P20b, P22"),
        (PAGE, "A living systematic review, version 2026.2</span></h1>", "A review</span></h1>", "P1, L-T1"),
        (PAGE, "<dt>Funding</dt>", "<dt>Money</dt>", "the abstract lacks 'Funding' .*P2"),
        (PAGE, '<a href="../../status/index.html">Living</a>', "<a></a>", "L-ST"),
        ("methods/index.html", '<h2 id="living">Living mode</h2>', '<h2 id="living">Mode</h2>', "L1a to L1c"),
        ("people/index.html", '<h2 id="funding">Funding</h2>', '<h2 id="funding">Money</h2>', "P25"),
        (PAGE, "</main>", "</main></div>", "the markup is broken"),
        (PAGE, '<h2 id="findings">', '<h2 id="plain">', "the id 'plain' stands twice"),
    ],
)
def test_a_page_that_lacks_an_item_of_the_checklist_or_is_broken_is_refused(
    built: Built, tmp_path: Path, page: str, old: str, new: str, message: str
) -> None:
    out = spoiled(built, tmp_path, old, new, page=page)
    with pytest.raises(GateError, match=message):
        check_site(out, built.snapshot, previous=built.earlier)
