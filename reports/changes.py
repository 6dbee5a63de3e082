"""What changed between two snapshots, computed from them and never typed."""

from __future__ import annotations

from collections.abc import Mapping

from reports.conclusion import verdict_of
from reports.model import Changes, EstimateChange, Snapshot, Synthesis
from reports.notation import ratio
from reports.rows import ValueRow

METHOD_PARTS = ("analysis", "eligibility", "outcomes", "subtypes", "patterns")


def compare(old: Snapshot | None, new: Snapshot) -> Changes:
    """Return the differences from ``old`` to ``new``: values, pooled results, conclusions, and what triggered them.

    Parameters
    ----------
    old
        The snapshot published before, or None for the first.
    new
        The snapshot to publish; its own ``changes`` are ignored.

    Returns
    -------
    Changes
        ``estimates`` lists every synthesis whose printed result or number of estimates differs. ``triggers`` is never
        empty: without any difference it says so.
    """
    before = {row.value_id: row for row in old.values} if old else {}
    after = {row.value_id: row for row in new.values}
    changed = tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key]))
    estimates = _estimates(old, new)
    return Changes(
        previous_version=old.manifest.version if old else None,
        triggers=_triggers(old, new, changed=changed, any_estimate=bool(estimates)),
        values_added=tuple(sorted(after.keys() - before.keys())),
        values_removed=tuple(sorted(before.keys() - after.keys())),
        values_changed=changed,
        estimates=estimates,
    )


def _estimates(old: Snapshot | None, new: Snapshot) -> tuple[EstimateChange, ...]:
    before = {s.synthesis_id: s for s in old.results} if old else {}
    after = {s.synthesis_id: s for s in new.results}
    out = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        old_text, new_text = _printed(was), _printed(now)
        old_k, new_k = (was.k if was else 0), (now.k if now else 0)
        if old_text == new_text and old_k == new_k:
            continue
        out.append(
            EstimateChange(
                synthesis_id=key,
                old=old_text,
                new=new_text,
                old_k=old_k,
                new_k=new_k,
                conclusion_changed=verdict_of(was) != verdict_of(now),
            )
        )
    return tuple(out)


def _printed(synthesis: Synthesis | None) -> str | None:
    if synthesis is None or synthesis.primary is None:
        return None
    return ratio(synthesis.primary.ratio, decimals=3)


def _triggers(old: Snapshot | None, new: Snapshot, *, changed: tuple[str, ...], any_estimate: bool) -> tuple[str, ...]:
    if old is None:
        return ("first version",)
    found: list[str] = []
    labels = {study.study_id: study.label for study in (*old.studies, *new.studies)}
    known = {study.study_id for study in old.studies}
    present = {study.study_id for study in new.studies}
    found += [f"new study: {labels[key]}" for key in sorted(present - known)]
    found += [f"study removed: {labels[key]}" for key in sorted(known - present)]
    found += _report_triggers(old, new, labels, new_studies=present - known)
    found += _correction_triggers(old, new, changed, labels)
    found += [
        f"method change: {part} of the protocol"
        for part in METHOD_PARTS
        if old.protocol.get(part) != new.protocol.get(part)
    ]
    if not found and (any_estimate or changed):
        found.append("values reviewed again")
    return tuple(found) or ("no change in data, method or result",)


def _report_triggers(old: Snapshot, new: Snapshot, labels: Mapping[str, str], *, new_studies: set[str]) -> list[str]:
    before = {report.report_id: report for report in old.reports}
    out = []
    for report in sorted(new.reports, key=lambda row: row.report_id):
        was = before.get(report.report_id)
        name = labels.get(report.study_id, report.study_id)
        if was is None and report.study_id not in new_studies:
            out.append(f"new report of {name}: {report.report_id}")
        if report.alert and (was is None or was.alert != report.alert):
            kind = "retraction" if "retract" in report.alert.lower() else "notice"
            out.append(f"{kind} for {name}: {report.alert}")
    return out


def _correction_triggers(
    old: Snapshot, new: Snapshot, changed: tuple[str, ...], labels: Mapping[str, str]
) -> list[str]:
    before, after = _by_id(old), _by_id(new)
    return [
        f"correction of {labels.get(after[key].study_id, after[key].study_id)}: {after[key].correction}"
        for key in changed
        if after[key].correction and after[key].correction != before[key].correction
    ]


def _by_id(snapshot: Snapshot) -> dict[str, ValueRow]:
    return {row.value_id: row for row in snapshot.values}
