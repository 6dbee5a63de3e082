"""People and their work in the queue: accounts, sessions, tokens, leases, drafts, what they saw."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, Float, ForeignKey, Integer, String, Table, Text

from extract.store.table_metadata import metadata

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
