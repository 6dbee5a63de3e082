"""``living-review doctor``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands.scope import Rehearsal

MARKS = {"ok": "ok      ", "warning": "WARNING ", "problem": "PROBLEM ", "not checked": "-       "}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask PubMed.")] = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Look at everything the review stands on and say what to do; changes nothing.

    Exit code 0: all is well; 3: it works, but something needs a person soon; 2: something is broken.
    """
    from dataclasses import asdict

    from flows.doctor.examine import examine
    from flows.doctor.findings import exit_code
    from flows.settings import load_settings, rehearsal_settings

    settings = rehearsal_settings(load_settings()) if rehearsal else load_settings()
    findings = examine(settings, online=not offline and not rehearsal)
    if as_json:
        told = {"exit_code": exit_code(findings), "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(told, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{MARKS[finding.state]} {finding.check:<12} {finding.found}")
            if finding.todo:
                typer.echo(f"{'':<9} {'':<12} -> {finding.todo}")
    raise typer.Exit(exit_code(findings))
