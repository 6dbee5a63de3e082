"""The protocol as frozen values: what the review asks, takes in, looks for and how it stays alive.

``protocol.toml`` is people's decisions; these models say which keys exist and what each may hold, so that a
typing error is one clear line with file and key instead of a wrong page months later. Its parts
(:mod:`extract.schema.protocol_parts`) are imported from here as well.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from extract.errors import ProtocolError
from extract.schema.protocol_parts import (
    AcceptedFall,
    AcceptedLoss,
    AnalysisPlan,
    Appraisal,
    Code,
    ComparisonArm,
    ControlMedian,
    ControlSurvival,
    Editorial,
    Eligibility,
    ExclusionReason,
    Living,
    Outcome,
    Part,
    PatientTexts,
    Person,
    Question,
    RegistrySearch,
    SearchStrategy,
    Slug,
    TaxonomyEntry,
    Text,
)

__all__ = [
    "AcceptedFall",
    "AcceptedLoss",
    "AnalysisPlan",
    "Appraisal",
    "Code",
    "ComparisonArm",
    "ControlMedian",
    "ControlSurvival",
    "Editorial",
    "Eligibility",
    "ExclusionReason",
    "Living",
    "Outcome",
    "Part",
    "PatientTexts",
    "Person",
    "Protocol",
    "Question",
    "RegistrySearch",
    "SearchStrategy",
    "Slug",
    "TaxonomyEntry",
    "Text",
    "protocol_from_mapping",
]


class Protocol(Part):
    """The whole protocol."""

    format: Literal[1]
    question: Question
    eligibility: Eligibility
    search: tuple[SearchStrategy, ...] = Field(min_length=1)
    registries: tuple[RegistrySearch, ...] = ()
    subtypes: tuple[TaxonomyEntry, ...] = Field(min_length=1)
    patterns: tuple[TaxonomyEntry, ...] = Field(min_length=1)
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    arms: tuple[ComparisonArm, ...] = ()
    analysis: AnalysisPlan
    appraisal: Appraisal = Appraisal()
    living: Living
    people: tuple[Person, ...] = Field(min_length=1)
    editorial: Editorial
    patients: PatientTexts | None = None

    @model_validator(mode="after")
    def _lists_are_consistent(self) -> Protocol:
        for name, keys in (
            ("subtypes", [entry.slug for entry in self.subtypes]),
            ("patterns", [entry.slug for entry in self.patterns]),
            ("outcomes", [outcome.code for outcome in self.outcomes]),
            ("people", [person.id for person in self.people]),
            ("eligibility.exclusion_reasons", [reason.code for reason in self.eligibility.exclusion_reasons]),
        ):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{name}: {twice[0]!r} stands twice")
        for name, entries in (("subtypes", self.subtypes), ("patterns", self.patterns)):
            slugs = {entry.slug for entry in entries}
            if "all" not in slugs:
                raise ValueError(f"{name}: the entry 'all' (everyone) is missing")
            for entry in entries:
                _refuse_relations(f"{name}.{entry.slug}", entry, slugs, of=name)
        people = {person.id for person in self.people}
        for loss in (loss for strategy in self.search for loss in strategy.accepted_losses):
            if loss.by not in people:
                raise ValueError(f"search.accepted_losses.{loss.pmid}.by: {loss.by!r} is no id of people")
        for fall in (fall for strategy in self.search for fall in strategy.accepted_falls):
            if fall.by not in people:
                raise ValueError(f"search.accepted_falls.{fall.hits}.by: {fall.by!r} is no id of people")
        asked = self.living.one_must_be
        if asked is not None and not any(person.role in (asked, "adjudicator") for person in self.people):
            raise ValueError(f"living.one_must_be: nobody of people has the role {asked!r}; no value could be approved")
        if sum(outcome.role == "primary" for outcome in self.outcomes) != 1:
            raise ValueError("outcomes: exactly one outcome must have role 'primary'")
        return self

    def primary_outcome(self) -> Outcome:
        """Return the one primary outcome."""
        return next(outcome for outcome in self.outcomes if outcome.role == "primary")

    def person(self, person_id: str) -> Person | None:
        """Return the person with this id, or None."""
        return next((person for person in self.people if person.id == person_id), None)


def _refuse_relations(where: str, entry: TaxonomyEntry, slugs: set[str], *, of: str) -> None:
    """Refuse what an entry says of others that are not there, or that contradicts itself."""
    for key, named in (("within", entry.within), ("apart_from", entry.apart_from)):
        unknown = sorted(set(named) - slugs)
        if unknown:
            raise ValueError(f"{where}.{key}: {unknown[0]!r} is not a slug of {of}")
    if {entry.slug, "all", *entry.within} & set(entry.apart_from):
        raise ValueError(f"{where}.apart_from: an entry is not apart from itself or what it lies within")


def protocol_from_mapping(mapping: dict[str, object], *, where: str) -> Protocol:
    """Validate a parsed TOML document.

    Parameters
    ----------
    mapping
        The document as ``tomllib`` gives it.
    where
        Name of the file, for the message.

    Raises
    ------
    ProtocolError
        One line: file, key, what was wrong, the value, and how many further faults there are.
    """
    try:
        return Protocol.model_validate(mapping)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        first = faults[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        value = first.get("input")
        shown = "" if isinstance(value, dict | list | BaseModel) else f" (value: {value!r})"
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = "this key is not known here"
        raise ProtocolError(f"{where}: {key}: {message}{shown}{more}") from error
