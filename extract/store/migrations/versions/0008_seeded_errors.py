"""Deliberate errors shown to first readers, and whether they were caught; append-only."""

import sqlalchemy as sa
from alembic import op

from extract.store.append_only import create_statements, drop_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "seeded_errors",
        sa.Column("candidate_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("event", sa.String(length=8), nullable=False),
        sa.Column("wrong", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.CheckConstraint("event IN ('shown', 'caught', 'missed')", name=op.f("ck_seeded_errors_event")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.candidate_id"], name=op.f("fk_seeded_errors_candidate_id_candidates")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "person_id", "event", name=op.f("pk_seeded_errors")),
    )
    keys = ("candidate_id", "person_id", "event")
    for statement in create_statements("seeded_errors", keys=keys, dialect=op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in drop_statements("seeded_errors", dialect=op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("seeded_errors")
