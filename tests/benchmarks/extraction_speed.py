"""Print how fast abstracts are read and how much memory it takes: ``python -m tests.benchmarks.extraction_speed``.

20,000 abstracts in one process: once those that report ratios (worst case: ../shared/corpus repeated under new ids),
once a real mixture (../shared/pubmed_slices repeated). Then two processes, and adversarial megabytes.
"""

from __future__ import annotations

import io
import itertools
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from extract.candidates import propose_effects
from extract.candidates.files import run
from extract.candidates.reading import read_documents
from extract.schema.effect import Document
from tests.benchmarks.extraction_accuracy import own_texts
from tests.conftest import SHARED
from tests.extract.protocol_file import own_protocol

WANTED = 20_000
ATTACKS = ("(", "9", "1.1, ", "HR(", "[0.", "in the ", "HR 0.7 (0.6-0.8) ", "HR (95% CI ")


def write(documents: Iterator[Document], path: Path) -> None:
    """Write ``WANTED`` documents as JSON lines, repeating them under new ids."""
    originals = list(documents)
    with path.open("w", encoding="utf-8") as stream:
        for number, document in zip(range(WANTED), itertools.cycle(originals), strict=False):
            row = {"id": f"{document.document_id}#{number}", "title": document.title, "abstract": document.abstract}
            stream.write(json.dumps(row) + "\n")


def measure(name: str, path: Path, processes: int) -> None:
    """Print time and peak memory of one run through the command's own function."""
    started, cpu = time.perf_counter(), time.process_time()
    code = run([path], own_protocol(), out=io.StringIO(), err=io.StringIO(), processes=processes)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:38s} {WANTED} documents, {processes} process(es): {seconds:6.1f} s "
        f"({cpu:.1f} s of CPU in this process), {WANTED / seconds:7.0f}/s, "
        f"peak {peak:.0f} MB (output kept in memory), exit code {code}"
    )


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        ratios, mixture = Path(folder) / "ratios.jsonl", Path(folder) / "mixture.jsonl"
        write(iter(own_texts().values()), ratios)
        slices = read_documents(SHARED / "pubmed_slices" / "pubmed_5000.xml.gz")
        write((document for document in slices if isinstance(document, Document)), mixture)
        measure("a real mixture of PubMed", mixture, 1)
        measure("abstracts with ratios only", ratios, 1)
        measure("abstracts with ratios only", ratios, 2)
    for piece in ATTACKS:
        text = piece * (1_000_000 // len(piece))
        started = time.perf_counter()
        effects = propose_effects(Document("1", "", text), own_protocol())
        print(f"one megabyte of {piece!r:22s} {time.perf_counter() - started:6.2f} s, {len(effects)} effects")


if __name__ == "__main__":
    main()
