"""The codebook of the starting tables, written from the declarations of their columns.

``python -m extract.baseline.codebook > extract/baseline/codebook.csv`` after a declaration changed.
"""

from __future__ import annotations

import csv
import io
import sys

from extract.baseline.tables import TABLES

HEADER = ("table", "column", "type", "unit", "description", "constraint", "values")


def codebook_csv() -> str:
    """Return the codebook: one line a column, in the order of tables and columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for table, columns in TABLES:
        for column in columns:
            writer.writerow(
                (
                    table,
                    column.name,
                    column.type,
                    column.unit,
                    column.description,
                    column.constraint.sentence(),
                    " | ".join(column.values),
                )
            )
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.write(codebook_csv())
