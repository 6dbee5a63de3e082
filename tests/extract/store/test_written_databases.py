"""A database that an earlier version wrote is opened by this one: nothing lost, evidence locked, nights go on."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from extract.store.curated import curated_values
from extract.store.decisions import all_decisions, latest_votes, verify_chain
from extract.store.engine import HEAD
from extract.store.integrity import missing_tables, missing_triggers, unsound
from extract.store.migrating import known_revisions
from extract.store.records import all_pmids
from extract.store.versions import all_versions
from flows.context import open_store
from flows.settings import Settings
from tests.nights import NIGHTS, archive_of, gather, rehearsal

WRITTEN = Path(__file__).parent / "written"
RECORDS = ("26363985", "28994557", "29777404")
COUNTED = ("decisions", "record_revisions", "raw_responses", "curated_values", "exchanges", "search_runs", "nights")


def loaded(settings: Settings, revision: str) -> dict[str, int]:
    """Load a dump into the place of the database; return how many rows its tables have."""
    settings.state_dir.mkdir(parents=True)
    sql = gzip.decompress((WRITTEN / f"{revision}.sql.gz").read_bytes()).decode("utf-8")
    with closing(sqlite3.connect(settings.state_dir / "review.db")) as database:
        database.executescript(sql)
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
        return rows(database)


def rows(database: sqlite3.Connection) -> dict[str, int]:
    return {name: database.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in COUNTED}


def test_there_is_a_database_of_every_version_but_perhaps_the_newest() -> None:
    kept = {path.name.removesuffix(".sql.gz") for path in WRITTEN.glob("*.sql.gz")}
    assert set(known_revisions()) - kept <= {HEAD}
    assert kept <= set(known_revisions())


@pytest.mark.parametrize("revision", sorted(path.name.removesuffix(".sql.gz") for path in WRITTEN.glob("*.sql.gz")))
def test_a_database_written_by_an_earlier_version_is_brought_up_to_date_with_all_it_held(
    tmp_path: Path, revision: str
) -> None:
    settings = rehearsal(tmp_path / "state")
    before = loaded(settings, revision)
    store = open_store(settings)
    with store.read() as tx:
        assert store.revision() == HEAD
        assert (missing_tables(tx), missing_triggers(tx), unsound(tx)) == ((), (), ())
        assert verify_chain(tx) == before["decisions"] > 0
        assert all_pmids(tx) == RECORDS
        assert len(curated_values(tx)) == before["curated_values"] > 50
        assert len(all_versions(tx)) == 1
        assert set(latest_votes(tx, "28994557")) == {"reviewer-a"}
    store.close()
    with closing(sqlite3.connect(settings.state_dir / "review.db")) as database:
        assert rows(database) == before


def test_nights_go_on_where_the_first_version_left_off(tmp_path: Path) -> None:
    settings = rehearsal(tmp_path / "state")
    before = loaded(settings, known_revisions()[0])
    archive = archive_of(tmp_path / "archive", RECORDS)
    # Without publishing: the snapshots of that state are not part of the dump.
    assert gather(settings, NIGHTS[2], archive).exit_code == 0
    store = open_store(settings)
    with store.read() as tx:
        assert all_pmids(tx) == RECORDS
        assert len(curated_values(tx)) == before["curated_values"]
        assert len(all_decisions(tx)) >= before["decisions"]
    store.close()
