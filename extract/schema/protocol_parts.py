"""The parts of the protocol, each with its keys and what each may hold."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from extract.errors import ProtocolError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Part(BaseModel):
    """Base of every part of the protocol: frozen, and a key that is not defined is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Question(Part):
    """What the review asks (PICO) and why it is living."""

    title: Text
    short_title: Text
    population: Text
    intervention: Text
    comparator: Text
    rationale: Text
    living_rationale: Text
    direction: Text
    groups: tuple[Text, Text] = ("subtype", "pattern")
    """What the two ways of grouping patients are called on the site."""
    pattern_noun: Text | None = None
    """Noun that follows a pattern's label where it stands alone: "visceral metastases"."""


class ExclusionReason(Part):
    """One entry of the closed list of exclusion reasons; counted in the PRISMA flow."""

    code: Slug
    label: Text


class Eligibility(Part):
    """Criteria a record must meet, and the closed list of reasons it may fail them."""

    criteria: tuple[Text, ...] = Field(min_length=6)
    exclusion_reasons: tuple[ExclusionReason, ...] = Field(min_length=1)


class AcceptedLoss(Part):
    """An included record that a changed query no longer finds, and a person's word that it may be so."""

    pmid: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")]
    reason: Text
    by: Slug
    date: dt.date


class AcceptedFall(Part):
    """A full run that counts fewer records than the last one, and a person's word that it may be so.

    ``hits`` is what the run counted; one that counts clearly fewer than that is a failure again.
    """

    hits: int = Field(ge=0)
    reason: Text
    by: Slug
    date: dt.date


class SearchStrategy(Part):
    """One query for one source, with who wrote and who checked it."""

    source: Literal["pubmed"]
    platform: Text
    version: Text
    date: dt.date
    author: Text
    checker: Text
    next_review: dt.date
    adapted_from: tuple[Text, ...]
    limits: Text
    lines: tuple[Text, ...] = Field(min_length=1)
    accepted_drops: tuple[Text, ...] = ()
    """Phrases PubMed may leave out of the search because a person accepted it, as its WarningList writes them."""
    accepted_losses: tuple[AcceptedLoss, ...] = ()
    """Records a search may no longer find although they were found before; a changed query that loses another
    included one refuses publication."""
    accepted_falls: tuple[AcceptedFall, ...] = ()
    """Falls of the full run's count that a person has looked into; every other one of more than 1 % is a failure."""

    def query(self) -> str:
        """Return the query as sent: lines ``#1`` ... substituted into the last one."""
        parts = dict(enumerate((" ".join(line.split()) for line in self.lines), start=1))
        last = parts[len(parts)]

        def substitute(match: re.Match[str]) -> str:
            number = int(match.group(1))
            if number not in parts or number == len(parts):
                raise ProtocolError(f"search.lines: the last line refers to #{number}, not a line before it")
            return f"({parts[number]})"

        return re.sub(r"#(\d+)", substitute, last)


class RegistrySearch(Part):
    """What is asked of a trial registry, with who wrote and who checked it; empty terms ask for nothing more."""

    source: Literal["clinicaltrials.gov"]
    platform: Text
    condition: Text
    intervention: Text
    terms: Text | None = None
    date: dt.date
    author: Text
    checker: Text
    next_review: dt.date


class TaxonomyEntry(Part):
    """A subtype or metastatic pattern: its slug in URLs and tables, its label, and the words that mean it.

    ``synonyms`` are matched case-insensitively at word boundaries in reports; ``within`` names the broader
    entries a result of this one may be compared with (never pooled with); ``apart_from`` those that
    by definition share nobody with it, told on one side only.
    """

    slug: Slug
    label: Text
    definition: Text
    synonyms: tuple[Text, ...] = ()
    within: tuple[Slug, ...] = ()
    apart_from: tuple[Slug, ...] = ()


class Outcome(Part):
    """An outcome: code of the curated table, definition and the words that mean it."""

    code: Code
    label: Text
    definition: Text
    role: Literal["primary", "secondary"]
    event: Text | None = None
    """What the hazard is of, inside a sentence: "death"."""
    synonyms: tuple[Text, ...]


class ControlSurvival(Part):
    """Survival without surgery at a time, from a named source: the base of absolute effects."""

    months: float = Field(gt=0)
    percent: float = Field(gt=0, lt=100)
    source: Text


