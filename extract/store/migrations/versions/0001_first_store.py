"""The first store."""

import sqlalchemy as sa
from alembic import op

from extract.store.append_only import create_statements, drop_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "decisions": ("seq",),
    "screening_votes": ("seq",),
    "table_versions": ("version",),
    "snapshots": ("snapshot_id",),
    "raw_responses": ("sha256",),
    "record_revisions": ("pmid", "revision"),
}


def upgrade() -> None:
    """Create every table and make the evidence append-only."""
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("subject_kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.String(length=120), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_decisions")),
        sa.UniqueConstraint("hash", name=op.f("uq_decisions_hash")),
    )
    op.create_index(op.f("ix_decisions_subject_id"), "decisions", ["subject_id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_imports")),
    )
    op.create_table(
        "nights",
        sa.Column("night_id", sa.Integer(), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rehearsal", sa.Integer(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done', 'search_failed', 'refused')", name=op.f("ck_nights_state")),
        sa.PrimaryKeyConstraint("night_id", name=op.f("pk_nights")),
    )
    op.create_index(op.f("ix_nights_night"), "nights", ["night"], unique=False)
    op.create_table(
        "raw_responses",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw_responses")),
    )
    op.create_table(
        "table_versions",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.String(length=32), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_table_versions")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_table_versions_content_hash")),
    )
    op.create_table(
        "trial_families",
        sa.Column("study_id", sa.String(length=80), nullable=False),
        sa.Column("design", sa.String(length=30), nullable=False),
        sa.Column("overlap_group", sa.String(length=80), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_trial_families")),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(length=80), nullable=False),
        sa.Column("study_id", sa.String(length=80), nullable=False),
        sa.Column("pmid", sa.String(length=12), nullable=True),
        sa.Column("doi", sa.String(length=200), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["trial_families.study_id"], name=op.f("fk_reports_study_id_trial_families")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_doi"), "reports", ["doi"], unique=False)
    op.create_index(op.f("ix_reports_pmid"), "reports", ["pmid"], unique=False)
    op.create_index(op.f("ix_reports_study_id"), "reports", ["study_id"], unique=False)
    op.create_table(
        "search_runs",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("night_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("query_hash", sa.String(length=64), nullable=False),
        sa.Column("date_type", sa.String(length=10), nullable=False),
        sa.Column("window_start", sa.String(length=10), nullable=True),
        sa.Column("window_end", sa.String(length=10), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.Column("new_records", sa.Integer(), nullable=True),
        sa.Column("changed_records", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'complete', 'incomplete', 'failed')", name=op.f("ck_search_runs_state")
        ),
        sa.ForeignKeyConstraint(["night_id"], ["nights.night_id"], name=op.f("fk_search_runs_night_id_nights")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_search_runs")),
    )
    op.create_table(
        "snapshots",
        sa.Column("snapshot_id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("table_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.String(length=32), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_version"], ["table_versions.version"], name=op.f("fk_snapshots_table_version_table_versions")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("version", name=op.f("uq_snapshots_version")),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("notice", sa.String(length=200), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name=op.f("fk_alerts_report_id_reports")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("report_id", "kind", "notice", name=op.f("uq_alerts_report_id_kind_notice")),
    )
    op.create_table(
        "curated_values",
        sa.Column("value_id", sa.String(length=120), nullable=False),
        sa.Column("report_id", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reported", sa.JSON(), nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("approved_by", sa.JSON(), nullable=False),
        sa.Column("approved_at", sa.String(length=32), nullable=False),
        sa.Column("span", sa.JSON(), nullable=True),
        sa.CheckConstraint("state IN ('approved', 'reopened', 'withdrawn')", name=op.f("ck_curated_values_state")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], name=op.f("fk_curated_values_report_id_reports")),
        sa.PrimaryKeyConstraint("value_id", name=op.f("pk_curated_values")),
    )
    op.create_index(op.f("ix_curated_values_report_id"), "curated_values", ["report_id"], unique=False)
    op.create_table(
        "exchanges",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("night_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["night_id"], ["nights.night_id"], name=op.f("fk_exchanges_night_id_nights")),
        sa.ForeignKeyConstraint(["run_id"], ["search_runs.run_id"], name=op.f("fk_exchanges_run_id_search_runs")),
        sa.ForeignKeyConstraint(["sha256"], ["raw_responses.sha256"], name=op.f("fk_exchanges_sha256_raw_responses")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchanges")),
    )
    op.create_index(op.f("ix_exchanges_run_id"), "exchanges", ["run_id"], unique=False)
    op.create_table(
        "records",
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("doi", sa.String(length=200), nullable=True),
        sa.Column("publication_year", sa.Integer(), nullable=True),
        sa.Column("created", sa.String(length=10), nullable=True),
        sa.Column("first_night", sa.String(length=10), nullable=False),
        sa.Column("first_run_id", sa.Integer(), nullable=True),
        sa.Column("report_id", sa.String(length=80), nullable=True),
        sa.Column("deleted_night", sa.String(length=10), nullable=True),
        sa.Column("extracted_with", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'screening', 'conflict', 'included', 'excluded')", name=op.f("ck_records_state")
        ),
        sa.ForeignKeyConstraint(
            ["first_run_id"], ["search_runs.run_id"], name=op.f("fk_records_first_run_id_search_runs")
        ),
        sa.PrimaryKeyConstraint("pmid", name=op.f("pk_records")),
    )
    op.create_index(op.f("ix_records_doi"), "records", ["doi"], unique=False)
    op.create_index(op.f("ix_records_report_id"), "records", ["report_id"], unique=False)
    op.create_index(op.f("ix_records_state"), "records", ["state"], unique=False)
    op.create_table(
        "candidates",
        sa.Column("candidate_id", sa.String(length=40), nullable=False),
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("extractor_version", sa.String(length=80), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("value_id", sa.String(length=120), nullable=True),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'needs_second', 'conflict', 'approved', 'rejected', 'confirms', 'superseded')",
            name=op.f("ck_candidates_state"),
        ),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_candidates_pmid_records")),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_candidates")),
    )
    op.create_index(op.f("ix_candidates_pmid"), "candidates", ["pmid"], unique=False)
    op.create_index(op.f("ix_candidates_state"), "candidates", ["state"], unique=False)
    op.create_table(
        "record_revisions",
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_record_revisions_pmid_records")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["search_runs.run_id"], name=op.f("fk_record_revisions_run_id_search_runs")
        ),
        sa.PrimaryKeyConstraint("pmid", "revision", name=op.f("pk_record_revisions")),
        sa.UniqueConstraint("pmid", "content_hash", name=op.f("uq_record_revisions_pmid_content_hash")),
    )
    op.create_table(
        "screening_votes",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("vote", sa.String(length=8), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "(vote = 'exclude') = (reason_code IS NOT NULL)", name=op.f("ck_screening_votes_exclusion_has_reason")
        ),
        sa.CheckConstraint("vote IN ('include', 'exclude', 'maybe')", name=op.f("ck_screening_votes_vote")),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_screening_votes_pmid_records")),
        sa.ForeignKeyConstraint(["seq"], ["decisions.seq"], name=op.f("fk_screening_votes_seq_decisions")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_screening_votes")),
    )
    op.create_index(op.f("ix_screening_votes_pmid"), "screening_votes", ["pmid"], unique=False)
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        for statement in create_statements(table, keys=keys, dialect=dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in drop_statements(table, dialect=dialect):
            op.execute(statement)
    op.drop_index(op.f("ix_screening_votes_pmid"), table_name="screening_votes")
    op.drop_table("screening_votes")
    op.drop_table("record_revisions")
    op.drop_index(op.f("ix_candidates_state"), table_name="candidates")
    op.drop_index(op.f("ix_candidates_pmid"), table_name="candidates")
    op.drop_table("candidates")
    op.drop_index(op.f("ix_records_state"), table_name="records")
    op.drop_index(op.f("ix_records_report_id"), table_name="records")
    op.drop_index(op.f("ix_records_doi"), table_name="records")
    op.drop_table("records")
    op.drop_index(op.f("ix_exchanges_run_id"), table_name="exchanges")
    op.drop_table("exchanges")
    op.drop_index(op.f("ix_curated_values_report_id"), table_name="curated_values")
    op.drop_table("curated_values")
    op.drop_table("alerts")
    op.drop_table("snapshots")
    op.drop_table("search_runs")
    op.drop_index(op.f("ix_reports_study_id"), table_name="reports")
    op.drop_index(op.f("ix_reports_pmid"), table_name="reports")
    op.drop_index(op.f("ix_reports_doi"), table_name="reports")
    op.drop_table("reports")
    op.drop_table("trial_families")
    op.drop_table("table_versions")
    op.drop_table("raw_responses")
    op.drop_index(op.f("ix_nights_night"), table_name="nights")
    op.drop_table("nights")
    op.drop_table("imports")
    op.drop_index(op.f("ix_decisions_subject_id"), table_name="decisions")
    op.drop_table("decisions")
