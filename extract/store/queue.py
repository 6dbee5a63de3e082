"""What waits for people, asked of the database in one pass: only the lines that are shown leave it.

The order is the expected effect on a published result (stored by ``flows``); where that is nothing known, values,
then records in the ranker's reading order (randomised trials first); then age. Nothing is ever left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, case, false, func, literal, null, or_, select

from extract.store.asker import Asker
from extract.store.engine import Transaction
from extract.store.tables import alerts, candidates, queue_facts
from extract.store.waiting import every_item, holder_of, own_items, parameters, some_items

STAGES = ("reopened", "conflict", "needs_second", "proposed", "screening", "new")
"""States in the order of work, where effect and age are equal: what stands on a page, then what is nearest to one."""


ORDERED_BY = ("state", "since", "expected_shift", "rank")
"""Columns the order of work looks at, besides the item's name."""

SHOWN = bindparam("shown", expanding=True, type_=String)

IN_SIGHT = 100
"""Items looked at for the next one: whoever leaves this many for later begins again at the first."""


@dataclass(frozen=True)
class Wanted:
    """Which items are asked for; an empty text asks for all.

    Parameters
    ----------
    show
        ``mine``, ``all``, or a state.
    kind
        ``record``, ``value`` or ``reopened``.
    checks
        ``open`` or ``none``.
    before
        Only items that began to wait before this date (ISO).
    assignee
        A person who has the item open now; ``-`` for nobody.
    alert
        A kind of notice; ``any``.
    words
        A part of the title, or a PMID.
    """

    show: str = "all"
    kind: str = ""
    subtype: str = ""
    pattern: str = ""
    design: str = ""
    checks: str = ""
    before: str = ""
    assignee: str = ""
    alert: str = ""
    words: str = ""


@dataclass(frozen=True)
class Waiting:
    """One item that waits.

    Parameters
    ----------
    item
        ``record:<pmid>``, ``value:<candidate>`` or ``reopened:<value>``.
    title
        Title of the record or report.
    doubts
        How many checks fired on a proposed value.
    expected_shift
        How far a published pooled log hazard ratio may move, as last computed; None where nobody computed it.
    alert
        Kind of the latest notice on its report, or None.
    holder
        Who has it open now, or None.
    mine
        Whether the asker can decide on it now.
    """

    item: str
    kind: str
    state: str
    since: str
    title: str
    pmid: str | None
    outcome: str | None
    subtype: str | None
    pattern: str | None
    measure: str | None
    doubts: int
    design: str | None
    expected_shift: float | None
    alert: str | None
    holder: str | None
    mine: bool


@dataclass(frozen=True)
class Worklist:
    """What a person can decide on next: ``(item, whether somebody else has it open)``, and how many in all.

    Parameters
    ----------
    moving
        Items that may move a published result, as last computed.
    states
        The state of each item (:data:`STAGES`).
    """

    items: tuple[tuple[str, bool], ...]
    left: int
    moving: frozenset[str] = frozenset()
    states: Mapping[str, str] = field(default_factory=dict)


