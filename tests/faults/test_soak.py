"""The soak in small: some nights with faults, kills and people at work end like undisturbed ones.

``python -m tests.benchmarks.soak`` is the whole year.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.store.curated import curated_values
from extract.store.records import all_pmids
from flows.context import open_store
from tests.nights import rehearsal
from tests.soak.ends import differences
from tests.soak.world import synthetic_records, write_world
from tests.soak.year import Disturbances, run_year

REAL = ("29777404", "26363985", "31082916", "40615712", "28994557")
NIGHTS = 5


@pytest.mark.slow
def test_nights_with_faults_kills_and_people_at_work_end_like_undisturbed_ones(tmp_path: Path) -> None:
    records = synthetic_records(NIGHTS, every=1)
    archive = write_world(tmp_path / "archive", records, real=REAL)
    calm, disturbed = rehearsal(tmp_path / "calm"), rehearsal(tmp_path / "disturbed")
    rough = Disturbances(fault_share=0.2, every=NIGHTS, kill_nights=(1, 3), kill_work=(1, 4))
    run_year(calm, archive, records, days=NIGHTS, disturbed=None)
    figures = run_year(disturbed, archive, records, days=NIGHTS, disturbed=rough)
    assert sum(night.kills for night in figures) == 4
    assert sum(night.runs for night in figures) > NIGHTS + 1
    assert differences(calm, disturbed) == []
    store = open_store(disturbed)
    with store.read() as tx:
        values = [value.value_id for value in curated_values(tx) if "991" in value.value_id]
        assert set(records) <= set(all_pmids(tx))
    store.close()
    # Two of the four synthetic records report an included cohort; each was approved once by two people.
    assert len(values) == len(set(values)) == sum(record.included for record in records.values()) == 2
