"""References of other databases: in beside ours, and out of everything again when the import is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DecisionError, DocumentError
from extract.exchange.ris import read_ris
from extract.exchange.table import read_csv
from extract.pubmed.parse import content_hash, record_from_json, record_to_json
from extract.pubmed.replay import ReplayServer
from extract.review.screening import include_record
from extract.review.views import queue_items
from extract.store.archive import read_body
from extract.store.curated import all_reports
from extract.store.decisions import all_decisions
from extract.store.imports import all_imports
from extract.store.links import list_links
from extract.store.records import get_record, list_records, upsert_record
from extract.store.results import record_origins
from flows.context import NightContext
from flows.export import exported
from flows.frozen import read_table
from flows.imports import Imported, fetch_imported, import_file, undo_import
from flows.prisma import prisma_flow
from flows.surveillance import watch_included
from tests.extract.store.records import record
from tests.nights import NIGHTS, archive_of, night_on_starting_table
from tests.stores import AT, BOTH_DATABASES

pytestmark = BOTH_DATABASES

OURS = "Primary tumour surgery in stage IV breast cancer: a cohort of our county"
NEW = "Locoregional therapy for de novo stage IV breast cancer in a conference abstract"
ENTRY = "TY  - JOUR\nTI  - {title}\nAU  - Doe, Jane\nPY  - 2026\n{more}ER  - \n"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NightContext]:
    """Return a night on a store that holds one record."""
    with night_on_starting_table(tmp_path / "state") as opened:
        held = record("100", title=OURS, doi="10.1000/ours.1")
        with opened.store.write() as tx:
            content = record_to_json(held)
            upsert_record(tx, held, content=content, content_hash=content_hash(held), night="2026-11-20", run_id=None)
        yield opened


def ris(tmp_path: Path, *entries: tuple[str, str], name: str = "embase.ris") -> Path:
    path = tmp_path / name
    path.write_text("".join(ENTRY.format(title=title, more=more) for title, more in entries))
    return path


def taken_in(context: NightContext, path: Path) -> Imported:
    return import_file(context.store, context.protocol, path, by="reviewer-a", at=AT)


def waiting(context: NightContext) -> set[str]:
    with context.store.read() as tx:
        return {item.item for item in queue_items(tx)}


def test_a_new_reference_waits_for_screening_and_one_with_our_doi_is_known(
    context: NightContext, tmp_path: Path
) -> None:
    path = ris(tmp_path, (NEW, ""), (OURS, "DO  - 10.1000/OURS.1\n"))
    imported = taken_in(context, path)
    (new,) = imported.new
    assert (new.startswith("ref-"), imported.known) == (True, 1)
    assert waiting(context) == {"record:100", f"record:{new}"}
    with context.store.read() as tx:
        stored = get_record(tx, new)
        (done,) = all_imports(tx)
        decision = all_decisions(tx)[-1].decision
    assert stored is not None
    assert (stored.title, stored.publication_year) == (NEW, 2026)
    assert (decision.by, decision.action, decision.subject_id) == ("reviewer-a", "import", imported.import_id)
    assert read_body(context.store.archive, done.sha256) == path.read_bytes(), "the file itself is kept"


def test_the_flow_counts_imported_records_apart(context: NightContext, tmp_path: Path) -> None:
    taken_in(context, ris(tmp_path, (NEW, "")))
    with context.store.read() as tx:
        flow = prisma_flow(context.protocol, list_records(tx), read_table(tx), (), (), record_origins(tx))
    counts = {box.key: box.count for box in flow.boxes}
    # The fixture's own record came by no search either.
    assert (counts["identified"], counts["other_imported"], counts["records"]) == (0, 2, 2)


def test_the_same_reference_twice_in_a_file_is_one_record(context: NightContext, tmp_path: Path) -> None:
    imported = taken_in(context, ris(tmp_path, (NEW, "DO  - 10.1/a\n"), (NEW, "DO  - 10.1/a\n")))
    assert (len(imported.new), imported.known) == (1, 1)


def test_a_look_alike_is_imported_and_proposed_to_people_as_a_duplicate(context: NightContext, tmp_path: Path) -> None:
    with context.store.write() as tx:
        assert list_links(tx, kind="duplicate") == ()
    imported = taken_in(context, ris(tmp_path, (OURS.replace("our county", "one county"), "")))
    assert len(imported.new) == 1
    with context.store.read() as tx:
        (pair,) = list_links(tx, kind="duplicate")
    assert {pair.subject_id, pair.target_id} == {"100", imported.new[0]}


def test_the_same_file_again_does_nothing(context: NightContext, tmp_path: Path) -> None:
    first = taken_in(context, ris(tmp_path, (NEW, "")))
    again = taken_in(context, ris(tmp_path, (NEW, ""), name="renamed.ris"))
    assert (again.import_id, again.new, again.done_before) == (first.import_id, first.new, True)
    with context.store.read() as tx:
        assert len(list_records(tx)) == 2


def test_an_import_taken_back_leaves_no_trace_in_the_queue_and_can_be_done_again(
    context: NightContext, tmp_path: Path
) -> None:
    path = ris(tmp_path, (NEW, ""))
    imported = taken_in(context, path)
    assert undo_import(context.store, context.protocol, imported.import_id, by="reviewer-b", at=AT) == imported.new
    assert waiting(context) == {"record:100"}
    with pytest.raises(DecisionError, match="taken back on 2026-11-22 already"):
        undo_import(context.store, context.protocol, imported.import_id, by="reviewer-b", at=AT)
    again = taken_in(context, path)
    assert (again.new, again.done_before) == (imported.new, False)
    assert f"record:{imported.new[0]}" in waiting(context)


def test_an_import_people_have_decided_on_is_not_taken_back(context: NightContext, tmp_path: Path) -> None:
    (new,) = taken_in(context, ris(tmp_path, (NEW, ""))).new
    study = {"design": "retrospective_cohort"}
    for person in ("reviewer-a", "reviewer-b"):
        include_record(context.store, context.protocol, new, by=person, at=AT, study=study, reason=None)
    with context.store.read() as tx:
        (done,) = all_imports(tx)
        report = next(each for each in all_reports(tx) if each.report_id == f"pmid-{new}")
    assert report.pmid is None, "an id of ours is no PubMed id"
    # Nothing to look it up by: surveillance asks PubMed nothing about it (the network is closed here).
    assert watch_included(context).failures == ()
    with pytest.raises(DecisionError, match="people have decided on 1 of its records"):
        undo_import(context.store, context.protocol, done.import_id, by="reviewer-a", at=AT)


def test_an_imported_pmid_is_asked_of_pubmed_the_next_night_and_gets_its_words(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive", ["29777404"])
    path = tmp_path / "list.csv"
    path.write_text("title,pmid\nMF07-01 as another database has it,29777404\nNobody knows this one,12345678\n")
    with ReplayServer(archive, as_of=NIGHTS[0]) as server:
        with night_on_starting_table(tmp_path / "state", entrez_url=server.url) as context:
            assert taken_in(context, path).new == ("29777404", "12345678")
            first, again = fetch_imported(context), fetch_imported(context)
            with context.store.read() as tx:
                stored = get_record(tx, "29777404")
    assert (first.asked, first.received, first.failures) == (2, 1, ())
    # The id PubMed does not know keeps the words of the file and is not asked for every night.
    assert again.asked == 0
    assert stored is not None
    assert (stored.revision, record_from_json(stored.content).status == "Imported") == (2, False)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", b"PK", "format unknown"),
        ("a.ris", b"TY  - JOUR\nTI  - Cut off", "may be cut"),
        ("a.csv", b"title,pmid\nOne,12a4\n", "is no PubMed id"),
        ("a.csv", "title\nE\u0301tude".encode("latin-1", "replace") + b"\xe9\n", "no UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_stores_nothing(
    context: NightContext, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DocumentError, match=message):
        taken_in(context, tmp_path / name)
    with context.store.read() as tx:
        assert (all_imports(tx), len(list_records(tx))) == ((), 1)


def test_records_go_out_as_ris_and_csv_and_an_id_of_ours_is_no_pubmed_id(context: NightContext, tmp_path: Path) -> None:
    taken_in(context, ris(tmp_path, (NEW, "")))
    with context.store.read() as tx:
        as_ris = read_ris(exported(tx, "ris", "all"), name="out.ris")
        as_csv = read_csv(exported(tx, "csv", "waiting"), name="out.csv")
        nothing = exported(tx, "ris", "included")
    assert [(each.title, each.pmid) for each in as_ris] == [(OURS, "100"), (NEW, None)]
    assert {(each.title, each.pmid) for each in as_csv} == {(OURS, "100"), (NEW, None)}
    assert nothing == ""


def test_an_import_needs_a_person_of_the_team(context: NightContext, tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="nobody of this id"):
        import_file(context.store, context.protocol, ris(tmp_path, (NEW, "")), by="someone", at=AT)


def test_the_night_asks_nothing_where_nothing_was_imported(tmp_path: Path) -> None:
    with night_on_starting_table(tmp_path, NIGHTS[0] + dt.timedelta(days=1)) as context:
        assert fetch_imported(context).asked == 0
