"""Time and memory of a ranking of 10,000 records: `python -m tests.benchmarks.screening_speed`.

Real records (PubMed slices and the labelled sets); half of them stand as decided, labelled by whether they speak of a
randomised trial, so that the classes are learnable but not trivial. Set OMP_NUM_THREADS=1 for the figure on one core.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from extract.pubmed.parse import parse_records
from extract.schema.record import Record
from extract.screening.design import calls_itself_randomised
from extract.screening.documents import ScreeningDocument
from extract.screening.ranker import rank_documents

SHARED = Path(__file__).resolve().parents[3] / "shared"


def documents(shared: Path) -> Iterator[ScreeningDocument]:
    """Yield the records of the slices, then those of the labelled sets, under ids of their own."""
    for path in sorted((shared / "pubmed_slices").glob("*.xml.gz")):
        with gzip.open(path) as stream:
            for record in parse_records(stream):
                if isinstance(record, Record) and (record.title or record.abstract):
                    yield ScreeningDocument(f"{path.stem} {record.pmid}", record.title, record.abstract_text())
    for path in sorted((shared / "screening").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield ScreeningDocument(f"{path.stem} {row['id']}", row["title"] or "", row["abstract"] or "")


def main() -> int:
    """Print seconds and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of the real test material")
    parser.add_argument("--records", type=int, default=10_000)
    arguments = parser.parse_args()
    every = list(documents(arguments.shared))[-arguments.records :]
    if len(every) < arguments.records:
        print(f"only {len(every)} records found under {arguments.shared}", file=sys.stderr)
        return 2
    decided = [(document, calls_itself_randomised(document)) for document in every[::2]]
    wall, processor = time.perf_counter(), time.process_time()
    ranking = rank_documents(decided, every[1::2])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(every):,} records ({ranking.included:,} included, {ranking.excluded:,} excluded, "
        f"{len(ranking.documents):,} ranked): {wall:.1f} s, {processor:.1f} s of processor, peak {peak:,.0f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
