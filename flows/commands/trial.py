"""``living-review trial``: what the registries hold, and which of it is about the question."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal, now_text, opened

trial_app = typer.Typer(help="Registered trials: list, keep, set-aside.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", metavar="PERSON", help="Who decides (id of protocol.toml).")]


@trial_app.command("list")
def list_(rehearsal: Rehearsal = False) -> None:
    """List the registered trials as JSON lines, those nobody has looked at first."""
    from extract.review.trials import trial_items
    from flows.registries import linked_families

    with opened(rehearsal=rehearsal) as (_, store), store.read() as tx:
        ours = linked_families(tx)
        for item in trial_items(tx):
            facts = item.trial.facts
            family = ours.get(item.trial.registry_id)
            row = {"id": item.trial.registry_id, "decided": item.decided, "title": facts["brief_title"]}
            row["study"] = family.study_id if family is not None else None
            row |= {name: facts.get(name) for name in ("status", "start", "primary_completion", "enrolment")}
            typer.echo(json.dumps(row, ensure_ascii=False))


@trial_app.command("keep")
def keep(
    trial: str,
    by: By,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    rehearsal: Rehearsal = False,
) -> None:
    """List a trial among the ongoing ones of the question."""
    _decide(trial, by=by, reason=reason, listed=True, rehearsal=rehearsal)


@trial_app.command("set-aside")
def set_aside(
    trial: str, by: By, reason: Annotated[str, typer.Option("--reason", help="Why.")], rehearsal: Rehearsal = False
) -> None:
    """Set a trial aside: it is not about the question."""
    _decide(trial, by=by, reason=reason, listed=False, rehearsal=rehearsal)


def _decide(trial: str, *, by: str, reason: str | None, listed: bool, rehearsal: bool) -> None:
    from extract.review.trials import decide_trial

    with opened(rehearsal=rehearsal) as (settings, store):
        decide_trial(store, settings.protocol, trial, by=by, at=now_text(), listed=listed, reason=reason)
    typer.echo(f"{trial} {'is listed' if listed else 'is set aside'}", err=True)
