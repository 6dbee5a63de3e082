"""Tables of the store (SQLAlchemy Core); the migrations make them, this module reads and writes them.

Times are ISO strings in UTC, nights are ISO dates. Closed lists are plain strings checked by the database:
native enums of PostgreSQL survive a downgrade and break the next upgrade. Each group of tables has a module of its own
(``*_tables.py``); all of them are imported from here, so that none is missing in :data:`metadata`.
"""

from __future__ import annotations

from extract.store.evidence_tables import (
    alerts,
    decisions,
    link_proposals,
    registry_changes,
    registry_trials,
    reports,
    seeded_errors,
    snapshots,
    table_versions,
    trial_families,
    values,
)
from extract.store.log_tables import (
    exchanges,
    nights,
    raw_responses,
    search_results,
    search_runs,
)
from extract.store.people_tables import (
    accounts,
    api_tokens,
    digests,
    drafts,
    failed_logins,
    identities,
    invitations,
    leases,
    queue_facts,
    sessions,
    sightings,
)
from extract.store.record_tables import (
    candidates,
    full_texts,
    imported_references,
    imports,
    record_ranks,
    record_revisions,
    records,
    reference_imports,
    screening_audits,
    screening_votes,
    second_readings,
)
from extract.store.table_metadata import metadata

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

__all__ = [
    "APPEND_ONLY",
    "accounts",
    "alerts",
    "api_tokens",
    "candidates",
    "decisions",
    "digests",
    "drafts",
    "exchanges",
    "failed_logins",
    "full_texts",
    "identities",
    "imported_references",
    "imports",
    "invitations",
    "leases",
    "link_proposals",
    "metadata",
    "nights",
    "queue_facts",
    "raw_responses",
    "record_ranks",
    "record_revisions",
    "records",
    "reference_imports",
    "registry_changes",
    "registry_trials",
    "reports",
    "screening_audits",
    "screening_votes",
    "search_results",
    "search_runs",
    "second_readings",
    "seeded_errors",
    "sessions",
    "sightings",
    "snapshots",
    "table_versions",
    "trial_families",
    "values",
]
