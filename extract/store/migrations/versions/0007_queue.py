"""What the inbox filters and orders by, and who has seen which proposal."""

import json

import sqlalchemy as sa
from alembic import op

from extract.store.append_only import create_statements, drop_statements

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FACETS = ("outcome", "subtype", "pattern", "measure")


def upgrade() -> None:
    """Add the columns and tables, and fill the columns from what is stored."""
    for name, length in zip(FACETS, (40, 60, 60, 10), strict=True):
        op.add_column("candidates", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("candidates", sa.Column("doubts", sa.Integer(), server_default="0", nullable=False))
    _fill()
    op.create_index(op.f("ix_decisions_by"), "decisions", ["by", "subject_kind", "subject_id"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("candidate_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.candidate_id"], name=op.f("fk_sightings_candidate_id_candidates")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "person_id", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_person_id"), "sightings", ["person_id"], unique=False)
    for statement in create_statements(
        "sightings", keys=("candidate_id", "person_id"), dialect=op.get_bind().dialect.name
    ):
        op.execute(statement)
    op.create_table(
        "queue_facts",
        sa.Column("item", sa.String(length=140), nullable=False),
        sa.Column("design", sa.String(length=30), nullable=True),
        sa.Column("expected_shift", sa.Float(), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_queue_facts")),
    )


def _fill() -> None:
    connection = op.get_bind()
    candidates = sa.table(
        "candidates",
        sa.column("candidate_id", sa.String()),
        sa.column("effect", sa.JSON()),
        *(sa.column(name, sa.String()) for name in FACETS),
        sa.column("doubts", sa.Integer()),
    )
    for row in connection.execute(sa.select(candidates.c.candidate_id, candidates.c.effect)).all():
        effect = json.loads(row.effect) if isinstance(row.effect, str) else row.effect
        connection.execute(
            candidates.update()
            .where(candidates.c.candidate_id == row.candidate_id)
            .values(
                outcome=effect["outcome"],
                subtype=effect["subtype"],
                pattern=effect["metastatic_pattern"],
                measure=effect["measure"],
                doubts=len(effect["checks"]),
            )
        )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("queue_facts")
    for statement in drop_statements("sightings", dialect=op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_index(op.f("ix_sightings_person_id"), table_name="sightings")
    op.drop_table("sightings")
    op.drop_index(op.f("ix_decisions_by"), table_name="decisions")
    for name in ("doubts", *reversed(FACETS)):
        op.drop_column("candidates", name)
