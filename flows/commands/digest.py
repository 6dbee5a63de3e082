"""``living-review digest``: tell people what waits for them, once a day at most."""

from __future__ import annotations

import json

import typer

from flows.commands.scope import Rehearsal, opened


def digest(rehearsal: Rehearsal = False) -> None:
    """Send today's digests: to each person's address, and to LIVING_REVIEW_NOTIFY_URLS for the team.

    Prints one JSON object a recipient; a second call on one day sends nothing again but what had failed.
    """
    from dataclasses import asdict

    from flows.context import system_clock
    from flows.digest import send_digests
    from flows.errors import NotificationFailed
    from flows.process import begin_process

    with opened(rehearsal=rehearsal) as (settings, store):
        begin_process(settings)
        sent = send_digests(settings, store, clock=system_clock)
    for one in sent:
        typer.echo(json.dumps(asdict(one)))
    failed = [one.recipient for one in sent if one.state == "failed"]
    if failed:
        raise NotificationFailed(f"digests for {', '.join(failed)} were not taken; the next call tries again")
