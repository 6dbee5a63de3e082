"""``living-review link``: proposed links between reports, studies and cohorts, and what people decide on them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, now_text, opened

link_app = typer.Typer(help="What belongs together: list, confirm, reject, group, split.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who decides (an id of protocol.toml).")]
Why = Annotated[str, typer.Option("--reason", help="Why.")]


@link_app.command("list")
def list_(rehearsal: Rehearsal = False) -> None:
    """List what may belong together, best first, as JSON lines with the evidence."""
    from dataclasses import asdict

    from extract.store.links import list_links

    with opened(rehearsal=rehearsal) as (_, store), store.read() as tx:
        for link in list_links(tx):
            typer.echo(json.dumps(asdict(link), ensure_ascii=False))


@link_app.command("confirm")
def confirm(
    proposal: str,
    by: By,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    supersedes: Annotated[
        str | None, typer.Option(help="The report of the study that the new one replaces, or none.")
    ] = None,
    rehearsal: Rehearsal = False,
) -> None:
    """Confirm a proposed link."""
    from extract.review.linking import confirm_link

    with opened(rehearsal=rehearsal) as (settings, store):
        confirm_link(store, settings.protocol, proposal, by=by, at=now_text(), reason=reason, supersedes=supersedes)
    typer.echo(f"link:{proposal} confirmed", err=True)


@link_app.command("reject")
def reject(proposal: str, by: By, reason: Why, rehearsal: Rehearsal = False) -> None:
    """Reject a proposed link; it is not proposed again."""
    from extract.review.linking import reject_link

    with opened(rehearsal=rehearsal) as (settings, store):
        reject_link(store, settings.protocol, proposal, by=by, at=now_text(), reason=reason)
    typer.echo(f"link:{proposal} rejected", err=True)


@link_app.command("group")
def group(
    study: Annotated[str, typer.Argument(help="Id of a study.")],
    beside: Annotated[str, typer.Option("--with", help="group:NAME, or study:ID of another study.")],
    by: By,
    reason: Why,
    rehearsal: Rehearsal = False,
) -> None:
    """Put a study into an overlap group although no link was proposed: they may hold the same people."""
    from extract.review.grouping import put_in_group

    with opened(rehearsal=rehearsal) as (settings, store):
        name = put_in_group(store, settings.protocol, study, beside, by=by, at=now_text(), reason=reason)
    typer.echo(f"study:{study} stands in the overlap group {name} now", err=True)


@link_app.command("split")
def split(
    item: Annotated[str, typer.Argument(help="report:ID out of its study, or study:ID out of its overlap group.")],
    by: By,
    reason: Why,
    rehearsal: Rehearsal = False,
) -> None:
    """Take a report out of its study, or a study out of its overlap group."""
    from extract.errors import DecisionError
    from extract.review.grouping import split_overlap
    from extract.review.linking import split_report

    kind, _, identifier = item.partition(":")
    with opened(rehearsal=rehearsal) as (settings, store):
        if kind == "report":
            study_id = split_report(store, settings.protocol, identifier, by=by, at=now_text(), reason=reason)
            typer.echo(f"{item} is now of study {study_id}", err=True)
        elif kind == "study":
            split_overlap(store, settings.protocol, identifier, by=by, at=now_text(), reason=reason)
            typer.echo(f"{item} is in no overlap group now", err=True)
        else:
            raise DecisionError(f"{item!r}: name what to split as report:ID or study:ID")
