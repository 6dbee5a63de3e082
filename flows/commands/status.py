"""``living-review status``."""

from __future__ import annotations

import typer

from flows.commands.scope import opened


def print_status(*, as_json: bool, rehearsal: bool) -> None:
    """Print the status computed from the log."""
    from flows.context import system_clock
    from flows.screening_progress import screening_progress
    from flows.status import compute_status

    with opened(rehearsal=rehearsal) as (settings, store), store.read() as tx:
        status = compute_status(tx, settings, now=system_clock())
        progress = None if as_json else screening_progress(tx)
    if progress is None:
        typer.echo(status.model_dump_json(indent=2))
        return
    for name, value in status.model_dump().items():
        typer.echo(f"{name.replace('_', ' '):<22} {'-' if value is None else value}")
    typer.echo(f"{'screening':<22} {progress.told()}")
