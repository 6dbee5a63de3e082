"""``living-review user``: who may sign in to the review queue. No password is ever typed on a command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, opened
from flows.commands.token import token_app

user_app = typer.Typer(help="Accounts of the review queue: add, disable, passwd, list, token.", no_args_is_help=True)
user_app.add_typer(token_app, name="token")

Person = Annotated[str, typer.Argument(metavar="PERSON", help="An id of [[people]] in protocol.toml, or a new one.")]
Role = Annotated[
    str | None, typer.Option(help="viewer or administrator, for somebody who is not a person of the protocol.")
]


@user_app.command("add")
def add(person: Person, role: Role = None, rehearsal: Rehearsal = False) -> None:
    """Add a person and print the one-time link with which they choose a password."""
    from extract.review.accounts import add_person
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (settings, store):
        token = add_person(store, settings.protocol, person, role=role, now=system_clock())
        _print_link(settings.site_url, person, token)


@user_app.command("passwd")
def passwd(person: Person, rehearsal: Rehearsal = False) -> None:
    """End a person's sessions and print a new one-time link to choose a password (opens a closed account again)."""
    from extract.review.accounts import new_link
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (settings, store):
        token = new_link(store, person, now=system_clock())
        _print_link(settings.site_url, person, token)


@user_app.command("disable")
def disable(person: Person, rehearsal: Rehearsal = False) -> None:
    """Close an account: sessions end, open items go back to the queue, votes and approvals stay."""
    from extract.review.accounts import disable_person
    from flows.context import system_clock

    with opened(rehearsal=rehearsal) as (_, store):
        disable_person(store, person, now=system_clock())
    typer.echo(json.dumps({"person": person, "state": "disabled"}))


@user_app.command("address")
def address(
    person: Person,
    email: Annotated[str | None, typer.Option(help="Where digests go; empty removes it.")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="DIGEST_URL", help="A URL of the notification library that goes before it (better as DIGEST_URL)."
        ),
    ] = None,
    digest: Annotated[bool | None, typer.Option(help="Whether the person wants digests.")] = None,
    rehearsal: Rehearsal = False,
) -> None:
    """Say where a person's digests go; the address also serves to know the person at an identity provider."""
    from extract.review.addresses import change_email, change_notify_url, switch_digest
    from extract.store.accounts import get_account

    with opened(rehearsal=rehearsal) as (_, store):
        if email is not None:
            change_email(store, person, email)
        if url is not None:
            change_notify_url(store, person, url)
        if digest is not None:
            switch_digest(store, person, wanted=digest)
        with store.read() as tx:
            account = get_account(tx, person)
    if account is not None:
        kind = account.notify_url.partition("://")[0] if account.notify_url else None
        typer.echo(json.dumps({"person": person, "email": account.email, "url": kind, "digest": account.digest}))


@user_app.command("untie")
def untie(person: Person, rehearsal: Rehearsal = False) -> None:
    """Forget who a person is at the identity provider; the next sign-in with the person's address ties them anew."""
    from extract.store.identities import untie_identities

    with opened(rehearsal=rehearsal) as (_, store), store.write() as tx:
        untied = untie_identities(tx, person)
    typer.echo(json.dumps({"person": person, "untied": untied}))


@user_app.command("list")
def list_people(rehearsal: Rehearsal = False) -> None:
    """List every account, one JSON object a line."""
    from dataclasses import asdict

    from extract.review.accounts import account_lines

    with opened(rehearsal=rehearsal) as (settings, store), store.read() as tx:
        for line in account_lines(tx, settings.protocol):
            typer.echo(json.dumps(asdict(line)))


def _print_link(site_url: str, person: str, token: str) -> None:
    from extract.review.accounts import LINK_DAYS

    typer.echo(json.dumps({"person": person, "link": f"{site_url}review/join/{token}", "days": LINK_DAYS}))
    typer.echo(f"Give this link to {person} alone; it works once, within {LINK_DAYS} days.", err=True)
