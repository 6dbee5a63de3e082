"""Parse a slice of PubMed with ours, a bare lxml iterparse, Bio.Entrez.read and, if installed, pubmed_parser.

Run ``python -m tests.benchmarks.pubmed_parsing [FILE.xml.gz]``. Each reader runs in a process of its own, in turn,
``--rounds`` times; the best wall and the best CPU time count (ours parses in a second thread, so they differ).
pubmed_parser is no dependency: install it into a throw-away environment and name its site-packages with
``--pubmed-parser``.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lxml import etree

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "pubmed_slices" / "pubmed_5000.xml.gz"


def ours(path: Path) -> int:
    from extract.pubmed.parse import parse_records

    with path.open("rb") as stream:
        return sum(1 for _ in parse_records(stream))


def bare_lxml(path: Path) -> int:
    """Extract the fields of a Record with nothing around: no checks, no record, no message."""
    count = 0
    with path.open("rb") as stream:
        options = {"resolve_entities": False, "no_network": True, "load_dtd": False}
        for _, element in etree.iterparse(stream, tag="PubmedArticle", **options):
            _bare_fields(element)
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return count


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _bare_fields(element: etree._Element) -> tuple[object, ...]:
    citation = element.find("MedlineCitation")
    article = citation.find("Article")
    pmid = citation.find("PMID")
    history = {part.get("PubStatus"): part for part in element.iterfind("PubmedData/History/PubMedPubDate")}
    created, revised = history.get("entrez"), citation.find("DateRevised")
    ids = {part.get("IdType"): part.text for part in element.iterfind("PubmedData/ArticleIdList/ArticleId")}
    return (
        pmid.text,
        pmid.get("Version"),
        citation.get("Status"),
        _text(article.find("ArticleTitle")),
        _text(article.find("VernacularTitle")),
        [(part.get("Label"), _text(part)) for part in article.iterfind("Abstract/AbstractText")],
        [
            (part.get("Language"), [_text(text) for text in part.iterfind("AbstractText")])
            for part in citation.iterfind("OtherAbstract")
        ],
        [
            (
                _text(author.find("LastName")),
                _text(author.find("ForeName")),
                _text(author.find("Initials")),
                _text(author.find("Suffix")),
                _text(author.find("CollectiveName")),
                [_text(part) for part in author.iterfind("AffiliationInfo/Affiliation")],
            )
            for author in article.iterfind("AuthorList/Author")
        ],
        _text(article.find("Journal/Title")),
        _text(article.find("Journal/ISOAbbreviation")),
        _text(article.find("Journal/JournalIssue/Volume")),
        _text(article.find("Journal/JournalIssue/Issue")),
        _text(article.find("Pagination/MedlinePgn")),
        [_text(part) for part in article.find("Journal/JournalIssue/PubDate")],
        [_text(part) for part in article.iterfind("Language")],
        [_text(part) for part in article.iterfind("PublicationTypeList/PublicationType")],
        [[_text(part) for part in heading] for heading in citation.iterfind("MeshHeadingList/MeshHeading")],
        [_text(part) for part in citation.iterfind("KeywordList/Keyword")],
        [part.text for part in article.iterfind("ELocationID") if part.get("EIdType") == "doi"],
        ids.get("doi"),
        ids.get("pmc"),
        [
            (_text(bank.find("DataBankName")), [part.text for part in bank.iterfind("AccessionNumberList/*")])
            for bank in article.iterfind("DataBankList/DataBank")
        ],
        [
            (part.get("RefType"), _text(part.find("PMID")), _text(part.find("RefSource")))
            for part in citation.iterfind("CommentsCorrectionsList/CommentsCorrections")
        ],
        [_text(part) for part in created] if created is not None else None,
        [_text(part) for part in revised] if revised is not None else None,
    )


def entrez_read(path: Path) -> int:
    from Bio import Entrez

    with path.open("rb") as stream:
        return len(Entrez.read(stream)["PubmedArticle"])


def pubmed_parser(path: Path) -> int:
    import pubmed_parser as library

    # it reads gzip only; unpacking is the smaller part of its time
    return sum(1 for _ in library.parse_medline_xml(f"{path}.gz", year_info_only=False))


READERS: dict[str, Callable[[Path], int]] = {
    "ours": ours,
    "bare lxml iterparse": bare_lxml,
    "Entrez.read": entrez_read,
    "pubmed_parser": pubmed_parser,
}


class Measured(NamedTuple):
    """What one run cost: records read, wall and CPU seconds (of all its threads), peak memory in MB."""

    records: int
    wall: float
    cpu: float
    peak: int

    def line(self, name: str, against: Measured) -> str:
        """Return the run as a line of the table, times also as a multiple of another run's."""
        return (
            f"{name:22} {self.records:6} records  wall {self.wall:6.2f} s ({self.wall / against.wall:4.2f} x ours)  "
            f"CPU {self.cpu:6.2f} s ({self.cpu / against.cpu:4.2f} x)  peak {self.peak:4} MB"
        )


