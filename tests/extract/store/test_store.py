"""What the store promises: evidence cannot be changed, writing is all or nothing, the archive is verified."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from extract.errors import StoreError
from extract.schema.record import Pmid
from extract.schema.vocabulary import SearchState
from extract.store.append_only import create_statements, drop_statements, trigger_names
from extract.store.archive import archive_path, keep_body, read_body
from extract.store.copying import content_hashes
from extract.store.decisions import Decision, all_decisions, record_decision, verify_chain, verify_newest
from extract.store.engine import HEAD, Store
from extract.store.integrity import missing_triggers
from extract.store.log import close_run, fail_abandoned_runs, last_complete, open_night, open_run, search_log
from extract.store.records import get_record, upsert_record
from extract.store.tables import APPEND_ONLY, metadata
from extract.store.versions import all_versions, freeze, frozen_rows
from tests.extract.store.records import record
from tests.stores import AT, BOTH_DATABASES, database_url, new_store

pytestmark = BOTH_DATABASES


def decide(store: Store, reason: str = "because") -> int:
    with store.write() as tx:
        return record_decision(tx, Decision(AT, "reviewer-a", "approve", "candidate", "c1", reason=reason))


def test_the_database_itself_refuses_to_change_a_decision(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        decide(store)
        columns = "seq, at, %s, action, subject_kind, subject_id, field, old, new, reason, details, previous_hash, hash"
        copied = f"INTO decisions SELECT {columns % repr('forger')} FROM decisions WHERE true"
        forged = {
            "sqlite": (f"INSERT OR REPLACE {copied}",),
            "postgresql": (
                f"INSERT {copied} ON CONFLICT (seq) DO UPDATE SET by = EXCLUDED.by",
                "TRUNCATE decisions CASCADE",
            ),
        }[store.dialect]
        for statement in ("UPDATE decisions SET reason = 'other'", "DELETE FROM decisions", *forged):
            with pytest.raises(DatabaseError, match="append-only"), store.write() as tx:
                tx.connection.execute(text(statement))
        with store.read() as tx:
            assert [d.decision.reason for d in all_decisions(tx)] == ["because"]


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_every_table_of_evidence_has_its_triggers_and_a_removed_one_is_noticed(tmp_path: Path, table: str) -> None:
    with new_store(tmp_path) as store:
        with store.read() as tx:
            assert missing_triggers(tx) == ()
        with store.write() as tx:
            for statement in drop_statements(table, dialect=store.dialect):
                tx.connection.execute(text(statement))
        with store.read() as tx:
            assert missing_triggers(tx) == trigger_names(table, dialect=store.dialect)


def test_a_changed_decision_breaks_the_chain_even_when_the_triggers_were_removed(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        decide(store, "first")
        decide(store, "second")
        with store.read() as tx:
            assert verify_chain(tx) == 2
        with store.write() as tx:
            for statement in drop_statements("decisions", dialect=store.dialect):
                tx.connection.execute(text(statement))
            tx.connection.execute(text("UPDATE decisions SET reason = 'forged' WHERE seq = 1"))
            for statement in create_statements("decisions", keys=("seq",), dialect=store.dialect):
                tx.connection.execute(text(statement))
        with store.read() as tx, pytest.raises(StoreError, match="entry 1 of the decision log was changed"):
            verify_chain(tx)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE decisions SET reason = 'forged' WHERE seq = 3", "entry 3 of the decision log was changed"),
        ("DELETE FROM decisions WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM decisions WHERE seq = 2", "entry 2 is missing"),
        ("UPDATE decisions SET hash = 'forged' WHERE seq = 2", "entry 3 is missing"),
        ("UPDATE decisions SET reason = 'forged' WHERE seq = 1", None),
    ],
)
def test_the_newest_decisions_can_be_verified_alone_and_a_gap_before_them_shows(
    tmp_path: Path, harm: str, found: str | None
) -> None:
    with new_store(tmp_path) as store:
        for subject in ("first", "second", "third", "fourth"):
            decide(store, subject)
        with store.write() as tx:
            assert verify_newest(tx, entries=2) == verify_newest(tx, entries=9) == 4
            for statement in drop_statements("decisions", dialect=store.dialect):
                tx.connection.execute(text(statement))
            tx.connection.execute(text(harm))
        with store.read() as tx:
            if found is None:
                assert verify_newest(tx, entries=2) == 4
            else:
                with pytest.raises(StoreError, match=found):
                    verify_newest(tx, entries=2)


def test_a_removed_decision_breaks_the_chain(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        decide(store, "first")
        decide(store, "second")
        with store.write() as tx:
            for statement in drop_statements("decisions", dialect=store.dialect):
                tx.connection.execute(text(statement))
            tx.connection.execute(text("DELETE FROM decisions WHERE seq = 1"))
        with store.read() as tx, pytest.raises(StoreError, match="entry 1 is missing"):
            verify_chain(tx)


def test_a_failing_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    with new_store(tmp_path) as store:
        with pytest.raises(Stop), store.write() as tx:
            record_decision(tx, Decision(AT, "reviewer-a", "approve", "candidate", "c1"))
            raise Stop
        with store.read() as tx:
            assert all_decisions(tx) == ()


def test_a_database_from_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, store.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = Store(database_url(tmp_path), archive=tmp_path / "archive")
    with newer.read() as tx:
        before = content_hashes(tx)
    with pytest.raises(StoreError, match=r"newer version \(revision 9999, this software knows"):
        newer.prepare()
    with newer.read() as tx:
        assert content_hashes(tx) == before
    assert newer.revision() == "9999"
    newer.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not a url", "oracle://x"])
def test_an_unknown_database_is_one_clear_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="LIVING_REVIEW_DATABASE_URL"):
        Store(url, archive=tmp_path)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "review.db").write_bytes(b"this is a shopping list, not a database" * 100)
    store = Store(f"sqlite:///{tmp_path / 'review.db'}", archive=tmp_path)
    with pytest.raises(StoreError, match="damaged"):
        store.prepare()
    store.close()


def test_the_migrations_make_exactly_the_tables_the_code_reads(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with new_store(tmp_path) as store, store.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert store.revision() == HEAD


def test_a_body_is_kept_once_and_comes_back_byte_for_byte(tmp_path: Path) -> None:
    body = "ä <PubmedArticleSet/> \x00".encode()
    first, second = keep_body(tmp_path, body), keep_body(tmp_path, body)
    assert first == second
    assert len(list(tmp_path.rglob("*.gz"))) == 1
    assert read_body(tmp_path, first) == body


def test_a_body_half_written_by_a_killed_process_is_cleared_once_it_is_a_day_old(tmp_path: Path) -> None:
    path = archive_path(tmp_path, keep_body(tmp_path, b"what PubMed said"))
    path.unlink()
    old, young = path.with_suffix(".17.part"), path.with_suffix(".18.part")
    for staging in (old, young):
        staging.write_bytes(b"half")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    keep_body(tmp_path, b"what PubMed said")
    assert [old.exists(), young.exists(), path.exists()] == [False, True, True]


def test_an_archive_edited_by_hand_is_refused(tmp_path: Path) -> None:
    sha256 = keep_body(tmp_path, b"what PubMed said")
    archive_path(tmp_path, sha256).write_bytes(gzip.compress(b"what somebody wished PubMed had said"))
    with pytest.raises(StoreError, match="was changed"):
        read_body(tmp_path, sha256)


def test_a_record_is_stored_once_and_a_changed_one_is_a_new_revision(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
            run_id = open_run(
                tx,
                night_id,
                source="pubmed",
                query_hash="q",
                date_type="all",
                window_start=None,
                window_end=None,
                at=AT,
            )
            outcomes = [
                upsert_record(
                    tx, record("100", title=title), content=title, content_hash=title, night="2026-11-20", run_id=run_id
                )
                for title in ("first", "first", "second", "first", "third", "second")
            ]
        assert outcomes == ["new", "known", "changed", "changed", "changed", "changed"]
        with store.read() as tx:
            stored = get_record(tx, Pmid("100"))
            revisions = tx.connection.execute(text("SELECT COUNT(*) FROM record_revisions")).scalar()
        assert stored is not None
        assert (stored.revision, stored.content) == (2, "second")
        # The text went back to what it was and on from there: three contents, three revisions.
        assert revisions == 3


def test_an_unfinished_search_counts_as_failed_and_never_as_searched(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, store.write() as tx:
        night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        for state in (None, SearchState.FAILED, SearchState.INCOMPLETE):
            run_id = open_run(
                tx, night_id, source="pubmed", query_hash="q", date_type="crdt", window_start="a", window_end="b", at=AT
            )
            if state is not None:
                close_run(tx, run_id, state=state, at=AT, message="no answer")
        assert fail_abandoned_runs(tx, at=AT) == 1
        assert [run.state for run in search_log(tx)] == [SearchState.FAILED, SearchState.FAILED, SearchState.INCOMPLETE]
        assert last_complete(tx, query_hash="q", date_type="crdt") is None


def test_freezing_the_same_rows_gives_the_version_they_have(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, store.write() as tx:
        first = freeze(tx, [{"hr": 0.66}], at=AT, night="2026-11-20")
        again = freeze(tx, [{"hr": 0.66}], at="later", night="2026-11-21")
        other = freeze(tx, [{"hr": 0.71}], at=AT, night="2026-11-21")
        assert (first.version, again, other.version) == (1, first, 2)
        assert frozen_rows(tx, 1) == [{"hr": 0.66}]
        assert [version.version for version in all_versions(tx)] == [1, 2]
