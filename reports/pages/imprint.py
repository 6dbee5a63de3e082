"""Which version of the review something belongs to: its name, its dates, its ids, in the words pages print."""

from __future__ import annotations

from dataclasses import dataclass

from reports.model import Snapshot
from reports.notation import day

LATE_WORDS = (
    "version", "previous_version", "snapshot_id", "table_version", "published_at", "published_on", "published_slashes",
    "published_day", "searched_day",
)  # fmt: skip
"""Words of an edition that every version changes; pages leave them open (:mod:`reports.holes`)."""


@dataclass(frozen=True)
class Imprint:
    """Name, dates and ids of a snapshot."""

    snapshot: Snapshot

    @property
    def version(self) -> str:
        """Version of the review, ``year.count``."""
        return self.snapshot.manifest.version

    @property
    def region_key(self) -> str:
        """Which edition a region is filled from (:mod:`reports.regions`); a view of the latest one says nothing."""
        return self.version

    @property
    def previous_version(self) -> str:
        """Version before this one; empty for the first."""
        return self.snapshot.changes.previous_version or ""

    @property
    def is_first(self) -> bool:
        """Whether there was no version before."""
        return self.snapshot.changes.previous_version is None

    @property
    def snapshot_id(self) -> str:
        """Id of the snapshot."""
        return self.snapshot.manifest.snapshot_id

    @property
    def table_version(self) -> str:
        """Version of the curated table."""
        return str(self.snapshot.manifest.table_version)

    @property
    def published_at(self) -> str:
        """When the snapshot was made, ISO."""
        return self.snapshot.manifest.created_at

    @property
    def published_on(self) -> str:
        """The day of it, ISO."""
        return self.published_at[:10]

    @property
    def published_slashes(self) -> str:
        """The day of it as citation tags write it."""
        return self.published_on.replace("-", "/")

    @property
    def published_day(self) -> str:
        """The day of it in words."""
        return day(self.published_at)

    @property
    def published_year(self) -> str:
        """The year of it."""
        return self.published_at[:4]

    @property
    def searched_day(self) -> str:
        """Last day up to which a search was complete, in words."""
        return day(self.snapshot.manifest.searched_through, missing="no complete search yet")

    @property
    def rehearsal(self) -> bool:
        """Whether this is a rehearsal."""
        return self.snapshot.manifest.rehearsal
