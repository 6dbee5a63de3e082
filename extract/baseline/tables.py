"""Columns of the starting tables, declared once; the loader and the codebook both read them."""

from __future__ import annotations

from enum import StrEnum

from extract.schema.columns import Column, Constraint
from extract.schema.vocabulary import Adjusted, Arm, Design, ImmortalTime, Measure


def _names(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(str(member) for member in kind)


REQUIRED = Constraint(required=True)
KEY = Constraint(required=True, unique=True, pattern=r"[A-Za-z0-9][A-Za-z0-9.-]*")
LINK = Constraint(pattern=r"[A-Za-z0-9][A-Za-z0-9.-]*")
REQUIRED_LINK = Constraint(required=True, pattern=r"[A-Za-z0-9][A-Za-z0-9.-]*")
SLUG_KEY = Constraint(required=True, unique=True, pattern=r"[a-z0-9]+(-{1,2}[a-z0-9]+)*")
SLUG_LINK = Constraint(required=True, pattern=r"[a-z0-9]+(-{1,2}[a-z0-9]+)*")
PMID = Constraint(unique=True, pattern=r"[1-9]\d{0,8}")
DOI = Constraint(unique=True, pattern=r"10\.\d{4,}/\S+")
URL = Constraint(pattern=r"https?://\S+")
YEAR = Constraint(above=1900, below=2100)
COUNT = Constraint(above=-1)
POSITIVE = Constraint(above=0)
LEVEL = Constraint(above=0, below=100)  # percent as stated; 0 and 100 are never an interval's level
YES_NO = ("yes", "no")

NOT_POOLABLE = (
    "no interval printed",
    "interval misprinted",
    "not surgery against no surgery",
    "locoregional treatment, not surgery alone",
    "surgery of metastases as well",
    "free margins only",
    "subdistribution hazard ratio",
    "subgroup outside the taxonomy",
    "comparison unclear",
    "quoted by another report, not read in its own",
    "shown as a biased analysis by its authors",
)
"""Why a reported value never enters a pool, whatever else is approved."""

REPORT_TYPES = (
    "primary",
    "update",
    "conference_abstract",
    "protocol",
    "subgroup",
    "erratum",
    "registration",
    "meta_analysis",
    "review",
)

STUDIES = (
    Column("study_id", "text", "", "Our id of the trial family or cohort", KEY),
    Column("label", "text", "", "Name shown to readers", REQUIRED),
    Column("design", "choice", "", "How participants were allocated", REQUIRED, _names(Design)),
    Column(
        "status",
        "choice",
        "",
        "State of a trial; not_applicable for a cohort",
        REQUIRED,
        ("reported", "ongoing", "terminated", "withdrawn", "not_applicable"),
    ),
    Column("country", "text", "", "Country or countries of the participants, as known"),
    Column("registry_ids", "list", "", "Ids in trial registries"),
    Column("accrual_start", "integer", "year", "First year of enrolment or diagnosis", YEAR),
    Column("accrual_end", "integer", "year", "Last year of enrolment or diagnosis", YEAR),
    Column("data_source", "text", "", "Registry, database or hospital the participants come from"),
    Column("overlap_group", "text", "", "Studies of one group may hold the same people: one of them a pool", LINK),
    Column(
        "also_overlaps",
        "list",
        "",
        "Other groups that hold some of the same people",
        Constraint(pattern=r"[A-Za-z0-9][A-Za-z0-9.-]*"),
    ),
    Column(
        "immortal_time",
        "choice",
        "",
        "How the time a patient must survive to be operated on was dealt with",
        REQUIRED,
        _names(ImmortalTime),
    ),
    Column("n_total", "integer", "participants", "Participants analysed, by the latest report", POSITIVE),
    Column("unverified_fields", "list", "", "Columns not read in a source about the study itself"),
    Column("note", "text", "", "What a reviewer must know"),
)

REPORTS = (
    Column("report_id", "text", "", "Our id of the publication", KEY),
    Column("study_id", "text", "", "Study it reports; empty for a synthesis of several", LINK),
    Column("report_type", "choice", "", "What kind of publication", REQUIRED, REPORT_TYPES),
    Column("supersedes", "text", "", "Report of the same study that this one replaces where both give a value", LINK),
    Column("pmid", "text", "", "PubMed id; empty where not known (never a guess)", PMID),
    Column("doi", "text", "", "Digital object identifier", DOI),
    Column("pmcid", "text", "", "PubMed Central id", Constraint(unique=True, pattern=r"PMC\d+")),
    Column("first_author", "text", "", "Surname and initials of the first author; empty where not seen"),
    Column("year", "integer", "year", "Year of publication; empty where not seen", YEAR),
    Column("journal", "text", "", "Abbreviated journal title, or the meeting; empty where not seen"),
    Column("citation", "text", "", "Volume, issue and pages; empty where not seen"),
    Column("title", "text", "", "Title; in square brackets where the exact one was not seen", REQUIRED),
    Column("n_total", "integer", "participants", "Participants analysed", POSITIVE),
    Column("n_surgery", "integer", "participants", "Participants with surgery or locoregional treatment", COUNT),
    Column("n_control", "integer", "participants", "Participants without", COUNT),
    Column("median_followup_months", "decimal", "months", "Median follow-up", POSITIVE),
    Column("source_url", "text", "", "Where the facts were read", URL),
    Column("unverified_fields", "list", "", "Columns not read in the source itself"),
    Column("note", "text", "", "What a reviewer must know"),
)

VALUES = (
    Column("value_id", "text", "", "Stable id: report, outcome, subtype, pattern, number", SLUG_KEY),
    Column("report_id", "text", "", "Report that prints it", REQUIRED_LINK),
    Column("outcome", "outcome", "", "Outcome of the protocol", REQUIRED),
    Column("subtype", "subtype", "", "Subtype of the protocol", REQUIRED),
    Column("pattern", "pattern", "", "Metastatic pattern of the protocol", REQUIRED),
    Column("population", "text", "", "Any other subgroup, in words; empty for the whole stratum"),
    Column("measure", "choice", "", "Measure in the report's own word", REQUIRED, _names(Measure)),
    Column("estimate", "decimal", "ratio", "Point estimate as printed", Constraint(required=True, above=0)),
    Column("ci_low", "decimal", "ratio", "Lower limit as printed", POSITIVE),
    Column("ci_high", "decimal", "ratio", "Upper limit as printed", POSITIVE),
    Column("ci_level", "decimal", "percent", "Confidence level as stated for this interval", LEVEL),
    Column("p_value", "text", "", "P value as written", Constraint(pattern=r"[<>=]?\s?\d?\.\d+")),
    Column("p_sided", "choice", "", "Sidedness where stated", Constraint(), ("one", "two")),
    Column("numerator_arm", "choice", "", "Arm above the line as the report prints it", REQUIRED, _names(Arm)),
    Column("denominator_arm", "choice", "", "Arm below the line as the report prints it", REQUIRED, _names(Arm)),
    Column("numerator_label", "text", "", "The same arm in the report's words"),
    Column("denominator_label", "text", "", "The same arm in the report's words"),
    Column("events_surgery", "integer", "events", "Events with surgery", COUNT),
    Column("events_control", "integer", "events", "Events without", COUNT),
    Column("n_surgery", "integer", "participants", "Participants with surgery in this comparison", POSITIVE),
    Column("n_control", "integer", "participants", "Participants without, in this comparison", POSITIVE),
    Column("median_surgery_months", "decimal", "months", "Median time with surgery", POSITIVE),
    Column("median_control_months", "decimal", "months", "Median time without", POSITIVE),
    Column("adjusted", "choice", "", "From a model with covariates, matching or weighting", REQUIRED, _names(Adjusted)),
    Column("adjustment", "text", "", "Which model or weighting, as far as stated"),
    Column("immortal_time", "choice", "", "How this estimate deals with immortal time", REQUIRED, _names(ImmortalTime)),
    Column("landmark_months", "decimal", "months", "Landmark after diagnosis, where one was used", POSITIVE),
    Column(
        "where_reported",
        "choice",
        "",
        "Part of the source that was read",
        REQUIRED,
        ("abstract", "conference_abstract", "secondary_source"),
    ),
    Column("quote", "text", "", "The numbers as they stand in the source", REQUIRED),
    Column("source_url", "text", "", "Where they were read", Constraint(required=True, pattern=r"https?://\S+")),
    Column("poolable", "choice", "", "Whether the value may enter a pool at all", REQUIRED, YES_NO),
    Column("not_poolable_reason", "choice", "", "Why not; empty for a poolable value", Constraint(), NOT_POOLABLE),
    Column(
        "comparison_group",
        "text",
        "",
        "Values that share one control group; at most one of them a pool",
        Constraint(pattern=r"[a-z0-9]+(-{1,2}[a-z0-9]+)*"),
    ),
    Column("comparison_rank", "integer", "rank", "Order of preference inside the comparison group", POSITIVE),
    Column("note", "text", "", "What a reviewer must know"),
)

CORRECTIONS = (
    Column("kind", "choice", "", "What was decided", REQUIRED, ("correction", "confirmation", "exclusion")),
    Column("value_id", "text", "", "Value the decision is about", SLUG_LINK),
    Column("field", "text", "", "Column the decision rests on", REQUIRED),
    Column("reported", "text", "", "What that column must still say, else the decision no longer applies"),
    Column("corrected", "text", "", "What is used instead; the same for a confirmation, empty for an exclusion"),
    Column("reason", "text", "", "Why it was decided so", REQUIRED),
    Column("evidence", "text", "", "What shows it", REQUIRED),
    Column("decided_by", "text", "", "Who decided", REQUIRED),
    Column("decided_on", "date", "", "When it was decided", REQUIRED),
    Column("next_review", "date", "", "When to look again", REQUIRED),
)

SCREENING = (
    Column("key_type", "choice", "", "What the key is", REQUIRED, ("pmid", "doi", "title", "registry")),
    Column("key", "text", "", "Identifier or exact title of the record", Constraint(required=True, unique=True)),
    Column("report_id", "text", "", "Report it became, where there is one", LINK),
    Column("decision", "choice", "", "Starting decision", REQUIRED, ("include", "exclude")),
    Column("reason", "reason", "", "Exclusion reason of the protocol; empty for an inclusion"),
    Column("note", "text", "", "What the decision rests on"),
)

OTHER_RESULTS = (
    Column("report_id", "text", "", "Report that prints it", REQUIRED_LINK),
    Column("outcome", "outcome", "", "Outcome of the protocol", REQUIRED),
    Column("subtype", "subtype", "", "Subtype of the protocol", REQUIRED),
    Column("pattern", "pattern", "", "Metastatic pattern of the protocol", REQUIRED),
    Column("population", "text", "", "Any other subgroup, in words"),
    Column(
        "measure",
        "choice",
        "",
        "What the text gives",
        REQUIRED,
        ("median", "survival percent", "cumulative incidence", "p value only", "hazard ratio range", "statement"),
    ),
    Column("text", "text", "", "The result in words and figures; surgery first where both arms are given", REQUIRED),
    Column("p_value", "text", "", "P value as written", Constraint(pattern=r"[<>=]?\s?\d?\.\d+")),
    Column("source_url", "text", "", "Where it was read", Constraint(required=True, pattern=r"https?://\S+")),
)

PUBLISHED_POOLINGS = (
    Column("report_id", "text", "", "Meta-analysis that published it", REQUIRED_LINK),
    Column("outcome", "outcome", "", "Outcome of the protocol", REQUIRED),
    Column("subtype", "subtype", "", "Subtype of the protocol", REQUIRED),
    Column("pattern", "pattern", "", "Metastatic pattern of the protocol", REQUIRED),
    Column("population", "text", "", "Any other selection, in words"),
    Column("estimate", "decimal", "ratio", "Pooled hazard ratio as published", Constraint(required=True, above=0)),
    Column("ci_low", "decimal", "ratio", "Lower limit as published", POSITIVE),
    Column("ci_high", "decimal", "ratio", "Upper limit as published", POSITIVE),
    Column("ci_level", "decimal", "percent", "Level of the published interval", LEVEL),
    Column("source_url", "text", "", "Where it was read", Constraint(required=True, pattern=r"https?://\S+")),
    Column("note", "text", "", "What a reader must know"),
)

POOLING_INPUTS = (
    Column("input_set", "text", "", "Id of one way of reading the inputs", SLUG_LINK),
    Column("published_report_id", "text", "", "Meta-analysis it re-runs; empty for our own result", LINK),
    Column("value_id", "text", "", "Value of the starting table that goes in", SLUG_LINK),
    Column("read_level_as", "decimal", "percent", "Level assumed for the interval in this reading", LEVEL),
    Column("inverted", "choice", "", "Whether the ratio is turned over in this reading", REQUIRED, YES_NO),
)

POOLING_RERUNS = (
    Column("input_set", "text", "", "Id of the way of reading the inputs", SLUG_KEY),
    Column("published_report_id", "text", "", "Meta-analysis it re-runs; empty for our own result", LINK),
    Column("description", "text", "", "The reading in words", REQUIRED),
    Column("k", "integer", "estimates", "Number of estimates pooled", POSITIVE),
    *(
        Column(f"{method}_{part}", "decimal", "ratio", f"{name}: {words}", Constraint(required=True, above=0))
        for method, name in (
            ("dl", "DerSimonian-Laird"),
            ("reml", "REML"),
            ("reml_hksj", "REML, Hartung-Knapp"),
            ("ee", "Equal effects"),
        )
        for part, words in (("hr", "pooled hazard ratio"), ("low", "lower 95 % limit"), ("high", "upper 95 % limit"))
    ),
    Column("q", "decimal", "", "Cochran's Q"),
    Column("i2", "decimal", "percent", "Share of variability not due to sampling"),
    Column("tau2_dl", "decimal", "log hazard ratio squared", "DerSimonian-Laird tau2"),
    Column("verdict", "text", "", "What the re-run shows", REQUIRED),
)

TABLES: tuple[tuple[str, tuple[Column, ...]], ...] = (
    ("studies", STUDIES),
    ("reports", REPORTS),
    ("values", VALUES),
    ("corrections", CORRECTIONS),
    ("screening", SCREENING),
    ("other_results", OTHER_RESULTS),
    ("published_poolings", PUBLISHED_POOLINGS),
    ("pooling_inputs", POOLING_INPUTS),
    ("pooling_reruns", POOLING_RERUNS),
)
"""Every table of the starting rows with its columns, in the order of the files' headers."""
