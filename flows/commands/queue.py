"""``living-review queue``: what waits for people, and their decisions from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.scope import Rehearsal, now_text, opened

if TYPE_CHECKING:
    from extract.store.engine import Store

queue_app = typer.Typer(help="The review queue: list, show, approve, reject.", no_args_is_help=True)

Item = Annotated[
    str, typer.Argument(metavar="ITEM", help="record:PMID, value:ID or reopened:VALUE, as `list` shows it.")
]
By = Annotated[str, typer.Option("--by", metavar="PERSON", help="Who decides: an id of [[people]] in protocol.toml.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="A fact of the study (record) or a correction (value)."),
]


@queue_app.command("list")
def list_items(
    rehearsal: Rehearsal = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what waits: re-opened values, proposed values, records to screen."""
    from dataclasses import asdict

    from extract.review.asked_role import ARTICLED
    from extract.review.blinding import role_waits
    from extract.review.open_to_nobody import stranded_lines
    from extract.review.views import queue_items
    from flows.screening_progress import screening_progress

    with opened(rehearsal=rehearsal) as (settings, store), store.read() as tx:
        items = queue_items(tx, settings.protocol)
        stranded = stranded_lines(tx, settings.protocol, role_waits(tx, settings.protocol))
        progress = screening_progress(tx)
    for item in items:
        if as_json:
            typer.echo(json.dumps(asdict(item), ensure_ascii=False))
        else:
            checks = f"  ! {item.doubts} checks" if item.doubts else ""
            needs = f"  ! needs {ARTICLED[item.waits_for]}" if item.waits_for else ""
            typer.echo(f"{item.item:<28} {item.state:<13} {item.since}  {item.title}{checks}{needs}")
    typer.echo(f"{len(items)} items wait", err=True)
    for line in stranded:
        typer.echo(line, err=True)
    typer.echo(f"Screening: {progress.told()}", err=True)


@queue_app.command("show")
def show_item(
    item: Item,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="PERSON",
            help="First reader of a value: shows its numbers, and bars from the second reading.",
        ),
    ] = "",
    rehearsal: Rehearsal = False,
) -> None:
    """Show one item with its words in the source and the decisions so far, as JSON."""
    from extract.review.blinding import role_wait
    from extract.review.people import reviewer
    from extract.review.views import item_details
    from extract.store.candidates import get_candidate
    from extract.store.sightings import note_sighting

    kind, identifier = _split(item)
    with opened(rehearsal=rehearsal) as (settings, store):
        reader = reviewer(settings.protocol, by).person_id if by else ""
        with store.write() as tx:
            details = item_details(tx, item, reader=reader)
            candidate = get_candidate(tx, identifier) if kind == "value" else None
            wait = role_wait(tx, settings.protocol, candidate) if candidate is not None else None
            if wait is not None:
                details["waits"] = wait.words
            if reader and kind == "value":
                note_sighting(tx, identifier, reader, at=now_text())
    typer.echo(json.dumps(details, ensure_ascii=False, indent=2))


@queue_app.command("approve")
def approve(
    item: Item,
    by: By,
    set_: Set = None,
    reason: Annotated[str | None, typer.Option(help="Why; needed with --set on a value.")] = None,
    clear_checks: Annotated[bool, typer.Option(help="The checks that fired were looked at; needs --reason.")] = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Include a record, approve a value, or confirm a re-opened value; with --set, correct it as its erratum prints it.

    The second reader of a value reads blind: give every number with --set as the document prints it
    (estimate, ci_low, ci_high, ci_level, and n and events where they are printed).
    """
    from extract.review.approval import approve_value
    from extract.review.curves import refuse_without_number
    from extract.review.fields import BLIND_REASON, blind_changes
    from extract.review.reopened import confirm_reopened, correct_reopened
    from extract.review.screening import include_record
    from flows.curves import log_hr_of_curves

    kind, identifier = _split(item)
    changes = _changes(set_ or [])
    with opened(rehearsal=rehearsal) as (settings, store):
        protocol, at = settings.protocol, now_text()
        if kind == "record":
            state: str = include_record(store, protocol, identifier, by=by, at=at, study=changes, reason=reason)
        elif kind == "value":
            blind = _reads_blind(store, identifier)
            refuse_without_number(changes, log_hr_of_curves)
            state = approve_value(
                store,
                protocol,
                identifier,
                by=by,
                at=at,
                changes=blind_changes(changes) if blind else changes,
                reason=reason or (BLIND_REASON if blind else None),
                clear_checks=clear_checks,
                blind=blind,
            )
        elif changes:
            state = correct_reopened(
                store,
                protocol,
                identifier,
                by=by,
                at=at,
                changes=changes,
                reason=reason or "",
                clear_checks=clear_checks,
            )
        else:
            state = confirm_reopened(store, protocol, identifier, by=by, at=at, reason=reason or "")
    typer.echo(json.dumps({"item": item, "state": state}))


@queue_app.command("reject")
def reject(
    item: Item,
    by: By,
    reason: Annotated[str, typer.Option(help="A code of the exclusion reasons (record), or words (value).")],
    comment: Annotated[str | None, typer.Option(help="More words about an exclusion.")] = None,
    rehearsal: Rehearsal = False,
) -> None:
    """Exclude a record, reject a value, or withdraw a re-opened value."""
    from extract.review.approval import reject_value
    from extract.review.reopened import withdraw_value
    from extract.review.screening import exclude_record

    kind, identifier = _split(item)
    with opened(rehearsal=rehearsal) as (settings, store):
        protocol, at = settings.protocol, now_text()
        if kind == "record":
            state: str = exclude_record(store, protocol, identifier, by=by, at=at, reason_code=reason, reason=comment)
        elif kind == "value":
            state = reject_value(store, protocol, identifier, by=by, at=at, reason=reason)
        else:
            state = withdraw_value(store, protocol, identifier, by=by, at=at, reason=reason)
    typer.echo(json.dumps({"item": item, "state": state}))


@queue_app.command("reopen")
def reopen(
    item: Item,
    by: By,
    reason: Annotated[str, typer.Option(help="What is wrong with the approved value.")],
    rehearsal: Rehearsal = False,
) -> None:
    """Re-open an approved value (value:ID as `table export` names it); two people then confirm or withdraw it."""
    from extract.errors import DecisionError
    from extract.review.reopened import reopen_value

    kind, identifier = _split(item)
    if kind == "record":
        raise DecisionError(f"{item}: only values can be re-opened; write value:ID")
    with opened(rehearsal=rehearsal) as (settings, store):
        state = reopen_value(store, settings.protocol, identifier, by=by, at=now_text(), reason=reason)
    typer.echo(json.dumps({"item": f"reopened:{identifier}", "state": state}))


def _reads_blind(store: Store, candidate_id: str) -> bool:
    """Tell whether a value waits for its second reader."""
    from extract.store.candidates import get_candidate

    with store.read() as tx:
        candidate = get_candidate(tx, candidate_id)
    return candidate is not None and candidate.state == "needs_second"


def _split(item: str) -> tuple[str, str]:
    from extract.errors import DecisionError

    kind, _, identifier = item.partition(":")
    if kind not in ("record", "value", "reopened") or not identifier:
        raise DecisionError(f"{item!r} is no item; write record:PMID, value:ID or reopened:VALUE")
    return kind, identifier


def _changes(pairs: list[str]) -> dict[str, str]:
    from extract.errors import DecisionError

    changes = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise DecisionError(f"--set {pair!r}: write FIELD=VALUE")
        changes[name.strip()] = value.strip()
    return changes
