"""Every item of the reporting checklists that a program can test holds on the built site."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.reports.conftest import Built
from tests.reports.prisma import CHECKS, NOT_TESTABLE


@pytest.mark.parametrize("item", sorted(CHECKS))
def test_the_site_shows_what_the_item_asks_for(built: Built, item: str) -> None:
    CHECKS[item](built)


@pytest.mark.shared
def test_every_item_of_the_checklist_is_tested_or_said_not_to_be(shared: Path) -> None:
    with (shared / "methods" / "prisma_checklist.csv").open(newline="", encoding="utf-8") as table:
        items = [row["id"] for row in csv.DictReader(table)]
    assert sorted(items) == sorted([*CHECKS, *NOT_TESTABLE])


def test_what_nobody_has_judged_is_said_on_the_pages(built: Built) -> None:
    assert "not yet assessed" in built.page("studies/jcog1017/").text
    assert "not yet assessed" in built.page("subtype/all/").text
    assert "not yet rated" in built.page("subtype/all/").text
