"""``living-review import`` and ``export``: references of other databases in, ours out."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, now_text, opened


class ExportFormat(StrEnum):
    """Formats of an export."""

    RIS = "ris"
    CSV = "csv"


class Which(StrEnum):
    """Which records to export."""

    ALL = "all"
    INCLUDED = "included"
    EXCLUDED = "excluded"
    WAITING = "waiting"


def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="RIS (.ris), BibTeX (.bib), NBIB (.nbib) or CSV.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Who imports (id of protocol.toml).")] = None,
    undo: Annotated[str | None, typer.Option("--undo", metavar="ID", help="Take an import back.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the imports, as JSON lines.")] = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Import references for screening, deduplicated against ours; an import can be taken back (--undo)."""
    from dataclasses import asdict

    from extract.errors import DecisionError
    from extract.store.imports import all_imports
    from flows.imports import import_file, undo_import

    if sum((bool(files), undo is not None, list_)) != 1:
        raise DecisionError("give FILE... to import, --undo ID to take one back, or --list")
    with opened(rehearsal=rehearsal) as (settings, store):
        if list_:
            with store.read() as tx:
                for done in all_imports(tx):
                    typer.echo(json.dumps(asdict(done), ensure_ascii=False))
            return
        if by is None:
            raise DecisionError("--by PERSON is missing: an import and its undo are decisions of somebody")
        if undo is not None:
            gone = undo_import(store, settings.protocol, undo, by=by, at=now_text())
            typer.echo(f"import {undo} taken back: {len(gone)} records left the queue", err=True)
            return
        for path in files or ():
            imported = import_file(store, settings.protocol, path, by=by, at=now_text())
            typer.echo(json.dumps(asdict(imported), ensure_ascii=False))
            done_before = " (imported before, nothing was done)" if imported.done_before else ""
            typer.echo(
                f"{path.name}: {len(imported.new)} new records for screening, {imported.known} known, "
                f"{imported.to_check} pairs to look at; undo with --undo {imported.import_id}{done_before}",
                err=True,
            )


def export(
    format_: Annotated[ExportFormat, typer.Option("--format", help="ris or csv.")] = ExportFormat.RIS,
    which: Annotated[Which, typer.Option("--records", help="Which records.")] = Which.ALL,
    rehearsal: Rehearsal = False,
) -> None:
    """Write our records as RIS or CSV to stdout."""
    from flows.export import exported

    with opened(rehearsal=rehearsal) as (_, store), store.read() as tx:
        sys.stdout.write(exported(tx, format_.value, which.value))
