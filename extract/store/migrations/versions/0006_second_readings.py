"""What the second extractor read, and the routes to a log hazard ratio a proposed value offers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the column."""
    op.create_table(
        "second_readings",
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("extractor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_second_readings_pmid_records")),
        sa.PrimaryKeyConstraint("pmid", "revision", name=op.f("pk_second_readings")),
    )
    with op.batch_alter_table("candidates") as batch:
        batch.add_column(sa.Column("routes", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("candidates") as batch:
        batch.drop_column("routes")
    op.drop_table("second_readings")
