"""The ``living-review`` command: one function a command, no logic.

Machine-readable output goes to stdout as JSON, people's messages to stderr. Exit codes: 0 done; 2 usage or bad input;
3 done, but the search failed or was incomplete; 4 refused to publish; 1 a bug. Everything but typer is imported inside
the commands, so that ``--help`` answers at once and ``extract``, ``meta`` and ``status`` never load Prefect.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.alert import alert
from flows.commands.batch import batch_app
from flows.commands.digest import digest
from flows.commands.doctor import doctor
from flows.commands.exchange import export, import_
from flows.commands.grants import grants
from flows.commands.link import link_app
from flows.commands.queue import queue_app
from flows.commands.rank import rank
from flows.commands.scope import Rehearsal
from flows.commands.storage import backup, migrate_database, restore
from flows.commands.table import table_app
from flows.commands.tools import extract, meta, reproduce
from flows.commands.trial import trial_app
from flows.commands.user import user_app

app = typer.Typer(
    name="living-review",
    help="A living systematic review: surgery of the primary tumour in de novo metastatic breast cancer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading the rich renderer alone would take half the time
)
app.add_typer(batch_app, name="batch")
app.add_typer(queue_app, name="queue")
app.add_typer(link_app, name="link")
app.add_typer(trial_app, name="trial")
app.add_typer(table_app, name="table")
app.add_typer(user_app, name="user")
app.command()(alert)
app.command()(backup)
app.command()(digest)
app.command()(doctor)
app.command()(extract)
app.command()(grants)
app.command()(meta)
app.command()(migrate_database)
app.command()(rank)
app.command("import")(import_)
app.command()(export)
app.command()(reproduce)
app.command()(restore)

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Date the night stands for (ISO).")]
Archive = Annotated[
    Path | None, typer.Option("--archive", metavar="DIR", help="Run against a recorded archive instead of PubMed.")
]


@app.command()
def nightly(
    as_of: AsOf = None,
    archive: Archive = None,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only if the last night that was due has not run.")] = False,
) -> None:
    """Run one night: search, surveillance, extraction, queue, publish."""
    from flows.context import system_clock
    from flows.process import begin_process
    from flows.running import due_tonight, run_archive_night, run_live_night
    from flows.settings import load_settings

    settings = load_settings()
    begin_process(settings)
    if if_due:
        as_of = due_tonight(settings, clock=system_clock)
        if as_of is None:
            typer.echo("no night is due", err=True)
            return
    report = run_archive_night(archive, as_of=as_of) if archive else run_live_night(as_of=as_of)
    raise typer.Exit(report.exit_code)


@app.command()
def run() -> None:
    """Run the live night, or a rehearsal of it when PubMed cannot be reached."""
    from flows.running import run_or_rehearse

    raise typer.Exit(run_or_rehearse().exit_code)


@app.command()
def publish(rehearsal: Rehearsal = False) -> None:
    """Freeze the approved rows, analyse, and publish the site."""
    from flows.running import publish_now

    publish_now(rehearsal=rehearsal)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    rehearsal: Rehearsal = False,
    schedule: Annotated[bool, typer.Option(help="Also run the nightly schedule.")] = True,
) -> None:
    """Run scheduler, review queue (/review/) and published site (/) in one command."""
    from flows.serve import serve_all

    serve_all(host=host, port=port, rehearsal=rehearsal, schedule=schedule)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Say how current the review is."""
    from flows.commands.status import print_status

    print_status(as_json=as_json, rehearsal=rehearsal)


def main() -> None:
    """Run the command; what a person can mend is one line on stderr and an exit code, a bug keeps its traceback."""
    try:
        app()
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        typer.echo(f"living-review: {' '.join(str(error).split())}", err=True)
        sys.exit(code)


def exit_code_of(error: Exception) -> int | None:
    """Return the exit code of an error a person can mend, None for a bug."""
    from analysis.errors import AnalysisError
    from extract.errors import SearchFailed, UserError
    from flows.errors import NotificationFailed, PublishRefused, SettingsError

    if isinstance(error, SearchFailed):
        return 3
    if isinstance(error, PublishRefused):
        return 4
    if isinstance(error, UserError | SettingsError | NotificationFailed | AnalysisError):
        return 2
    return None


if __name__ == "__main__":
    main()
