"""One snapshot with what every page needs from it, computed once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from reports.bias import NOT_ASSESSED, StudyBias, by_study
from reports.links import report_path, slugs
from reports.model import Snapshot, Synthesis, synthesis_id
from reports.rows import OngoingRow, ReportRow, StudyRow, ValueRow
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
class Edition:
    """A snapshot and its indices."""

    snapshot: Snapshot

    @property
    def version(self) -> str:
        """Version of the review, ``year.count``."""
        return self.snapshot.manifest.version

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