class ControlMedian(Part):
    """Median survival without surgery, from a named source: the base of the three scenarios for patients."""

    months: float = Field(gt=0)
    source: Text


class ComparisonArm(Part):
    """One arm of the question's comparison and the words reports use for it (for reading a ratio's direction).

    ``short`` is what axes and columns of the site say, inside a sentence: "surgery", "no surgery".
    """

    code: Code
    label: Text
    short: Text | None = None
    role: Literal["intervention", "comparator"]
    synonyms: tuple[Text, ...]


class AnalysisPlan(Part):
    """How estimates are pooled; each field has its decision in DECISIONS.md."""

    method: Literal["DL", "PM", "REML", "ML", "EB", "SJ", "HE", "HS"]
    ci_method: Literal["hksj", "wald"]
    level: float = Field(gt=50, lt=100)
    sensitivity: tuple[Literal["DL-wald", "REML-wald", "EE-wald", "PM-hksj"], ...] = Field(min_length=1)
    control_survival: tuple[ControlSurvival, ...] = Field(min_length=1)
    control_median: ControlMedian | None = None
    subgroups_prespecified: tuple[Literal["subtype", "pattern"], ...]


class Appraisal(Part):
    """How the evidence is judged.

    ``confounders`` are what a cohort of this question must deal with (ROBINS-I); ``sensitivity_without_high_risk`` asks
    for each pool again without the results judged at high (or serious, critical) risk of bias.
    """

    judges_needed: int = Field(default=2, ge=1, le=3)
    certainty_judges_needed: int = Field(default=2, ge=1, le=3)
    confounders: tuple[Text, ...] = ()
    sensitivity_without_high_risk: bool = False
    seeded_errors_one_in: int = Field(default=0, ge=0, le=1000)
    """One proposal in this many is shown to its first reader with a deliberate, recorded error; 0 for none."""

    @model_validator(mode="after")
    def _confounders_are_different(self) -> Appraisal:
        folded = [name.casefold() for name in self.confounders]
        twice = sorted({name for name in folded if folded.count(name) > 1})
        if twice:
            raise ValueError(f"confounders: {twice[0]!r} stands twice")
        return self


class Living(Part):
    """How the review stays current, and when it says that it does not."""

    night_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    timezone: Text
    overlap_days: int = Field(ge=1, le=365)
    full_rerun_every_days: int = Field(ge=1, le=366)
    first_search_from: dt.date
    overdue_after_days: int = Field(ge=1, le=90)
    approvals_needed: int = Field(ge=1, le=3)
    votes_needed: int = Field(ge=1, le=3)
    one_must_be: Literal["reviewer", "expert", "adjudicator"] | None = None
    """Role that one reader of each value must hold; none asked for by default."""
    status: Literal["active", "suspended", "retired"]
    retirement: Text
    updates_of_included: Text
    repeated_testing: Text

    @model_validator(mode="after")
    def _timezone_exists(self) -> Living:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"timezone {self.timezone!r} is not known; try Europe/Vienna") from error
        return self


class Person(Part):
    """A person of the review team; ``id`` is what ``--by`` and the decision log carry."""

    id: Slug
    name: Text
    role: Literal["viewer", "reviewer", "expert", "adjudicator", "administrator"]
    interests: Text
    contribution: Text


class Editorial(Part):
    """Sentences only people may write; each page prints them with their date and author."""

    interpretation: Text
    written_for: (
        Literal["no_evidence", "not_estimable", "not_shown", "favours_surgery", "favours_no_surgery"] | None
    ) = None
    """The verdict on the primary outcome (:func:`reports.conclusion.verdict`) that the interpretation interprets: it is
    withheld as soon as the trials say something else. None where nobody said."""
    limits_of_evidence: Text
    limits_of_process: Text
    limits_of_living_mode: Text
    implications: Text
    signed_by: Text
    date: dt.date
    registration: Text
    funding: Text
    amendments: tuple[Text, ...] = ()


class PatientTexts(Part):
    """What the site says to patients; plain words, written by people (see :mod:`reports.terms` for each place)."""

    lead: Text
    question: Text
    background: Text
    treatment: Text
    benefit: Text
    observational: Text
    another_question: Text
    not_said: tuple[Text, ...] = Field(min_length=1)
    ask: tuple[Text, ...] = Field(min_length=1)
