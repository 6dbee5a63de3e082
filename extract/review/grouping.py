"""Overlap groups: which studies may hold the same people, so that one estimate of them enters a pool.

A night proposes groups (:mod:`extract.review.linking` confirms them); a person may put any study into one, or take it
out, with a reason. Each change is a decision on the study, and the analysis reads the group the study carries.
"""

from __future__ import annotations

from dataclasses import replace

from extract.errors import DecisionError
from extract.review.people import Reviewer, reviewer
from extract.schema.protocol import Protocol
from extract.store.curated import TrialFamily, families, put_family
from extract.store.decisions import Decision, record_decision
from extract.store.engine import Store, Transaction
from extract.store.links import list_links, set_link_state

GROUP, STUDY = "group:", "study:"
"""How what a study is put together with is written: an overlap group, or another study."""


def put_in_group(store: Store, protocol: Protocol, study_id: str, beside: str, *, by: str, at: str, reason: str) -> str:
    """Say that a study shares people with others although no link was proposed; return its overlap group.

    Parameters
    ----------
    beside
        ``group:<name>`` of a known overlap group, or ``study:<id>`` of another study: its group, or a new one of both.

    Raises
    ------
    DecisionError
        Unknown study, group or person, no reason, or they stand in one group already.
    """
    person = reviewer(protocol, by)
    need_reason(reason, "to put a study into an overlap group needs a reason: whom do they share")
    with store.write() as tx:
        family = study_of(tx, study_id)
        if beside.startswith(STUDY):
            other = study_of(tx, beside.removeprefix(STUDY))
            if other.study_id == study_id:
                raise DecisionError(f"study:{study_id} cannot share people with itself: name another study")
            _refuse_together(family, _groups_of(other))
            unite(tx, family, other, person, at=at, reason=reason)
        else:
            group = _known_group(tx, beside)
            _refuse_together(family, {group})
            also = (group,) if family.overlap_group else ()
            regroup(tx, family, family.overlap_group or group, also, person, "link", at=at, reason=reason)
        return study_of(tx, study_id).overlap_group or ""


def _known_group(tx: Transaction, beside: str) -> str:
    group = beside.removeprefix(GROUP)
    known = sorted({each.overlap_group for each in families(tx) if each.overlap_group})
    if not beside.startswith(GROUP) or group not in known:
        raise DecisionError(
            f"{beside!r}: no such overlap group; known: {', '.join(known) or 'none yet'}; or name a study as study:ID"
        )
    return group


def _groups_of(family: TrialFamily) -> set[str]:
    return {group for group in (family.overlap_group, *(family.facts.get("also_overlaps") or ())) if group}


def _refuse_together(family: TrialFamily, groups: set[str]) -> None:
    if shared := _groups_of(family) & groups:
        raise DecisionError(f"study:{family.study_id} stands in the overlap group {min(shared)} already")


def split_overlap(store: Store, protocol: Protocol, study_id: str, *, by: str, at: str, reason: str) -> None:
    """Take a study out of its overlap group: a person is sure that it shares nobody with the others.

    Raises
    ------
    DecisionError
        Unknown study or person, no reason, or the study is in no group.
    """
    person = reviewer(protocol, by)
    need_reason(reason, "to split a study from its overlap group needs a reason")
    with store.write() as tx:
        family = study_of(tx, study_id)
        if family.overlap_group is None:
            raise DecisionError(f"study:{study_id} is in no overlap group")
        regroup(tx, family, None, (), person, "split", at=at, reason=reason)
        for link in list_links(tx, kind="overlap", states=["confirmed"]):
            if study_id in (link.subject_id, link.target_id):
                set_link_state(tx, link.proposal_id, "rejected")


def unite(
    tx: Transaction, one: TrialFamily, other: TrialFamily, person: Reviewer, *, at: str, reason: str | None
) -> None:
    """Give two cohorts a common overlap group; two that have one each name each other's."""
    if one.overlap_group and other.overlap_group:
        if one.overlap_group != other.overlap_group:
            regroup(tx, one, one.overlap_group, (other.overlap_group,), person, "link", at=at, reason=reason)
            regroup(tx, other, other.overlap_group, (one.overlap_group,), person, "link", at=at, reason=reason)
        return
    group = one.overlap_group or other.overlap_group or f"{one.study_id} + {other.study_id}"[:80]
    for family in (one, other):
        if family.overlap_group is None:
            regroup(tx, family, group, (), person, "link", at=at, reason=reason)


def regroup(
    tx: Transaction,
    family: TrialFamily,
    group: str | None,
    also: tuple[str, ...],
    person: Reviewer,
    action: str,
    *,
    at: str,
    reason: str | None,
) -> None:
    """Write a study's overlap group and the other groups it shares people with, with the decision."""
    before: list[str] = list(family.facts.get("also_overlaps") or ())
    after = [] if group is None else [*before, *(each for each in also if each not in before)]
    put_family(tx, replace(family, overlap_group=group, facts=family.facts | {"also_overlaps": after}))
    old, new = (_groups(each, others) for each, others in ((family.overlap_group, before), (group, after)))
    decision = Decision(at, person.person_id, action, "study", family.study_id, "overlap_group", old, new, reason)
    record_decision(tx, decision)


def _groups(group: str | None, others: list[str]) -> str | None:
    return " + ".join([group, *others]) if group else None


def study_of(tx: Transaction, study_id: str) -> TrialFamily:
    """Return a study.

    Raises
    ------
    DecisionError
        There is no such study.
    """
    family = next((each for each in families(tx) if each.study_id == study_id), None)
    if family is None:
        raise DecisionError(f"study:{study_id}: no such study")
    return family


def need_reason(reason: str, message: str) -> None:
    """Refuse a decision without its reason.

    Raises
    ------
    DecisionError
        With the message.
    """
    if not reason.strip():
        raise DecisionError(message)
