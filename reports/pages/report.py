"""A report page: one subtype, one metastatic pattern, or one cell; what stands on it, before it is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.bias import TrafficLight, traffic_lights
from reports.conclusion import Body
from reports.figures.forest import cumulative, forest, leave_one_out, ordered_inputs
from reports.figures.rows_plot import RowsPlot
from reports.figures.scatter import Scatter, baujat, funnel
from reports.model import Absolute, EstimateChange, Input, Synthesis, synthesis_id
from reports.model_words import model_words
from reports.pages.answer import Scenario, answer, living_scenarios, plain_finding, scenarios
from reports.pages.edition import Edition, Stratum
from reports.rows import ReportRow, StudyRow
from reports.taxonomy import ALL, Entry, Outcome

BODIES: tuple[Body, ...] = ("randomised", "observational")

IMMORTAL_TIME_NOTE = (
    "Patients must live long enough to have {short}, and fitter patients are chosen for it. Both make {short} look "
    "better than it is when patients are not randomised (immortal-time and selection bias), so these studies are never "
    "mixed with the trials and cannot answer the question by themselves."
)


@dataclass(frozen=True)
class SynthesisView:
    """One body of evidence for one outcome: its figures and its rows in the order of the figure."""

    synthesis: Synthesis
    outcome: Outcome
    anchor: str
    heading: str
    inputs: tuple[Input, ...]
    forest: RowsPlot | None
    cumulative: RowsPlot | None
    leave_one_out: RowsPlot | None
    funnel: Scatter | None
    baujat: Scatter | None
    model: str | None


@dataclass(frozen=True)
class FindingRow:
    """One line of the summary of findings."""

    outcome: Outcome
    body: Body
    synthesis: Synthesis | None
    certainty: str


@dataclass(frozen=True)
class CellLink:
    """A neighbouring report: a subtype, a pattern or a cell, with what it holds."""

    entry: Entry
    path: str | None
    randomised: Synthesis | None
    observational: Synthesis | None


@dataclass(frozen=True)
class Neighbours:
    """Neighbouring reports under one heading."""

    heading: str
    links: tuple[CellLink, ...]


@dataclass(frozen=True)
class ReportView:
    """Everything on a report page."""

    stratum: Stratum
    subject: str
    answer: tuple[str, str]
    main: tuple[SynthesisView, ...]
    others: tuple[SynthesisView, ...]
    findings: tuple[FindingRow, ...]
    absolute: tuple[Absolute, ...]
    scenarios: tuple[Scenario, ...]
    plain: str
    living: tuple[Scenario, ...]
    matrix: tuple[tuple[Entry, tuple[CellLink, ...]], ...]
    changes: tuple[EstimateChange, ...]
    main_conclusion_changed: bool
    other_conclusion_changed: bool
    neighbours: tuple[Neighbours, ...]
    studies: tuple[StudyRow, ...]
    lights: tuple[TrafficLight, ...]
    notices: tuple[ReportRow, ...]
    immortal_time_note: str


def report_view(edition: Edition, stratum: Stratum) -> ReportView:
    """Compute a report page of an edition."""
    primary = edition.taxonomy.primary
    randomised = edition.synthesis(stratum, outcome=primary.code, body="randomised")
    changes = edition.changes_of(stratum)
    main_id = synthesis_id(outcome=primary.code, subtype=stratum.subtype, pattern=stratum.pattern, body="randomised")
    views = _views(edition, stratum)
    main = tuple(v for v in views if v.outcome.code == primary.code)
    return ReportView(
        stratum=stratum,
        subject=edition.subject(stratum),
        answer=answer(edition, stratum),
        main=main,
        others=tuple(v for v in views if v.outcome.code != primary.code),
        findings=_findings(edition, stratum),
        absolute=randomised.absolute if randomised else (),
        plain=plain_finding(
            randomised, edition.terms.patients.benefit, part=(stratum.subtype, stratum.pattern) != (ALL, ALL)
        )
        if randomised
        else "",
        scenarios=scenarios(randomised, edition.terms.short),
        living=living_scenarios(randomised.living_times if randomised else None),
        matrix=evidence_matrix(edition) if (stratum.subtype, stratum.pattern) == (ALL, ALL) else (),
        changes=changes,
        main_conclusion_changed=any(c.conclusion_changed for c in changes if c.synthesis_id == main_id),
        other_conclusion_changed=any(c.conclusion_changed for c in changes if c.synthesis_id != main_id),
        neighbours=_neighbours(edition, stratum),
        studies=_studies(edition, views),
        lights=traffic_lights(_studies(edition, views), edition.bias_of, primary.code),
        notices=_notices(edition, views),
        immortal_time_note=IMMORTAL_TIME_NOTE.format(short=edition.terms.short),
    )


def evidence_matrix(edition: Edition) -> tuple[tuple[Entry, tuple[CellLink, ...]], ...]:
    """Return what is known for each subtype (rows) and metastatic pattern (columns)."""
    taxonomy = edition.taxonomy
    return tuple(
        (s, tuple(cell_link(edition, p, Stratum(s.slug, p.slug)) for p in taxonomy.patterns)) for s in taxonomy.subtypes
    )


def _views(edition: Edition, stratum: Stratum) -> tuple[SynthesisView, ...]:
    out = []
    for outcome in edition.taxonomy.outcomes:
        for body in BODIES:
            synthesis = edition.synthesis(stratum, outcome=outcome.code, body=body)
            if synthesis is not None and (synthesis.inputs or synthesis.left_out):
                out.append(_view(synthesis, outcome, edition.subject(stratum), edition))
    return tuple(out)


def _view(synthesis: Synthesis, outcome: Outcome, subject: str, edition: Edition) -> SynthesisView:
    terms = edition.terms
    anchor = f"{synthesis.outcome.lower().replace('_', '-')}-{synthesis.body}"
    kind = "Randomised trials" if synthesis.body == "randomised" else "Observational studies"
    title = f"{outcome.label}, {kind.lower()}, {subject}"
    return SynthesisView(
        synthesis=synthesis,
        outcome=outcome,
        anchor=anchor,
        heading=kind,
        inputs=ordered_inputs(synthesis),
        forest=forest(
            synthesis, anchor=f"forest-{anchor}", title=f"Forest plot: {title}", terms=terms, bias=edition.bias_of
        ),
        cumulative=cumulative(
            synthesis, anchor=f"cumulative-{anchor}", title=f"How the answer moved: {title}", terms=terms
        ),
        leave_one_out=leave_one_out(synthesis, anchor=f"loo-{anchor}", title=f"Leave-one-out: {title}", terms=terms),
        funnel=funnel(
            synthesis, anchor=f"funnel-{anchor}", title=f"Funnel plot: {title}", short=terms.short, none=terms.none
        ),
        baujat=baujat(synthesis, anchor=f"baujat-{anchor}", title=f"Baujat plot: {title}"),
        model=model_words(synthesis.primary) if synthesis.primary and synthesis.k > 1 else None,
    )


def _findings(edition: Edition, stratum: Stratum) -> tuple[FindingRow, ...]:
    rows = []
    for outcome in edition.taxonomy.outcomes:
        found = {body: edition.synthesis(stratum, outcome=outcome.code, body=body) for body in BODIES}
        present = [body for body in BODIES if (s := found[body]) is not None and s.inputs]
        if outcome.role == "primary" or present:
            rows += [FindingRow(outcome, body, found[body], _certainty(found[body])) for body in BODIES]
    return tuple(rows)


def _certainty(synthesis: Synthesis | None) -> str:
    if synthesis is None or not synthesis.inputs:
        return "no evidence to rate"
    if synthesis.certainty is None:
        return "not yet rated"
    if synthesis.certainty.decided_by is None:
        former = synthesis.certainty.former_level
        again = f"; it was {former} before the evidence changed, to be confirmed again" if former else ""
        return f"not yet decided (the rules propose: {synthesis.certainty.level}{again})"
    return synthesis.certainty.level


def _neighbours(edition: Edition, stratum: Stratum) -> tuple[Neighbours, ...]:
    """Return the reports beside this one: down to its cells, or up to the wider groups."""
    taxonomy = edition.taxonomy
    groups: list[Neighbours] = []
    if stratum.subtype == ALL:
        groups.append(
            _group(
                edition,
                f"By {edition.terms.groups[0]}",
                [(s, Stratum(s.slug, stratum.pattern)) for s in taxonomy.subtypes if s.slug != ALL],
            )
        )
    if stratum.pattern == ALL:
        groups.append(
            _group(
                edition,
                f"By {edition.terms.groups[1]}",
                [(p, Stratum(stratum.subtype, p.slug)) for p in taxonomy.patterns if p.slug != ALL],
            )
        )
    if not groups:
        wider = [
            (taxonomy.subtype(stratum.subtype), Stratum(stratum.subtype, ALL)),
            (taxonomy.pattern(stratum.pattern), Stratum(ALL, stratum.pattern)),
        ]
        groups.append(_group(edition, "The wider groups", wider))
    return tuple(groups)


def _group(edition: Edition, heading: str, pairs: Sequence[tuple[Entry, Stratum]]) -> Neighbours:
    return Neighbours(heading, tuple(cell_link(edition, entry, one) for entry, one in pairs))


def cell_link(edition: Edition, entry: Entry, stratum: Stratum) -> CellLink:
    """Return what a stratum holds and where its report is; no page for an empty cell."""
    outcome = edition.taxonomy.primary.code
    return CellLink(
        entry=entry,
        path=stratum.path if stratum in edition.strata else None,
        randomised=_with_evidence(edition.synthesis(stratum, outcome=outcome, body="randomised")),
        observational=_with_evidence(edition.synthesis(stratum, outcome=outcome, body="observational")),
    )


def _with_evidence(synthesis: Synthesis | None) -> Synthesis | None:
    return synthesis if synthesis is not None and synthesis.inputs else None


def _studies(edition: Edition, views: Sequence[SynthesisView]) -> tuple[StudyRow, ...]:
    ids = {one.study_id for view in views for one in view.inputs}
    ids |= {one.study_id for view in views for one in view.synthesis.left_out}
    rows = [edition.studies[study_id] for study_id in sorted(ids) if study_id in edition.studies]
    return tuple(sorted(rows, key=lambda row: (row.body != "randomised", row.label)))


def _notices(edition: Edition, views: Sequence[SynthesisView]) -> tuple[ReportRow, ...]:
    """Return the reports behind this page that carry a retraction, a concern or an erratum."""
    reports = [row for study in _studies(edition, views) for row in edition.reports_of.get(study.study_id, ())]
    return tuple(row for row in reports if row.alert)
