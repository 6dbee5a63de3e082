"""What changed between two snapshots, computed from them and never typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.conclusion import verdict_of
from reports.model import Certainty, Changes, EstimateChange, Snapshot, Synthesis
from reports.notation import ratio
from reports.pages.edition import Edition
from reports.rows import BiasRow, OngoingRow, ValueRow
from reports.taxonomy import inside_sentence

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
    found += _value_triggers(old, new, labels)
    found += _correction_triggers(old, new, changed, labels)
    found += _judgement_triggers(old, new, labels)
    found += _registry_triggers(old, new)
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


def _value_triggers(old: Snapshot, new: Snapshot, labels: Mapping[str, str]) -> list[str]:
    """Name values that came to a report both versions hold, or left a study both hold; each report once."""
    before, after = _by_id(old), _by_id(new)
    reports = {row.report_id for row in old.reports} & {row.report_id for row in new.reports}
    studies = {row.study_id for row in new.studies}
    came = {(row.study_id, row.report_id) for key, row in after.items() if key not in before}
    went = {(row.study_id, row.report_id) for key, row in before.items() if key not in after}
    return [
        *(f"new value of {labels.get(s, s)}: report {r}" for s, r in sorted(came) if r in reports),
        *(f"value withdrawn of {labels.get(s, s)}: report {r}" for s, r in sorted(went) if s in studies),
    ]


def _correction_triggers(
    old: Snapshot, new: Snapshot, changed: tuple[str, ...], labels: Mapping[str, str]
) -> list[str]:
    before, after = _by_id(old), _by_id(new)
    return [
        f"correction of {labels.get(after[key].study_id, after[key].study_id)}: {after[key].correction}"
        for key in changed
        if after[key].correction and after[key].correction != before[key].correction
    ]


def _judgement_triggers(old: Snapshot, new: Snapshot, labels: Mapping[str, str]) -> list[str]:
    """Name the studies whose risk of bias, and the results whose certainty, is another one now."""
    bias = [{key: set(rows) for key, rows in _grouped(one.risk_of_bias).items()} for one in (old, new)]
    judged = sorted(key for key in bias[0].keys() | bias[1].keys() if bias[0].get(key) != bias[1].get(key))
    before = {one.synthesis_id: one for one in old.results}
    words = Edition(new).words
    return [
        *(f"risk of bias judged: {labels.get(key, key)}" for key in judged),
        *(
            f"certainty of {inside_sentence(words(one.synthesis_id))}: {was} → {now}"
            for one in new.results
            if one.synthesis_id in before
            and (was := _level(before[one.synthesis_id].certainty)) != (now := _level(one.certainty))
        ),
    ]


def _grouped(rows: Sequence[BiasRow]) -> Mapping[str, list[BiasRow]]:
    out: dict[str, list[BiasRow]] = {}
    for row in rows:
        out.setdefault(row.study_id, []).append(row)
    return out


def _level(certainty: Certainty | None) -> str:
    if certainty is None:
        return "not rated"
    return f"{certainty.level} ({'decided' if certainty.decided_by else 'proposed by rule'})"


def _registry_triggers(old: Snapshot, new: Snapshot) -> list[str]:
    """Name registered trials that people have looked at and that are new, gone, or no longer as they were."""
    before, after = ({row.registry_id: row for row in one.ongoing if row.screened != "no"} for one in (old, new))
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return [
        f"registered trial: {(after.get(key) or before[key]).label} ({_status(before, after, key)})" for key in changed
    ]


def _status(before: Mapping[str, OngoingRow], after: Mapping[str, OngoingRow], key: str) -> str:
    if key not in after:
        return "no longer listed"
    if key not in before:
        return "new in the list"
    was, now = before[key].status, after[key].status
    return f"entry changed: {was} → {now}" if was != now else "entry changed"


def _by_id(snapshot: Snapshot) -> dict[str, ValueRow]:
    return {row.value_id: row for row in snapshot.values}
