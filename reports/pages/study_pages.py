"""A page for each study, and the list of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from reports.notation import as_reported
from reports.pages.edition import Edition
from reports.pages.shell import Page, Site, page
from reports.rows import StudyRow, ValueRow


def studies_page(site: Site, edition: Edition) -> Page:
    """Return the list of studies, randomised and observational apart."""
    rows = sorted(edition.snapshot.studies, key=lambda row: (row.label.lower(), row.study_id))
    alerts = {report.study_id for report in edition.snapshot.reports if report.alert}
    return page(
        "studies.html",
        site=site,
        edition=edition,
        folder="studies/",
        title=f"Studies. {edition.short_title}: a living systematic review, version {edition.version}",
        description="Every included study with its reports, values and decisions.",
        nav="studies",
        scripted=True,
        heading="Studies.",
        alerts=alerts,
        groups=[
            ("randomised", "Randomised trials", [r for r in rows if r.body == "randomised"]),
            ("observational", "Observational studies, apart", [r for r in rows if r.body != "randomised"]),
        ],
    )


def study_page(
    site: Site, edition: Edition, study: StudyRow, *, former: Sequence[ValueRow] = (), removed_after: str | None = None
) -> Page:
    """Return the page of one study: its reports, its values with their quotes, what became of each.

    Parameters
    ----------
    former
        Values that only earlier versions held: their places stay, for the links of frozen pages.
    removed_after
        Last version that held the study, if the latest does not.
    """
    values = edition.values_of.get(study.study_id, ())
    order = {outcome.code: number for number, outcome in enumerate(edition.taxonomy.outcomes)}
    return page(
        "study.html",
        site=site,
        edition=edition,
        folder=f"studies/{edition.study_slugs[study.study_id]}/",
        title=f"{study.label}. {edition.short_title}: a living systematic review, version {edition.version}",
        description=f"{study.label}: reports, values with their quotes, corrections and decisions.",
        nav="studies",
        heading=f"{study.label}.",
        study=study,
        study_reports=edition.reports_of.get(study.study_id, ()),
        values=sorted(
            values,
            key=lambda v: (order.get(v.outcome, 99), v.subtype != "all", v.pattern != "all", v.report_id, v.value_id),
        ),
        used=_used(edition, study.study_id),
        left_out=edition.left_out_of.get(study.study_id, {}),
        other_results=edition.other_results_of.get(study.study_id, ()),
        decisions=edition.decisions_of.get(study.study_id, ()),
        former=former,
        removed_after=removed_after,
        as_reported=as_reported,
    )


def _used(edition: Edition, study_id: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return for each value the syntheses it entered: id, words, address."""
    out: dict[str, list[tuple[str, str, str]]] = {}
    for value_id, *synthesis in edition.used_of.get(study_id, ()):
        out.setdefault(value_id, []).append((synthesis[0], synthesis[1], synthesis[2]))
    return out
