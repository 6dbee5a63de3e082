"""Is everything as it should be? What ``/readyz`` and the metrics say, computed from the store at most so often."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from extract.errors import StoreError
from extract.store.engine import Store
from extract.store.log import Night, latest_nights
from flows.children import ChildReport
from flows.context import Clock
from flows.settings import Settings
from flows.status import compute_status
from flows.timetable import SEARCHED, due_at, last_due
from reports.status import Status

KEPT_SECONDS = 10.0
"""An answer is given again for so long: health checks must not become load."""

NIGHT_MAY_TAKE = dt.timedelta(hours=3)
"""A night not ended so long after it was due counts as late; a quiet one takes seconds, a first one minutes."""

NIGHTS_LOOKED_AT = 20


@dataclass(frozen=True)
class Check:
    """One thing looked at, and what a person should know about it."""

    ok: bool
    says: str


@dataclass(frozen=True)
class Health:
    """What was found; ``status`` and ``nights`` are None and empty when the database does not answer."""

    database: Check
    last_night: Check
    scheduler: Check
    status: Status | None
    nights: tuple[Night, ...]

    @property
    def ready(self) -> bool:
        """True when nothing needs a person."""
        return self.database.ok and self.last_night.ok and self.scheduler.ok

    def told(self) -> dict[str, object]:
        """Return it as ``/readyz`` shows it."""
        checks = {"database": self.database, "last_night": self.last_night, "scheduler": self.scheduler}
        return {"ready": self.ready, "checks": {name: asdict(check) for name, check in checks.items()}}


class HealthCheck:
    """Looks at store and scheduler; threads may share it.

    Parameters
    ----------
    children
        Gives the scheduler's processes; None where the nights are started by something else.
    """

    def __init__(
        self, settings: Settings, store: Store, *, clock: Clock, children: Callable[[], tuple[ChildReport, ...]] | None
    ) -> None:
        self._settings, self._store, self._clock, self._children = settings, store, clock, children
        self._lock = threading.Lock()
        self._kept: tuple[float, Health] | None = None

    def look(self) -> Health:
        """Return how things are; the scheduler's state is always fresh."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_SECONDS:
                self._kept = (time.monotonic(), self._fresh())
            kept = self._kept[1]
        return Health(kept.database, kept.last_night, self._scheduler(), kept.status, kept.nights)

    def _fresh(self) -> Health:
        try:
            with self._store.read() as tx:
                nights = latest_nights(tx, NIGHTS_LOOKED_AT)
                status = compute_status(tx, self._settings, now=self._clock())
        except StoreError as error:
            # Not swallowed: this is the answer.
            unknown = Check(False, "not known while the database does not answer")
            return Health(Check(False, str(error)), unknown, unknown, None, ())
        return Health(Check(True, "answers"), self._night(nights), Check(True, ""), status, nights)

    def _night(self, nights: tuple[Night, ...]) -> Check:
        if self._settings.rehearsal:
            return Check(True, "a rehearsal: no night is due")
        ended = [night for night in nights if SEARCHED in night.summary]
        if not ended:
            return Check(False, "no night has run yet; the schedule or `living-review nightly` runs the first one")
        last, living, now = ended[-1], self._settings.protocol.living, self._clock()
        due = last_due(now, living)
        if last.night < due.isoformat() and now - due_at(due, living) > NIGHT_MAY_TAKE:
            return Check(False, f"the night of {due} is late; the last one was {last.night}")
        if last.state == "done":
            return Check(True, f"the night of {last.night} is done")
        what = {"search_failed": "its search failed", "refused": "publishing was refused"}.get(last.state, last.state)
        return Check(False, f"the night of {last.night}: {what}; see `living-review status`")

    def _scheduler(self) -> Check:
        if self._children is None:
            return Check(True, "not run here (--no-schedule)")
        children = self._children()
        down = [child for child in children if child.state != "up"]
        if down:
            return Check(False, "; ".join(f"{c.name}: {c.state}, {c.restarts} restarts" for c in down))
        return Check(True, f"up, {sum(child.restarts for child in children)} restarts")
