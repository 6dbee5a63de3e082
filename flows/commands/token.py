"""``living-review user token``: tokens with which programs act for a person through the API."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, opened

token_app = typer.Typer(help="Tokens of the API: add, list, revoke.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Whom the token acts for; the person has an account.")]


@token_app.command("add")
def add(
    person: Person,
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="read (default), decide or administer; repeatable.")] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
    rehearsal: Rehearsal = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from extract.review.tokens import make_token
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (settings, store):
        token, made = make_token(
            store, settings.protocol, person, name=name, scopes=scope or ["read"], now=system_clock(), days=days
        )
    line = {"person": person, "token": token, "token_id": made.token_id, "scopes": list(made.scopes)}
    typer.echo(json.dumps({**line, "expires_at": made.expires_at}))
    typer.echo("Keep it as you keep a password; it is not shown again.", err=True)


@token_app.command("list")
def list_tokens(person: Person, rehearsal: Rehearsal = False) -> None:
    """List a person's tokens that still work, one JSON object a line."""
    from dataclasses import asdict

    from extract.review.tokens import working_tokens
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (_, store):
        for token in working_tokens(store, person, now=system_clock()):
            typer.echo(json.dumps({k: v for k, v in asdict(token).items() if k != "revoked_at"}))


@token_app.command("revoke")
def revoke(
    person: Person,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="The token_id that `list` shows.")],
    rehearsal: Rehearsal = False,
) -> None:
    """Revoke a token: it stops working at once."""
    from extract.review.tokens import end_token
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (_, store):
        end_token(store, person, token_id, now=system_clock())
    typer.echo(json.dumps({"person": person, "token_id": token_id, "state": "revoked"}))
