"""``living-review alert``: tell the operator something, for example that a service failed."""

from __future__ import annotations

from typing import Annotated

import typer


def alert(text: Annotated[str, typer.Argument(help="What happened, in one line.")]) -> None:
    """Send a line to the addresses of LIVING_REVIEW_NOTIFY_URLS; systemd's units do so when they fail."""
    from flows.notify import notify
    from flows.process import begin_process
    from flows.settings import load_settings

    settings = load_settings()
    begin_process(settings)
    reached = notify(settings, title=text, body=f"{settings.protocol.question.short_title}\n{settings.site_url}")
    typer.echo(f"told {reached}", err=True)
