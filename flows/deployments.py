"""What runs when, as data: every deployment, its schedule and what triggers it.

`flows.schedule` serves these on one machine; `schedules/prefect.yaml` says the same for a Prefect server with workers,
and a test holds the two equal. Nothing here imports Prefect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from extract.schema.protocol import Living
from flows.timetable import cron_of

APPROVED = "living-review.value.approved"
"""Event: people's approvals completed a value."""

QUEUE_OLD = "living-review.queue.old"
"""Event: the oldest item of the review queue waits longer than LIVING_REVIEW_QUEUE_OLD_AFTER_DAYS."""

QUEUE_RESOURCE = "living-review.queue"
ENDED_BADLY = ("prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut")
LATE = ("prefect.flow-run.Late",)
LATE_AFTER_SECONDS = 60 * 60 * 26
"""A night that has not ended well so long after the one before it has: a day, and two hours for a long night."""


@dataclass(frozen=True)
class Deployment:
    """One thing that runs.

    Parameters
    ----------
    name
        What a person sees in Prefect.
    module, flow
        Where its flow is.
    cron
        In the protocol's time zone; None for what only events start.
    at_once
        ``CANCEL_NEW``: a second run is cancelled; ``ENQUEUE``: it waits.
    triggers
        Events that start it, as Prefect's deployment triggers.
    """

    name: str
    module: str
    flow: str
    description: str
    cron: str | None = None
    at_once: Literal["CANCEL_NEW", "ENQUEUE"] = "ENQUEUE"
    triggers: tuple[dict[str, Any], ...] = field(default=())


def deployments(living: Living) -> tuple[Deployment, ...]:
    """Return everything that runs for a review whose nights are at ``living.night_at``."""
    runs = (
        Deployment(
            "night",
            "flows.nightly",
            "nightly",
            "Search, surveillance, extraction, queue, publish",
            cron=cron_of(living.night_at),
            at_once="CANCEL_NEW",
        ),
        Deployment(
            "full-rerun",
            "flows.reruns",
            "full_rerun",
            "The search over all dates: what did the nightly windows miss?",
            cron=_later(living, hours=2, days="* * 0"),
        ),
        Deployment(
            "reconciliation",
            "flows.reruns",
            "reconciliation",
            "Everything asked, fetched and verified again: records, archive, decision log, snapshots",
            cron=_later(living, hours=4, days="1 * *"),
        ),
        Deployment(
            "surveillance",
            "flows.reruns",
            "surveillance",
            "Retractions and notices of included reports, half a day after the night",
            cron=_later(living, hours=12, days="* * *"),
        ),
        Deployment(
            "backup",
            "flows.reruns",
            "backup",
            "Database, archive and snapshots into the state folder's backups, verified",
            cron=_later(living, hours=3, days="* * *"),
        ),
        Deployment(
            "digest",
            "flows.reruns",
            "digest",
            "Tell each person what waits for them, once a day",
            cron=_later(living, hours=5, days="* * *"),
        ),
        Deployment(
            "doctor",
            "flows.reruns",
            "doctor",
            "Database, archive, decisions, disk, clock, PubMed, schedule, permissions: what is wrong, what to do",
            cron=_later(living, hours=6, days="* * 1"),
        ),
        Deployment(
            "publish",
            "flows.reruns",
            "publish_approved",
            "Publish when an approval completes a value",
            triggers=(_trigger("approved", (APPROVED,), resource=QUEUE_RESOURCE),),
        ),
    )
    watched = tuple(run.name for run in runs)
    return (*runs, _alert(watched))


def _alert(watched: tuple[str, ...]) -> Deployment:
    by_run: dict[str, Any] = {"prefect.resource.role": "deployment", "prefect.resource.name": list(watched)}
    night: dict[str, Any] = {"prefect.resource.role": "deployment", "prefect.resource.name": ["night"]}
    about = {"__prefect_kind": "jinja", "template": "{{ deployment.name }}"}
    run = "prefect.flow-run.*"
    failed = _trigger("run-failed", ENDED_BADLY, resource=run, related=by_run)
    late = _trigger("run-late", LATE, resource=run, related=by_run)
    no_night = _trigger("no-good-night", ("prefect.flow-run.Completed",), resource=run, related=night)
    old = _trigger("queue-old", (QUEUE_OLD,), resource=QUEUE_RESOURCE)
    return Deployment(
        "alert",
        "flows.reruns",
        "alert",
        "Tell the operator that a run failed or is late, or that the queue is old",
        triggers=(
            failed | {"parameters": {"kind": "run-failed", "about": about}},
            late | {"parameters": {"kind": "run-late", "about": about}},
            no_night
            | {
                "posture": "Proactive",
                "within": LATE_AFTER_SECONDS,
                "parameters": {"kind": "run-late", "about": "no night has ended well for 26 hours"},
            },
            old | {"parameters": {"kind": "queue-old", "about": ""}},
        ),
    )


def _trigger(
    name: str, expect: tuple[str, ...], *, resource: str, related: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "enabled": True,
        "match": {"prefect.resource.id": resource},
        "expect": list(expect),
        **({"match_related": related} if related else {}),
    }


def _later(living: Living, *, hours: int, days: str) -> str:
    """Return a cron line some hours after the night's; ``days`` are its last three fields."""
    minute, hour = cron_of(living.night_at).split()[:2]
    return f"{minute} {(int(hour) + hours) % 24} {days}"
