"""A year of PubMed for the soak: the packaged archive, and marked synthetic records that appear over the year.

The synthetic records are no evidence: their ids begin with 991, their titles say so, their figures come from a seeded
generator, and they exist in the soak's own archive folder only.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from flows.rehearsal import packaged_archive

FIRST = dt.date(2026, 11, 20)
"""The packaged archive's first night."""

EVERY = 3
"""A synthetic record appears every third day: about 120 a year, as many as the live query is expected to bring."""

PLACES = ("Lyon", "Osaka", "Utrecht", "Porto", "Pune", "Leeds", "Gdansk", "Quito", "Izmir", "Turku", "Hanoi", "Lima")

RECORD = """<?xml version="1.0" ?>
<PubmedArticleSet><PubmedArticle>
<MedlineCitation Status="PubMed-not-MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>
<DateRevised><Year>{day:%Y}</Year><Month>{day:%m}</Month><Day>{day:%d}</Day></DateRevised>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><Volume>1</Volume><PubDate><Year>{day:%Y}</Year>
</PubDate></JournalIssue><Title>Synthetic records of a test</Title><ISOAbbreviation>Synth</ISOAbbreviation></Journal>
<ArticleTitle>{title}</ArticleTitle>
<Abstract><AbstractText>{abstract}</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Synthetic{number}</LastName><Initials>S</Initials></Author>
</AuthorList><Language>eng</Language><PublicationTypeList>
<PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList></Article>
<MedlineJournalInfo><MedlineTA>Synth</MedlineTA></MedlineJournalInfo>{links}</MedlineCitation>
<PubmedData><History>
<PubMedPubDate PubStatus="entrez"><Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}</Day></PubMedPubDate>
<PubMedPubDate PubStatus="pubmed"><Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}</Day></PubMedPubDate>
</History><PublicationStatus>ppublish</PublicationStatus><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>
</ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>
"""

ERRATUM = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="ErratumIn"><RefSource>Synth. {day:%Y %b %d}</RefSource>'
    '<PMID Version="1">{notice}</PMID></CommentsCorrections></CommentsCorrectionsList>'
)


@dataclass(frozen=True)
class Synthetic:
    """A synthetic record: when it appears, what it prints, what people make of it, and when a notice is linked."""

    pmid: str
    number: int
    day: dt.date
    hr: str
    ci_low: str
    ci_high: str
    included: bool
    erratum: dt.date | None

    def reading(self) -> dict[str, object]:
        """Return what a blind reader reads in the document."""
        return {"estimate": self.hr, "ci_low": self.ci_low, "ci_high": self.ci_high, "ci_level": 95}


def synthetic_records(days: int, *, every: int = EVERY, seed: int = 1) -> dict[str, Synthetic]:
    """Return the synthetic records of a year by PMID; one in three reports a cohort that is included."""
    chance = random.Random(seed)
    records = {}
    for number, offset in enumerate(range(1, days, every), start=1):
        hr = round(chance.uniform(0.55, 1.1), 2)
        width = chance.uniform(1.15, 1.5)
        day, included = FIRST + dt.timedelta(days=offset), number % 3 == 1
        noticed = included and number % 12 == 1
        record = Synthetic(
            pmid=str(991_000_000 + number),
            number=number,
            day=day,
            hr=f"{hr:.2f}",
            ci_low=f"{hr / width:.2f}",
            ci_high=f"{hr * width:.2f}",
            included=included,
            erratum=day + dt.timedelta(days=10) if noticed else None,
        )
        records[record.pmid] = record
    return records


def write_world(folder: Path, records: dict[str, Synthetic], *, real: Collection[str] | None = None) -> Path:
    """Write the archive of the year: all records of the packaged one, or those of some ids, and the synthetic ones."""
    shutil.copytree(packaged_archive(), folder)
    for path in (folder / "records").glob("*.xml"):
        if real is not None and path.stem not in real:
            for each in (path, *folder.glob(f"revisions/*/{path.name}")):
                each.unlink()
    for record in records.values():
        (folder / "records" / f"{record.pmid}.xml").write_text(_xml(record, links=""), encoding="utf-8")
        if record.erratum is not None:
            links = ERRATUM.format(day=record.erratum, notice=999_000_000 + record.number)
            path = folder / "revisions" / record.erratum.isoformat() / f"{record.pmid}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_xml(record, links=links), encoding="utf-8")
    return folder


def _xml(record: Synthetic, *, links: str) -> str:
    place = PLACES[record.number % len(PLACES)]
    patients = 150 + 7 * record.number
    abstract = (
        f"This record is synthetic and reports nothing. We studied {patients} women of {place} with de novo stage IV "
        f"breast cancer, number {record.number}. Surgery of the primary tumour was associated with longer overall "
        f"survival than no surgery (HR {record.hr}; 95% CI {record.ci_low}-{record.ci_high})."
    )
    title = (
        f"[Synthetic record {record.number} of a test] Surgery of the primary tumour in de novo stage IV "
        f"breast cancer: {patients} women of {place}."
    )
    return RECORD.format(
        pmid=record.pmid, number=record.number, day=record.day, title=title, abstract=abstract, links=links
    )