def waiting_items(
    tx: Transaction, asker: Asker, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> tuple[tuple[Waiting, ...], int]:
    """Return the items asked for in the order of work, and how many there are without the limit."""
    # Notice, holder and the like are asked of the lines that are shown only, unless they are filtered by.
    if wanted.show == "mine" and not asker.decides:
        return (), 0
    items = own_items if wanted.show == "mine" else some_items
    few = items(_looked_at(wanted), settles=asker.settles, reads=asker.reads)
    query = select(few.c.item, func.count().over().label("found")).where(*_conditions(few.c, wanted))
    query = query.order_by(*_order(few.c)).limit(limit).offset(offset)
    rows = tx.connection.execute(query, parameters(asker)).all()
    if not rows and offset:
        return (), waiting_items(tx, asker, wanted, limit=1)[1]
    if not rows:
        return (), 0
    every = every_item(**_shape(asker))
    details, bound = select(every), parameters(asker)
    if limit is not None:
        details, bound = details.where(every.c.item.in_(SHOWN)), {**bound, "shown": [row.item for row in rows]}
    lines = {row.item: _waiting(row) for row in tx.connection.execute(details, bound)}
    return tuple(lines[row.item] for row in rows), int(rows[0].found)


def waiting_counts(tx: Transaction, asker: Asker) -> dict[str, int]:
    """Return how many items wait in each state, ``mine`` and ``all`` first."""
    query = _counts_query(**_shape(asker))
    rows = tx.connection.execute(query, parameters(asker))
    states = {state: (int(number), int(mine or 0)) for state, number, mine in rows}
    return {
        "mine": sum(mine for _, mine in states.values()),
        "all": sum(number for number, _ in states.values()),
    } | {state: states[state][0] for state in STAGES if state in states}


def worklist(tx: Transaction, asker: Asker) -> Worklist:
    """Return what the asker can decide on next, in the order of work."""
    query = _work_query(**_shape(asker))
    rows = tx.connection.execute(query, parameters(asker)).all()
    items = tuple((row.item, row.holder not in (None, asker.person_id)) for row in rows)
    moving, states = frozenset(row.item for row in rows if row.shift), {row.item: row.state for row in rows}
    return Worklist(items, int(rows[0].found) if rows else 0, moving, states)


def _looked_at(wanted: Wanted) -> frozenset[str]:
    """Return the columns by which items are chosen and put in order."""
    names = {"item", *ORDERED_BY}
    asked = {name for name in ("kind", "design", "subtype", "pattern", "alert") if getattr(wanted, name)}
    by = {"checks": "doubts", "assignee": "holder", "words": "title"}
    asked |= {column for name, column in by.items() if getattr(wanted, name)}
    if wanted.subtype or wanted.pattern:
        asked.add("kind")
    if wanted.words or wanted.subtype or wanted.pattern:
        asked.add("pmid")
    return frozenset(names | asked)


def _shape(asker: Asker) -> dict[str, bool]:
    return {"decides": asker.decides, "settles": asker.settles, "reads": asker.reads}


@lru_cache(maxsize=8)
def _counts_query(*, decides: bool, settles: bool, reads: bool) -> Any:
    every = every_item(decides=decides, settles=settles, reads=reads)
    return select(every.c.state, func.count(), func.sum(every.c.mine)).group_by(every.c.state)


@lru_cache(maxsize=8)
def _work_query(*, decides: bool, settles: bool, reads: bool) -> Any:
    if not decides:
        nothing = (null().label(name) for name in ("item", "state", "holder", "found", "shift"))
        return select(*nothing).where(false())
    own = own_items(frozenset(("item", *ORDERED_BY)), settles=settles, reads=reads)
    first = select(own, func.count().over().label("found")).order_by(*_order(own.c)).limit(IN_SIGHT).subquery("first")
    # Who holds an item is asked of those in sight only.
    holder, shift = holder_of(first.c.item).label("holder"), _shift(first.c).label("shift")
    return select(first.c.item, first.c.state, holder, first.c.found, shift).order_by(*_order(first.c))


def oldest_since(tx: Transaction) -> str | None:
    """Return the night the oldest item began to wait, None where nothing waits."""
    every = every_item(decides=False, settles=False, reads=False)
    return tx.connection.execute(select(func.min(every.c.since)), parameters(Asker())).scalar()


def open_alert_kinds(tx: Transaction) -> tuple[str, ...]:
    """Return the kinds of notice known, for a filter."""
    return tuple(tx.connection.execute(select(alerts.c.kind).distinct().order_by(alerts.c.kind)).scalars())


def _order(columns: Any) -> Sequence[Any]:
    stage = case(*((columns.state == state, place) for place, state in enumerate(STAGES)), else_=len(STAGES))
    return (_shift(columns).desc(), columns.rank.desc(), columns.since, stage, columns.item)


def _shift(columns: Any) -> Any:
    """Return the expected shift in thousandths: what is below one is the same for a person, and age decides."""
    return func.coalesce(func.round(columns.expected_shift * 1000), 0)


def _conditions(columns: Any, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.show not in ("mine", "all"):
        found.append(columns.state == wanted.show)
    for name in ("kind", "design"):
        if getattr(wanted, name):
            found.append(columns[name] == getattr(wanted, name))
    if wanted.subtype or wanted.pattern:
        found.append(_in_stratum(columns, wanted))
    if wanted.checks:
        found.append(columns.doubts > 0 if wanted.checks == "open" else columns.doubts == 0)
    if wanted.before:
        found.append(columns.since < wanted.before)
    if wanted.assignee:
        found.append(columns.holder.is_(None) if wanted.assignee == "-" else columns.holder == wanted.assignee)
    if wanted.alert:
        found.append(columns.alert.is_not(None) if wanted.alert == "any" else columns.alert == wanted.alert)
    if wanted.words:
        found.append(or_(columns.title.icontains(wanted.words, autoescape=True), columns.pmid == wanted.words))
    return found


def _in_stratum(columns: Any, wanted: Wanted) -> Any:
    """Return whether an item is about a stratum: a value by its own, a record by any value proposed from it."""
    other = candidates.alias()
    own, proposed = [], [other.c.pmid == columns.pmid, other.c.state != "superseded"]
    for name in ("subtype", "pattern"):
        if getattr(wanted, name):
            own.append(columns[name] == getattr(wanted, name))
            proposed.append(other.c[name] == getattr(wanted, name))
    exists = select(literal(1)).where(*proposed).exists()
    return or_(and_(*own), and_(columns.kind == "record", exists))


def _waiting(row: Row[Any]) -> Waiting:
    fields = {name: getattr(row, name) for name in Waiting.__dataclass_fields__}
    return Waiting(**{**fields, "mine": bool(row.mine)})


def put_queue_facts(tx: Transaction, facts: Sequence[tuple[str, str | None, float | None]], *, at: str) -> None:
    """Replace what the queue orders by: ``(item, design, expected shift)`` of everything that is open."""
    tx.connection.execute(queue_facts.delete())
    rows = [{"item": item, "design": design, "expected_shift": shift, "at": at} for item, design, shift in facts]
    if rows:
        tx.connection.execute(queue_facts.insert(), rows)
