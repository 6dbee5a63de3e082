"""Rows of the snapshot's tables; each column is declared once, with type, unit and description.

``tables/*.csv`` has these fields as columns in this order, an empty cell for "no value";
``tables/*.meta.json`` (the codebook beside each table) is generated from the same declarations.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


Number = Annotated[float | None, BeforeValidator(_blank_is_none)]
Count = Annotated[int | None, BeforeValidator(_blank_is_none)]
Words = Annotated[str | None, BeforeValidator(_blank_is_none)]


class Row(BaseModel):
    """Base of every row: frozen, no unknown column."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def column(description: str, *, unit: str | None = None, default: Any = None) -> Any:
    """Declare an optional column with its description and unit."""
    return Field(default=default, description=description, json_schema_extra={"unit": unit} if unit else None)


class StudyRow(Row):
    """One included trial family."""

    study_id: str = Field(description="Trial family: the unit of the synthesis")
    label: str = Field(description="Name shown in plots and tables")
    design: str = Field(description="rct, prospective_registry, population_registry or retrospective_cohort")
    body: str = Field(description="randomised or observational; never pooled together")
    country: Words = column("Country or countries of accrual")
    registry_ids: Words = column("Trial registry ids, separated by '; '")
    accrual: Words = column("Years of accrual")
    data_source: Words = column("Registry or hospital the patients come from")
    overlap_group: Words = column("Studies that share patients carry the same group; one of them enters a pool")
    immortal_time: Words = column("How immortal time was handled")
    n_total: Count = column("Participants in the comparison", unit="participants")
    note: Words = column("What a reader should know about this study")


class ReportRow(Row):
    """One publication of a study."""

    report_id: str = Field(description="Our id of the report")
    study_id: str = Field(description="Trial family it belongs to")
    report_type: str = Field(description="primary, update, subgroup, conference_abstract, protocol, erratum ...")
    first_author: Words = column("First author")
    year: Count = column("Year of publication", unit="year")
    title: Words = column("Title as published")
    journal: Words = column("Journal or meeting")
    pmid: Words = column("PubMed id; empty if not known. Ids from 990000000 on are rehearsal ids, not PubMed's")
    doi: Words = column("Digital object identifier")
    supersedes: Words = column("Report that this one replaces in the pool")
    median_follow_up_months: Number = column("Median follow-up", unit="months")
    alert: Words = column("Retraction, expression of concern or erratum, as PubMed states it")
    source_url: Words = column("Where the facts were read")


class ValueRow(Row):
    """One approved value, as reported, with the correction a reviewer decided (if any) kept apart."""

    value_id: str = Field(description="Id of the value; its place on the study page is #<value_id>")
    study_id: str = Field(description="Trial family")
    report_id: str = Field(description="Report it was read in")
    outcome: str = Field(description="Outcome code of the protocol")
    subtype: str = Field(description="Subtype slug of the protocol")
    pattern: str = Field(description="Metastatic pattern slug of the protocol")
    population: Words = column("Any other subgroup, in the report's words")
    measure: str = Field(description="HR, SHR, RR ...")
    estimate: Number = column("Point estimate as printed", unit="ratio")
    ci_low: Number = column("Lower limit as printed", unit="ratio")
    ci_high: Number = column("Upper limit as printed", unit="ratio")
    ci_level: Number = column("Confidence level as stated; empty if never stated", unit="percent")
    p_value: Words = column("p value as printed")
    p_sided: Words = column("one or two, if stated")
    numerator_arm: str = Field(description="surgery, no_surgery or not_stated: whose hazard is on top, after review")
    numerator_arm_reported: str = Field(description="The same as the report states it, before any correction")
    n_surgery: Count = column("Participants with surgery", unit="participants")
    n_control: Count = column("Participants without surgery", unit="participants")
    events_surgery: Count = column("Events with surgery", unit="events")
    events_control: Count = column("Events without surgery", unit="events")
    median_surgery_months: Number = column("Median survival with surgery", unit="months")
    median_control_months: Number = column("Median survival without surgery", unit="months")
    adjusted: Words = column("yes, no or unclear")
    where_reported: Words = column("Abstract, table, page")
    quote: Words = column("The numeric words in the source")
    span_source: Words = column("Text the span counts in (title, abstract, table cell)")
    span_start: Count = column("First character of the quote in that text", unit="characters")
    span_end: Count = column("Character after the quote", unit="characters")
    source_pmid: Words = column("Record the span was read in")
    origin: str = Field(description="baseline (starting table) or queue (approved by reviewers)")
    approved_by: str = Field(description="Who approved it, separated by '; '")
    approved_at: str = Field(description="When the approval was complete (ISO)")
    correction: Words = column("Field: reported -> used, with the reviewer's reason")
    checks: Words = column("Codes of the checks that fired, separated by '; '")
    poolable: bool = Field(description="Whether the value can enter a synthesis at all")
    not_poolable_reason: Words = column("Why not")


