"""From what a page would show to what the API sends: the page's own view decides what a person may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from extract.review.api.models import (
    AbstractPart,
    DecisionLine,
    DifferenceLine,
    Doubt,
    FormFieldLine,
    Item,
    Lease,
    Line,
    Place,
    Reading,
    RecordPart,
    ReopenedPart,
    TextPart,
    TokenLine,
    ValuePart,
)
from extract.review.desk import Desk, Visit
from extract.review.done import done_notice
from extract.review.fields import text_of
from extract.review.item_pages import look_at
from extract.review.leases import Claim
from extract.review.views import queue_line
from extract.store.decisions import Decision
from extract.store.queue import Waiting
from extract.store.tokens import ApiToken

View = dict[str, Any]


def item_for(desk: Desk, visit: Visit, item: str, *, lease: Claim | None = None) -> Item:
    """Return an item as a person may see it; opening a value to decide on it takes its lease, as its page does.

    Raises
    ------
    DecisionError
        There is no such item.
    """
    kind = item.partition(":")[0]
    look = look_at(desk, visit, item, lease=lease)
    view, lease = look.values, look.lease
    with desk.store.read() as tx:
        done = done_notice(tx, item, visit.person)
    decidable = bool(view["decidable"])
    part = PARTS.get(kind)
    return Item(
        item=item,
        kind=kind,
        state=view["state"],
        decidable=decidable,
        actions=_actions(kind, view["state"], decidable=decidable) + (["undo"] if done and done.undo else []),
        seen=view["seen"],
        lease=Lease(mine=lease.mine, holder=lease.holder or None, until=lease.until or None),
        decisions=[_line(d) for d in view.get("votes") or view.get("decisions") or view.get("history") or ()],
        **({kind: part(view)} if part is not None else {}),
    )


def _actions(kind: str, state: str, *, decidable: bool) -> list[str]:
    if not decidable:
        return []
    if kind == "record":
        return ["vote"]
    if kind == "reopened":
        return ["confirm", "correct", "withdraw"]
    return ["settle", "reject"] if state == "conflict" else ["approve", "reject"]


def inbox_line(row: Waiting, *, person_id: str, waits_for: str | None) -> Line:
    """Return a line of the inbox."""
    return Line(
        item=row.item,
        kind=row.kind,
        state=row.state,
        since=row.since,
        title=queue_line(row).title,
        doubts=queue_line(row).doubts,
        mine=row.mine,
        holder=row.holder if row.holder != person_id else None,
        subtype=row.subtype,
        pattern=row.pattern,
        design=row.design,
        expected_shift=row.expected_shift,
        alert=row.alert,
        waits_for=waits_for,
    )


def token_line(token: ApiToken) -> TokenLine:
    """Return what may be shown of a token."""
    return TokenLine(
        token_id=token.token_id,
        name=token.name,
        scopes=list(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        seen_at=token.seen_at,
    )


def _record(view: View) -> RecordPart:
    parsed = view["record"]
    return RecordPart(
        pmid=parsed.pmid,
        title=parsed.title,
        abstract=[AbstractPart(label=section.label, text=section.text) for section in parsed.abstract],
        journal=parsed.journal,
        year=parsed.publication_year,
        doi=parsed.doi,
        retracted=view["retracted"],
        votes_needed=view["needed"],
        votes_hidden=view["hidden"],
        suggested_design=view["suggested"],
    )


def _value(view: View) -> ValuePart:
    candidate, blind = view["candidate"], view["blind"]
    span = candidate.effect.span
    # Only what the form shows: the quoted words, for one, hold the very numbers a blind reader must not see.
    fields = [f for group in view["groups"] for f in group.fields]
    return ValuePart(
        record=f"record:{candidate.pmid}",
        extractor=candidate.extractor_version,
        blind=blind,
        document=[TextPart(source=part.source, text=part.text) for part in view["document"]],
        document_problem=view["broken"] or None,
        place=None if blind else Place(source=span.source, start=span.start, end=span.end, text=span.text),
        form={f.name: view["texts"][f.name] for f in fields},
        proposed=None if blind else {f.name: view["proposed"][f.name] for f in fields},
        blind_fields=list(view["blind_fields"]),
        checks=[Doubt(code=one.code, severity=str(one.severity), message=one.message) for one in view["checks"]],
        differences=[_difference(one) for one in view["differences"]],
        waits_for_record=view["waits_for_record"],
        waits_for_role=view["role_wait"].words if view["role_wait"] else None,
        fields=[
            FormFieldLine(name=f.name, label=f.label, kind=f.kind, choices=[value for value, _ in f.choices])
            for f in fields
        ],
    )


def _difference(one: Any) -> DifferenceLine:
    read = [Reading(by=by, text=text) for by, text in one.read]
    return DifferenceLine(name=one.name, label=one.label, proposed=one.proposed, read=read)


def _reopened(view: View) -> ReopenedPart:
    value = view["value"]
    notices: Sequence[Any] = view["linked"]
    return ReopenedPart(
        value_id=value.value_id,
        report_id=value.report_id,
        used=view["used"],
        notices=[f"{one.kind}: {one.notice}" for one in notices],
    )


def _line(decision: Decision) -> DecisionLine:
    value = decision.details.get("value")
    return DecisionLine(
        at=decision.at,
        by=decision.by,
        action=decision.action,
        new=decision.new,
        reason=decision.reason,
        study=decision.details.get("study"),
        value={name: text_of(content) for name, content in value.items()} if value else None,
    )


PARTS: dict[str, Callable[[View], Any]] = {"record": _record, "value": _value, "reopened": _reopened}
"""Kind of item -> what the API says about it."""
