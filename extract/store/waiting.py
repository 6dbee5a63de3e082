"""The queue as one query: records to screen, proposed values of included records, re-opened values."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)

from extract.schema.vocabulary import RecordState
from extract.store.asker import Asker
from extract.store.candidates import OPEN_STATES
from extract.store.tables import (
    alerts,
    candidates,
    decisions,
    leases,
    queue_facts,
    record_ranks,
    records,
    reports,
    trial_families,
    values,
)

OPEN_RECORDS = (RecordState.NEW.value, RecordState.SCREENING.value, RecordState.CONFLICT.value)


VALUES_FIRST = 9.0
"""Rank of values: above every record, whose rank is at most 2 (randomised, and most like what is included)."""

NOT_RANKED = 0.5

PERSON, NOW = bindparam("person", type_=String), bindparam("now", type_=String)
BARRED = bindparam("barred", expanding=True, type_=String)
DISPUTED = bindparam("disputed", expanding=True, type_=String)
ORPHANS = bindparam("orphans", expanding=True, type_=String)


def parameters(asker: Asker) -> dict[str, Any]:
    """Return what :func:`every_item` asks to be told at each execution."""
    several = {name: list(getattr(asker, name)) for name in ("barred", "orphans", "disputed")}
    return {"person": asker.person_id, "now": asker.at, **several}


@lru_cache(maxsize=8)
def every_item(*, decides: bool, settles: bool, reads: bool) -> Any:
    """Return the whole queue as one subquery; ``mine`` is 1 for what the asker can decide on now.

    Built once: to put it together costs more than to run it.
    """
    everything = union_all(*_parts(settles=settles, reads=reads)).subquery("waiting")
    if decides:
        return everything
    columns = [column for column in everything.c if column.name != "mine"]
    return select(*columns, cast(literal(0), Integer).label("mine")).subquery("waiting_for_others")


@lru_cache(maxsize=64)
def some_items(names: frozenset[str], *, settles: bool, reads: bool) -> Any:
    """Return some columns of :func:`every_item` only: notices, holders and whose work it is cost more than the rest."""
    return union_all(
        *(_only(part, columns, names) for part, columns in _columns(settles=settles, reads=reads))
    ).subquery("some")


@lru_cache(maxsize=64)
def own_items(names: frozenset[str], *, settles: bool, reads: bool) -> Any:
    """Return the same of what the asker can decide on now."""
    few = [
        _only(part, columns, names).where(columns["mine"] == 1)
        for part, columns in _columns(settles=settles, reads=reads)
    ]
    return union_all(*few).subquery("own")


def _columns(*, settles: bool, reads: bool) -> list[tuple[Select[Any], dict[str, Any]]]:
    """Return each part of the queue with its columns by the name they have in the whole."""
    parts = _parts(settles=settles, reads=reads)
    names = [str(column.key) for column in parts[0].selected_columns]
    return [(part, dict(zip(names, part.selected_columns, strict=True))) for part in parts]


def _only(part: Select[Any], columns: dict[str, Any], names: frozenset[str]) -> Select[Any]:
    return part.with_only_columns(*(column.label(name) for name, column in columns.items() if name in names))


def _parts(*, settles: bool, reads: bool) -> tuple[Select[Any], ...]:
    return (
        _records(settles=settles, reads=reads),
        _values(settles=settles, reads=reads),
        _reopened(settles=settles, reads=reads),
    )


def _records(*, settles: bool, reads: bool) -> Select[Any]:
    item = literal("record:") + records.c.pmid
    mine = and_(_offered(records.c.state, settles=settles, reads=reads), _undecided("record", records.c.pmid))
    return (
        select(
            item.label("item"),
            literal("record").label("kind"),
            records.c.state.label("state"),
            records.c.first_night.label("since"),
            records.c.title.label("title"),
            records.c.pmid.label("pmid"),
            *(cast(null(), String).label(name) for name in ("outcome", "subtype", "pattern", "measure")),
            cast(literal(0), Integer).label("doubts"),
            queue_facts.c.design.label("design"),
            queue_facts.c.expected_shift.label("expected_shift"),
            _alert(records.c.report_id).label("alert"),
            holder_of(item).label("holder"),
            _flag(mine).label("mine"),
            # One that came since the last ranking is read before those that look unlike everything included.
            func.coalesce(record_ranks.c.score + record_ranks.c.randomised, NOT_RANKED).label("rank"),
        )
        .select_from(
            records.outerjoin(queue_facts, queue_facts.c.item == item).outerjoin(
                record_ranks, record_ranks.c.pmid == records.c.pmid
            )
        )
        # A record of an import that was taken back waits for nobody.
        .where(records.c.state.in_(OPEN_RECORDS), records.c.undone_at.is_(None))
    )


def _values(*, settles: bool, reads: bool) -> Select[Any]:
    item = literal("value:") + candidates.c.candidate_id
    mine = and_(
        or_(_offered(candidates.c.state, settles=settles, reads=reads), candidates.c.candidate_id.in_(ORPHANS)),
        _undecided("candidate", candidates.c.candidate_id),
        not_(and_(candidates.c.state == "needs_second", candidates.c.candidate_id.in_(BARRED))),
    )
    joined = (
        candidates.join(records, records.c.pmid == candidates.c.pmid)
        .outerjoin(reports, reports.c.report_id == records.c.report_id)
        .outerjoin(trial_families, trial_families.c.study_id == reports.c.study_id)
        .outerjoin(queue_facts, queue_facts.c.item == item)
    )
    return (
        select(
            item,
            literal("value"),
            candidates.c.state,
            candidates.c.night,
            records.c.title,
            candidates.c.pmid,
            candidates.c.outcome,
            candidates.c.subtype,
            candidates.c.pattern,
            candidates.c.measure,
            candidates.c.doubts,
            func.coalesce(trial_families.c.design, queue_facts.c.design),
            queue_facts.c.expected_shift,
            _alert(records.c.report_id),
            holder_of(item),
            _flag(mine),
            literal(VALUES_FIRST),
        )
        .select_from(joined)
        .where(candidates.c.state.in_(OPEN_STATES), records.c.state == RecordState.INCLUDED.value)
    )


def _reopened(*, settles: bool, reads: bool) -> Select[Any]:
    item = literal("reopened:") + values.c.value_id
    notice = select(func.max(alerts.c.night)).where(alerts.c.report_id == values.c.report_id).scalar_subquery()
    # A value about which people differ is a conflict, though its state is the value's own.
    standing = case((values.c.value_id.in_(DISPUTED), literal("conflict")), else_=values.c.state)
    mine = and_(_offered(standing, settles=settles, reads=reads), _undecided_since_reopening(values.c.value_id))
    joined = (
        values.join(reports, reports.c.report_id == values.c.report_id)
        .outerjoin(trial_families, trial_families.c.study_id == reports.c.study_id)
        .outerjoin(queue_facts, queue_facts.c.item == item)
    )
    return (
        select(
            item,
            literal("reopened"),
            cast(values.c.state, String),
            func.coalesce(notice, func.substr(values.c.approved_at, 1, 10)),
            func.coalesce(reports.c.facts["title"].as_string(), values.c.value_id),
            reports.c.pmid,
            values.c.reported["outcome"].as_string(),
            values.c.reported["subtype"].as_string(),
            values.c.reported["pattern"].as_string(),
            values.c.reported["measure"].as_string(),
            cast(literal(0), Integer),
            trial_families.c.design,
            queue_facts.c.expected_shift,
            _alert(values.c.report_id),
            holder_of(item),
            _flag(mine),
            literal(VALUES_FIRST),
        )
        .select_from(joined)
        .where(values.c.state == "reopened")
    )


def _offered(state: Any, *, settles: bool, reads: bool) -> Any:
    """Return whether an item in a state is this kind of person's work: conflicts, the rest, or both."""
    if settles:
        return true() if reads else state == "conflict"
    return state != "conflict"


