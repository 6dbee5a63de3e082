"""Records, what was read in them, and how they are screened."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, Float, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from extract.store.table_metadata import metadata

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
