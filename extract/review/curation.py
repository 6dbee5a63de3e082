"""From approvals that agree to a row of the curated table: reported as extracted, corrections beside it."""

from __future__ import annotations

from extract.review.proposal import proposed_value
from extract.review.seeded import refuse_seeded_value
from extract.schema.value import ReportedValue, ValueCorrection
from extract.store.candidates import Candidate
from extract.store.curated import CuratedValue, curated_values, put_value
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Transaction


def curate(tx: Transaction, candidate: Candidate, approvals: list[Decision], report_id: str, *, at: str) -> str:
    """Write the value that the approvals agree on; return its id."""
    proposed = proposed_value(candidate.effect)
    approved = ReportedValue(**approvals[0].details["value"])
    refuse_seeded_value(tx, candidate.candidate_id, approved)
    corrections = tuple(
        ValueCorrection(
            field=name,
            reported=getattr(proposed, name),
            corrected=getattr(approved, name),
            reason=next((d.reason for d in approvals if d.reason), "") or "",
            by="; ".join(d.by for d in approvals),
            on=at[:10],
            kind="correction",
        )
        for name in ReportedValue.__dataclass_fields__
        if getattr(proposed, name) != getattr(approved, name)
    )
    value_id = _free_id(tx, report_id, approved)
    put_value(
        tx,
        CuratedValue(
            value_id=value_id,
            report_id=report_id,
            origin="queue",
            state="approved",
            reported=proposed,
            corrections=corrections,
            approved_by=tuple(d.by for d in approvals),
            approved_at=at,
            span=candidate.effect.span,
            span_pmid=candidate.pmid,
        ),
    )
    for approval in approvals:
        # The value's own history begins with the approvals that made it.
        record_decision(
            tx,
            Decision(
                at=approval.at,
                by=approval.by,
                action="approve",
                subject_kind="value",
                subject_id=value_id,
                reason=approval.reason,
                details={"candidate": candidate.candidate_id},
            ),
        )
    return value_id


def _free_id(tx: Transaction, report_id: str, value: ReportedValue) -> str:
    stem = f"{report_id}--{value.outcome}--{value.subtype}--{value.pattern}".lower().replace("_", "-")
    taken = {known.value_id for known in curated_values(tx, report_id=report_id)}
    return next(name for n in range(1, len(taken) + 2) if (name := f"{stem}--{n}") not in taken)
