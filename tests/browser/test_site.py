"""The site in a real browser: accessible in both themes, readable on a phone, whole without scripts."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "",
    "subtype/all/",
    "subtype/triple-negative/",
    "subtype/all/v/2026.1/",
    "studies/",
    "studies/abcsg-28/",
    "methods/",
    "search/",
    "status/",
    "validation/",
    "data/",
    "people/",
    "patients/",
    "changes/",
    "subtype/all/changes/",
    "find/",
    "404.html",
)


COLOURED = ("", "subtype/all/", "studies/abcsg-28/", "status/")
"""Pages that between them show every colour."""


@pytest.mark.parametrize(("scheme", "pages", "rules"), [("light", PAGES, None), ("dark", COLOURED, ["color-contrast"])])
def test_axe_finds_no_violation_on_any_kind_of_page(
    browser: Browser, site_url: str, scheme: Literal["light", "dark"], pages: tuple[str, ...], rules: list[str] | None
) -> None:
    # Nothing but the colours differs between the themes: the dark one is asked for contrast alone.
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    found = []
    for name in pages:
        page.goto(site_url + name)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        results = Axe().run(page, options={"runOnly": rules} if rules else None)
        found += [
            f"{name}: {v['id']}: {v['nodes'][0]['html'][:120]} ({len(v['nodes'])} places)"
            for v in results.response["violations"]
        ]
    context.close()
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(browser: Browser, site_url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    wide = []
    for name in PAGES:
        page.goto(site_url + name)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append((name, width))
    context.close()
    assert wide == []


def test_no_page_is_wider_than_the_window_at_200_percent(browser: Browser, site_url: str) -> None:
    # 1280 pixels at 200 % are 640 CSS pixels (WCAG 2.1, 1.4.4 and 1.4.10).
    context = browser.new_context(viewport={"width": 640, "height": 512}, device_scale_factor=2)
    page = context.new_page()
    for name in PAGES:
        page.goto(site_url + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, name
    context.close()


OVERFLOWING = "all => all.filter(one => one.scrollWidth > one.clientWidth).length"


def test_on_a_desk_no_column_of_the_reruns_and_no_interval_of_the_map_is_cut(browser: Browser, site_url: str) -> None:
    # The last column says why a result differs from the published one; it stood beyond the edge.
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site_url + "validation/")
    box = page.locator(".bleed")
    assert box.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    page.goto(site_url + "subtype/all/")
    assert page.locator(".map td").evaluate_all(OVERFLOWING) == 0
    page.goto(site_url)
    heights = page.locator(".map b").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(heights) >= 3
    assert max(heights) < 26  # one line of 11 pixels
    assert page.locator(".map td").evaluate_all(OVERFLOWING) == 0
    context.close()


def test_everything_is_readable_without_scripts_and_asks_no_other_host(browser: Browser, site_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site_url + "subtype/all/")
    assert page.locator("figure svg.wide").first.is_visible()
    assert not page.locator("figure svg.narrow").first.is_visible()
    assert page.get_by_text("0.928 (0.690–1.249)").first.is_visible()
    assert [url for url in asked if not url.startswith(site_url)] == []
    context.close()


def test_text_of_a_figure_is_as_large_on_a_phone_as_on_a_desk(browser: Browser, site_url: str) -> None:
    heights = {}
    for name, width in (("wide", 1200), ("narrow", 390)):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(site_url + "subtype/all/")
        box = page.locator(f"#forest-os-randomised svg.{name} .study text").first.bounding_box()
        assert box is not None
        heights[name] = box["height"]
        context.close()
    assert heights["narrow"] >= 0.75 * heights["wide"]
    assert min(heights.values()) >= 10


def test_the_search_finds_a_study_and_the_latest_report_under_the_sites_own_content_policy(
    browser: Browser, site_url: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(site_url + "find/?q=ABCSG")
    page.locator("#hits a").first.wait_for()
    titles = page.locator("#hits a").all_inner_texts()
    assert "ABCSG-28" in titles
    page.get_by_role("searchbox").fill("triple-negative")
    page.locator("#hits a", has_text="Triple-negative").first.wait_for()
    hits = page.locator("#hits a").evaluate_all("links => links.map(one => one.href)")
    assert hits
    assert not [url for url in hits if "/v/" in url]
    # The page of the search names every page: it would be a hit of every word.
    assert not [url for url in hits if "/find/" in url]
    assert [url for url in asked if not url.startswith(site_url)] == []
    assert refused == []
    context.close()


def test_without_scripts_the_search_page_is_the_list_of_every_page(browser: Browser, site_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site_url + "find/")
    assert not page.get_by_role("search").is_visible()
    for words in ("Overview", "HER2-positive", "Visceral metastases", "MF07-01"):
        assert page.locator(".pages").get_by_role("link", name=words, exact=True).is_visible(), words
    context.close()


def test_tables_and_the_evidence_map_can_be_filtered(browser: Browser, site_url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site_url + "data/")
    page.get_by_label("Only syntheses with").fill("visceral randomised")
    rows = page.locator("table[data-filter] tbody tr")
    assert [r for r in rows.all_inner_texts() if "visceral" not in r.lower()] != []
    assert rows.locator("visible=true").count() == 1
    page.goto(site_url)
    page.locator(".filter select").select_option("gaps")
    shown = page.locator(".map tbody td:not(.off)").all_inner_texts()
    assert shown
    assert all(text.strip() == "no randomised data" for text in shown)
    context.close()
