"""No text breaks the reader, no span lies, and no text makes it slow (the budget is generous.

It catches explosions).
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.candidates import propose_effects
from extract.candidates.tokens import fold, lex
from extract.schema.effect import Document
from tests.extract.candidates.test_spans import assert_span_is_exact
from tests.extract.protocol_file import own_protocol

_WORDS = """HR|hazard ratio|(|)|[|]|95% CI|0.71|·60|0,84|-|–|to|;|,|=|:|P < .001|p=0.03|median|survival|months|12|vs
and|was|of|respectively|HER2-positive|bone-only|surgery|no surgery|OR|%|.|. A
adjusted|to detect|1e-5|− 0.2|CI|90|IC del|≥"""
_PIECES = st.sampled_from([piece for line in _WORDS.splitlines() for piece in line.split("|")] + ["\n"])
_SOUP = st.lists(_PIECES, max_size=60).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(_SOUP, st.text(max_size=300)))
def test_any_text_is_read_and_every_span_is_exact(text: str) -> None:
    document = Document("1", text[:40], text)
    for effect in propose_effects(document, own_protocol()):
        assert_span_is_exact(document, effect)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_folding_keeps_every_offset_and_lexing_loses_nothing(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    tokens = lex(folded, 0, len(folded))
    assert all(folded[t.start : t.end] == t.raw for t in tokens)
    covered = "".join(t.raw for t in tokens)
    assert covered == "".join(folded.split()) or "".join(covered.split()) == "".join(folded.split())


#: Seconds for one adversarial megabyte (issue 4 asks for one); patterns of results are read in full and get
#: ten.
BUDGET = 1.0
READING_BUDGET = 10.0


@pytest.mark.parametrize("piece", ["(", ")", "[", "9", "1.1, ", "0,1", "HR(", " ", "in ", "P = ", "a.", "(HR ", "95% "])
def test_a_repeated_megabyte_is_read_at_once(piece: str) -> None:
    text = "HR 0.7 " + piece * (1_000_000 // len(piece))
    started = time.thread_time()
    propose_effects(Document("1", "", text), own_protocol())
    assert time.thread_time() - started < BUDGET * 2  # shared machine: twice what the issue asks


@pytest.mark.parametrize(
    "piece", ["HR 0.7 (0.6-0.8) ", "HR (95% CI ", "hazard ratio for death ", "median 5 v 5 months "]
)
def test_time_grows_with_length_and_not_faster(piece: str) -> None:
    def seconds(times: int) -> float:
        """Return the least CPU time of three readings: other programs and threads do not count."""
        measured = []
        for _ in range(3):
            started = time.thread_time()
            propose_effects(Document("1", "", piece * times), own_protocol())
            measured.append(time.thread_time() - started)
        return min(measured)

    seconds(100)
    assert seconds(8_000) < 12 * max(seconds(2_000), 0.01)
    assert seconds(8_000) < READING_BUDGET
