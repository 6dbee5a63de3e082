"""What the API sends back about items; what a blind reader must not see is left out (null), not hidden elsewhere."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of everything the API sends."""

    model_config = ConfigDict(frozen=True)


class Lease(Answer):
    """Who works on an item now."""

    mine: bool = Field(description="Whether you may work on it: nobody else has it open")
    holder: str | None = Field(None, description="Who has it open, if it is somebody else")
    until: str | None = Field(None, description="Until when (UTC)")


class Doubt(Answer):
    """A plausibility check that fired."""

    code: str
    severity: str = Field(description="error (cannot be true as printed) or warning")
    message: str


class DecisionLine(Answer):
    """A decision as the log has it."""

    at: str
    by: str
    action: str
    new: str | None = None
    reason: str | None = None
    study: dict[str, str] | None = Field(None, description="Facts of the study that an including vote gave")
    value: dict[str, str] | None = Field(None, description="The value as this person read it")


class AbstractPart(Answer):
    """A section of an abstract."""

    label: str | None
    text: str


class RecordPart(Answer):
    """A record to screen."""

    pmid: str
    title: str
    abstract: list[AbstractPart]
    journal: str | None = None
    year: int | None = None
    doi: str | None = None
    retracted: bool = Field(description="Whether PubMed links a retraction to it")
    votes_needed: int
    votes_hidden: int = Field(description="How many voted whose votes you do not see before your own")
    suggested_design: str = Field(description="What the record's own words suggest; a person confirms or changes it")


class TextPart(Answer):
    """A text the value may stand in."""

    source: str = Field(description="title, abstract, or a place in the full text")
    text: str


class Place(Answer):
    """Where the value stands: ``text[start:end]`` of its source."""

    source: str
    start: int
    end: int
    text: str


class Reading(Answer):
    """What one person read."""

    by: str
    text: str


class DifferenceLine(Answer):
    """A field on which the readers differ."""

    name: str
    label: str
    proposed: str
    read: list[Reading]


class FormFieldLine(Answer):
    """A field of the form of a value."""

    name: str
    label: str
    kind: str = Field(description="text, number, integer or choice")
    choices: list[str] = Field(description="Allowed values of a choice; empty for the others")


class ValuePart(Answer):
    """A proposed value."""

    record: str = Field(description="Item of the record it was read from")
    extractor: str = Field(description="Version of the program that read it")
    blind: bool = Field(
        description="You are the second reader: neither the proposal nor the first reading is sent, and n, events, "
        "estimate and interval must come from the document"
    )
    document: list[TextPart]
    document_problem: str | None = Field(None, description="Why the archived full text is not among the texts")
    place: Place | None = Field(None, description="Null for a blind reader")
    form: dict[str, str] = Field(description="What the form starts from; the blind fields are empty")
    proposed: dict[str, str] | None = Field(None, description="As the program read it; null for a blind reader")
    blind_fields: list[str]
    checks: list[Doubt]
    differences: list[DifferenceLine] = Field(description="For the adjudicator: only what the readers differ on")
    waits_for_record: bool = Field(description="Its record must be decided first")
    waits_for_role: str | None = Field(
        None, description="Why and for whom it waits, where enough people read it and none holds the role asked for"
    )
    fields: list[FormFieldLine]


class ReopenedPart(Answer):
    """An approved value that a notice or a person re-opened."""

    value_id: str
    report_id: str
    used: dict[str, str] = Field(description="The value as the pool uses it, corrections applied")
    notices: list[str]


class Item(Answer):
    """One thing that waits for people (or did), as you may see it."""

    item: str = Field(description="record:<pmid>, value:<id> or reopened:<value id>", examples=["record:28994557"])
    kind: str
    state: str
    decidable: bool = Field(description="Whether you can decide on it now")
    actions: list[str] = Field(description="What you can do: the last part of the address to send it to")
    seen: str = Field(description="Mark of what you have before you; send it back with a decision (optimistic lock)")
    lease: Lease
    decisions: list[DecisionLine]
    record: RecordPart | None = None
    value: ValuePart | None = None
    reopened: ReopenedPart | None = None


class Line(Answer):
    """One line of the inbox."""

    item: str
    kind: str
    state: str
    since: str = Field(description="Night it began to wait (ISO date)")
    title: str
    doubts: int = Field(description="How many checks fired on a proposal nobody has read yet")
    mine: bool = Field(description="Whether you can decide on it now")
    holder: str | None = Field(None, description="Who else has it open")
    subtype: str | None = None
    pattern: str | None = None
    design: str | None = None
    expected_shift: float | None = Field(
        None, description="How far a published pooled log hazard ratio may move, as computed at the last publication"
    )
    alert: str | None = Field(None, description="Kind of the latest notice on its report")
    waits_for: str | None = Field(None, description="The role its next reader must hold, where only that is missing")


class Inbox(Answer):
    """A page of the inbox, in the order of work."""

    counts: dict[str, int] = Field(description="How many wait: mine, all, and in each state")
    total: int = Field(description="How many lines the filters let through")
    offset: int
    lines: list[Line]


class Next(Answer):
    """The next item you can act on and nobody else has open."""

    item: str | None
    left: int = Field(description="How many you can act on")


class Done(Answer):
    """What a decision led to."""

    item: str
    state: str = Field(description="Where the item stands now")
    next: str | None = Field(None, description="The next item for you")


class Study(Answer):
    """A known study, for an including vote that names it."""

    study_id: str
    label: str
    design: str
    overlap_group: str | None = None
    reports: list[str]


class QueueStatus(Answer):
    """How the queue stands."""

    counts: dict[str, int] = Field(description="How many wait, by state")
    oldest: str | None = Field(None, description="Night the oldest began to wait")
    oldest_days: int | None = None
    version: str | None = Field(None, description="Version of the site that stands")
    published_at: str | None = None


class TokenLine(Answer):
    """A token; itself it is shown only when it is made."""

    token_id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str
    seen_at: str | None = Field(None, description="About when it was last used")


class Me(Answer):
    """Who the token acts for."""

    person: str
    name: str
    role: str
    decides: bool = Field(description="Whether this person may decide about the evidence at all")
    token: TokenLine


class AccountLineOut(Answer):
    """An account of the queue."""

    person: str
    role: str
    state: str = Field(description="active, invited or disabled")
    since: str


class Link(Answer):
    """A one-time link with which a person chooses a password; shown only now."""

    person: str
    link: str
    days: int
