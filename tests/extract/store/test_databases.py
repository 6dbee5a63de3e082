"""What SQLite and PostgreSQL promise alike: one writer at a time, readers of one instant, one order, one content."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from extract.errors import StoreError
from extract.store.copying import content_hashes, copy_database
from extract.store.curated import Alert, Report, TrialFamily, add_alert, all_alerts, put_family, put_report
from extract.store.decisions import Decision, all_decisions, record_decision, verify_chain
from extract.store.engine import HEAD, Store
from extract.store.integrity import missing_tables, missing_triggers, unsound
from extract.store.log import all_nights, open_night
from extract.store.migrating import current_revision, downgrade, known_revisions, upgrade
from extract.store.records import all_pmids, upsert_record
from tests.extract.store.records import record
from tests.stores import AT, BOTH_DATABASES, database_url, new_store

pytestmark = BOTH_DATABASES


def decide(store: Store, person: str) -> None:
    with store.write() as tx:
        record_decision(tx, Decision(AT, person, "approve", "candidate", "c1", details={"b": 1, "a": [0.1, None]}))


def some_records(store: Store, *pmids: str) -> None:
    with store.write() as tx:
        open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        run_id = tx.connection.execute(
            text(
                "INSERT INTO search_runs (night_id, source, query_hash, date_type, state, started_at) "
                "VALUES (1, 'pubmed', 'q', 'all', 'complete', :at) RETURNING run_id"
            ),
            {"at": AT},
        ).scalar_one()
        for pmid in pmids:
            parsed = record(pmid, title=f"Größe {pmid}")
            upsert_record(tx, parsed, content="{}", content_hash=pmid, night="2026-11-20", run_id=run_id)


def test_twenty_decisions_at_once_get_twenty_numbers_and_one_chain(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        people = [threading.Thread(target=decide, args=(store, f"reviewer-{n}")) for n in range(20)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        with store.read() as tx:
            assert verify_chain(tx) == 20
            assert {d.decision.by for d in all_decisions(tx)} == {f"reviewer-{n}" for n in range(20)}


def test_a_reader_sees_one_instant_while_others_write(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        decide(store, "first")
        with store.read() as tx:
            assert len(all_decisions(tx)) == 1
            decide(store, "second")
            assert len(all_decisions(tx)) == 1
        with store.read() as tx:
            assert len(all_decisions(tx)) == 2


def test_text_sorts_by_its_bytes_whatever_the_servers_language(tmp_path: Path) -> None:
    # In English "a" stands before "B" and "-" does not count: the frozen table's order must not hang on that.
    names = ["B", "a", "a-b", "aa", "é", "z"]
    with new_store(tmp_path) as store:
        some_records(store, *names)
        with store.read() as tx:
            assert list(all_pmids(tx)) == sorted(names, key=str.encode)


@pytest.mark.parametrize("revision", known_revisions())
def test_every_migration_goes_down_and_up_again_with_data_in_the_tables(tmp_path: Path, revision: str) -> None:
    with new_store(tmp_path) as store:
        some_records(store, "100", "200")
        decide(store, "reviewer-a")
        with store.read() as tx:
            before = content_hashes(tx)
        with store.write() as tx:
            downgrade(tx.connection, to=revision)
            assert current_revision(tx.connection) == revision
        with store.read() as tx:
            assert tx.connection.execute(text("SELECT COUNT(*) FROM record_revisions")).scalar() == 2
        store.prepare()
        with store.read() as tx:
            assert content_hashes(tx) == before
            assert (missing_tables(tx), missing_triggers(tx), unsound(tx)) == ((), (), ())


def test_the_migrations_go_down_to_nothing_and_up_again(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            downgrade(tx.connection, to="base")
            assert len(missing_tables(tx)) > 20
        store.prepare()
        assert store.revision() == HEAD
        decide(store, "reviewer-a")


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        some_records(store, "100")
        first = known_revisions()[0]
        with store.write() as tx:
            downgrade(tx.connection, to=first)
        with pytest.raises(StoreError, match="pulled"), store.write() as tx:
            upgrade(tx.connection, shown_url="x")
            raise StoreError("the plug was pulled")
        assert store.revision() == first
        store.prepare()
        assert store.revision() == HEAD


def test_a_copy_holds_the_same_and_goes_on_with_the_next_number(tmp_path: Path) -> None:
    with new_store(tmp_path / "from") as source, new_store(tmp_path / "to") as target:
        some_records(source, "100", "200")
        decide(source, "reviewer-a")
        with source.read() as tx:
            copied = copy_database(tx, target)
        assert (copied["records"].rows, copied["decisions"].rows) == (2, 1)
        with target.read() as tx:
            assert content_hashes(tx) == copied
            assert verify_chain(tx) == 1
        with target.write() as tx:
            assert open_night(tx, night="2026-11-21", at=AT, rehearsal=True) == 2
            assert [night.night_id for night in all_nights(tx)] == [1, 2]
        with source.read() as tx, pytest.raises(StoreError, match="is not empty"):
            copy_database(tx, target)


def test_a_copy_that_fails_leaves_the_target_empty_so_that_it_can_be_started_again(tmp_path: Path) -> None:
    def pull_the_plug(_tx: object) -> None:
        raise StoreError("pulled")

    with new_store(tmp_path / "from") as source, new_store(tmp_path / "to") as target:
        some_records(source, "100")
        with source.read() as tx, pytest.raises(StoreError, match="pulled"):
            copy_database(tx, target, before_commit=pull_the_plug)
        with source.read() as tx:
            assert copy_database(tx, target)["records"].rows == 1


def test_a_database_that_holds_others_tables_is_not_taken_for_ours(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        with store.write() as tx:
            downgrade(tx.connection, to="base")
            tx.connection.execute(text("CREATE TABLE decisions (id INTEGER)"))
        with pytest.raises(StoreError, match="tables of something else"):
            store.prepare()
        assert store.revision() is None


def test_a_missing_server_is_one_clear_line_without_the_password(tmp_path: Path) -> None:
    store = Store("postgresql://someone:secret@127.0.0.1:9/none", archive=tmp_path)
    with pytest.raises(StoreError, match=r"someone:\*\*\*@127.0.0.1:9/none cannot be used") as raised:
        store.prepare()
    store.close()
    assert "secret" not in str(raised.value)


def test_the_url_may_be_written_as_hosting_services_write_it(tmp_path: Path, database: str) -> None:
    with new_store(tmp_path):
        url = database_url(tmp_path)
    if database == "postgresql":
        url = url.replace("postgresql+psycopg", "postgres")
    store = Store(url, archive=tmp_path)
    assert store.revision() == HEAD
    store.close()


def test_a_value_the_database_cannot_hold_is_one_clear_line(tmp_path: Path, database: str) -> None:
    if database == "sqlite":
        return  # SQLite holds any text
    with new_store(tmp_path) as store:
        with pytest.raises(StoreError, match="refuses a value"):
            decide(store, "a\x00b")
        with pytest.raises(StoreError, match="refuses a value"):
            decide(store, "x" * 61)


def test_a_long_notice_is_cut_alike_and_known_again(tmp_path: Path) -> None:
    notice = Alert("R", "ErratumIn", "J Clin Oncol. " + "x" * 300, "2026-11-20")
    with new_store(tmp_path) as store, store.write() as tx:
        put_family(tx, TrialFamily("S", "rct", None, "import", {}))
        put_report(tx, Report("R", "S", None, None, "import", {}))
        assert (add_alert(tx, notice), add_alert(tx, notice)) == (True, False)
        assert len(all_alerts(tx)[0].notice) == 200
