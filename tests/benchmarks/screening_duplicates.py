"""How well and how fast known records are recognised in an import: `python -m tests.benchmarks.screening_duplicates`.

Every fifth record of the 5,000-record slice is written as RIS as another database might hold it (no DOI, no PMID, the
title in capitals, first names cut to initials), read back and compared with all 5,000. Two records of the slice with
one title count as proposed wrongly too, so look at what is printed.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from dataclasses import replace
from pathlib import Path

from extract.exchange.importing import plan_import
from extract.exchange.reference import Reference, reference_of
from extract.exchange.ris import write_ris
from extract.linkage.duplicates import citation_of
from extract.pubmed.parse import parse_records
from extract.schema.record import Record

SLICE = Path(__file__).resolve().parents[3] / "shared" / "pubmed_slices" / "pubmed_5000.xml.gz"
SHOWN = 5


def as_elsewhere(record: Record) -> Reference:
    """Return a record as a database without our ids would hold it."""
    reference = reference_of(record)
    authors = tuple(
        f"{surname}, {given.strip()[:1]}." for surname, _, given in (n.partition(",") for n in reference.authors)
    )
    return replace(reference, title=reference.title.upper(), doi=None, pmid=None, url="", authors=authors)


def main() -> int:
    """Print what was found, missed and wrongly proposed, and the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slice", type=Path, default=SLICE, help="PubMed XML, gzip")
    with gzip.open(parser.parse_args().slice) as stream:
        records = [each for each in parse_records(stream) if isinstance(each, Record) and each.title]
    chosen = records[::5]
    content = write_ris(as_elsewhere(record) for record in chosen).encode()
    ours = [citation_of(record) for record in records]
    began = time.perf_counter()
    plan = plan_import(content, ours, name="elsewhere.ris")
    seconds = time.perf_counter() - began
    pmid_of = {entry_id: record.pmid for (entry_id, _), record in zip(plan.entries, chosen, strict=True)}
    pairs = [(pmid_of[p.first_id], pmid_of.get(p.second_id, p.second_id), p) for p in plan.proposals]
    found = {one for one, other, _ in pairs if one == other}
    wrong = [(one, other, p.score) for one, other, p in pairs if one != other]
    print(
        f"{len(chosen):,} entries against {len(ours):,} records: {len(found):,} recognised "
        f"({len(found) / len(chosen):.1%}), {len(chosen) - len(found)} missed, "
        f"{len(wrong)} pairs proposed wrongly, {seconds:.1f} s"
    )
    title = {record.pmid: record.title for record in records}
    for record in [each for each in chosen if each.pmid not in found][:SHOWN]:
        print(f"  missed  {record.pmid} {record.title[:100]}")
    for one, other, score in wrong[:SHOWN]:
        print(f"  wrong   {score:.2f}  {one} {title[one][:70]}  |  {other} {title[other][:70]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
