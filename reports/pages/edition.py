"""One snapshot with what every page needs from it, computed once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from reports.bias import NOT_ASSESSED, StudyBias, by_study
from reports.links import report_path, slugs
from reports.model import EstimateChange, Synthesis, synthesis_id
from reports.pages.imprint import Imprint
from reports.rows import DecisionRow, OngoingRow, OtherResultRow, ReportRow, StudyRow, ValueRow
from reports.snapshot import TABLES, json_text, table_csv
from reports.taxonomy import ALL, Taxonomy, inside_sentence, taxonomy_of
from reports.terms import Terms, terms_of


@dataclass(frozen=True)
class Stratum:
    """A subtype and a metastatic pattern: the subject of a report page.

    ``entrance`` tells apart the two addresses of the report on everyone, ``subtype/all/`` and ``pattern/all/``.
    """

    subtype: str
    pattern: str
    entrance: Literal["subtype", "pattern"] = "subtype"

    @property
    def path(self) -> str:
        """Folder of its report."""
        if self.entrance == "pattern":
            return f"pattern/{self.pattern}/"
        return report_path(self.subtype, self.pattern)


@dataclass(frozen=True)
class TableText:
    """A table as published."""

    text: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Edition(Imprint):
    """A snapshot and its indices."""

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The protocol's subtypes, patterns and outcomes."""
        return taxonomy_of(self.snapshot.protocol)

    @cached_property
    def terms(self) -> Terms:
        """The words for what is compared."""
        return terms_of(self.snapshot.protocol)

    @cached_property
    def results(self) -> Mapping[str, Synthesis]:
        """Syntheses by id."""
        return {one.synthesis_id: one for one in self.snapshot.results}

    @cached_property
    def studies(self) -> Mapping[str, StudyRow]:
        """Studies by id."""
        return {row.study_id: row for row in self.snapshot.studies}

    @cached_property
    def study_slugs(self) -> Mapping[str, str]:
        """Folder of each study's page."""
        return slugs(self.studies)

    @cached_property
    def reports_of(self) -> Mapping[str, tuple[ReportRow, ...]]:
        """Reports of each study, oldest first."""
        out: dict[str, list[ReportRow]] = defaultdict(list)
        for row in sorted(self.snapshot.reports, key=lambda r: (r.year or 9999, r.report_id)):
            out[row.study_id].append(row)
        return {key: tuple(rows) for key, rows in out.items()}

    @cached_property
    def values_of(self) -> Mapping[str, tuple[ValueRow, ...]]:
        """Values of each study, by outcome and stratum."""
        out: dict[str, list[ValueRow]] = defaultdict(list)
        for row in self.snapshot.values:
            out[row.study_id].append(row)
        return {key: tuple(rows) for key, rows in out.items()}

    @cached_property
    def bias_of(self) -> Mapping[str, tuple[StudyBias, ...]]:
        """Agreed risk of bias of each study, one assessment for each outcome; nothing where nobody judged."""
        return by_study(self.snapshot.risk_of_bias)

    def bias_words(self, study_id: str, outcome: str) -> str:
        """Return the overall risk of bias of a study's result in words."""
        return next((one.words for one in self.bias_of.get(study_id, ()) if one.outcome == outcome), NOT_ASSESSED)

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """Every report page: all subtypes, all patterns, and the cells with evidence."""
        out = [Stratum(entry.slug, ALL) for entry in self.taxonomy.subtypes]
        out.append(Stratum(ALL, ALL, "pattern"))
        out += [Stratum(ALL, entry.slug) for entry in self.taxonomy.patterns if entry.slug != ALL]
        out += [
            Stratum(s.slug, p.slug)
            for s in self.taxonomy.subtypes
            for p in self.taxonomy.patterns
            if ALL not in (s.slug, p.slug) and self.has_evidence(Stratum(s.slug, p.slug))
        ]
        return tuple(out)

    def synthesis(self, stratum: Stratum, *, outcome: str, body: str) -> Synthesis | None:
        """Return one synthesis of a stratum, or None if the snapshot holds none."""
        return self.results.get(
            synthesis_id(outcome=outcome, subtype=stratum.subtype, pattern=stratum.pattern, body=body)
        )

    def has_evidence(self, stratum: Stratum) -> bool:
        """Return whether any outcome of this stratum has an estimate, pooled or left out."""
        return any(
            (s.inputs or s.left_out) and (s.subtype, s.pattern) == (stratum.subtype, stratum.pattern)
            for s in self.snapshot.results
        )

    @cached_property
    def values(self) -> Mapping[str, ValueRow]:
        """Values by id."""
        return {row.value_id: row for row in self.snapshot.values}

    @cached_property
    def ongoing(self) -> tuple[OngoingRow, ...]:
        """Registered trials without results that people have looked at; the others stand in the table only."""
        return tuple(row for row in self.snapshot.ongoing if row.screened != "no")

    @cached_property
    def tables(self) -> Mapping[str, TableText]:
        """Every table as CSV."""
        out = {}
        for name, row_type in TABLES.items():
            rows = getattr(self.snapshot, name)
            text = table_csv(rows, row_type)
            out[name] = TableText(text, len(rows), hashlib.sha256(text.encode()).hexdigest())
        return out

    @cached_property
    def protocol_text(self) -> str:
        """The protocol in force as JSON."""
        return json_text(self.snapshot.protocol)

    @cached_property
    def listed_results(self) -> tuple[tuple[str, str, int], ...]:
        """Id, words and number of estimates of every synthesis."""
        return tuple((one.synthesis_id, self.words(one.synthesis_id), one.k) for one in self.snapshot.results)

    @cached_property
    def decisions_of(self) -> Mapping[str, tuple[DecisionRow, ...]]:
        """Decisions on each study itself, its reports, its values, and the records they were read in."""
        owners: dict[str, set[str]] = defaultdict(set)
        for study_id in self.studies:
            owners[study_id].add(study_id)
            for report in self.reports_of.get(study_id, ()):
                owners[report.report_id].add(study_id)
                owners[report.pmid or ""].add(study_id)
            for value in self.values_of.get(study_id, ()):
                owners[value.value_id].add(study_id)
                owners[value.source_pmid or ""].add(study_id)
        owners.pop("", None)
        out: dict[str, list[DecisionRow]] = defaultdict(list)
        for row in self.snapshot.decisions:
            for study_id in owners.get(row.subject_id, ()):
                out[study_id].append(row)
        return {key: tuple(rows) for key, rows in out.items()}

    def reopened(self, report_id: str) -> tuple[int, int]:
        """Return how many values of a report were re-opened, and how many of them people have decided on since."""
        since = {
            d.subject_id: d.at for d in self.snapshot.decisions if (d.subject_kind, d.action) == ("value", "reopen")
        }
        here = [row for row in self.snapshot.values if row.report_id == report_id and row.value_id in since]
        return len(here), sum(row.approved_at > since[row.value_id] for row in here)

    @cached_property
    def other_results_of(self) -> Mapping[str, tuple[OtherResultRow, ...]]:
        """Results that no pool can take, by study."""
        out: dict[str, list[OtherResultRow]] = defaultdict(list)
        for row in self.snapshot.other_results:
            out[row.study_id].append(row)
        return {key: tuple(rows) for key, rows in out.items()}

    @cached_property
    def used_of(self) -> Mapping[str, tuple[tuple[str, str, str, str], ...]]:
        """Where each study's values entered: value, synthesis, its words, its address."""
        out: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
        for one in self.snapshot.results:
            words, path = self.words(one.synthesis_id), Stratum(one.subtype, one.pattern).path
            for used in one.inputs:
                out[used.study_id].append((used.value_id, one.synthesis_id, words, path))
        return {key: tuple(rows) for key, rows in out.items()}

    @cached_property
    def left_out_of(self) -> Mapping[str, Mapping[str, str]]:
        """Why values of each study entered no pool, by value."""
        out: dict[str, dict[str, str]] = defaultdict(dict)
        for one in self.snapshot.results:
            for left in one.left_out:
                out[left.study_id][left.value_id] = left.reason
        return out

    def changes_of(self, stratum: Stratum) -> tuple[EstimateChange, ...]:
        """Return what changed in the results of one report; nothing in the first version, where all is new."""
        if self.is_first:
            return ()
        middle = f"--{stratum.subtype}--{stratum.pattern}--"
        return tuple(change for change in self.snapshot.changes.estimates if middle in change.synthesis_id)

    @property
    def entered_alone(self) -> int:
        """How many values stand as the authors of the starting table entered them, read by nobody else since."""
        return sum(row.origin == "baseline" and ";" not in row.approved_by for row in self.snapshot.values)

    @property
    def judged_studies(self) -> tuple[int, int]:
        """How many studies have a judged risk of bias, of how many."""
        return sum(study_id in self.bias_of for study_id in self.studies), len(self.studies)

    @property
    def unscreened_trials(self) -> int:
        """How many trials the registry search found that no person has looked at."""
        return len(self.snapshot.ongoing) - len(self.ongoing)

    def label(self, study_id: str) -> str:
        """Return a study's name."""
        row = self.studies.get(study_id)
        return row.label if row else study_id

    @cached_property
    def question(self) -> Mapping[str, Any]:
        """The protocol's question."""
        found: Mapping[str, Any] = self.snapshot.protocol.get("question", {})
        return found

    @property
    def short_title(self) -> str:
        """Title of the question without the kind of review."""
        title = self.question.get("short_title") or self.question.get("title") or "Living systematic review"
        return str(title)

    def title(self, stratum: Stratum) -> str:
        """Return the title of a report without the version."""
        return f"{self.short_title}: {self.subject(stratum)}. A living systematic review"

    def subject(self, stratum: Stratum) -> str:
        """Return who a report is about, as a heading: ``HER2-positive, bone-only``."""
        subtype, pattern = self.taxonomy.subtype(stratum.subtype), self.taxonomy.pattern(stratum.pattern)
        if stratum.subtype == ALL and stratum.pattern == ALL:
            return "all patients"
        if stratum.pattern == ALL:
            return subtype.label
        if stratum.subtype == ALL:
            noun = self.terms.pattern_noun
            said = not noun or noun[:6].lower() in pattern.label.lower()
            return pattern.label if said else f"{pattern.label} {noun}"
        return f"{subtype.label}, {pattern.label[:1].lower()}{pattern.label[1:]}"

    def in_text(self, subtype: str, pattern: str) -> str:
        """Return who a stratum is after a comma: ``visceral metastases``."""
        return inside_sentence(self.subject(Stratum(subtype, pattern)))

    def words(self, result_id: str) -> str:
        """Return a synthesis id in words: ``Overall survival, HER2-positive, randomised``."""
        parts = result_id.split("--")
        if len(parts) != 4:
            return result_id
        outcome, subtype, pattern, body = parts
        codes = {o.code.lower().replace("_", "-"): o.label for o in self.taxonomy.outcomes}
        return f"{codes.get(outcome, outcome)}, {self.in_text(subtype, pattern)}, {body}"
