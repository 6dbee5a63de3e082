"""The soak in small: a month of nights with faults, kills and people at work ends like an undisturbed one.

``python -m tests.benchmarks.soak`` is the whole year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from extract.store.curated import curated_values
from extract.store.records import all_pmids
from flows.context import open_store
from flows.settings import Settings
from tests.nights import rehearsal
from tests.soak.ends import differences
from tests.soak.world import Synthetic, synthetic_records, write_world
from tests.soak.year import Disturbances
from tests.soak.years import Soak, YearName, growth, run_years

REAL = ("29777404", "26363985", "31082916", "40615712", "28994557")
NIGHTS = 30
MOST_REQUESTS = 15
"""Bound of the project: a quiet night asks PubMed less often than this."""

ROUGH = Disturbances(fault_share=0.4, every=NIGHTS, kill_nights=(1, 15), kill_work=(1, 22))


@dataclass(frozen=True)
class Month:
    """Two months that were run, undisturbed and disturbed, and the figures of their nights."""

    calm: Settings
    disturbed: Settings
    records: dict[str, Synthetic]
    figures: dict[YearName, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("soak")
    records = synthetic_records(NIGHTS, every=7)
    archive = write_world(folder / "archive", records, real=REAL)
    figures = run_years(Soak(folder, archive, records, NIGHTS, ROUGH))
    return Month(rehearsal(folder / "calm"), rehearsal(folder / "disturbed"), records, figures)


@pytest.mark.slow
def test_nights_with_faults_kills_and_people_at_work_end_like_undisturbed_ones(month: Month) -> None:
    rough = month.figures["disturbed"]
    assert sum(night["kills"] for night in rough) == 4
    assert sum(night["runs"] for night in rough) > NIGHTS + 2, "a search failed beside the two killed nights"
    assert differences(month.calm, month.disturbed) == []


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled_in_a_disturbed_month(month: Month) -> None:
    store = open_store(month.disturbed)
    with store.read() as tx:
        values = [value.value_id for value in curated_values(tx) if "991" in value.value_id]
        assert set(month.records) <= set(all_pmids(tx))
    store.close()
    # Two of the five synthetic records report an included cohort; each was approved once by two people.
    assert len(values) == len(set(values)) == sum(record.included for record in month.records.values()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("what", ["night_megabytes", "queue_megabytes"])
def test_memory_of_nights_and_of_the_queue_stays_flat_over_a_month(month: Month, what: str) -> None:
    first, last = growth(month.figures["calm"], what, share=1 / 3)
    assert last <= 1.1 * first


@pytest.mark.slow
def test_a_quiet_night_asks_no_more_at_the_end_of_a_month_than_at_its_beginning(month: Month) -> None:
    nights = month.figures["calm"]
    quiet = [
        n["requests"] for n, before in zip(nights[1:], nights, strict=False) if n["versions"] == before["versions"]
    ]
    assert max(quiet) < MOST_REQUESTS
    assert max(quiet[-5:]) <= max(quiet[:5])
