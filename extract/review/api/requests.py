"""What the API takes. Keys that are not known are refused, so that a slip of the pen never passes as left out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from extract.schema.curve import LONGEST_PAIRS


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character, which no text has")
    return text


Words = Annotated[str, Field(max_length=4000), AfterValidator(_plain)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Seen = Annotated[
    str,
    Field(
        max_length=200,
        description="The item's `seen` as you got it: the decision is refused (409) when the item changed since",
    ),
    AfterValidator(_plain),
]
Pasted = Annotated[str, Field(max_length=LONGEST_PAIRS), AfterValidator(_plain)]
Content = Pasted | int | float | bool | None
"""A field's content: as printed (a text keeps 0.70), a number, yes or no, or null where the report is silent."""


class Asked(BaseModel):
    """Base of everything sent to the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Vote(Asked):
    """A vote on a record."""

    vote: Literal["include", "exclude", "maybe"]
    reason_code: Name | None = Field(None, description="With exclude: a code of the protocol's closed list")
    comment: Words = ""
    study: dict[Annotated[str, Field(max_length=40)], Name] = Field(
        {},
        max_length=20,
        description="With include: facts of the study (study_id of a known one, or design, country, n_total, ...)",
    )
    seen: Seen


class Approval(Asked):
    """A reading of a value: the first, the blind second, or the adjudicator's choice."""

    values: dict[Annotated[str, Field(max_length=40)], Content] = Field(
        {},
        max_length=60,
        description="Fields that differ from the form you were sent; a blind reader sends what the document says, an "
        "adjudicator one choice for each difference",
        examples=[{"estimate": "0.72", "ci_low": "0.56", "ci_high": "0.93", "ci_level": 95}],
    )
    reason: Words = Field("", description="Why, when something differs from the proposal or a check fired")
    clear_checks: bool = Field(False, description="You looked at every check that fired; the value is right as sent")
    seen: Seen


class Reasoned(Asked):
    """A decision that needs nothing but a reason."""

    reason: Words
    seen: Seen


class TakenBack(Asked):
    """Taking back one's own decision, as a new one."""

    seen: Seen


class Doubted(Asked):
    """Re-opening an approved value."""

    reason: Words = Field(description="What is wrong with it")


class NewPerson(Asked):
    """An account to be made."""

    person: Name = Field(description="An id of the protocol's people, or a new one")
    role: Literal["viewer", "administrator"] | None = Field(None, description="For somebody outside the protocol")
