"""``extract``, ``meta`` and ``reproduce``: the parts of the pipeline as tools on files."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def extract(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="PubMed XML (plain or .gz), JATS, JSON lines.")
    ],
    processes: Annotated[int | None, typer.Option(help="Processes; all cores for large files if not given.")] = None,
) -> None:
    """Propose effect sizes from documents: one JSON line a document."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from extract.candidates.files import run
    from flows.settings import load_settings

    protocol = load_settings().protocol
    columns = (TextColumn("{task.completed} documents read"), TimeElapsedColumn())
    # A bar for a person only: silent when stderr goes to a file or another program.
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading", total=None)
        code = run(
            files,
            protocol,
            out=sys.stdout,
            err=sys.stderr,
            processes=processes or os.cpu_count() or 1,
            progress=lambda documents: bar.advance(task, documents),
        )
    raise typer.Exit(code)


def meta(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="yi,vi or yi,sei or hr,ci_low,ci_high[,ci_level].")],
    by: Annotated[str | None, typer.Option(help="Column of a subgroup analysis.")] = None,
    method: Annotated[str, typer.Option(help="EE, DL, PM, REML, ML, EB, SJ, HE or HS.")] = "REML",
    ci: Annotated[str, typer.Option(help="hksj or wald.")] = "hksj",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with every digit.")] = False,
) -> None:
    """Meta-analysis of any CSV."""
    from flows.meta import analyse_table, as_text

    result = analyse_table(file, by=by, method=method, ci=ci)
    typer.echo(json.dumps(result, allow_nan=False) if as_json else as_text(result))


def reproduce(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Re-run published meta-analyses from the curated rows: published next to ours, with the reason."""
    from extract.baseline.load import load_baseline
    from flows.settings import load_settings
    from flows.validation import reproductions

    rows = reproductions(load_baseline(load_settings().protocol))
    if as_json:
        typer.echo(json.dumps([row.model_dump() for row in rows], ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{row.review}: published {row.published}, k = {row.k}: {row.agreement}")
        typer.echo(f"  reading    {row.reading}")
        typer.echo(f"  ours       {row.ours_same_reading}")
        typer.echo(f"  properly   {row.ours_proper}")
        typer.echo(f"  {row.reason}\n")
