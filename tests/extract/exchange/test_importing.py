"""An import beside what we have: new, maybe known; done twice it is one, undone it leaves nothing."""

from __future__ import annotations

import pytest

from extract.errors import DocumentError
from extract.exchange.importing import plan_import, read_references
from extract.linkage.duplicates import citation_of
from tests.extract.linkage.samples import record

FILE = b"""TY  - JOUR
TI  - Protocol MF07-01: resection of the primary tumour or no surgery in stage IV breast cancer
AU  - Soran, Atilla
PY  - 2018
DO  - 10.1245/S10434-018-6494-6
ER  -
TY  - JOUR
TI  - Something nobody has seen before
AU  - Nobody, N
PY  - 2020
ER  -
"""

OURS = citation_of(
    record("29777404", "A title in other words", authors=["Soran A"], year=2018, doi="10.1245/s10434-018-6494-6")
)


def test_an_entry_we_have_is_proposed_as_a_duplicate_and_the_other_is_new():
    plan = plan_import(FILE, [OURS], name="embase.ris")

    (proposal,) = plan.proposals
    assert (proposal.first_id, proposal.second_id) == (f"{plan.import_id}-1", "29777404")
    assert proposal.relation == "same"
    assert plan.new_entries() == (f"{plan.import_id}-2",)


def test_every_entry_stays_whole_whatever_is_proposed():
    plan = plan_import(FILE, [OURS], name="embase.ris")

    assert [entry_id for entry_id, _ in plan.entries] == [f"{plan.import_id}-1", f"{plan.import_id}-2"]
    assert ("DO", "10.1245/S10434-018-6494-6") in plan.entries[0][1].source_fields


def test_the_same_file_imported_again_is_the_same_import():
    first = plan_import(FILE, [OURS], name="embase.ris")
    kept = [reference.citation(entry_id) for entry_id, reference in first.entries]

    again = plan_import(FILE, [OURS, *kept], name="copy.ris")

    assert (again.import_id, again.proposals) == (first.import_id, first.proposals)


def test_one_reference_twice_in_a_file_is_proposed_once():
    plan = plan_import(FILE.replace(b"Something nobody has seen before", b"X y z") * 2, [], name="twice.ris")

    assert {(each.first_id[-1], each.second_id[-1]) for each in plan.proposals} == {("1", "3"), ("2", "4")}


def test_a_file_in_utf_16_is_read_and_other_bytes_are_refused_with_their_line():
    text = "title\nMétastases\n"

    assert read_references(text.encode("utf-16"), name="x.csv")[0].title == "Métastases"
    with pytest.raises(DocumentError, match=r"x\.csv, line 2: no UTF-8-SIG text; save the file as UTF-8"):
        read_references(text.encode("latin-1"), name="x.csv")


def test_an_unknown_suffix_is_refused_unless_the_format_is_given():
    with pytest.raises(DocumentError, match=r"export\.txt: format unknown"):
        read_references(FILE, name="export.txt")

    assert len(read_references(FILE, name="export.txt", file_format="ris")) == 2


def test_a_zero_byte_is_no_text():
    with pytest.raises(DocumentError, match="zero byte"):
        read_references(b"title\nA\x00B\n", name="x.csv")
