"""What is known of a trial family, as far as a new record could agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from extract.baseline.rows import Baseline
from extract.registries.ids import registry_ids, usual_form
from extract.schema.vocabulary import Design

#: Capitals that name no trial.
_NO_ACRONYMS: Final = frozenset(
    "HER2 SEER NCDB BRCA BRCA1 BRCA2 CDK4 CDK6 PD-L1 PDL1 PIK3CA EGFR KI67 KI-67 COVID-19 RECIST NCCN ESME".split()  # noqa: SIM905
)
#: MF07-01, E2108, JCOG1017, ABCSG-28, TBCRC 013; PRIM-BC, BOMET, POSYTIVE.
_ACRONYM: Final = re.compile(r"\b(?:[A-Z]{1,8}[- ]?\d{2,4}(?:-\d{1,2}[a-z]?)?|[A-Z]{4,}(?:-[A-Z0-9]+)?)\b")


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A report already tied to a study; ``first_author`` as "Soran A", empty fields are unknown."""

    report_id: str
    pmid: str | None
    doi: str | None
    title: str
    first_author: str | None
    year: int | None
    n_total: int | None
    n_arms: tuple[int, int] | None
    report_type: str


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """A study with its reports; ``registry_ids`` may hold protocol numbers too ("MF14-01")."""

    study_id: str
    label: str
    design: str
    country: str | None
    registry_ids: tuple[str, ...]
    accrual_start: int | None
    accrual_end: int | None
    data_source: str | None
    overlap_group: str | None
    n_total: int | None
    reports: tuple[KnownReport, ...]

    def acronyms(self) -> frozenset[str]:
        """Return the names of a trial or prospective registry: from label, id, protocol numbers and titles.

        A cohort is named by its author and year ("Lane 2019"), which names no study in another text.
        """
        if self.design not in (Design.RCT, Design.PROSPECTIVE_REGISTRY):
            return frozenset()
        named = [self.label, self.study_id, *(each for each in self.registry_ids if registry_of(each) is None)]
        titles = [report.title for report in self.reports]
        return frozenset(name for text in (*named, *titles) for name in acronyms_in(text))

    def registered_ids(self) -> frozenset[str]:
        """Return the ids that a registry gave, in their usual form."""
        return frozenset(usual for each in self.registry_ids if (usual := usual_form(each.strip())))


def acronyms_in(text: str) -> tuple[str, ...]:
    """Return what looks like the name or number of a study, each once."""
    found = (match.group() for match in _ACRONYM.finditer(text))
    return tuple(dict.fromkeys(each for each in found if each not in _NO_ACRONYMS and registry_of(each) is None))


def registry_of(identifier: str) -> str | None:
    """Return which registry gave an id, None for a protocol number or a name."""
    return str(registry_ids(identifier)[0].registry) if usual_form(identifier) else None


def studies_of(baseline: Baseline) -> tuple[KnownStudy, ...]:
    """Return the studies of the starting table with their reports."""
    return tuple(
        KnownStudy(
            study_id=study.study_id,
            label=study.label,
            design=study.design,
            country=study.country,
            registry_ids=study.registry_ids,
            accrual_start=study.accrual_start,
            accrual_end=study.accrual_end,
            data_source=study.data_source,
            overlap_group=study.overlap_group,
            n_total=study.n_total,
            reports=tuple(_reports_of(baseline, study.study_id)),
        )
        for study in baseline.studies
    )


def _reports_of(baseline: Baseline, study_id: str) -> Iterable[KnownReport]:
    for report in baseline.reports:
        if report.study_id == study_id:
            both = report.n_surgery is not None and report.n_control is not None
            yield KnownReport(
                report_id=report.report_id,
                pmid=report.pmid,
                doi=report.doi,
                title=report.title,
                first_author=report.first_author,
                year=report.year,
                n_total=report.n_total,
                n_arms=(report.n_surgery or 0, report.n_control or 0) if both else None,
                report_type=report.report_type,
            )
