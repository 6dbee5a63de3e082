"""Metrics in Prometheus' text format: what an operator wants to be woken for, computed when asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from extract.store.log import Night
from flows.children import ChildReport
from flows.health import Health

SEARCH_STATES = ("complete", "incomplete", "failed", "never")


def metrics_text(health: Health, children: tuple[ChildReport, ...], *, now: dt.datetime) -> bytes:
    """Return the metrics of a moment."""
    registry = CollectorRegistry()
    registry.register(_Moment(health, children, now))
    return generate_latest(registry)


class _Moment(Collector):
    """Gauges of one moment; nothing is counted in this process, so that a restart forgets nothing."""

    def __init__(self, health: Health, children: tuple[ChildReport, ...], now: dt.datetime) -> None:
        self._health, self._children, self._now = health, children, now

    def collect(self) -> Iterable[Metric]:
        """Give every gauge that can be known."""
        yield _gauge("ready", "1 when nothing needs a person (as /readyz)", float(self._health.ready))
        yield _gauge("database_up", "1 when the database answers", float(self._health.database.ok))
        yield from self._of_status()
        yield from self._of_nights()
        restarts = GaugeMetricFamily(
            "living_review_scheduler_restarts", "Restarts of a scheduler process since serve began", labels=["process"]
        )
        up = GaugeMetricFamily("living_review_scheduler_up", "1 when a scheduler process is up", labels=["process"])
        for child in self._children:
            restarts.add_metric([child.name], child.restarts)
            up.add_metric([child.name], float(child.state == "up"))
        yield from (restarts, up)

    def _of_status(self) -> Iterable[Metric]:
        status = self._health.status
        if status is None:
            return
        if status.searched_through is not None:
            age = self._now.date() - dt.date.fromisoformat(status.searched_through)
            yield _gauge("search_age_days", "Days since the day up to which the search is complete", age.days)
        waiting = status.pending_since
        since = dt.date.fromisoformat(waiting[:10]) if waiting else None
        yield _gauge(
            "queue_age_days", "Days the oldest item waits for people", (self._now.date() - since).days if since else 0
        )
        yield _gauge("queue_records", "Records that wait for people", status.pending_records)
        yield _gauge("queue_values", "Values that wait for people", status.pending_values)
        yield _gauge("nights_missed_90_days", "Nights of the last 90 days that did not run", status.nights_missed)
        yield _gauge("nights_failed_90_days", "Nights of the last 90 days that failed", status.nights_failed)
        search = GaugeMetricFamily("living_review_last_search", "State of the last search", labels=["state"])
        for state in SEARCH_STATES:
            search.add_metric([state], float(status.last_search_state == state))
        yield search

    def _of_nights(self) -> Iterable[Metric]:
        ended = [night for night in self._health.nights if night.finished_at is not None]
        if not ended:
            return
        yield _gauge("night_duration_seconds", "How long the last night took", _seconds(ended[-1]))
        done = [night for night in ended if night.state == "done"]
        if done and done[-1].finished_at is not None:
            finished = dt.datetime.fromisoformat(done[-1].finished_at)
            yield _gauge("last_good_night_seconds", "When the last good night ended (Unix time)", finished.timestamp())


def _seconds(night: Night) -> float:
    begun, ended = dt.datetime.fromisoformat(night.started_at), dt.datetime.fromisoformat(night.finished_at or "")
    return (ended - begun).total_seconds()


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"living_review_{name}", documentation, value=value)
