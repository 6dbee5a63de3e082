"""Tables of the store (SQLAlchemy Core); the migrations make them, this module reads and writes them.

Times are ISO strings in UTC, nights are ISO dates. Closed lists are plain strings checked by the database:
native enums of PostgreSQL survive a downgrade and break the next upgrade.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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

records = Table(
    "records",
    metadata,
    Column("pmid", String(12), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("doi", String(200), index=True),
    Column("publication_year", Integer),
    Column("created", String(10)),
    Column("first_night", String(10), nullable=False),
    Column("first_run_id", ForeignKey("search_runs.run_id")),
    Column("report_id", String(80), index=True),
    Column("deleted_night", String(10)),
    Column("extracted_with", String(80)),
    Column("undone_at", String(32)),
    CheckConstraint("state IN ('new', 'screening', 'conflict', 'included', 'excluded')", name="state"),
)

record_revisions = Table(
    "record_revisions",
    metadata,
    Column("pmid", ForeignKey("records.pmid"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("night", String(10), nullable=False),
    Column("run_id", ForeignKey("search_runs.run_id")),
    UniqueConstraint("pmid", "content_hash"),
)

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

candidates = Table(
    "candidates",
    metadata,
    Column("candidate_id", String(40), primary_key=True),
    Column("pmid", ForeignKey("records.pmid"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("extractor_version", String(80), nullable=False),
    Column("effect", JSON, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("value_id", String(120)),
    Column("night", String(10), nullable=False),
    # Not written any more: the ways to a log hazard ratio follow from the effect, and pages compute them from it.
    Column("routes", JSON),
    Column("outcome", String(40)),
    Column("subtype", String(60)),
    Column("pattern", String(60)),
    Column("measure", String(10)),
    Column("doubts", Integer, nullable=False, server_default="0"),
    CheckConstraint(
        "state IN ('proposed', 'needs_second', 'conflict', 'approved', 'rejected', 'confirms', 'superseded')",
        name="state",
    ),
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

screening_votes = Table(
    "screening_votes",
    metadata,
    Column("seq", ForeignKey("decisions.seq"), primary_key=True),
    Column("pmid", ForeignKey("records.pmid"), nullable=False, index=True),
    Column("by", String(60), nullable=False),
    Column("vote", String(8), nullable=False),
    Column("reason_code", String(60)),
    CheckConstraint("vote IN ('include', 'exclude', 'maybe')", name="vote"),
    CheckConstraint("(vote = 'exclude') = (reason_code IS NOT NULL)", name="exclusion_has_reason"),
)

imports = Table(
    "imports",
    metadata,
    Column("content_hash", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("at", String(32), nullable=False),
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

search_results = Table(
    "search_results",
    metadata,
    Column("run_id", ForeignKey("search_runs.run_id"), primary_key=True),
    Column("asked", JSON),
    Column("found", JSON, nullable=False),
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

full_texts = Table(
    "full_texts",
    metadata,
    Column("pmcid", String(16), primary_key=True),
    Column("pmid", ForeignKey("records.pmid"), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("sha256", ForeignKey("raw_responses.sha256")),
    Column("night", String(10), nullable=False),
    Column("read_with", String(80)),
    CheckConstraint("state IN ('open', 'withheld')", name="state"),
    CheckConstraint("(state = 'open') = (sha256 IS NOT NULL)", name="open_has_text"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("person_id", String(60), primary_key=True),
    Column("role", String(20)),
    Column("password_hash", String(255)),
    Column("created_at", String(32), nullable=False),
    Column("disabled_at", String(32)),
    Column("email", String(254), unique=True),
    Column("notify_url", Text),
    Column("digest", Integer, nullable=False, server_default="1"),
    CheckConstraint("role IN ('viewer', 'administrator')", name="role"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", String(16), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("person_id", ForeignKey("accounts.person_id"), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("seen_at", String(32)),
    Column("revoked_at", String(32)),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_id", ForeignKey("accounts.person_id"), nullable=False, index=True),
    Column("linked_at", String(32), nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("recipient", String(80), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("sent_at", String(32), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey("accounts.person_id"), nullable=False, index=True),
    Column("created_at", String(32), nullable=False),
    Column("seen_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", ForeignKey("accounts.person_id"), index=True),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("used_at", String(32)),
)

failed_logins = Table(
    "failed_logins",
    metadata,
    Column("attempt_id", Integer, primary_key=True),
    Column("person_id", String(60), nullable=False, index=True),
    Column("address", String(60), nullable=False, index=True),
    Column("at", String(32), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("item", String(140), primary_key=True),
    Column("person_id", ForeignKey("accounts.person_id"), nullable=False, index=True),
    Column("taken_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("item", String(140), primary_key=True),
    Column("person_id", ForeignKey("accounts.person_id"), primary_key=True),
    Column("typed", JSON, nullable=False),
    Column("saved_at", String(32), nullable=False),
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

record_ranks = Table(
    "record_ranks",
    metadata,
    Column("pmid", ForeignKey("records.pmid"), primary_key=True),
    Column("score", Float, nullable=False),
    Column("randomised", Integer, nullable=False),
    Column("model_version", String(40), nullable=False),
    Column("night", String(10), nullable=False),
)

screening_audits = Table(
    "screening_audits",
    metadata,
    Column("audit_id", Integer, primary_key=True),
    Column("night", String(10), nullable=False),
    Column("seed", String(80), nullable=False),
    Column("found_before", Integer, nullable=False),
    Column("pile", JSON, nullable=False),
    Column("sample", JSON, nullable=False),
)

reference_imports = Table(
    "reference_imports",
    metadata,
    Column("import_id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("sha256", ForeignKey("raw_responses.sha256"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(60), nullable=False),
    Column("undone_at", String(32)),
    Column("undone_by", String(60)),
    CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_someone"),
)

imported_references = Table(
    "imported_references",
    metadata,
    Column("entry_id", String(40), primary_key=True),
    Column("import_id", ForeignKey("reference_imports.import_id"), nullable=False, index=True),
    Column("reference", JSON, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("pmid", ForeignKey("records.pmid")),
    CheckConstraint("outcome IN ('new', 'known')", name="outcome"),
)

second_readings = Table(
    "second_readings",
    metadata,
    Column("pmid", ForeignKey("records.pmid"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("extractor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("failure", Text),
    Column("effects", JSON, nullable=False),
    Column("refused", JSON, nullable=False),
    Column("answers", JSON, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("candidate_id", ForeignKey("candidates.candidate_id"), primary_key=True),
    Column("person_id", String(60), primary_key=True, index=True),
    Column("at", String(32), nullable=False),
)

queue_facts = Table(
    "queue_facts",
    metadata,
    Column("item", String(140), primary_key=True),
    Column("design", String(30)),
    Column("expected_shift", Float),
    Column("at", String(32), nullable=False),
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

APPEND_ONLY = (
    "decisions",
    "screening_votes",
    "table_versions",
    "snapshots",
    "raw_responses",
    "record_revisions",
    "search_results",
    "sightings",
    "registry_changes",
    "screening_audits",
    "seeded_errors",
)
