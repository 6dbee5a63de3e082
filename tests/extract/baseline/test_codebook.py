"""The codebook says every column, as declared."""

from __future__ import annotations

import csv
import io
from importlib import resources

from extract.baseline.codebook import codebook_csv
from extract.baseline.load import packaged_texts
from extract.baseline.tables import TABLES


def test_the_shipped_codebook_is_the_declared_one():
    shipped = (resources.files("extract.baseline") / "codebook.csv").read_text(encoding="utf-8")
    assert shipped == codebook_csv(), "run: python -m extract.baseline.codebook > extract/baseline/codebook.csv"


def test_every_column_of_every_file_stands_in_the_codebook():
    listed = {(row["table"], row["column"]) for row in csv.DictReader(io.StringIO(codebook_csv()))}
    for table, text in packaged_texts().items():
        for column in next(csv.reader(io.StringIO(text))):
            assert (table, column) in listed


def test_every_column_says_what_it_means_and_every_number_its_unit():
    for table, columns in TABLES:
        for column in columns:
            assert len(column.description) > 5, (table, column.name)
            if column.type in ("integer", "decimal") and column.name != "q":
                assert column.unit, (table, column.name)
            if column.type == "choice":
                assert column.values, (table, column.name)
