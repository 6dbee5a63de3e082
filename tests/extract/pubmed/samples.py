"""Synthetic PubMed records and small archives: invented texts around facts the tests need."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def date_parts(day: dt.date) -> str:
    return f"<Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}</Day>"


def article(
    pmid: int | str,
    *,
    title: str = "Surgery of the primary tumour in <i>de novo</i> stage IV breast cancer.",
    abstract: str = "<AbstractText>Women with metastatic breast cancer were randomised; "
    "survival after mastectomy did not differ.</AbstractText>",
    created: dt.date = dt.date(2026, 11, 1),
    entered: dt.date | None = None,
    extra_article: str = "",
    extra_citation: str = "",
    version: int = 1,
) -> str:
    """Return one PubmedArticle; ``title`` and ``abstract`` are XML."""
    return (
        '<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">'
        f'<PMID Version="{version}">{pmid}</PMID>'
        f"<DateRevised>{date_parts(created)}</DateRevised>"
        '<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print">'
        "<Volume>7</Volume><Issue>2</Issue>"
        "<PubDate><Year>2026</Year><Month>Oct</Month></PubDate></JournalIssue>"
        "<Title>The journal of examples</Title><ISOAbbreviation>J Ex</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>"
        f"<Abstract>{abstract}</Abstract>"
        "<AuthorList><Author><LastName>Doe</LastName><ForeName>Jane</ForeName><Initials>J</Initials></Author>"
        f"</AuthorList><Language>eng</Language>{extra_article}"
        "<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList>"
        "</Article>"
        f"{extra_citation}</MedlineCitation><PubmedData><History>"
        f'<PubMedPubDate PubStatus="entrez">{date_parts(created)}</PubMedPubDate>'
        f'<PubMedPubDate PubStatus="pubmed">{date_parts(entered or created)}</PubMedPubDate></History>'
        f'<ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>'
        "</ArticleIdList></PubmedData></PubmedArticle>"
    )


def article_set(*articles: str) -> bytes:
    return f"{HEAD}<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def write_archive(
    folder: Path,
    articles: dict[str, str],
    *,
    revisions: dict[str, dict[str, str]] | None = None,
    deleted: dict[str, list[str]] | None = None,
    links: dict[str, dict[str, list[str]]] | None = None,
    title: str = "Example archive",
) -> Path:
    """Write an archive folder and return it."""
    (folder / "records").mkdir(parents=True)
    manifest = f'title = "{escape(title)}"\ndescription = "synthetic"\nfirst_night = 2026-11-01\n'
    (folder / "archive.toml").write_text(manifest + "nights = [2026-11-01, 2026-11-02, 2026-11-03]\n")
    for pmid, text in articles.items():
        (folder / "records" / f"{pmid}.xml").write_bytes(article_set(text))
    for day, texts in (revisions or {}).items():
        (folder / "revisions" / day).mkdir(parents=True)
        for pmid, text in texts.items():
            (folder / "revisions" / day / f"{pmid}.xml").write_bytes(article_set(text))
    for day, pmids in (deleted or {}).items():
        (folder / "deleted").mkdir(exist_ok=True)
        (folder / "deleted" / f"{day}.txt").write_text("\n".join(pmids) + "\n")
    if links is not None:
        (folder / "links.json").write_text(json.dumps(links))
    return folder


def days_archive(folder: Path, count: int = 25, *, first: int = 1001) -> Path:
    """Write an archive of ``count`` records, one created a day up to 2026-11-20, that link in a ring."""
    pmids = [str(first + number) for number in range(count)]
    last = dt.date(2026, 11, 20)
    articles = {
        pmid: article(pmid, created=last - dt.timedelta(days=count - 1 - number)) for number, pmid in enumerate(pmids)
    }
    ring = {pmid: [pmids[(number + 1) % count]] for number, pmid in enumerate(pmids)}
    return write_archive(folder, articles, links={"pubmed_pubmed_citedin": ring})
