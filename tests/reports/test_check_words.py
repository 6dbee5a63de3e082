"""Readers see the plausibility checks in words, never as codes."""

from __future__ import annotations

import ast
from pathlib import Path

import extract.checks
from reports.check_words import CHECK_WORDS, check_words


def codes_in_the_checks() -> set[str]:
    """Return every constant of the checks' modules that is written like a code."""
    found = set()
    for path in Path(extract.checks.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.split("-")
                if len(words) > 1 and all(word.isalnum() and word.islower() for word in words):
                    found.add(node.value)
    return found


def test_every_check_has_words_and_no_words_stand_for_a_check_that_is_gone() -> None:
    assert codes_in_the_checks() == set(CHECK_WORDS)


def test_codes_are_told_in_words_and_an_unknown_one_speaks_for_itself() -> None:
    told = check_words("direction-against-medians; brand-new")
    assert told == "the ratio points the other way than the printed medians; brand new"
