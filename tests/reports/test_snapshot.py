"""A snapshot is what it says it is, or it is refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reports.errors import SnapshotError
from reports.model import Interval, Snapshot
from reports.snapshot import FORMAT, TABLES, read_snapshot, read_snapshots, snapshot_files, write_snapshot
from tests.reports.snapshots import snapshot

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_snapshot(snapshot(), tmp_path / "2026.1")
    return tmp_path / "2026.1"


def content(one: Snapshot) -> dict[str, object]:
    return one.model_dump(mode="json", exclude={"manifest": {"files"}, "results": True}) | {
        "results": sorted((s.model_dump(mode="json") for s in one.results), key=lambda s: str(s["synthesis_id"]))
    }


def test_what_was_written_is_read_back_whole(folder: Path) -> None:
    assert content(read_snapshot(folder)) == content(snapshot())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=TEXT, quote=TEXT, hr=st.floats(0.01, 100))
def test_no_text_and_no_number_is_changed_by_the_tables(
    tmp_path_factory: pytest.TempPathFactory, label: str, quote: str, hr: float
) -> None:
    one = snapshot()
    values = (one.values[0].model_copy(update={"quote": quote, "estimate": hr}), *one.values[1:])
    studies = (one.studies[0].model_copy(update={"label": label}), *one.studies[1:])
    changed = one.model_copy(update={"values": values, "studies": studies})
    folder = tmp_path_factory.mktemp("round") / "snapshot"
    write_snapshot(changed, folder)
    read = read_snapshot(folder)
    assert (read.values[0].quote, read.values[0].estimate, read.studies[0].label) == (quote, hr, label)


def test_what_several_versions_have_in_common_is_parsed_and_held_once(tmp_path: Path) -> None:
    versions = [snapshot()]
    for count in range(2, 7):
        before = versions[-1]
        changed = before.values[count].model_copy(update={"quote": f"read again in version {count}"})
        values = tuple(changed if value.value_id == changed.value_id else value for value in before.values)
        renamed = snapshot(version=f"2026.{count}").manifest
        versions.append(before.model_copy(update={"manifest": renamed, "values": values}))
    folders = [tmp_path / one.manifest.version for one in versions]
    for one, folder in zip(versions, folders, strict=True):
        write_snapshot(one, folder)
    read = read_snapshots(folders)
    assert read == [read_snapshot(folder) for folder in folders]
    rows = {id(row) for one in read for name in TABLES for row in getattr(one, name)}
    of_the_first = sum(len(getattr(read[0], name)) for name in TABLES)
    assert len(rows) == of_the_first + len(versions) - 1
    assert len({id(result) for one in read for result in one.results}) == len(read[0].results)
    assert len({id(one.validation) for one in read}) == 1


def test_a_file_changed_in_one_of_several_versions_is_refused_although_another_has_it_unchanged(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "flow.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"other/flow\.json: changed since it was published"):
        read_snapshots([folder, other])


def test_the_same_content_is_the_same_files() -> None:
    assert snapshot_files(snapshot()) == snapshot_files(snapshot())


def test_writing_the_same_snapshot_again_changes_nothing(folder: Path) -> None:
    before = {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    write_snapshot(snapshot(), folder)
    assert before == {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_another_snapshot_never_takes_the_place_of_a_published_one(folder: Path) -> None:
    with pytest.raises(SnapshotError, match="snapshots are immutable"):
        write_snapshot(snapshot(label="another"), folder)


def test_what_a_killed_writer_left_is_replaced(tmp_path: Path) -> None:
    staging = tmp_path / ".staging-2026.1" / "tables"
    staging.mkdir(parents=True)
    (staging / "old.csv").write_text("half a row")
    write_snapshot(snapshot(), tmp_path / "2026.1")
    assert read_snapshot(tmp_path / "2026.1").manifest.version == "2026.1"


def test_a_changed_file_is_refused_by_name(folder: Path) -> None:
    path = folder / "results" / "os--all--all--randomised.json"
    path.write_text(path.read_text().replace('"k": 5', '"k": 6'))
    with pytest.raises(SnapshotError, match=r"os--all--all--randomised\.json: changed since it was published"):
        read_snapshot(folder)


def test_a_missing_file_is_refused_by_name(folder: Path) -> None:
    (folder / "flow.json").unlink()
    with pytest.raises(SnapshotError, match=r"flow\.json: missing"):
        read_snapshot(folder)


def test_a_file_nobody_listed_is_refused_by_name(folder: Path) -> None:
    (folder / "tables" / "extra.csv").write_text("a,b\n")
    with pytest.raises(SnapshotError, match=r"extra\.csv: not listed in the manifest"):
        read_snapshot(folder)


def test_a_newer_format_asks_for_an_update(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": FORMAT + 1}))
    with pytest.raises(SnapshotError, match=f"format {FORMAT + 1} is newer than {FORMAT}; update the software"):
        read_snapshot(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused_in_one_line(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(SnapshotError, match=r"manifest\.json: "):
        read_snapshot(folder)


def test_a_folder_without_manifest_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="not a whole snapshot"):
        read_snapshot(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_that_is_none_can_enter_a_snapshot(value: float) -> None:
    with pytest.raises(ValidationError):
        Interval(estimate=value, low=0.5, high=2.0, level=95.0)


def test_a_snapshot_from_before_risk_of_bias_was_judged_is_still_read(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for path in ("tables/risk_of_bias.csv", "tables/risk_of_bias.meta.json"):
        del manifest["files"][path]
        (folder / path).unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert read_snapshot(folder).risk_of_bias == ()
