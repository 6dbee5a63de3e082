"""Evidence cannot be changed with the application's own database password: every table, every way we know of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import JSON, Connection, String, Table, create_engine, func, make_url, select, text
from sqlalchemy.exc import DatabaseError, ProgrammingError

from extract.errors import StoreError
from extract.store.decisions import Decision, all_decisions, record_decision, record_vote, verify_chain
from extract.store.engine import Store
from extract.store.grants import grant, grant_statements
from extract.store.log import open_night, open_run
from extract.store.records import upsert_record
from extract.store.tables import APPEND_ONLY, metadata
from extract.store.work import save_draft
from flows.doctor.stored import check_role
from tests.extract.store.records import record
from tests.stores import AT, BOTH_DATABASES, new_store

_numbers = itertools.count(1)


def rows_in_every_table_of_evidence(store: Store) -> None:
    """Put one row into each table of evidence, so that a refused change had something to change."""
    with store.write() as tx:
        night_id = open_night(tx, night="2026-11-20", at=AT, rehearsal=True)
        run_id = open_run(
            tx, night_id, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
        )
        upsert_record(tx, record("1"), content="{}", content_hash="h", night="2026-11-20", run_id=run_id)
        record_vote(tx, Decision(AT, "reviewer-a", "vote", "record", "1"), pmid="1", vote="maybe", reason_code=None)
        proposed = {"revision": 1, "extractor_version": "1", "effect": {}, "state": "proposed", "night": "2026-11-20"}
        candidates = metadata.tables["candidates"]
        tx.connection.execute(candidates.insert().values(candidate_id="1", pmid="1", **proposed))
        for name in APPEND_ONLY:
            a_row(tx.connection, metadata.tables[name])


CLOSED = {("candidates", "state"): "proposed", ("seeded_errors", "event"): "shown"}
"""Columns that take only some values, on the way of rows this fills in."""


def a_row(connection: Connection, table: Table) -> None:
    """Put a row into a table that has none, and into those it refers to."""
    if connection.execute(select(func.count()).select_from(table)).scalar_one():
        return
    row: dict[str, object] = {}
    for column in table.columns:
        if column.foreign_keys:
            (key,) = column.foreign_keys
            a_row(connection, key.column.table)
            row[column.name] = connection.execute(select(key.column).limit(1)).scalar_one()
        elif (table.name, column.name) in CLOSED:
            row[column.name] = CLOSED[table.name, column.name]
        elif isinstance(column.type, JSON):
            row[column.name] = {}
        else:
            row[column.name] = "1" if isinstance(column.type, String) else 1
    connection.execute(table.insert().values(**row))


def contents(connection: Connection) -> dict[str, list[str]]:
    """Return every row of every table of evidence."""
    return {name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")))) for name in APPEND_ONLY}


def changes(table: str, *, dialect: str) -> list[str]:
    """Return the statements that would change a table of evidence: every column, and whole rows."""
    columns = [column.name for column in metadata.tables[table].columns]
    updates = [f'UPDATE {table} SET "{name}" = "{name}"' for name in columns]
    statements = [*updates, f"DELETE FROM {table}", f"DELETE FROM {table} WHERE false"]
    keys = ", ".join(column.name for column in metadata.tables[table].primary_key)
    listed = ", ".join(f'"{name}"' for name in columns)
    copied = f"INTO {table} ({listed}) SELECT {listed} FROM {table} WHERE true"
    if dialect == "sqlite":
        return [*statements[:-1], f"INSERT OR REPLACE {copied}", f"REPLACE {copied}"]
    upsert = f'INSERT {copied} ON CONFLICT ({keys}) DO UPDATE SET "{columns[-1]}" = EXCLUDED."{columns[-1]}"'
    return [*statements, upsert, f"TRUNCATE {table} CASCADE"]


@BOTH_DATABASES
def test_no_statement_changes_a_row_of_evidence(tmp_path: Path) -> None:
    with new_store(tmp_path) as store:
        rows_in_every_table_of_evidence(store)
        with store.read() as tx:
            before = contents(tx.connection)
        for table in APPEND_ONLY:
            for statement in changes(table, dialect=store.dialect):
                with pytest.raises(DatabaseError, match=r"append-only"), store.write() as tx:
                    tx.connection.execute(text(statement))
        with store.read() as tx:
            assert contents(tx.connection) == before


@dataclass(frozen=True)
class Granted:
    """A PostgreSQL database whose application has a role of its own."""

    owner: Store
    role: str
    url: str


@pytest.fixture
def granted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Granted]:
    from tests.postgres import drop_database, new_database

    url = new_database()
    owner = Store(url, archive=tmp_path / "archive")
    role = f"lr_app_{make_url(url).database}_{next(_numbers)}".lower()[:60]
    with owner.write() as tx:
        tx.connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'only for this test'"))
        grant(tx, role)
    rows_in_every_table_of_evidence(owner)
    theirs = make_url(url).set(username=role, password="only for this test")
    yield Granted(owner, role, theirs.render_as_string(hide_password=False))
    with owner.write() as tx:
        tx.connection.execute(text(f"DROP OWNED BY {role}"))
        tx.connection.execute(text(f"DROP ROLE {role}"))
    owner.close()
    drop_database(url)


@pytest.mark.postgres
def test_the_applications_role_reviews_as_ever(granted: Granted, tmp_path: Path) -> None:
    store = Store(granted.url, archive=tmp_path / "archive")
    store.prepare()
    with store.write() as tx:
        record_decision(tx, Decision(AT, "reviewer-a", "approve", "candidate", "c1"))
        upsert_record(tx, record("1", title="changed"), content="{}", content_hash="h2", night="2026-11-21", run_id=1)
        tx.connection.execute(metadata.tables["accounts"].insert().values(person_id="reviewer-a", created_at=AT))
        save_draft(tx, "record:1", "reviewer-a", {"comment": "x"}, at=AT)
        save_draft(tx, "record:1", "reviewer-a", {"comment": "y"}, at=AT)
    with store.read() as tx:
        assert verify_chain(tx) == len(all_decisions(tx)) == 2
    store.close()


@pytest.mark.postgres
def test_doctor_tells_when_the_applications_role_could_change_evidence(granted: Granted, tmp_path: Path) -> None:
    told = check_role(granted.owner)
    assert (told.state, "living-review grants ROLE" in told.todo) == ("warning", True)
    assert "is a superuser" in told.found or "owns the tables" in told.found
    store = Store(granted.url, archive=tmp_path / "archive")
    assert check_role(store).state == "ok"
    assert granted.role in check_role(store).found
    store.close()


@pytest.mark.postgres
def test_the_applications_role_can_change_no_evidence_nor_what_guards_it(granted: Granted) -> None:
    engine = create_engine(granted.url)
    with granted.owner.read() as tx:
        before = contents(tx.connection)
    around = [
        *(statement for table in APPEND_ONLY for statement in changes(table, dialect="postgresql")),
        *(f"DROP TABLE {table} CASCADE" for table in APPEND_ONLY),
        *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in APPEND_ONLY),
        *(f"ALTER TABLE {table} RENAME TO gone" for table in APPEND_ONLY),
        *(f"DROP TRIGGER {table}_append_only ON {table}" for table in APPEND_ONLY),
        *(f"DROP FUNCTION {table}_append_only() CASCADE" for table in APPEND_ONLY),
        *(
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$"
            for table in APPEND_ONLY
        ),
        "SET session_replication_role = replica",
        "CREATE TABLE decisions_copy AS SELECT * FROM decisions",
        "CREATE RULE quiet AS ON INSERT TO decisions DO INSTEAD NOTHING",
        f"ALTER ROLE {granted.role} SUPERUSER",
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE pg_trigger SET tgenabled = 'D'",
    ]
    with engine.connect() as connection:
        for statement in around:
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner|must be superuser|must have"):
                connection.execute(text(statement))
            connection.rollback()
    engine.dispose()
    with granted.owner.read() as tx:
        assert contents(tx.connection) == before


@pytest.mark.postgres
def test_a_role_that_could_change_evidence_all_the_same_is_refused(granted: Granted) -> None:
    superuser = make_url(granted.owner.shown_url).username
    with pytest.raises(StoreError, match="is a superuser"), granted.owner.write() as tx:
        grant(tx, str(superuser))
    with pytest.raises(StoreError, match="does not exist"), granted.owner.write() as tx:
        grant(tx, "nobody_of_this_name")
    with pytest.raises(StoreError, match="owns the tables"), granted.owner.write() as tx:
        tx.connection.execute(text(f"ALTER TABLE decisions OWNER TO {granted.role}"))
        grant(tx, granted.role)


def test_a_name_that_is_no_name_of_a_role_reaches_no_statement() -> None:
    for role in ("app; DROP TABLE decisions", "App", "", 'a"b'):
        with pytest.raises(StoreError, match="no plain name"):
            grant_statements(role)


def test_on_sqlite_there_is_nothing_to_grant(tmp_path: Path) -> None:
    with new_store(tmp_path) as store, pytest.raises(StoreError, match="SQLite"), store.write() as tx:
        grant(tx, "app")


@pytest.mark.postgres
def test_the_applications_role_is_told_who_may_migrate(granted: Granted, tmp_path: Path) -> None:
    with granted.owner.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    store = Store(granted.url, archive=tmp_path / "archive")
    with pytest.raises(StoreError, match=r"may not change the tables.*living-review grants"):
        store.prepare()
    store.close()
