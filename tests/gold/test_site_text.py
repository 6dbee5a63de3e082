"""What readers read does not change by accident."""

from __future__ import annotations

from pathlib import Path

from tests.gold.site_text import GOLD, PAGES, built_texts


def test_the_text_of_the_gold_pages_is_the_accepted_one(tmp_path: Path) -> None:
    texts = built_texts(tmp_path)
    for name in PAGES:
        accepted = (GOLD / f"{name}.txt").read_text(encoding="utf-8")
        assert texts[name].splitlines() == accepted.splitlines(), (
            f"{name}: the page reads differently; if that is meant, run `python -m tests.gold.site_text`, "
            "read the difference line by line, and commit it with the change"
        )
