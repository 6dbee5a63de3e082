"""Surveillance of what is included: each notice re-opens the values of its report and no others, the same night."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from extract.store.curated import Alert, all_alerts, curated_values
from extract.store.decisions import decisions_on
from extract.store.log import search_log
from extract.store.records import get_record
from flows.context import open_store
from flows.frozen import read_table
from flows.settings import Settings
from reports.snapshot import read_snapshot
from tests.nights import NIGHTS, archive_of, gather, rehearsal, rehearse, revised, withdrawn
from tests.stores import BOTH_DATABASES, copied_state

pytestmark = BOTH_DATABASES

TRIALS = ("29777404", "26363985", "31082916", "40615712")
"""MF07-01, Tata Memorial, ABCSG-28 and JCOG1017; E2108 stays away, for it has a notice of its own."""
TATA = "26363985"
NOTICE = "39999999"


def linked(ref_type: str) -> str:
    return (
        f'<CommentsCorrections RefType="{ref_type}"><RefSource>Lancet Oncol. 2026</RefSource>'
        f'<PMID Version="1">{NOTICE}</PMID></CommentsCorrections>'
    )


def noticed(archive: Path, ref_type: str, *, pmid: str = TATA) -> None:
    """Let PubMed link a notice to a record on the second night."""
    links = f"<CommentsCorrectionsList>{linked(ref_type)}</CommentsCorrectionsList>"
    revised(archive, pmid, NIGHTS[1], lambda xml: xml.replace("<MeshHeadingList>", links + "<MeshHeadingList>"))


@dataclass(frozen=True)
class Begun:
    """A state folder after a first night, and the archive it was run on."""

    state: Path
    archive: Path

    def copied(self, folder: Path) -> tuple[Settings, Path]:
        """Return a copy to disturb."""
        return rehearsal(copied_state(self.state, folder / "state")), Path(
            shutil.copytree(self.archive, folder / "archive")
        )


@pytest.fixture(scope="module")
def begun(database: str, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    folder = tmp_path_factory.mktemp("begun")
    archive = archive_of(folder / "archive", TRIALS)
    assert gather(rehearsal(folder / "state"), NIGHTS[0], archive).exit_code == 0
    return Begun(folder / "state", archive)


def touched(settings: Settings) -> tuple[tuple[Alert, ...], dict[str, set[str]], set[str]]:
    """Return the alerts, the states of the values by report, and the reports whose values left the pool."""
    store = open_store(settings)
    with store.read() as tx:
        states: dict[str, set[str]] = {}
        for value in curated_values(tx):
            states.setdefault(value.report_id, set()).add(value.state)
        out = {frozen.report.report_id for frozen in read_table(tx).values if frozen.retracted}
        alerts = all_alerts(tx)
    store.close()
    return alerts, states, out


@pytest.mark.parametrize(
    ("ref_type", "leaves_the_pool"),
    [
        ("RetractionIn", True),
        ("RetractedandRepublishedIn", True),
        ("ExpressionOfConcernIn", False),
        ("ErratumIn", False),
        ("CorrectedandRepublishedIn", False),
        ("RepublishedIn", False),
        ("UpdateIn", False),
    ],
)
def test_a_notice_reopens_exactly_the_values_of_its_report(
    begun: Begun, tmp_path: Path, ref_type: str, leaves_the_pool: bool
) -> None:
    settings, archive = begun.copied(tmp_path)
    noticed(archive, ref_type)
    report = gather(settings, NIGHTS[1], archive)
    assert report.exit_code == 0
    alerts, states, out = touched(settings)
    assert alerts == (Alert("TATA-2015", ref_type, f"PMID {NOTICE}", NIGHTS[1].isoformat()),)
    assert states["TATA-2015"] == {"reopened"}
    assert set().union(*(state for report_id, state in states.items() if report_id != "TATA-2015")) == {"approved"}
    assert out == ({"TATA-2015"} if leaves_the_pool else set())
    assert report.surveillance.alerts == (f"TATA-2015: {ref_type} PMID {NOTICE}",)


def test_a_notice_is_told_once_and_a_second_one_reopens_again(begun: Begun, tmp_path: Path) -> None:
    settings, archive = begun.copied(tmp_path)
    noticed(archive, "ExpressionOfConcernIn")
    gather(settings, NIGHTS[1], archive)
    assert gather(settings, NIGHTS[2], archive).surveillance.alerts == ()
    text = (archive / "revisions" / NIGHTS[1].isoformat() / f"{TATA}.xml").read_text(encoding="utf-8")
    (archive / "revisions" / NIGHTS[2].isoformat()).mkdir()
    (archive / "revisions" / NIGHTS[2].isoformat() / f"{TATA}.xml").write_text(
        text.replace("</CommentsCorrectionsList>", linked("RetractionIn") + "</CommentsCorrectionsList>"),
        encoding="utf-8",
    )
    assert gather(settings, NIGHTS[2], archive).surveillance.alerts == (f"TATA-2015: RetractionIn PMID {NOTICE}",)
    store = open_store(settings)
    with store.read() as tx:
        value = next(v for v in curated_values(tx, report_id="TATA-2015"))
        reasons = [
            d.decision.reason for d in decisions_on(tx, "value", value.value_id) if d.decision.action == "reopen"
        ]
    store.close()
    assert reasons == [f"ExpressionOfConcernIn: PMID {NOTICE}", f"RetractionIn: PMID {NOTICE}"]


def test_the_mark_of_a_retracted_publication_alone_takes_it_out(begun: Begun, tmp_path: Path) -> None:
    settings, archive = begun.copied(tmp_path)
    mark = '<PublicationType UI="D016441">Retracted Publication</PublicationType></PublicationTypeList>'
    revised(archive, TATA, NIGHTS[1], lambda xml: xml.replace("</PublicationTypeList>", mark))
    gather(settings, NIGHTS[1], archive)
    alerts, _, out = touched(settings)
    assert [alert.kind for alert in alerts] == ["Retracted Publication"]
    assert out == {"TATA-2015"}


def test_a_record_pubmed_withdrew_is_told_and_leaves_the_pool_and_fails_no_later_night(
    begun: Begun, tmp_path: Path
) -> None:
    settings, archive = begun.copied(tmp_path)
    withdrawn(archive, TATA, NIGHTS[1])
    assert gather(settings, NIGHTS[1], archive).exit_code == 0
    assert gather(settings, NIGHTS[2], archive).exit_code == 0
    alerts, states, out = touched(settings)
    assert alerts == (Alert("TATA-2015", "Deleted", f"PMID {TATA}", NIGHTS[1].isoformat()),)
    assert (states["TATA-2015"], out) == ({"reopened"}, {"TATA-2015"})
    store = open_store(settings)
    with store.read() as tx:
        watch = [run for run in search_log(tx) if run.date_type == "watch" and run.night == NIGHTS[1].isoformat()]
        record = get_record(tx, TATA)
    store.close()
    assert [run.message for run in watch] == [f"withdrawn from PubMed: PMID {TATA}"]
    assert record is not None
    assert record.deleted_night == NIGHTS[1].isoformat()


def test_a_retraction_shows_everywhere_the_same_night(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive", TRIALS)
    settings = rehearsal(tmp_path / "state")
    rehearse(settings, NIGHTS[0], archive=archive)
    noticed(archive, "RetractionIn")
    report = rehearse(settings, NIGHTS[1], archive=archive)
    assert report.publication is not None
    assert report.publication.new
    snapshot = read_snapshot(next(settings.snapshots_dir.glob(f"{report.publication.version}-*")))
    change = next(e for e in snapshot.changes.estimates if e.synthesis_id == "os--all--all--randomised")
    # Before: the reference result of five trials (REML with Hartung-Knapp); after: without Tata Memorial.
    assert (change.old_k, change.new_k, change.old) == (5, 4, "0.928 (0.690\N{EN DASH}1.249)")
    assert change.new != change.old
    pool = snapshot.result("os--all--all--randomised")
    assert pool is not None
    assert "TATA" not in {entry.study_id for entry in pool.inputs}
    left_out = next(entry for entry in pool.left_out if entry.study_id == "TATA")
    assert "retract" in left_out.reason.casefold()
    page = next(p for p in (settings.site_dir / "studies").rglob("index.html") if p.parent.name.casefold() == "tata")
    assert NOTICE in page.read_text(encoding="utf-8")
    assert dt.date.fromisoformat(report.status.searched_through or "") == NIGHTS[1]
