"""Hostile text in every field PubMed or a person can fill, on every page, in a real browser: nothing of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from extract.pubmed.parse import record_to_json
from extract.review.addresses import change_email
from extract.review.tokens import make_token
from extract.schema.record import AbstractSection, Author, RecordLink
from extract.schema.value import ValueCorrection
from extract.store.candidates import add_candidate
from extract.store.curated import Alert, TrialFamily, add_alert, curated_values, put_family, put_value
from extract.store.log import open_night, open_run
from extract.store.records import upsert_record
from extract.store.work import save_draft
from tests.extract.review.api_client import program
from tests.extract.review.judging import put_result
from tests.extract.review.queue_server import (
    ABSTRACT,
    PROTOCOL,
    QUOTE,
    Queue,
    make_account,
    proposed_effect,
    serving,
)
from tests.extract.store.records import record
from tests.stores import AT, new_store

HOSTILE = (
    "<script>window.ran=1</script><img src=x onerror=window.ran=2><svg onload=window.ran=3>"
    "\"' autofocus tabindex=1 onfocus=window.ran=4 x='</textarea></title>"
    "<iframe srcdoc='<script>parent.ran=5</script>'></iframe>"
    "<a href=javascript:window.ran=6>x</a><base href=//elsewhere.example/><style>*{display:none}</style>"
    "<meta http-equiv=refresh content='0;url=//elsewhere.example'>{{7*7}}<!--"
)


def hostile_records(queue: Queue) -> list[str]:
    """Put records into the queue whose every field is hostile, each with a value; return the values' ids."""
    night = "2026-11-20"
    abstract = f"{HOSTILE} {ABSTRACT} {HOSTILE}"
    start = abstract.index(QUOTE)
    effect = proposed_effect()
    hostile = replace(
        effect,
        population=HOSTILE,
        p_value=HOSTILE[:60],
        comparison=replace(effect.comparison, numerator=HOSTILE, denominator=HOSTILE),
        span=replace(effect.span, start=start, end=start + len(QUOTE)),
    )
    added = []
    with queue.store.write() as tx:
        night_id = open_night(tx, night=night, at=AT, rehearsal=True)
        run_id = open_run(
            tx, night_id, source="pubmed", query_hash="q", date_type="all", window_start="a", window_end="b", at=AT
        )
        for pmid in ("100", "200", "300", "400"):
            parsed = replace(
                record(pmid, title=HOSTILE, abstract=abstract),
                vernacular_title=HOSTILE,
                abstract=(AbstractSection(HOSTILE, abstract),) if pmid == "300" else (AbstractSection(None, abstract),),
                authors=(
                    Author(HOSTILE, HOSTILE, HOSTILE[:9], None, HOSTILE, (HOSTILE,)),
                    Author(None, None, None, HOSTILE),
                ),
                journal=HOSTILE,
                journal_abbreviation=HOSTILE,
                doi=HOSTILE,
                keywords=(HOSTILE,),
                mesh_headings=(HOSTILE,),
                publication_types=(HOSTILE,),
                links=(RecordLink("RetractionIn", None, HOSTILE),),
            )
            upsert_record(
                tx, parsed, content=record_to_json(parsed), content_hash=f"h{pmid}", night=night, run_id=run_id
            )
            new = add_candidate(
                tx, pmid=pmid, revision=1, extractor_version=HOSTILE[:80], effect=hostile, state="proposed", night=night
            )
            assert new is not None
            added.append(new)
    return added


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Queue, list[str]]]:
    """Serve a queue in which everything people and PubMed wrote is hostile; with it the paths of its items."""
    with new_store(tmp_path_factory.mktemp("hostile")) as store, serving(store) as queue:
        values = hostile_records(queue)
        for person in ("admin", "adjudicator"):
            make_account(queue, person)
        study = {"design": "retrospective_cohort", "label": HOSTILE[:190], "country": HOSTILE[:190]}
        study |= {"data_source": HOSTILE[:190], "overlap_group": "new:" + HOSTILE[:60]}
        with program(queue, "reviewer-a") as a, program(queue, "reviewer-b") as b:
            for pmid in ("100", "200"):
                for one in (a, b):
                    said = one.act(f"record:{pmid}", "vote", vote="include", comment=HOSTILE, study=study)
                    assert said.status_code == 200, said.text
            a.act("record:300", "vote", vote="include", comment=HOSTILE, study=study)
            b.act("record:300", "vote", vote="exclude", reason_code="no-comparison", comment=HOSTILE)
            read = {"numerator_arm": "surgery", "estimate": 0.72, "ci_low": 0.56, "ci_high": 0.93, "ci_level": 95}
            texts = {
                "population": HOSTILE[:190],
                "adjustment": HOSTILE[:190],
                "note": HOSTILE[:190],
                "p_value": HOSTILE[:60],
                "numerator_arm": "surgery",
            }
            for number, value in enumerate(values[:2]):
                item = f"value:{value}"
                said = a.act(item, "approve", values=texts, reason=HOSTILE, clear_checks=True)
                assert said.status_code == 200, said.text
                second = {**read, "ci_high": 0.98} if number else {**read, **texts}
                said = b.act(item, "approve", values=second, reason=HOSTILE, clear_checks=True)
                assert said.json()["state"] == ("conflict" if number else "approved"), said.text
            with store.read() as tx:
                (curated,) = curated_values(tx)
            a.ask("POST", f"/values/{curated.value_id}/reopen", {"reason": HOSTILE})
            for number, one in enumerate((a, b)):
                corrected = {"ci_level": (95, 90)[number], "note": f"{number}{HOSTILE[:180]}"}
                said = one.act(
                    f"reopened:{curated.value_id}", "correct", values=corrected, reason=HOSTILE, clear_checks=True
                )
                assert said.status_code == 200, said.text
            with store.write() as tx:
                put_family(tx, TrialFamily("shares", "population_registry", None, "queue", {"label": HOSTILE}))
            said = a.ask("POST", "/studies/shares/group", {"beside": "study:pmid-100", "reason": HOSTILE})
            assert said.status_code == 200, said.text
        with store.write() as tx:
            (curated,) = curated_values(tx)
            correction = ValueCorrection("note", None, HOSTILE, HOSTILE, HOSTILE, "2026-11-20", "correction")
            put_value(tx, replace(curated, corrections=(correction,)))
            add_alert(tx, Alert(curated.report_id, "erratum", HOSTILE, "2026-11-20"))
            for item in ("record:400", f"value:{values[1]}"):
                save_draft(tx, item, "adjudicator", {"comment": HOSTILE, "reason": HOSTILE, "note": HOSTILE}, at=AT)
        change_email(store, "adjudicator", "o'brien+{tag}@example.org")
        make_token(store, PROTOCOL, "adjudicator", name=HOSTILE[:60], scopes=["read"], now=queue.clock())
        items = [*(f"record:{pmid}" for pmid in ("100", "200", "300", "400")), *(f"value:{v}" for v in values)]
        yield queue, [*items, f"reopened:{curated.value_id}"]


