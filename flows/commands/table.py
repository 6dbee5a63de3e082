"""``living-review table``: the curated table out, and its history."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, opened

table_app = typer.Typer(help="The curated table: export, history.", no_args_is_help=True)


@table_app.command("export")
def export(
    rehearsal: Rehearsal = False,
    version: Annotated[
        int | None, typer.Option(help="A frozen version; the approved rows of now if not given.")
    ] = None,
) -> None:
    """Write the curated table as JSON lines: reported values, corrections apart, provenance."""
    from extract.errors import DecisionError
    from extract.store.versions import frozen_rows
    from flows.frozen import read_table

    with opened(rehearsal=rehearsal) as (_, store), store.read() as tx:
        rows = read_table(tx).rows() if version is None else frozen_rows(tx, version)
    if rows is None:
        raise DecisionError(f"--version {version}: no such frozen version; see `living-review table history`")
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False))


@table_app.command("history")
def history(rehearsal: Rehearsal = False) -> None:
    """List the frozen versions and the snapshots published from them, as JSON lines."""
    from dataclasses import asdict

    from extract.store.versions import all_versions, published_snapshots

    with opened(rehearsal=rehearsal) as (_, store), store.read() as tx:
        snapshots = published_snapshots(tx)
        for version in all_versions(tx):
            published = [s.version for s in snapshots if s.table_version == version.version]
            typer.echo(json.dumps({**asdict(version), "published_as": published}))
