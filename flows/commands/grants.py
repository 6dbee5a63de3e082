"""``living-review grants``: let the application's own database role add to the evidence and change none of it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import opened


def grants(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The PostgreSQL role of LIVING_REVIEW_DATABASE_URL.")],
    show: Annotated[bool, typer.Option("--print", help="Print the statements instead of running them.")] = False,
) -> None:
    """Grant a PostgreSQL role what the application needs, and no more; run as the role that owns the tables.

    Run it with LIVING_REVIEW_DATABASE_URL set to the owner's address: it brings the tables to the newest version, then
    grants. Afterwards, and after every update of the software, the application runs under ROLE.
    """
    from extract.store.grants import grant, grant_statements

    if show:
        for statement in grant_statements(role):
            typer.echo(f"{statement};")
        return
    with opened(rehearsal=False) as (_, store), store.write() as tx:
        ran = grant(tx, role)
    typer.echo(json.dumps({"role": role, "statements": ran}))
