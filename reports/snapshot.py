"""The snapshot: everything the site may say, in an immutable folder.

Layout of the folder (format 1)::

    manifest.json            what this is, when, from which protocol and code, SHA-256 of every other file
    protocol.json            the protocol in force (parsed protocol.toml plus the query as sent)
    tables/<name>.csv        one row a line; <name>.meta.json describes each column
    results/<id>.json        one synthesis each: inputs used, inputs left out with reasons, estimates
    flow.json                PRISMA counts from the log
    changes.json             against the previous snapshot
    validation.json          published reviews re-run from our rows

The site is a pure function of such a folder and of a :class:`reports.status.Status`. Reading verifies every hash;
a file changed, missing, extra or of a newer format is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from reports.errors import SnapshotError
from reports.model import Changes, Flow, Manifest, Snapshot, Synthesis, Validation
from reports.rows import (
    BiasRow,
    DecisionRow,
    ExcludedRow,
    OngoingRow,
    OtherResultRow,
    ReportRow,
    Row,
    SearchRow,
    StudyRow,
    ValueRow,
)

FORMAT = 1
UNFINISHED = ".staging-"
"""How the name of a snapshot's folder begins while it is written; such a folder is never read."""

RowT = TypeVar("RowT", bound=Row)
PartT = TypeVar("PartT")

TABLES: Mapping[str, type[Row]] = {
    "studies": StudyRow,
    "reports": ReportRow,
    "values": ValueRow,
    "decisions": DecisionRow,
    "excluded": ExcludedRow,
    "searches": SearchRow,
    "ongoing": OngoingRow,
    "other_results": OtherResultRow,
    "risk_of_bias": BiasRow,
}

LATER_TABLES = ("risk_of_bias",)
"""Tables that snapshots written before 2026-11-26 do not have: they are read as empty."""


def table_csv(rows: Sequence[Row], row_type: type[Row]) -> str:
    """Return rows as CSV with the columns of their type; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = list(row_type.model_fields)
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if (cell := getattr(row, name)) is None else cell for name in names])
    return out.getvalue()


def table_meta(name: str, row_type: type[Row]) -> str:
    """Return the codebook of a table as JSON: type, unit and description of each column."""
    columns = []
    for column_name, declared in row_type.model_fields.items():
        extra = declared.json_schema_extra if isinstance(declared.json_schema_extra, dict) else {}
        annotation = str(declared.annotation).replace("<class '", "").replace("'>", "").replace("typing.", "")
        columns.append(
            {
                "name": column_name,
                "type": annotation.split("Annotated[")[-1].split(",")[0],
                "required": declared.is_required(),
                "unit": extra.get("unit"),
                "description": declared.description,
            }
        )
    return json_text({"table": name, "description": (row_type.__doc__ or "").strip(), "columns": columns})


def snapshot_files(snapshot: Snapshot) -> dict[str, str]:
    """Return the text of every file but the manifest; a pure function of the content."""
    files: dict[str, str] = {"protocol.json": json_text(snapshot.protocol)}
    for name, row_type in TABLES.items():
        files[f"tables/{name}.csv"] = table_csv(getattr(snapshot, name), row_type)
        files[f"tables/{name}.meta.json"] = table_meta(name, row_type)
    for result in snapshot.results:
        files[f"results/{result.synthesis_id}.json"] = json_text(result.model_dump(mode="json"))
    for name in ("flow", "changes", "validation"):
        files[f"{name}.json"] = json_text(getattr(snapshot, name).model_dump(mode="json"))
    return files


def write_snapshot(snapshot: Snapshot, folder: Path) -> Manifest:
    """Write a snapshot into a new folder, atomically: a killed writer leaves no half snapshot.

    Parameters
    ----------
    snapshot
        Its ``manifest.files`` is ignored and computed here.
    folder
        Must not exist; its parent must.

    Raises
    ------
    SnapshotError
        The folder exists already with other content.
    OSError
        The disk refused; the staging folder is left for the next attempt to clear.
    """
    files = snapshot_files(snapshot)
    hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in sorted(files.items())}
    manifest = snapshot.manifest.model_copy(update={"files": hashes})
    if folder.exists():
        if read_snapshot(folder).manifest != manifest:
            raise SnapshotError(f"{folder}: a different snapshot with this id exists; snapshots are immutable")
        return manifest
    staging = folder.with_name(f"{UNFINISHED}{folder.name}")
    shutil.rmtree(staging, ignore_errors=True)
    for path, text in [*files.items(), ("manifest.json", json_text(manifest.model_dump(mode="json")))]:
        target = staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    staging.rename(folder)
    return manifest


def whole_snapshots(root: Path) -> tuple[Path, ...]:
    """Return the folders of the snapshots that were written to their end, by name; without the folder, none."""
    return tuple(sorted(path for path in root.glob("[0-9]*.*-*") if path.is_dir()))


def clear_unfinished(root: Path) -> None:
    """Remove what killed writers left in the folder of the snapshots; only one may write at a time.

    Raises
    ------
    OSError
        Something could not be removed.
    """
    for unfinished in root.glob(f"{UNFINISHED}*"):
        shutil.rmtree(unfinished)


class Held:
    """What was read of snapshots so far: a file or row that several have in common is parsed and held once.

    A review's versions differ in a few rows each. Read without this, each of them costs as much memory and time as the
    whole newest one, and a publication reads all of them.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[object, ...], Any] = {}

    def once(self, key: tuple[object, ...], make: Callable[[], PartT]) -> PartT:
        """Return what was made under this key before, or make it; ``key`` must determine it."""
        if key not in self._parts:
            self._parts[key] = make()
        found: PartT = self._parts[key]
        return found


