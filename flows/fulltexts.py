"""Full texts from PMC: fetched for what is included or undecided, kept raw, and read like the abstracts.

A text that PMC withholds is a state of its own, never "no results"; it is asked for again after a month.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final

from extract.candidates import EXTRACTOR_VERSION, propose_from_article
from extract.candidates.relevance import compares_arms
from extract.errors import DocumentError, SearchFailed
from extract.fulltext import Article
from extract.fulltext.jats import parse_articles
from extract.fulltext.places import text_holding, words_around
from extract.pubmed.fetch import EntrezClient
from extract.pubmed.parse import record_from_json
from extract.schema.effect import Effect
from extract.schema.vocabulary import RecordState
from extract.store.archive import read_body
from extract.store.candidates import verify_span
from extract.store.engine import Transaction
from extract.store.fulltexts import StoredFullText, all_full_texts, put_full_text, set_full_text_read
from extract.store.ranks import record_ranks
from extract.store.records import NOT_EXCLUDED, StoredRecord, get_record, list_records
from flows.context import NightContext
from flows.extraction import QUEUED, enqueue
from flows.pubmed import pubmed
from flows.runs import LoggedRun, logged_run

AT_ONCE: Final = 20
"""Full texts in one request: one is 50 to 300 KB."""

A_NIGHT: Final = 100
"""Full texts fetched in one night; included records first, then the best ranked. The rest waits for the next one."""

AGAIN_AFTER_DAYS: Final = 30
"""A text that was withheld may be open later."""

_PMCID: Final = re.compile(r"PMC[1-9][0-9]{0,9}")


@dataclass(frozen=True)
class FullTextOutcome:
    """What became of full texts tonight.

    Parameters
    ----------
    fetched, withheld
        Texts that came, and those PMC does not give.
    left
        Texts that wait for the next night.
    read, proposed
        Texts read, and values they put into the queue.
    beside
        Ratios of covariates and other comparisons that were read and not queued.
    """

    fetched: int
    withheld: int
    left: int
    read: int
    proposed: int
    beside: int
    failures: tuple[str, ...]


def full_text_night(context: NightContext) -> FullTextOutcome:
    """Fetch the full texts that are due and read those not read by this extractor."""
    with context.store.read() as tx:
        due = _due(tx, context.night)
    tonight, left = due[:A_NIGHT], len(due[A_NIGHT:])
    counts = {"open": 0, "withheld": 0}
    failures: list[str] = []
    if tonight:
        try:
            with logged_run(context, source="pmc", date_type="fulltext", query_hash="fulltext") as run:
                run.hits = len(tonight)
                with pubmed(context, run.run_id) as client:
                    _fetch(context, client, run, tonight, counts)
        except SearchFailed as error:
            # Not swallowed: logged as failed, told to the operator, exit code 3.
            failures.append(f"full texts: {error}")
    read, proposed, beside = read_full_texts(context)
    return FullTextOutcome(counts["open"], counts["withheld"], left, read, proposed, beside, tuple(failures))


def _due(tx: Transaction, night: dt.date) -> tuple[tuple[str, str], ...]:
    """Return ``(pmcid, pmid)`` of the texts to ask for: included records first, then the best ranked."""
    known = {text.pmcid: text for text in all_full_texts(tx)}
    ranks = record_ranks(tx)
    since = (night - dt.timedelta(days=AGAIN_AFTER_DAYS - 1)).isoformat()
    due = []
    for record in list_records(tx, states=NOT_EXCLUDED, deleted=False):
        pmcid = record_from_json(record.content).pmcid or ""
        if not _PMCID.fullmatch(pmcid):
            continue
        text = known.get(pmcid)
        if text is not None and (text.state == "open" or text.night >= since):
            continue
        rank = ranks[record.pmid].score if record.pmid in ranks else 0.0
        due.append((record.state is not RecordState.INCLUDED, -rank, pmcid, record.pmid))
    return tuple((pmcid, pmid) for _, _, pmcid, pmid in sorted(due))


def _fetch(
    context: NightContext,
    client: EntrezClient,
    run: LoggedRun,
    wanted: tuple[tuple[str, str], ...],
    counts: dict[str, int],
) -> None:
    night = context.night.isoformat()
    for first in range(0, len(wanted), AT_ONCE):
        batch = dict(wanted[first : first + AT_ONCE])
        answer = client.fetch_full_texts(list(batch))
        # An answer that cannot be read, or is another record's, is refused before a row says it is here.
        for article in parse_articles(answer.raw, where="PMC"):
            expected = batch.get(article.pmcid or "")
            if article.pmid and expected and article.pmid != expected:
                raise SearchFailed(
                    f"{article.pmcid} was asked for as the text of PMID {expected} and says it is PMID {article.pmid}; "
                    "refused, look at both in PubMed"
                )
        sha256 = hashlib.sha256(answer.raw).hexdigest()
        with context.store.write() as tx:
            for pmcid in answer.received:
                put_full_text(tx, pmcid=pmcid, pmid=batch[pmcid], state="open", sha256=sha256, night=night)
            for pmcid in answer.withheld:
                put_full_text(tx, pmcid=pmcid, pmid=batch[pmcid], state="withheld", sha256=None, night=night)
        counts["open"] += len(answer.received)
        counts["withheld"] += len(answer.withheld)
        run.counts["received"] += len(answer.received)


def read_full_texts(context: NightContext) -> tuple[int, int, int]:
    """Read the full texts this extractor has not read; return texts read, values proposed, ratios left beside."""
    with context.store.read() as tx:
        waiting = [t for t in all_full_texts(tx) if t.state == "open" and t.read_with != EXTRACTOR_VERSION]
    proposed = beside = 0
    for text in waiting:
        article = article_of(context, text)
        effects, others = _effects(context, article)
        with context.store.write() as tx:
            record = get_record(tx, text.pmid)
            if record is not None and record.state is not RecordState.EXCLUDED:
                proposed += _enqueue(tx, context, record, effects)
                beside += others
            set_full_text_read(tx, text.pmcid, EXTRACTOR_VERSION)
    return len(waiting), proposed, beside


def article_of(context: NightContext, text: StoredFullText) -> Article:
    """Return a full text from the archive.

    Raises
    ------
    extract.errors.StoreError
        The archived answer is missing or was changed.
    DocumentError
        It does not hold the article the log says it holds.
    """
    raw = read_body(context.store.archive, text.sha256 or "")
    for article in parse_articles(raw, where=text.pmcid):
        if article.pmcid == text.pmcid:
            return article
    raise DocumentError(f"{text.pmcid}: the archived answer {text.sha256} does not hold this article")


def _effects(context: NightContext, article: Article) -> tuple[tuple[Effect, ...], int]:
    """Return the effects of sections and tables that compare the arms, tables first, and how many others there are."""
    kept: list[Effect] = []
    others = 0
    for effect in propose_from_article(article, context.protocol):
        if effect.span.source in ("title", "abstract") or not effect.is_result or effect.measure not in list(QUEUED):
            continue
        if not compares_arms(effect, context.protocol):
            others += 1
            continue
        text = text_holding(article, effect.span)
        verify_span(effect, {} if text is None else {effect.span.source: text})
        kept.append(_with_context(article, effect))
    return tuple(sorted(kept, key=lambda effect: not effect.span.source.startswith("table:"))), others


def _with_context(article: Article, effect: Effect) -> Effect:
    """Add the words around a value, which the queue shows: the full text itself is not in the database."""
    around = words_around(article, effect.span)
    if around is None:
        return effect
    return replace(effect, extras=(*effect.extras, ("context", around[0]), ("context_at", str(around[1]))))


def _enqueue(tx: Transaction, context: NightContext, record: StoredRecord, effects: tuple[Effect, ...]) -> int:
    proposed, _ = enqueue(tx, context, record, effects, covers=in_full_text)
    return proposed


def in_full_text(source: str) -> bool:
    """Tell whether a span counts in a full text and not in the record's own title or abstract."""
    return source not in ("title", "abstract")
