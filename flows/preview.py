"""What the published pages would say after an approval, by the very code that publishes."""

from __future__ import annotations

from dataclasses import replace

from extract.review.preview import PageChange, PooledNow
from extract.schema.protocol import Protocol
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Body, Design, body_of
from extract.store.candidates import get_candidate
from extract.store.curated import CuratedValue
from extract.store.engine import Store
from extract.store.records import get_record
from flows.assembly import synthesise
from flows.frozen import FrozenTable, FrozenValue, read_table
from reports.links import report_path
from reports.model import Synthesis
from reports.taxonomy import taxonomy_of

PREVIEWED = "preview"
"""Id of the value that is not approved yet."""

NOTHING = PooledNow(0, "no estimate yet", "", "")


class Previewer:
    """Computes previews; one read of the approved values each, nothing is written.

    Parameters
    ----------
    protocol
        The plan by which the pages are analysed.
    """

    def __init__(self, store: Store, protocol: Protocol) -> None:
        self._store, self._protocol = store, protocol

    def __call__(self, candidate_id: str, value: ReportedValue) -> tuple[PageChange, ...]:
        """Return the pages that would change if a proposed value were approved like this."""
        with self._store.read() as tx:
            candidate = get_candidate(tx, candidate_id)
            record = get_record(tx, candidate.pmid) if candidate is not None else None
            table = read_table(tx)
        added = _as_approved(table, record.report_id if record is not None else None, value)
        if added is None:
            return ()
        return (self._change(table, added),)

    def _change(self, table: FrozenTable, added: FrozenValue) -> PageChange:
        used, body = added.used, body_of(Design(added.family.design))
        place = (used.outcome, used.subtype, used.pattern)
        before = _of_body(synthesise(table, self._protocol, only=place), body)
        later = replace(table, values=tuple(sorted((*table.values, added), key=lambda one: one.value.value_id)))
        after = _of_body(synthesise(later, self._protocol, only=place), body)
        enters = after is not None and PREVIEWED in {one.value_id for one in after.inputs}
        left_out = {one.value_id: one.reason for one in after.left_out} if after is not None else {}
        return PageChange(
            title=self._title(place, body),
            address=f"/{report_path(used.subtype, used.pattern)}",
            before=_now(before),
            after=_now(after),
            enters=enters,
            why=left_out.get(PREVIEWED, ""),
        )

    def _title(self, place: tuple[str, str, str], body: Body) -> str:
        taxonomy = taxonomy_of(self._protocol.model_dump(mode="json"))
        outcome, subtype, pattern = place
        who = ", ".join(entry.label for entry in (taxonomy.subtype(subtype), taxonomy.pattern(pattern)))
        kind = "randomised trials" if body is Body.RANDOMISED else "observational studies"
        overview = " (and the overview)" if place == (self._protocol.primary_outcome().code, "all", "all") else ""
        return f"{taxonomy.outcome(outcome).label}: {who}, {kind}{overview}"


def _as_approved(table: FrozenTable, report_id: str | None, value: ReportedValue) -> FrozenValue | None:
    """Return the value as it would stand in the table; None while its record is no report of a study."""
    report = next((one for one in table.reports if one.report_id == report_id), None)
    if report is None:
        return None
    family = next(one for one in table.families if one.study_id == report.study_id)
    curated = CuratedValue(PREVIEWED, report.report_id, "queue", "approved", value, (), (), "", None, None)
    alerts = tuple(alert for alert in table.alerts if alert.report_id == report.report_id)
    return FrozenValue(value=curated, used=value, report=report, family=family, alerts=alerts)


def _of_body(syntheses: tuple[Synthesis, ...], body: Body) -> Synthesis | None:
    return next((one for one in syntheses if one.body == body.value), None)


def _now(synthesis: Synthesis | None) -> PooledNow:
    if synthesis is None:
        return NOTHING
    if synthesis.primary is None:
        return PooledNow(0, synthesis.reason or "no estimate yet", "", synthesis.conclusion)
    ratio, pooled = synthesis.primary.ratio, synthesis.primary
    heterogeneity = ""
    if synthesis.k > 1 and pooled.tau2 is not None and pooled.i2 is not None:
        heterogeneity = f"tau² {pooled.tau2:.3f}, I² {pooled.i2:.0f} %"
    text = f"{ratio.estimate:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
    return PooledNow(synthesis.k, text, heterogeneity, synthesis.conclusion)