def _flag(mine: Any) -> Any:
    return case((mine, 1), else_=0)


def _undecided(kind: str, subject: Any) -> Any:
    """Return whether no decision of this person on a thing stands: none, or it was taken back.

    Asked once for all that a person decided, not of each item that waits.
    """
    latest, own = decisions.alias(), decisions.alias()
    last = select(func.max(latest.c.seq)).where(latest.c.by == PERSON, latest.c.subject_kind == kind)
    standing = select(own.c.subject_id).where(own.c.seq.in_(last.group_by(latest.c.subject_id)), own.c.action != "undo")
    return subject.not_in(standing)


def _undecided_since_reopening(value_id: Any) -> Any:
    """Return whether no decision of this person on a value stands since it was re-opened."""
    own, again = decisions.alias(), decisions.alias()
    since = (
        select(func.max(again.c.seq))
        .where(again.c.subject_kind == "value", again.c.subject_id == value_id, again.c.action == "reopen")
        # Two levels down SQLAlchemy would otherwise look at the re-openings of every value, not of this one.
        .correlate_except(again)
        .scalar_subquery()
    )
    latest = (
        select(own.c.action)
        .where(
            own.c.by == PERSON,
            own.c.subject_kind == "value",
            own.c.subject_id == value_id,
            own.c.seq > func.coalesce(since, 0),
        )
        .order_by(own.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(latest, "undo") == "undo"


def _alert(report_id: Any) -> Any:
    latest = select(alerts.c.kind).where(alerts.c.report_id == report_id)
    return latest.order_by(alerts.c.alert_id.desc()).limit(1).scalar_subquery()


def holder_of(item: Any) -> Any:
    """Return who has an item open at :data:`NOW`."""
    return select(leases.c.person_id).where(leases.c.item == item, leases.c.expires_at > NOW).scalar_subquery()
