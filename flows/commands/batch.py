"""``living-review batch``: heavy steps over threads, processes or a Dask cluster."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, opened

batch_app = typer.Typer(
    help="Heavy steps in batches: over threads, processes, or a Dask cluster.", no_args_is_help=True
)

Runner = Annotated[
    str | None,
    typer.Option(metavar="RUNNER", help="threads, processes or dask:tcp://HOST:PORT; default: the setting."),
]


@batch_app.command()
def reextract(runner: Runner = None, rehearsal: Rehearsal = False) -> None:
    """Read every stored record again, for example after the extractor has learned something; prints the counts."""
    from flows.context import as_recorded, open_store, system_clock
    from flows.heavy import reextract as read_again
    from flows.process import begin_process
    from flows.settings import checked_runner, load_settings, rehearsal_settings

    settings = rehearsal_settings(load_settings()) if rehearsal else load_settings()
    begin_process(settings)
    store = open_store(settings)
    settings = as_recorded(settings, store)
    store.close()
    outcome = read_again(settings, clock=system_clock, runner=checked_runner(settings, runner))
    typer.echo(json.dumps(asdict(outcome)))


@batch_app.command()
def grids(
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap resamples of each synthesis.")] = 10_000,
    runner: Runner = None,
    rehearsal: Rehearsal = False,
) -> None:
    """Bootstrap and leave-one-out of every published synthesis: one JSON line each (log scale)."""
    from flows.heavy import grids as all_grids
    from flows.heavy import published_syntheses
    from flows.settings import checked_runner

    with opened(rehearsal=rehearsal) as (settings, store):
        found = all_grids(
            settings, published_syntheses(settings, store), draws=draws, runner=checked_runner(settings, runner)
        )
    for grid in found:
        typer.echo(json.dumps(asdict(grid)))


@batch_app.command()
def rank(
    folders: Annotated[list[Path], typer.Argument(help="Folders with decisions.jsonl and records.jsonl.")],
    runner: Runner = None,
) -> None:
    """Rank the records of many reviews: one JSON line a review, ids best first."""
    from flows.heavy import rank_reviews
    from flows.settings import checked_runner, load_settings

    settings = load_settings()
    rankings = rank_reviews(settings, folders, runner=checked_runner(settings, runner))
    for folder, ranking in zip(folders, rankings, strict=True):
        typer.echo(json.dumps({"review": str(folder), "ids": [document_id for document_id, _ in ranking]}))
