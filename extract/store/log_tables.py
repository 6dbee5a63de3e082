"""The log of nights, of what was asked and of what was answered."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from extract.store.table_metadata import metadata

nights = Table(
    "nights",
    metadata,
    Column("night_id", Integer, primary_key=True),
    Column("night", String(10), nullable=False, index=True),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("state", String(20), nullable=False),
    Column("rehearsal", Integer, nullable=False),
    Column("summary", JSON, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'search_failed', 'refused')", name="state"),
)

raw_responses = Table(
    "raw_responses",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("first_seen_at", String(32), nullable=False),
)

search_runs = Table(
    "search_runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("night_id", ForeignKey("nights.night_id"), nullable=False),
    Column("source", String(20), nullable=False),
    Column("query_hash", String(64), nullable=False),
    Column("date_type", String(10), nullable=False),
    Column("window_start", String(10)),
    Column("window_end", String(10)),
    Column("state", String(12), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("hits", Integer),
    Column("received", Integer),
    Column("new_records", Integer),
    Column("changed_records", Integer),
    Column("message", Text),
    CheckConstraint("state IN ('running', 'complete', 'incomplete', 'failed')", name="state"),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("exchange_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("search_runs.run_id"), index=True),
    Column("night_id", ForeignKey("nights.night_id"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("method", String(8), nullable=False),
    Column("url", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("status", Integer),
    Column("sha256", ForeignKey("raw_responses.sha256")),
)

search_results = Table(
    "search_results",
    metadata,
    Column("run_id", ForeignKey("search_runs.run_id"), primary_key=True),
    Column("asked", JSON),
    Column("found", JSON, nullable=False),
)
