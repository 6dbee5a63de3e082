"""The curated evidence: families, reports, values, decisions, versions, registered trials, links."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from extract.store.table_metadata import metadata

trial_families = Table(
    "trial_families",
    metadata,
    Column("study_id", String(80), primary_key=True),
    Column("design", String(30), nullable=False),
    Column("overlap_group", String(80)),
    Column("origin", String(10), nullable=False),
    Column("facts", JSON, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("report_id", String(80), primary_key=True),
    Column("study_id", ForeignKey("trial_families.study_id"), nullable=False, index=True),
    Column("pmid", String(12), index=True),
    Column("doi", String(200), index=True),
    Column("origin", String(10), nullable=False),
    Column("facts", JSON, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", Integer, primary_key=True),
    Column("report_id", ForeignKey("reports.report_id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("notice", String(200), nullable=False),
    Column("night", String(10), nullable=False),
    UniqueConstraint("report_id", "kind", "notice"),
)

values = Table(
    "curated_values",
    metadata,
    Column("value_id", String(120), primary_key=True),
    Column("report_id", ForeignKey("reports.report_id"), nullable=False, index=True),
    Column("origin", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("reported", JSON, nullable=False),
    Column("corrections", JSON, nullable=False),
    Column("approved_by", JSON, nullable=False),
    Column("approved_at", String(32), nullable=False),
    Column("span", JSON),
    CheckConstraint("state IN ('approved', 'reopened', 'withdrawn')", name="state"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("by", String(60), nullable=False),
    Column("action", String(20), nullable=False),
    Column("subject_kind", String(12), nullable=False),
    Column("subject_id", String(120), nullable=False, index=True),
    Column("field", String(40)),
    Column("old", Text),
    Column("new", Text),
    Column("reason", Text),
    Column("details", JSON, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index("ix_decisions_by", "by", "subject_kind", "subject_id"),
)

table_versions = Table(
    "table_versions",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("content_hash", String(64), nullable=False, unique=True),
    Column("frozen_at", String(32), nullable=False),
    Column("night", String(10), nullable=False),
    Column("rows", JSON, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("snapshot_id", String(80), primary_key=True),
    Column("version", String(20), nullable=False, unique=True),
    Column("table_version", ForeignKey("table_versions.version"), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("published_at", String(32), nullable=False),
    Column("night", String(10), nullable=False),
)

registry_trials = Table(
    "registry_trials",
    metadata,
    Column("registry_id", String(40), primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("first_night", String(10), nullable=False),
    Column("changed_night", String(10), nullable=False),
    Column("run_id", ForeignKey("search_runs.run_id"), nullable=False),
)

registry_changes = Table(
    "registry_changes",
    metadata,
    Column("change_id", Integer, primary_key=True),
    Column("registry_id", ForeignKey("registry_trials.registry_id"), nullable=False, index=True),
    Column("field", String(40), nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("night", String(10), nullable=False),
)

link_proposals = Table(
    "link_proposals",
    metadata,
    Column("proposal_id", String(40), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("subject_id", String(80), nullable=False, index=True),
    Column("target_id", String(80), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("night", String(10), nullable=False),
    CheckConstraint("kind IN ('report', 'overlap', 'duplicate')", name="kind"),
    CheckConstraint("state IN ('proposed', 'confirmed', 'rejected', 'superseded')", name="state"),
    UniqueConstraint("kind", "subject_id", "target_id"),
)

seeded_errors = Table(
    "seeded_errors",
    metadata,
    Column("candidate_id", ForeignKey("candidates.candidate_id"), primary_key=True),
    Column("person_id", String(60), primary_key=True),
    Column("event", String(8), primary_key=True),
    Column("wrong", JSON, nullable=False),
    Column("at", String(32), nullable=False),
    CheckConstraint("event IN ('shown', 'caught', 'missed')", name="event"),
)
