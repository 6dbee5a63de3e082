"""``rank``: the reading order of unscreened records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def rank(
    decisions: Annotated[
        Path, typer.Option(metavar="FILE", help='JSON lines {"id", "label"}: 1, 0, include or exclude; text optional.')
    ],
    records: Annotated[Path, typer.Option(metavar="FILE", help='JSON lines {"id", "title", "abstract"}.')],
) -> None:
    """Rank unscreened records given past decisions: one JSON line a record, best first; nothing is excluded."""
    from flows.rank import rank_files

    ranking = rank_files(decisions, records)
    for document in ranking.documents:
        typer.echo(json.dumps({"id": document.document_id, "score": document.score}, ensure_ascii=False))
    typer.echo(
        f"{len(ranking.documents)} records ranked by {ranking.included} included and {ranking.excluded} excluded "
        "decisions; the order advises, people decide",
        err=True,
    )
