"""What the page of a re-opened value shows: the notice, the value as it is used, and what people said since."""

from __future__ import annotations

from typing import Any

from extract.errors import DecisionError
from extract.review.accounts import Member
from extract.review.derived import derived_lines
from extract.review.desk import Desk
from extract.review.fields import label_of, text_of, texts_of
from extract.review.inbox import can_decide
from extract.review.reopened_standing import decided_since_reopening, standing_of
from extract.review.seen import value_mark
from extract.schema.curve import CURVE_FIELDS
from extract.schema.value import apply_corrections
from extract.store.curated import all_alerts, all_reports, get_value
from extract.store.decisions import Decision, decisions_on
from extract.store.engine import Transaction
from extract.store.records import get_record
from extract.store.work import get_draft


def reopened_view(
    tx: Transaction, desk: Desk, value_id: str, member: Member, typed: dict[str, str], *, mine: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the template and its values for a re-opened value.

    Raises
    ------
    DecisionError
        There is no such value.
    """
    value = get_value(tx, value_id)
    if value is None:
        raise DecisionError(f"reopened:{value_id}: no such value")
    decided = decided_since_reopening(tx, value_id)
    own, standing = member.person_id in decided, standing_of(value, decided)
    decidable = mine and value.state == "reopened" and can_decide(member, standing, people=list(decided))
    settles = decidable and standing == "conflict"
    draft = get_draft(tx, f"reopened:{value_id}", member.person_id) if decidable else None
    used = texts_of(apply_corrections(value.reported, value.corrections))
    texts = {**used, **(draft.typed if draft else {}), **typed}
    report = next((report for report in all_reports(tx) if report.report_id == value.report_id), None)
    return "reopened.html", {
        "state": value.state,
        "value": value,
        "report": report,
        "has_record": report is not None and report.pmid is not None and get_record(tx, report.pmid) is not None,
        "used": {name: text for name, text in used.items() if text},
        "linked": [alert for alert in all_alerts(tx) if alert.report_id == value.report_id],
        "decidable": decidable,
        # The second reader of a notice does not see what the first made of it; who settles a difference does.
        "history": [d.decision for d in decisions_on(tx, "value", value_id)]
        if own or settles or value.state != "reopened"
        else [],
        "changed": lambda decision: _changed(decision, used),
        "differ": standing == "conflict",
        "groups": desk.forms,
        "before": used,
        "corrects": any(name in used and texts[name] != used[name] for name in texts),
        "curve_typed": any(texts[name] for name in CURVE_FIELDS),
        "derived": derived_lines(texts, desk.derive_curve),
        "seen": value_mark(tx, value),
        "draft": draft,
        "texts": texts,
        "typed": typed,
        "label_of": label_of,
    }


def _changed(decision: Decision, used: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return what a correction changed: label, as it is used now, as corrected."""
    read = {name: text_of(content) for name, content in (decision.details.get("value") or {}).items()}
    return tuple((label_of(name), used[name], text) for name, text in read.items() if text != used.get(name, text))