class BiasRow(Row):
    """The agreed risk of bias of one result (trial family x outcome) in one domain; ``overall`` is a row of its own."""

    study_id: str = Field(description="Trial family")
    outcome: str = Field(description="Outcome code")
    tool: str = Field(description="rob2 (randomised trials) or robins-i (other studies)")
    domain: str = Field(description="Code of the domain (D1-D5, B1-B7), or overall")
    domain_label: str = Field(description="Name of the domain")
    judgement: str = Field(description="low, some_concerns, high; ROBINS-I: low, moderate, serious, critical, ...")
    proposed: Words = column("What the tool's algorithm or our rule makes of the answers; empty where there is no rule")
    override: Words = column("Why the judges differ from the proposal")
    support: Words = column("What the judges found in the report, each judge's words after the name")
    judges: str = Field(description="Who judged independently, separated by '; '")
    settled_by: Words = column("Who settled what the judges saw differently")
    judged_on: str = Field(description="When the judgement was complete (ISO date)")
    to_confirm: bool = Field(description="True when a report or value was added since: to be confirmed again")


class DecisionRow(Row):
    """One entry of the append-only decision log that concerns a published value, record or link."""

    seq: int = Field(description="Number in the log")
    at: str = Field(description="When (ISO)")
    by: str = Field(description="Who")
    action: str = Field(description="vote, approve, reject, correct, link, import ...")
    subject_kind: str = Field(description="record, value, report, study")
    subject_id: str = Field(description="Which one")
    field: Words = column("Field that changed")
    old: Words = column("Old value")
    new: Words = column("New value")
    reason: Words = column("Why")


class ExcludedRow(Row):
    """One record excluded by people, with its one reason."""

    record_key: str = Field(description="PMID or our report id")
    title: str = Field(description="Title")
    year: Count = column("Year", unit="year")
    reason_code: str = Field(description="Code of the protocol's closed list")
    reason: str = Field(description="Its label")
    stage: str = Field(description="screening or full text")


class SearchRow(Row):
    """One search run of the log."""

    run_id: int = Field(description="Number of the run")
    source: str = Field(description="pubmed or clinicaltrials.gov")
    night: str = Field(description="Date the night was run for (ISO)")
    date_type: str = Field(
        description="crdt (new), mdat (changed), all (full run), watch (included records again), "
        "citedin or refs (citations), fulltext (PMC), registry"
    )
    window_start: Words = column("First day of the window (ISO)")
    window_end: Words = column("Last day of the window (ISO)")
    state: str = Field(description="complete, incomplete or failed")
    hits: Count = column("Records the source counted", unit="records")
    received: Count = column("Records received", unit="records")
    new_records: Count = column("Records not known before", unit="records")
    message: Words = column("What went wrong, if anything")


class OngoingRow(Row):
    """A registered trial without published results."""

    registry_id: str = Field(description="Registry id")
    label: str = Field(description="Name")
    status: str = Field(description="Status as the registry states it")
    planned_n: Count = column("Planned participants", unit="participants")
    expected: Words = column("Primary completion as the registry states it (partial ISO date, 'estimated' while ahead)")
    note: Words = column("Remark")
    started: Words = column("Start as the registry states it (partial ISO date)")
    registry_updated: Words = column("Last update of the registry entry (ISO date)")
    results_posted: Words = column("Day results were posted in the registry (ISO date)")
    screened: Words = column("'no' for a trial the registry search found and no person has looked at yet")


class OtherResultRow(Row):
    """A printed result that cannot be pooled (median, survival percentage, quality of life)."""

    report_id: str = Field(description="Report")
    study_id: str = Field(description="Trial family")
    outcome: str = Field(description="Outcome code")
    subtype: str = Field(description="Subtype slug")
    pattern: str = Field(description="Pattern slug")
    measure: str = Field(description="What is measured")
    result: str = Field(description="As printed")
    quote: Words = column("The numeric words in the source")
