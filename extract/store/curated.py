"""The curated table and what leads to it: trial families, reports, alerts, candidates and approved values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from extract.schema.effect import Span
from extract.schema.value import ReportedValue, ValueCorrection
from extract.store.engine import Transaction, remembered
from extract.store.tables import alerts, decisions, reports, trial_families, values


@dataclass(frozen=True)
class TrialFamily:
    """A study with all its reports; ``facts`` are its descriptive columns (country, accrual, registry ids ...)."""

    study_id: str
    design: str
    overlap_group: str | None
    origin: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Report:
    """One publication of a trial family; ``facts`` are its bibliographic columns."""

    report_id: str
    study_id: str
    pmid: str | None
    doi: str | None
    origin: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class CuratedValue:
    """An approved value: as reported, the corrections apart, and the place of its words."""

    value_id: str
    report_id: str
    origin: str
    state: str
    reported: ReportedValue
    corrections: tuple[ValueCorrection, ...]
    approved_by: tuple[str, ...]
    approved_at: str
    span: Span | None
    span_pmid: str | None


@dataclass(frozen=True)
class Alert:
    """A retraction, concern, erratum or update that PubMed links to a report."""

    report_id: str
    kind: str
    notice: str
    night: str


NOTICE_LENGTH = 200
"""Characters of a notice that are kept; PostgreSQL refuses more, SQLite would not."""


def put_family(tx: Transaction, family: TrialFamily) -> None:
    """Insert or replace a trial family."""
    _put(tx, trial_families, trial_families.c.study_id, asdict(family))


def put_report(tx: Transaction, report: Report) -> None:
    """Insert or replace a report."""
    _put(tx, reports, reports.c.report_id, asdict(report))


def put_value(tx: Transaction, value: CuratedValue) -> None:
    """Insert or replace a curated value."""
    span = None if value.span is None else {**asdict(value.span), "pmid": value.span_pmid}
    row = {
        "value_id": value.value_id,
        "report_id": value.report_id,
        "origin": value.origin,
        "state": value.state,
        "reported": asdict(value.reported),
        "corrections": [asdict(correction) for correction in value.corrections],
        "approved_by": list(value.approved_by),
        "approved_at": value.approved_at,
        "span": span,
    }
    _put(tx, values, values.c.value_id, row)


@remembered
def families(tx: Transaction) -> tuple[TrialFamily, ...]:
    """Return every trial family by id."""
    rows = tx.connection.execute(select(trial_families).order_by(trial_families.c.study_id))
    return tuple(TrialFamily(r.study_id, r.design, r.overlap_group, r.origin, dict(r.facts)) for r in rows)


@remembered
def all_reports(tx: Transaction) -> tuple[Report, ...]:
    """Return every report by id."""
    rows = tx.connection.execute(select(reports).order_by(reports.c.report_id))
    return tuple(Report(r.report_id, r.study_id, r.pmid, r.doi, r.origin, dict(r.facts)) for r in rows)


def family_reports(tx: Transaction, report_id: str) -> tuple[str, ...]:
    """Return the ids of the reports of the study that a report belongs to, itself included; empty for none."""
    study = select(reports.c.study_id).where(reports.c.report_id == report_id).scalar_subquery()
    rows = select(reports.c.report_id).where(reports.c.study_id == study).order_by(reports.c.report_id)
    return tuple(tx.connection.execute(rows).scalars())


@remembered
def curated_values(tx: Transaction, *, report_id: str | None = None) -> tuple[CuratedValue, ...]:
    """Return the curated values by id, optionally of one report."""
    query = select(values).order_by(values.c.value_id)
    if report_id is not None:
        query = query.where(values.c.report_id == report_id)
    return tuple(_value(row) for row in tx.connection.execute(query))


def get_value(tx: Transaction, value_id: str) -> CuratedValue | None:
    """Return one curated value, or None."""
    row = tx.connection.execute(select(values).where(values.c.value_id == value_id)).first()
    return _value(row) if row is not None else None


_DECIDED_AND_REOPENED = (
    select(values.c.value_id)
    .join(decisions, decisions.c.subject_id == values.c.value_id)
    .where(
        values.c.state == "reopened",
        decisions.c.subject_kind == "value",
        decisions.c.action.in_(("confirm", "correct", "withdraw")),
    )
    .group_by(values.c.value_id)
    .having(func.count(decisions.c.by.distinct()) >= bindparam("people"))
    .order_by(values.c.value_id)
)


def reopened_though_read_by(tx: Transaction, people: int) -> tuple[str, ...]:
    """Return the values that are re-opened although this many people have decided on them at some time."""
    return tuple(tx.connection.execute(_DECIDED_AND_REOPENED, {"people": people}).scalars())


def set_value_state(tx: Transaction, value_ids: Sequence[str], state: str) -> None:
    """Set where curated values stand: ``approved``, ``reopened`` or ``withdrawn``."""
    tx.connection.execute(values.update().where(values.c.value_id.in_(list(value_ids))).values(state=state))


def add_alert(tx: Transaction, alert: Alert) -> bool:
    """Note an alert once (its words cut to what the column holds); return True when it was not known."""
    alert = replace(alert, notice=alert.notice[:NOTICE_LENGTH])
    known = tx.connection.execute(
        select(alerts.c.alert_id).where(
            alerts.c.report_id == alert.report_id, alerts.c.kind == alert.kind, alerts.c.notice == alert.notice
        )
    ).first()
    if known is None:
        tx.connection.execute(alerts.insert().values(**asdict(alert)))
    return known is None


@remembered
def all_alerts(tx: Transaction) -> tuple[Alert, ...]:
    """Return every alert, oldest first."""
    rows = tx.connection.execute(select(alerts).order_by(alerts.c.alert_id))
    return tuple(Alert(r.report_id, r.kind, r.notice, r.night) for r in rows)


def _put(tx: Transaction, table: Any, key: Any, row: dict[str, Any]) -> None:
    changed = tx.connection.execute(table.update().where(key == row[key.name]).values(**row))
    if changed.rowcount == 0:
        tx.connection.execute(table.insert().values(**row))


def _value(row: Row[Any]) -> CuratedValue:
    span = dict(row.span) if row.span else None
    pmid = span.pop("pmid") if span else None
    return CuratedValue(
        value_id=row.value_id,
        report_id=row.report_id,
        origin=row.origin,
        state=row.state,
        reported=ReportedValue(**row.reported),
        corrections=tuple(ValueCorrection(**correction) for correction in row.corrections),
        approved_by=tuple(row.approved_by),
        approved_at=row.approved_at,
        span=Span(**span) if span else None,
        span_pmid=pmid,
    )
