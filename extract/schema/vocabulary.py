"""Closed lists of allowed values, each with its meaning.

The codebook, the checks and the forms read these; nothing else may spell them out again.
"""

from __future__ import annotations

from enum import StrEnum


class Design(StrEnum):
    """How a study allocated its participants."""

    RCT = "rct"
    PROSPECTIVE_REGISTRY = "prospective_registry"
    POPULATION_REGISTRY = "population_registry"
    RETROSPECTIVE_COHORT = "retrospective_cohort"


class Body(StrEnum):
    """Body of evidence: the two are never pooled together."""

    RANDOMISED = "randomised"
    OBSERVATIONAL = "observational"


def body_of(design: Design) -> Body:
    """Return the body of evidence a design belongs to."""
    return Body.RANDOMISED if design is Design.RCT else Body.OBSERVATIONAL


class Measure(StrEnum):
    """What a printed effect is."""

    HR = "HR"
    SHR = "SHR"
    CSHR = "CSHR"
    OR = "OR"
    RR = "RR"
    RD = "RD"
    MD = "MD"
    MEDIAN = "median"


class Arm(StrEnum):
    """The two arms of this review's comparison, and what a report may leave unsaid."""

    SURGERY = "surgery"
    NO_SURGERY = "no_surgery"
    NOT_STATED = "not_stated"


class ImmortalTime(StrEnum):
    """How a study dealt with the time a patient must survive to be operated on."""

    NOT_APPLICABLE = "not_applicable"
    NONE = "none"
    LANDMARK = "landmark"
    TIME_VARYING = "time_varying"
    CLONE_CENSOR_WEIGHT = "clone_censor_weight"
    NOT_CHECKED = "not_checked"


class Adjusted(StrEnum):
    """Whether an estimate comes from a model with covariates, matching or weighting."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class RouteName(StrEnum):
    """Ways to a log hazard ratio that a reviewer may choose where no interval is printed."""

    HR_AND_P = "hr_and_p"
    O_MINUS_E = "o_minus_e"
    P_AND_EVENTS = "p_and_events"
    MEDIANS = "medians"
    SURVIVAL_CURVE = "survival_curve"


class RecordState(StrEnum):
    """Where a record stands; transitions are in :mod:`extract.schema.states`."""

    NEW = "new"
    SCREENING = "screening"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"


class SearchState(StrEnum):
    """Outcome of one search run. Only ``complete`` says anything about what exists."""

    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