def _run(name: str, path: Path, places: list[str], answer: multiprocessing.Queue[Measured]) -> None:
    sys.path.extend(places)
    for module in ("extract.pubmed.parse", "Bio.Entrez", *(["pubmed_parser"] if places else [])):
        importlib.import_module(module)  # loading a library is not parsing
    cpu, wall = time.process_time(), time.perf_counter()
    count = READERS[name](path)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    answer.put(Measured(count, wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def measured(name: str, path: Path, places: list[str]) -> Measured:
    """Measure one reader in a fresh process."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[Measured] = context.Queue()
    process = context.Process(target=_run, args=(name, path, places, answer))
    process.start()
    while process.is_alive() and answer.empty():
        process.join(0.05)
    if answer.empty():
        raise SystemExit(f"{name} failed (see above)")
    result = answer.get()
    process.join()
    return result


def repeated(path: Path, folder: Path, times: int) -> Path:
    """Write a file with the records of ``path`` several times over."""
    large = folder / f"times{times}.xml"
    with large.open("wb") as out:
        out.write(b'<?xml version="1.0"?>\n<PubmedArticleSet>\n')
        for _ in range(times):
            with path.open("rb") as lines:
                out.writelines(line for line in lines if b"PubmedArticleSet" not in line and b"<?xml" not in line)
        out.write(b"</PubmedArticleSet>\n")
    return large


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--pubmed-parser", type=Path, help="site-packages that hold pubmed_parser")
    given = arguments.parse_args()
    places = [str(given.pubmed_parser)] if given.pubmed_parser else []
    names = [name for name in READERS if name != "pubmed_parser" or places]
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        plain = folder / "slice.xml"
        # line by line: the peak of a child process starts from its parent's
        with (
            gzip.open(given.file) as packed,
            plain.open("wb") as out,
            gzip.open(f"{plain}.gz", "wb", compresslevel=1) as packed_again,
        ):
            for line in packed:
                # Entrez.read refuses the http address of the DTD that older files carry
                secure = line.replace(b"http://dtd.nlm.nih.gov/", b"https://dtd.nlm.nih.gov/")
                out.write(secure)
                packed_again.write(secure)
        print(f"{given.file.name}: {plain.stat().st_size / 1e6:.1f} MB of XML, load {os.getloadavg()[0]:.1f}")
        best: dict[str, Measured] = {}
        for _ in range(given.rounds):
            for name in names:
                result = measured(name, plain, places)
                known = best.get(name, result)
                best[name] = Measured(
                    result.records,
                    min(known.wall, result.wall),
                    min(known.cpu, result.cpu),
                    max(known.peak, result.peak),
                )
        for name, figures in best.items():
            print(figures.line(name, best["ours"]))
        print(measured("ours", repeated(plain, folder, 4), places).line("ours, file 4 times", best["ours"]))


if __name__ == "__main__":
    main()
