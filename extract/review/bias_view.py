"""What the page of one result's risk of bias shows: to a judge who must stay blind, to the adjudicator, to a reader."""

from __future__ import annotations

from dataclasses import dataclass

from extract.appraisal.judgement import differing, form_of, open_questions, proposals, tool_for
from extract.appraisal.robins import prefilled
from extract.appraisal.tools import OVERALL, Domain, Proposal, Tool
from extract.pubmed.parse import record_from_json
from extract.review.accounts import Member
from extract.review.bias import Assessment, assessment_of, may_judge
from extract.review.kept_typed import draft_of
from extract.review.people import Reviewer
from extract.schema.protocol import Protocol
from extract.store.curated import Report
from extract.store.engine import Transaction
from extract.store.records import get_record
from extract.store.work import Draft, get_draft


@dataclass(frozen=True)
class ReportText:
    """One report of the study, with its abstract where the store has it."""

    report: Report
    abstract: str | None


@dataclass(frozen=True)
class BiasPage:
    """Everything the template needs; nothing of another judge while the person who looks can still judge."""

    assessment: Assessment
    tool: Tool
    outcome: str
    domains: tuple[Domain, ...]
    decidable: bool
    settles: bool
    own: bool
    undoable: bool
    form: dict[str, str]
    made: dict[str, Proposal]
    differ: tuple[str, ...]
    others: tuple[tuple[str, dict[str, str], dict[str, str]], ...]
    reports: tuple[ReportText, ...]
    draft: Draft | None


def as_reviewer(member: Member) -> Reviewer | None:
    """Return the person as somebody who decides, None if they may only look."""
    return Reviewer(member.person_id, member.role) if member.decides else None


def bias_page(tx: Transaction, protocol: Protocol, item: str, member: Member, typed: dict[str, str]) -> BiasPage:
    """Return the page of one result.

    Parameters
    ----------
    typed
        What the person sent, when the page answers a form that was not saved.

    Raises
    ------
    DecisionError
        There is no such result.
    """
    assessment = assessment_of(tx, item)
    result, person = assessment.result, as_reviewer(member)
    tool = tool_for(result.tool, protocol.appraisal.confounders)
    decidable = person is not None and may_judge(assessment, person)
    settles = decidable and member.role == "adjudicator"
    draft = get_draft(tx, draft_of("bias", item), member.person_id) if decidable else None
    form = _start(assessment, tool, settles=settles)
    form |= draft.typed if draft is not None else {}
    form |= typed
    seen = assessment.judgements if _may_see(assessment, settles=settles) else {}
    return BiasPage(
        assessment=assessment,
        tool=tool,
        outcome=next((o.label for o in protocol.outcomes if o.code == result.outcome), result.outcome),
        domains=(*tool.domains, Domain(OVERALL, "Overall", ())),
        decidable=decidable,
        settles=settles,
        own=member.person_id in assessment.judgements,
        undoable=member.person_id in assessment.judgements or _settled_by(assessment, member),
        form=form,
        made=proposals(tool, form),
        differ=differing(list(seen.values())),
        others=tuple(
            (
                by,
                one.levels,
                {c: "; ".join(t for t in (d.support, d.override) if t) for c, d in one.domains.items()},
            )
            for by, one in sorted(seen.items())
        ),
        reports=tuple(ReportText(report, _abstract(tx, report)) for report in result.reports),
        draft=draft,
    )


def _start(assessment: Assessment, tool: Tool, *, settles: bool) -> dict[str, str]:
    if settles:
        return open_questions(list(assessment.judgements.values()), tool)
    if assessment.state == "to_confirm" and assessment.agreed is not None:
        return form_of(assessment.agreed.judgement) | {f"support-{d.code}": "" for d in tool.domains}
    if tool.key == "rob2":
        return {}
    result = assessment.result
    filled = prefilled(tool, immortal_time=result.immortal_time, adjusted=result.adjusted)
    return {f"answer-{code}": answer for code, answer in filled.items()}


def _settled_by(assessment: Assessment, member: Member) -> bool:
    agreed = assessment.agreed
    return assessment.state == "agreed" and agreed is not None and agreed.settled_by == member.person_id


def _may_see(assessment: Assessment, *, settles: bool) -> bool:
    """Tell whether a person may see single judgements: nobody before there are two."""
    return settles or (assessment.state in ("conflict", "agreed") and len(assessment.judgements) > 0)


def _abstract(tx: Transaction, report: Report) -> str | None:
    record = get_record(tx, report.pmid) if report.pmid else None
    return record_from_json(record.content).abstract_text() or None if record is not None else None
