"""What the night's other sources bring: links proposed, registry changes, ranks, audits of recall, imports."""

import sqlalchemy as sa
from alembic import op

from extract.store.append_only import create_statements, drop_statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = {"registry_changes": ("change_id",), "screening_audits": ("audit_id",)}


def upgrade() -> None:
    """Create the tables; an undone import leaves its records in place, marked."""
    op.create_table(
        "link_proposals",
        sa.Column("proposal_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("target_id", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.CheckConstraint("kind IN ('report', 'overlap', 'duplicate')", name=op.f("ck_link_proposals_kind")),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'rejected', 'superseded')", name=op.f("ck_link_proposals_state")
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_link_proposals")),
        sa.UniqueConstraint(
            "kind", "subject_id", "target_id", name=op.f("uq_link_proposals_kind_subject_id_target_id")
        ),
    )
    op.create_index(op.f("ix_link_proposals_subject_id"), "link_proposals", ["subject_id"], unique=False)
    op.create_table(
        "registry_changes",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("registry_id", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["registry_id"],
            ["registry_trials.registry_id"],
            name=op.f("fk_registry_changes_registry_id_registry_trials"),
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_registry_changes")),
    )
    op.create_index(op.f("ix_registry_changes_registry_id"), "registry_changes", ["registry_id"], unique=False)
    op.create_table(
        "record_ranks",
        sa.Column("pmid", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("randomised", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_record_ranks_pmid_records")),
        sa.PrimaryKeyConstraint("pmid", name=op.f("pk_record_ranks")),
    )
    op.create_table(
        "screening_audits",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("night", sa.String(length=10), nullable=False),
        sa.Column("seed", sa.String(length=80), nullable=False),
        sa.Column("found_before", sa.Integer(), nullable=False),
        sa.Column("pile", sa.JSON(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_screening_audits")),
    )
    op.create_table(
        "reference_imports",
        sa.Column("import_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=True),
        sa.Column("undone_by", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_reference_imports_undone_by_someone")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["raw_responses.sha256"], name=op.f("fk_reference_imports_sha256_raw_responses")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_reference_imports")),
    )
    op.create_table(
        "imported_references",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("import_id", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("pmid", sa.String(length=12), nullable=True),
        sa.CheckConstraint("outcome IN ('new', 'known')", name=op.f("ck_imported_references_outcome")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["reference_imports.import_id"],
            name=op.f("fk_imported_references_import_id_reference_imports"),
        ),
        sa.ForeignKeyConstraint(["pmid"], ["records.pmid"], name=op.f("fk_imported_references_pmid_records")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_imported_references")),
    )
    op.create_index(op.f("ix_imported_references_import_id"), "imported_references", ["import_id"], unique=False)
    op.add_column("records", sa.Column("undone_at", sa.String(length=32), nullable=True))
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        for statement in create_statements(table, keys=keys, dialect=dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop the tables and the mark."""
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in drop_statements(table, dialect=dialect):
            op.execute(statement)
    op.drop_column("records", "undone_at")
    op.drop_index(op.f("ix_imported_references_import_id"), table_name="imported_references")
    op.drop_table("imported_references")
    op.drop_table("reference_imports")
    op.drop_table("screening_audits")
    op.drop_table("record_ranks")
    op.drop_index(op.f("ix_registry_changes_registry_id"), table_name="registry_changes")
    op.drop_table("registry_changes")
    op.drop_index(op.f("ix_link_proposals_subject_id"), table_name="link_proposals")
    op.drop_table("link_proposals")