def paths(queue: Queue, items: list[str]) -> Iterator[tuple[str, str]]:
    """Walk through every page, with hostile text wherever its address takes some: ``(who, path)``."""
    word = quote(HOSTILE, safe="")
    bias = put_result(queue.store, study_id="Trial-A")
    for method, template in queue.app.access:
        if method != "GET" or template.startswith("/api/"):
            continue
        who = "admin" if template.startswith("/people") else "adjudicator"
        names = {
            "{item}": items if template.startswith("/item") else [bias, HOSTILE],
            "{link}": ["none", HOSTILE],
        }
        fields = re.findall(r"\{\w+\}", template)
        choices = names.get(fields[0], [HOSTILE]) if fields else [""]
        for choice in choices:
            path = template.replace(fields[0], quote(choice, safe=":~")) if fields else template
            query = "&".join(
                f"{name}={word}" for name in ("done", "of", "after", "next", "show", "kind", "words", "error")
            )
            yield who, path.removeprefix("/")
            yield who, f"{path.removeprefix('/')}?{query}"


class Watched:
    """A tab that notes whatever hostile text could do."""

    def __init__(self, context: BrowserContext, queue: Queue) -> None:
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        origin = queue.address.removesuffix("/review/")
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog {dialog.message}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error {error}"))
        self.page.on(
            "request", lambda r: None if r.url.startswith((origin, "data:")) else self.wrong.append(f"asked {r.url}")
        )
        # A refusal by the policy would mean that hostile text became an element after all.
        self.page.on("console", lambda m: self.wrong.append(m.text) if "Content Security Policy" in m.text else None)

    def look(self, address: str) -> None:
        """Open a page and note what ran or became an element."""
        self.page.goto(address)
        found = self.page.evaluate(FINDINGS)
        self.wrong += [f"{address[-120:]}: {one}" for one in found]


FINDINGS = """() => {
  const wrong = [], told = one => wrong.push(one.outerHTML.slice(0, 80));
  if (window.ran !== undefined) wrong.push("ran " + window.ran);
  for (const one of document.querySelectorAll("*")) {
    if (one.getAttributeNames().some(name => name.startsWith("on"))) told(one);
    const address = one.getAttribute("href") || one.getAttribute("src") || "";
    if (/^(javascript|data|vbscript):/i.test(address)) told(one);
  }
  const never = "img, svg, iframe, base, style, object, embed, meta[http-equiv], script:not([src])";
  document.querySelectorAll(never).forEach(told);
  return wrong;
}"""


def test_hostile_text_runs_on_no_page(browser: Browser, hostile: tuple[Queue, list[str]]) -> None:
    queue, items = hostile
    wrong, looked = [], 0
    for who in ("adjudicator", "admin"):
        context = browser.new_context()
        with queue.client(who) as client:
            context.add_cookies([{"name": "review", "value": client.cookies["review"], "url": queue.address}])
        tab = Watched(context, queue)
        for person, path in paths(queue, items):
            if person == who and path.partition("?")[0] not in ("next", "measures.json"):
                tab.look(queue.address + path)
                looked += 1
        wrong += tab.wrong
        context.close()
    assert wrong == []
    assert looked > 30


def test_the_pages_show_the_hostile_text_as_text(browser: Browser, hostile: tuple[Queue, list[str]]) -> None:
    queue, items = hostile
    context = browser.new_context()
    with queue.client("adjudicator") as client:
        context.add_cookies([{"name": "review", "value": client.cookies["review"], "url": queue.address}])
    page = context.new_page()
    for item in items:
        page.goto(f"{queue.address}item/{item}")
        assert "window.ran=1" in page.locator("body").inner_text(), item
    context.close()


def test_were_it_ever_to_become_a_script_the_policy_would_stop_it(
    browser: Browser, hostile: tuple[Queue, list[str]]
) -> None:
    queue, _ = hostile
    context = browser.new_context()
    page = context.new_page()
    put = """html => {
      const box = document.createElement("div"), script = document.createElement("script");
      document.body.append(box);
      box.innerHTML = html;
      script.textContent = "window.ran = 1";
      document.body.append(script);
      return new Promise(done => setTimeout(() => done(window.ran), 300));
    }"""
    harm = "<img src=x onerror='window.ran=2'>"
    page.goto(f"{queue.address}login")
    assert page.evaluate(put, harm) is None
    page.goto("about:blank")  # without the policy the same text runs: the test would have seen it
    assert page.evaluate(put, harm) is not None
    context.close()
