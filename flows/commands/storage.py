"""``living-review backup``, ``restore`` and ``migrate-database``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, opened

DAMAGED = 3
"""Exit code of a backup that had to leave out raw responses that are missing or were changed."""


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Folder of the backups [STATE_DIR/backups].")
    ] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Afterwards remove all but the newest N.")] = None,
    rehearsal: Rehearsal = False,
) -> None:
    """Back up database, archive and snapshots while everything runs; verified, with the hash of every file."""
    from flows.backups.making import make_backup, remove_old

    with opened(rehearsal=rehearsal) as (settings, store):
        folder = (to or settings.state_dir / "backups").absolute()
        made = make_backup(settings, store, to=folder)
    removed = remove_old(folder, keep=keep) if keep is not None else ()
    told = {
        "backup": str(made.folder),
        "files": len(made.manifest.files),
        "bytes": sum(file.size for file in made.manifest.files.values()),
        "rows": sum(table.rows for table in made.manifest.tables.values()),
        "damaged": list(made.manifest.damaged),
        "removed": [str(path) for path in removed],
    }
    typer.echo(json.dumps(told))
    if made.manifest.damaged:
        typer.echo(f"{len(made.manifest.damaged)} archived answers are NOT in it: {made.manifest.damaged[0]}", err=True)
        raise typer.Exit(DAMAGED)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `backup` made.")],
    rehearsal: Rehearsal = False,
) -> None:
    """Verify a backup and put it into an empty state; everybody signs in anew, then `publish` builds the site."""
    from flows.backups.restoring import restore_backup
    from flows.settings import load_settings, rehearsal_settings

    settings = rehearsal_settings(load_settings()) if rehearsal else load_settings()
    manifest = restore_backup(settings, folder.absolute())
    rows = sum(table.rows for table in manifest.tables.values())
    typer.echo(json.dumps({"restored": str(settings.state_dir), "made_at": manifest.made_at, "rows": rows}))
    typer.echo(
        f"Restored as of {manifest.made_at}. Sessions, tokens and unused one-time links have ended; accounts closed "
        "since then are open again: see `user list`. Now run `living-review publish`, then `living-review doctor`.",
        err=True,
    )


def migrate_database(
    source: Annotated[str, typer.Argument(metavar="SQLITE", help="The SQLite file, or its URL.")],
    target: Annotated[str, typer.Argument(metavar="POSTGRES", help="URL of an empty database of its own.")],
) -> None:
    """Copy the whole store into an empty database, compared by counts and hashes; the source stays as it is."""
    from flows.backups.moving import move_database

    moved = move_database(source, target)
    typer.echo(json.dumps({name: {"rows": table.rows, "sha256": table.sha256} for name, table in moved.items()}))
    rows = sum(table.rows for table in moved.values())
    typer.echo(
        f"{rows} rows in {len(moved)} tables, equal by hash. Set LIVING_REVIEW_DATABASE_URL to use it.", err=True
    )
