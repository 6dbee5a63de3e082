"""What is tried only where a cue stands must find exactly what it would find everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.candidates import outcomes, standing
from extract.candidates.cues import Cued, lower_in_place
from extract.candidates.tokens import NUMBER, fold, lex

CUED = {
    "prior analysis": standing._PRIOR,
    "adjusted": standing._ADJUSTED,
    "unadjusted": standing._UNADJUSTED,
    "shared head": outcomes._SHARED_HEAD,
}


@pytest.mark.parametrize("cued", CUED.values(), ids=CUED)
@given(drawing=st.data())
def test_whatever_a_cued_expression_matches_holds_one_of_its_cues(cued: Cued, drawing: st.DataObject) -> None:
    # A look ahead spelled out: the text has to hold what the expression only looks at.
    pattern = cued.expression.pattern.replace("(?= ", "(?: ")
    text = drawing.draw(st.from_regex(pattern, fullmatch=True))
    match = cued.expression.search(text)
    assert match is None or cued.may_match(text, 0, len(text))


@pytest.mark.parametrize("cued", CUED.values(), ids=CUED)
def test_cues_are_lower_case_as_the_text_they_are_looked_for_in(cued: Cued) -> None:
    assert all(cue == cue.lower() for cue in cued.cues)


@given(st.text())
def test_lower_case_keeps_every_character_in_its_place(text: str) -> None:
    assert len(lower_in_place(text)) == len(text)


def test_a_capital_that_lower_case_makes_two_of_stays_as_it_is() -> None:
    assert lower_in_place("İHR") == "İhr"


@given(st.text(alphabet=st.sampled_from("aHRCIPpto0159.,-'% \n\u00b7\u2009é²٣_("), max_size=40))
def test_tokens_stand_where_they_say_and_leave_out_only_spaces(text: str) -> None:
    folded = fold(text)
    tokens = lex(folded, 0, len(folded))
    assert all(folded[token.start : token.end] == token.raw for token in tokens)
    assert "".join(token.raw for token in tokens) == "".join(folded.split())


@given(st.text(alphabet=st.sampled_from("HR CI p 0.71 to,"), max_size=40), st.text(max_size=10))
def test_tokens_of_a_part_are_those_of_the_part_alone(part: str, before: str) -> None:
    whole, start = fold(before + part), len(before)
    alone = lex(fold(part), 0, len(part))
    assert [(t.start - start, t.lower, t.value) for t in lex(whole, start, len(whole))] == [
        (t.start, t.lower, t.value) for t in alone
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("CI1.07", ["CI", "1.07"]), ("p0.03", ["p", "0.03"]), ("HR2.1", ["HR", "2.1"]), ("HER2", ["HER2"])],
)
def test_a_ratio_glued_to_its_decimal_number_is_two_tokens(text: str, words: list[str]) -> None:
    assert [token.raw for token in lex(text, 0, len(text))] == words


def test_a_number_is_told_by_its_first_character() -> None:
    kinds = [(token.raw, token.kind == NUMBER) for token in lex("12 .5 . x2 1,333", 0, 16)]
    assert kinds == [("12", True), (".5", True), (".", False), ("x2", False), ("1,333", True)]
