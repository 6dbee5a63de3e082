"""What each search found, trials of registries, and full texts."""

import sqlalchemy as sa
from alembic import op

from extract.store.append_only import create_statements, drop_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = {"search_results": ("run_id",)}


def upgrade() -> None:
    """Create the three tables; what a search found is evidence and append-only."""
    op.create_table(
        "search_results",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["search_runs.run_id"], name=op.f("fk_search_results_run_id_search_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_search_results")),
    )
    op.create_table(
        "registry_trials",
        sa.Column("registry_id", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("first_night", sa.String(length=10), nullable=False),
        sa.Column("changed_night", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["search_runs.run_id"], name=op.f("fk_registry_trials_run_id_search_runs")),
        sa.PrimaryKeyConstraint("registry_id", name=op.f("pk_registry_trials")),
    )
    op.create_table(
        "full_texts",
        sa.Column("pmcid", sa.String(length=16), nullable=False),
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.Column("read_with", sa.String(length=80), nullable=True),
        sa.CheckConstraint("state IN ('open', 'withheld')", name=op.f("ck_full_texts_state")),
        sa.CheckConstraint("(state = 'open') = (sha256 IS NOT NULL)", name=op.f("ck_full_texts_open_has_text")),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_full_texts_pmid_records")),
        sa.ForeignKeyConstraint(["sha256"], ["raw_responses.sha256"], name=op.f("fk_full_texts_sha256_raw_responses")),
        sa.PrimaryKeyConstraint("pmcid", name=op.f("pk_full_texts")),
    )
    op.create_index(op.f("ix_full_texts_pmid"), "full_texts", ["pmid"], unique=False)
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        for statement in create_statements(table, keys=keys, dialect=dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop the three tables."""
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in drop_statements(table, dialect=dialect):
            op.execute(statement)
    op.drop_index(op.f("ix_full_texts_pmid"), table_name="full_texts")
    op.drop_table("full_texts")
    op.drop_table("registry_trials")
    op.drop_table("search_results")
