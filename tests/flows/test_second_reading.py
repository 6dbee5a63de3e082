"""The second extractor's part of a night: off by default, every answer kept, loud when it fails, never in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extract.pubmed.parse import content_hash, record_to_json
from extract.schema.record import Pmid
from extract.second_extractor import SecondExtractorSettings
from extract.store.archive import read_body
from extract.store.candidates import list_candidates
from extract.store.records import upsert_record
from extract.store.second_readings import KeptReading, second_reading
from flows.context import NightContext
from flows.errors import SettingsError
from flows.extraction import extract_night
from flows.second_reading import GIVE_UP_AFTER, read_second
from flows.settings import load_settings
from tests.extract.second_extractor.endpoint import Endpoint, answers, endpoint
from tests.extract.second_extractor.test_second_extractor import CLAIM, TEXT
from tests.extract.store.records import record
from tests.nights import night_on_starting_table
from tests.stores import BOTH_DATABASES, ROOT

pytestmark = BOTH_DATABASES

FOUND = answers({"effects": [CLAIM]})


@contextmanager
def night(folder: Path, served: Endpoint | None, *pmids: str) -> Iterator[NightContext]:
    """Open a night with these records, and the stand-in as its second extractor."""
    second = SecondExtractorSettings(served.url, "stand-in", key="secret-key", answer_seconds=2) if served else None
    with night_on_starting_table(folder, second_extractor=second) as context:
        with context.store.write() as tx:
            for pmid in pmids:
                one = record(pmid, abstract=TEXT)
                content, content_sha256 = record_to_json(one), content_hash(one)
                upsert_record(tx, one, content=content, content_hash=content_sha256, night="2026-11-20", run_id=None)
        yield context


def kept(context: NightContext, pmid: str) -> KeptReading:
    with context.store.read() as tx:
        reading = second_reading(tx, Pmid(pmid), revision=1)
    assert reading is not None
    return reading


def test_without_an_address_nothing_is_asked(tmp_path: Path) -> None:
    with night(tmp_path, None, "900001") as context:
        assert extract_night(context).second is None


def test_each_record_read_is_read_again_and_the_answer_kept_as_it_came(tmp_path: Path) -> None:
    with endpoint(FOUND) as served, night(tmp_path, served, "900001") as context:
        outcome = extract_night(context)
        assert outcome.second is not None
        assert (outcome.second.read, outcome.second.failures, outcome.second.left) == (1, (), 0)
        reading = kept(context, "900001")
        assert [(effect.estimate, effect.ci_low, effect.ci_high) for effect in reading.effects] == [(0.71, 0.6, 0.84)]
        assert "stand-in" in reading.extractor
        (sha256,) = reading.answers
        raw = json.loads(read_body(context.store.archive, sha256))
        assert json.loads(raw["choices"][0]["message"]["content"])["effects"] == [CLAIM]
        assert read_second(context) is not None
        assert len(served.questions) == 1  # what was read is not asked again


def test_a_failure_is_told_kept_and_asked_about_again_while_the_night_goes_on(tmp_path: Path) -> None:
    with endpoint(answers("no JSON at all"), FOUND) as served, night(tmp_path, served, "900001") as context:
        outcome = extract_night(context)
        assert outcome.second is not None
        assert outcome.read == 1
        assert "Second extractor FAILED for 1 records" in outcome.second.told()
        assert "PMID 900001" in outcome.second.told()
        assert kept(context, "900001").failure is not None
        assert kept(context, "900001").answers  # what it said stays readable
        with context.store.read() as tx:
            assert list_candidates(tx, pmid="900001")  # the first extractor's values wait for people all the same
        again = read_second(context)
        assert again is not None
        assert (again.read, again.failures) == (1, ())
        assert kept(context, "900001").failure is None


def test_an_endpoint_that_is_down_does_not_hold_up_the_night(tmp_path: Path) -> None:
    pmids = [str(900001 + number) for number in range(GIVE_UP_AFTER + 4)]
    with endpoint(answers("", status=401)) as served, night(tmp_path, served, *pmids) as context:
        outcome = read_second(context)
        assert outcome is not None
        assert len(served.questions) == GIVE_UP_AFTER
        assert (outcome.read, len(outcome.failures), outcome.left) == (0, GIVE_UP_AFTER, len(pmids))
        assert "secret-key" not in outcome.told()


def test_an_effect_it_cannot_prove_is_kept_as_refused(tmp_path: Path) -> None:
    lie = {**CLAIM, "estimate": 0.5}
    with endpoint(answers({"effects": [lie]})) as served, night(tmp_path, served, "900001") as context:
        read_second(context)
        reading = kept(context, "900001")
        assert reading.effects == ()
        assert [reason for _, reason in reading.refused] == ["estimate 0.5 does not stand in the quote"]


def environment(**more: str) -> dict[str, str]:
    names = {f"LIVING_REVIEW_SECOND_EXTRACTOR_{name}": value for name, value in more.items()}
    return {"LIVING_REVIEW_PROTOCOL": str(ROOT / "protocol.toml"), **names}


def test_the_second_extractor_is_off_by_default_and_its_key_is_a_secret(tmp_path: Path) -> None:
    assert load_settings(environment()).second_extractor is None
    key = tmp_path / "key"
    key.write_text("k3y\n", encoding="utf-8")
    on = load_settings(environment(URL="http://127.0.0.1:1/v1", MODEL="m", KEY_FILE=str(key)))
    assert on.second_extractor is not None
    assert on.second_extractor.key == "k3y"
    assert "k3y" in on.secrets
    assert "k3y" not in repr(on) + repr(on.second_extractor)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"URL": "host:1"}, "not an http"),
        ({"URL": "http://127.0.0.1:1/v1"}, "no model is named"),
        ({"URL": "http://u:p@127.0.0.1/v1", "MODEL": "m"}, "not into the address"),
        ({"MODEL": "m"}, "SECOND_EXTRACTOR_URL is missing"),
        ({"KEY": "k"}, "SECOND_EXTRACTOR_URL is missing"),
    ],
)
def test_half_a_configuration_is_one_clear_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(environment(**given))
    assert "\n" not in str(caught.value)
