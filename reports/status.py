"""The status strip: how current the review is, computed from the log, never typed.

It is the one thing beside a snapshot that the site shows, because a quiet or failed night changes the status and
nothing else.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

LivingStatus = Literal["active", "overdue", "suspended", "retired"]


class Status(BaseModel):
    """State of the living review after a night.

    Parameters
    ----------
    living_status
        ``overdue`` when the last complete search is older than the protocol allows.
    searched_through
        Last day up to which a search was complete (ISO date), None if never.
    last_search_state, last_search_message
        Outcome of the latest attempt: ``complete``, ``incomplete`` or ``failed``. Failed is not "nothing found".
    pending, pending_since
        Records and values waiting for people, and the day the oldest began to wait.
    integrated_through
        Last day whose evidence is in the syntheses: everything found up to then has been decided.
    published_at
        When the snapshot shown was published.
    next_search_due
        Next scheduled night (ISO).
    nights_run, nights_missed, nights_failed
        Counts over the last 90 days.
    rehearsal
        True when the night ran against a recorded archive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    living_status: LivingStatus
    searched_through: str | None
    last_search_state: Literal["complete", "incomplete", "failed", "never"]
    last_search_at: str | None
    last_search_message: str | None
    pending_records: int
    pending_values: int
    pending_since: str | None
    integrated_through: str | None
    published_at: str | None
    next_search_due: str | None
    nights_run: int
    nights_missed: int
    nights_failed: int
    rehearsal: bool
