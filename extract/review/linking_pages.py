"""Pages on which people confirm or split trial families and overlap groups, with the evidence for each link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from extract.errors import DecisionError
from extract.review.desk import ROOT, Access, Desk, Pages, Visit
from extract.review.done import done_notice
from extract.review.grouping import GROUP, STUDY, put_in_group, split_overlap
from extract.review.linking import (
    confirm_link,
    link_mark,
    propose_again,
    reject_link,
    split_report,
)
from extract.store.curated import Report, TrialFamily, all_reports, families
from extract.store.decisions import Decision, decisions_on
from extract.store.engine import Transaction
from extract.store.links import ProposedLink, list_links
from extract.store.records import get_record

SHOWN_DECIDED = 20
"""Decided links shown with the way to take them back; `living-review link` reaches the others."""

KINDS = {
    "report": "A record that may report a known study",
    "overlap": "Two cohorts that may hold the same people",
    "duplicate": "Two records that may be one publication",
}


@dataclass(frozen=True)
class LinkLine:
    """A proposed link as the page shows it: both sides in words, and the mark the forms send back."""

    link: ProposedLink
    subject: str
    target: str
    mark: str


@dataclass(frozen=True)
class FamilyLine:
    """A trial family with its reports, and what people decided about its overlap group, the latest last."""

    family: TrialFamily
    reports: tuple[Report, ...]
    grouped: tuple[Decision, ...] = ()

    @property
    def label(self) -> str:
        """Name of the study."""
        return str(self.family.facts.get("label") or self.family.study_id)


def add_linking_pages(pages: Pages, desk: Desk) -> None:
    """Register the pages."""

    @pages.get("/families", Access.SIGNED_IN)
    def overview(visit: Visit) -> Response:
        return _page(desk, visit)

    for name, act in ACTS.items():
        _action(pages, desk, name, act)


Act = Callable[[Desk, Visit], None]


def _action(pages: Pages, desk: Desk, name: str, act: Act) -> None:
    @pages.post(f"/families/{name}", Access.DECIDE)
    def decide(visit: Visit) -> Response:
        try:
            act(desk, visit)
        except DecisionError as error:
            return _page(desk, visit, problem=str(error), status=422)
        # What is one family or one group decides what is pooled.
        desk.on_approved()
        return RedirectResponse(f"{ROOT}families", 303)


def _confirm(desk: Desk, visit: Visit) -> None:
    confirm_link(
        desk.store,
        desk.protocol,
        visit.form.get("link", ""),
        by=visit.person,
        at=visit.at,
        reason=visit.form.get("reason", "").strip() or None,
        supersedes=visit.form.get("supersedes", "").strip() or None,
        seen=visit.form.get("seen", ""),
    )


def _reject(desk: Desk, visit: Visit) -> None:
    reject_link(
        desk.store,
        desk.protocol,
        visit.form.get("link", ""),
        by=visit.person,
        at=visit.at,
        reason=visit.form.get("reason", ""),
        seen=visit.form.get("seen", ""),
    )


def _again(desk: Desk, visit: Visit) -> None:
    propose_again(desk.store, desk.protocol, visit.form.get("link", ""), by=visit.person, at=visit.at)


def _split_report(desk: Desk, visit: Visit) -> None:
    report, reason = visit.form.get("report", ""), visit.form.get("reason", "")
    split_report(desk.store, desk.protocol, report, by=visit.person, at=visit.at, reason=reason)


def _group(desk: Desk, visit: Visit) -> None:
    study, beside, reason = (visit.form.get(name, "") for name in ("study", "beside", "reason"))
    put_in_group(desk.store, desk.protocol, study, beside, by=visit.person, at=visit.at, reason=reason)


def _split_group(desk: Desk, visit: Visit) -> None:
    study, reason = visit.form.get("study", ""), visit.form.get("reason", "")
    split_overlap(desk.store, desk.protocol, study, by=visit.person, at=visit.at, reason=reason)


ACTS: dict[str, Act] = {
    "confirm": _confirm,
    "reject": _reject,
    "again": _again,
    "group": _group,
    "split-report": _split_report,
    "split-group": _split_group,
}
"""Last part of the address -> what it does."""


def _page(desk: Desk, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    with desk.store.read() as tx:
        studies = families(tx)
        reports = all_reports(tx)
        names = {family.study_id: str(family.facts.get("label") or family.study_id) for family in studies}
        done = done_notice(tx, visit.request.query_params.get("done", ""), visit.person)
        waiting = [_line(tx, link, names) for link in list_links(tx, states=["proposed"])]
        decided = [_line(tx, link, names) for link in list_links(tx, states=["confirmed", "rejected"])]
        grouped = {one.study_id: _regroupings(tx, one.study_id) for one in studies}
    lines = [
        FamilyLine(one, tuple(r for r in reports if r.study_id == one.study_id), grouped[one.study_id])
        for one in studies
    ]
    groups: dict[str, list[FamilyLine]] = {}
    for line in lines:
        if line.family.overlap_group:
            groups.setdefault(line.family.overlap_group, []).append(line)
    return desk.page(
        visit,
        "families.html",
        status=status,
        problem=problem,
        typed=visit.form,
        waiting=waiting,
        decided=decided[:SHOWN_DECIDED],
        kinds=KINDS,
        several=[line for line in lines if len(line.reports) > 1],
        groups=sorted(groups.items()),
        done=done,
        alone=[line for line in lines if line.grouped and not line.family.overlap_group],
        studies=sorted(lines, key=lambda line: line.label.casefold()),
        together=[(f"{GROUP}{name}", name) for name in sorted(groups)],
        beside=[(f"{STUDY}{line.family.study_id}", line.label) for line in lines],
    )


def _regroupings(tx: Transaction, study_id: str) -> tuple[Decision, ...]:
    logged = (one.decision for one in decisions_on(tx, "study", study_id))
    return tuple(decision for decision in logged if decision.field == "overlap_group")


def _line(tx: Transaction, link: ProposedLink, names: dict[str, str]) -> LinkLine:
    subject, target = (_named(tx, one, names) for one in (link.subject_id, link.target_id))
    return LinkLine(link, subject, target, link_mark(tx, link))


def _named(tx: Transaction, identifier: str, names: dict[str, str]) -> str:
    if identifier in names:
        return names[identifier]
    record = get_record(tx, identifier)
    return f"{record.title} (PMID {record.pmid})" if record is not None else identifier
