"""The document beside the form: tables of the full text as they are, the cell of the value marked."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from extract.review.screening import include_record
from extract.schema.effect import Span
from extract.store.archive import keep_body, note_body
from extract.store.candidates import add_candidate, get_candidate, list_candidates
from extract.store.fulltexts import put_full_text
from tests.extract.review.api_client import program
from tests.extract.review.queue_server import PROTOCOL, Queue, enqueue, proposed_effect
from tests.extract.review.test_queue_pages import STUDY, form_of, include, words
from tests.flows.jats import jats, row
from tests.stores import AT

CELL = "0.72 (0.56-0.93)"


def in_table(queue: Queue, *, stored: bool) -> str:
    """Put a value of a table's cell into the queue, with the article in the archive or without."""
    enqueue(queue.store, "100")
    article = jats("PMC1", "100", rows=row("Age", "1.02 (1.00-1.04)") + row("Surgery", CELL))
    body = b"<pmc-articleset>" + article + b"</pmc-articleset>"
    effect = replace(proposed_effect(), span=Span("table:T2/r2/c1", 0, len(CELL), CELL))
    sha256 = keep_body(queue.store.archive, body)
    with queue.store.write() as tx:
        if stored:
            note_body(tx, sha256, size=len(body), at=AT)
            put_full_text(tx, pmcid="PMC1", pmid="100", state="open", sha256=sha256, night="2026-11-20")
        new = add_candidate(
            tx, pmid="100", revision=1, extractor_version="1", effect=effect, state="proposed", night="2026-11-20"
        )
    assert new is not None
    include(queue, "100")
    return new


def test_a_value_of_a_table_is_shown_in_the_table_with_its_cell_marked(queue: Queue) -> None:
    candidate = in_table(queue, stored=True)
    with queue.client("reviewer-a") as client:
        page = client.page(f"item/value:{candidate}").text
    assert re.search(r'<td><mark class="place" id="place" tabindex="-1">0\.72 \(0\.56-0\.93\)</mark>', page)
    assert "Table 2 Multivariable model of overall survival" in page
    assert '<details class="part" open>' in page
    assert page.count('id="place"') == 1
    # The whole article is there to read, closed until it is wanted.
    assert "Surgery of the primary tumour was associated with longer overall survival (HR 0.61" in words(page)


def test_a_blind_reader_is_shown_the_row_and_not_the_cell(queue: Queue) -> None:
    candidate = in_table(queue, stored=True)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        a.submit(f"item/value:{candidate}/approve", form_of(a.page(f"item/value:{candidate}").text, "approve"))
        page = b.page(f"item/value:{candidate}").text
    marked = page[page.index('<tr class="marked">') :].partition("</tr>")[0]
    assert marked.count('<mark class="place"') == 3
    assert page.count('id="place"') == 1


def test_a_value_whose_words_are_not_held_here_is_approved_only_with_the_place_where_they_were_read(
    queue: Queue,
) -> None:
    candidate = in_table(queue, stored=False)
    with queue.client("reviewer-a") as client:
        page = client.page(f"item/value:{candidate}").text
        assert "These words are not in the texts held here" in words(page)
        refused = client.submit(f"item/value:{candidate}/approve", form_of(page, "approve"))
        assert refused.status_code == 422
        assert "e-check-place-missing" in refused.text
        form = {**form_of(page, "approve"), "check-place-missing": "table 2 of the article, read at the library"}
        client.submit(f"item/value:{candidate}/approve", form)
    with queue.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    assert stored.state == "needs_second"


def test_what_was_approved_before_for_the_study_stands_beside_the_proposal_but_not_beside_a_blind_form(
    queue: Queue,
) -> None:
    (first,) = enqueue(queue.store, "100")
    include(queue, "100")
    for person in ("reviewer-a", "reviewer-b"):
        with queue.client(person) as client:
            form = form_of(client.page(f"item/value:{first}").text, "approve")
            read = {"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": "95"}
            client.submit(f"item/value:{first}/approve", {**form, **read})
    (update,) = enqueue(queue.store, "101")
    for person in ("reviewer-a", "reviewer-b"):
        study = {**STUDY, "study_id": "pmid-100"}
        include_record(queue.store, PROTOCOL, "101", by=person, at=AT, study=study, reason=None)
    with queue.client("reviewer-a") as a, queue.client("reviewer-b") as b:
        page = a.page(f"item/value:{update}").text
        assert "HR 0.72 (0.56 to 0.93, 95 %), by reviewer-a and reviewer-b" in words(page)
        a.submit(f"item/value:{update}/approve", form_of(page, "approve"))
        assert "Approved before" not in b.page(f"item/value:{update}").text


SPOILED: dict[str, Callable[[bytes], bytes | None]] = {
    "lost": lambda _: None,
    "no archive": lambda _: b"x",
    "cut off": lambda body: body[:-20],
    "one byte changed": lambda body: body[:40] + bytes([body[40] ^ 0xFF]) + body[41:],
    "another text": lambda _: gzip.compress(b"<pmc-articleset/>"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_broken_archived_full_text_shows_the_abstract_and_says_so(queue: Queue, how: str) -> None:
    candidate = in_table(queue, stored=True)
    (archived,) = queue.store.archive.rglob("*.gz")
    spoiled = SPOILED[how](archived.read_bytes())
    archived.unlink()
    if spoiled is not None:
        archived.write_bytes(spoiled)
    with queue.client("reviewer-a") as client:
        answer = client.page(f"item/value:{candidate}")
        page = words(answer.text)
        assert answer.status_code == 200
        assert "The archived full text PMC1 cannot be read, so only title and abstract stand here" in page
        assert "Surgery was associated with longer survival" in page
        assert str(queue.store.archive) not in answer.text
        # What cannot be seen at its place is answered for, as where no full text is held.
        form = {
            **form_of(answer.text, "approve"),
            "check-place-missing": "table 2 of the article on the journal's page",
        }
        client.submit(f"item/value:{candidate}/approve", form)
    with queue.store.read() as tx:
        stored = get_candidate(tx, candidate)
    assert stored is not None
    assert stored.state == "needs_second"


def test_a_full_text_that_is_no_article_is_told_as_broken_by_page_and_api(queue: Queue) -> None:
    enqueue(queue.store, "100")
    include(queue, "100")
    sha256 = keep_body(queue.store.archive, b"<html>Service unavailable")
    with queue.store.write() as tx:
        note_body(tx, sha256, size=25, at=AT)
        put_full_text(tx, pmcid="PMC1", pmid="100", state="open", sha256=sha256, night="2026-11-20")
        (candidate,) = (one.candidate_id for one in list_candidates(tx, pmid="100"))
    with queue.client("reviewer-a") as client, program(queue, "reviewer-b") as b:
        page = client.page(f"item/value:{candidate}")
        assert "The archived full text PMC1 cannot be read" in words(page.text)
        assert (
            "The archived full text PMC1 cannot be read"
            in b.show(f"/items/value:{candidate}")["value"]["document_problem"]
        )
