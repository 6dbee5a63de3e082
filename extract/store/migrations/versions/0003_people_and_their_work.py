"""People who sign in, their sessions, and what they have open."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the review queue's people."""
    op.create_table(
        "accounts",
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("disabled_at", sa.String(length=32), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'administrator')", name=op.f("ck_accounts_role")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("revoked_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name=op.f("fk_sessions_person_id_accounts")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("used_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name=op.f("fk_invitations_person_id_accounts")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_person_id"), "invitations", ["person_id"], unique=False)
    op.create_table(
        "failed_logins",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_failed_logins")),
    )
    op.create_index(op.f("ix_failed_logins_address"), "failed_logins", ["address"], unique=False)
    op.create_index(op.f("ix_failed_logins_person_id"), "failed_logins", ["person_id"], unique=False)
    op.create_table(
        "leases",
        sa.Column("item", sa.String(length=140), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("taken_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name=op.f("fk_leases_person_id_accounts")),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_person_id"), "leases", ["person_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("item", sa.String(length=140), nullable=False),
        sa.Column("person_id", sa.String(length=60), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name=op.f("fk_drafts_person_id_accounts")),
        sa.PrimaryKeyConstraint("item", "person_id", name=op.f("pk_drafts")),
    )


def downgrade() -> None:
    """Drop the tables of the review queue's people."""
    op.drop_table("drafts")
    op.drop_index(op.f("ix_leases_person_id"), table_name="leases")
    op.drop_table("leases")
    op.drop_index(op.f("ix_failed_logins_person_id"), table_name="failed_logins")
    op.drop_index(op.f("ix_failed_logins_address"), table_name="failed_logins")
    op.drop_table("failed_logins")
    op.drop_index(op.f("ix_invitations_person_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_sessions_person_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("accounts")