def read_snapshots(folders: Iterable[Path]) -> list[Snapshot]:
    """Read and verify snapshots one after another, as :func:`read_snapshot` does; what they share is held once."""
    held = Held()
    return [read_snapshot(folder, held=held) for folder in folders]


def read_snapshot(folder: Path, *, held: Held | None = None) -> Snapshot:
    """Read and verify a snapshot.

    Parameters
    ----------
    held
        What was read of other snapshots; every file is verified all the same.

    Raises
    ------
    SnapshotError
        A file is missing, changed or not listed, or the format is newer; the message names file and remedy.
    """
    held = held or Held()
    manifest = _manifest(folder)
    verified = {path: _verified(folder, path, sha) for path, sha in manifest.files.items()}
    for added in sorted(_files_in(folder) - {*manifest.files, "manifest.json"}):
        raise SnapshotError(
            f"{folder / added}: not listed in the manifest; someone added it. Remove it or restore the snapshot."
        )

    def parsed(path: str, kind: object, parse: Callable[[str], PartT]) -> PartT:
        return held.once((kind, manifest.files[path]), lambda: parse(verified[path].decode("utf-8")))

    def rows(name: str, row_type: type[RowT]) -> tuple[RowT, ...]:
        return parsed(f"tables/{name}.csv", row_type, lambda text: _rows(text, row_type, held))

    results = [path for path in sorted(verified) if path.startswith("results/")]
    try:
        return Snapshot(
            manifest=manifest,
            protocol=parsed("protocol.json", "protocol", json.loads),
            results=tuple(parsed(path, Synthesis, Synthesis.model_validate_json) for path in results),
            flow=parsed("flow.json", Flow, Flow.model_validate_json),
            changes=parsed("changes.json", Changes, Changes.model_validate_json),
            validation=parsed("validation.json", Validation, Validation.model_validate_json),
            **{
                name: rows(name, row_type)
                for name, row_type in TABLES.items()
                if f"tables/{name}.csv" in verified or name not in LATER_TABLES
            },
        )
    except (ValidationError, KeyError, json.JSONDecodeError) as error:
        raise SnapshotError(f"{folder}: not a snapshot of format {FORMAT}: {error}") from error


def _files_in(folder: Path) -> set[str]:
    """Return the paths of the files in a folder; a publication asks it of every version, so without path objects."""
    root = len(str(folder)) + 1
    return {f"{where}/{name}"[root:] for where, _, names in os.walk(folder) for name in names}


def _manifest(folder: Path) -> Manifest:
    path = folder / "manifest.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SnapshotError(f"{path}: missing; this folder is not a whole snapshot") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{path}: cannot be read as JSON ({error}); restore it from a backup") from error
    if isinstance(raw, dict) and isinstance(raw.get("format"), int) and raw["format"] > FORMAT:
        raise SnapshotError(f"{path}: format {raw['format']} is newer than {FORMAT}; update the software")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise SnapshotError(
            f"{path}: not a manifest: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}"
        ) from error


def _verified(folder: Path, path: str, sha256: str) -> bytes:
    try:
        with open(f"{folder}/{path}", "rb") as file:
            raw = file.read()
    except FileNotFoundError as error:
        raise SnapshotError(f"{folder / path}: missing, but the manifest lists it; restore the snapshot") from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise SnapshotError(f"{folder / path}: changed since it was published (hash differs); restore the snapshot")
    return raw


def _rows(text: str, row_type: type[RowT], held: Held) -> tuple[RowT, ...]:
    lines = csv.reader(io.StringIO(text))
    names = tuple(next(lines, ()))

    def row(cells: tuple[str, ...]) -> RowT:
        return held.once(
            (row_type, names, cells), lambda: row_type.model_validate(dict(zip_longest(names, cells, fillvalue=None)))
        )

    return tuple(row(tuple(cells)) for cells in lines if cells)


def json_text(value: object) -> str:
    """Return JSON for people and programs: sorted, indented, no NaN."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
