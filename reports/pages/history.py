"""Every edition of the review, oldest first: what pages need that one snapshot does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reports.pages.edition import Edition, Stratum
from reports.rows import ValueRow


@dataclass(frozen=True)
class History:
    """The editions of a review; pages read it through a view that notes what they ask (:mod:`reports.asked`)."""

    editions: tuple[Edition, ...]

    @property
    def latest(self) -> Edition:
        """The edition to show."""
        return self.editions[-1]

    @property
    def before(self) -> Edition | None:
        """The edition before it."""
        return self.editions[-2] if len(self.editions) > 1 else None

    @cached_property
    def _by_version(self) -> dict[str, Edition]:
        return {edition.version: edition for edition in self.editions}

    def edition(self, version: str) -> Edition:
        """Return the edition of a version.

        Raises
        ------
        KeyError
            There is none.
        """
        return self._by_version[version]

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """Every report there is or was, the latest edition's first."""
        return tuple({stratum: None for edition in reversed(self.editions) for stratum in edition.strata})

    def holders(self, stratum: Stratum) -> tuple[Edition, ...]:
        """Return the editions that hold a report, oldest first."""
        return tuple(edition for edition in self.editions if stratum in edition.strata)

    def versions_of(self, stratum: Stratum) -> tuple[str, ...]:
        """Return the versions of a report, newest first."""
        return tuple(edition.version for edition in reversed(self.holders(stratum)))

    @cached_property
    def studies(self) -> tuple[tuple[str, str, str], ...]:
        """Slug, id and version of each study there is or was; the version is the newest that holds it."""
        found: dict[str, tuple[str, str, str]] = {}
        for edition in reversed(self.editions):
            for study in edition.snapshot.studies:
                slug = edition.study_slugs[study.study_id]
                found.setdefault(slug, (slug, study.study_id, edition.version))
        return tuple(found.values())

    @cached_property
    def _values_of(self) -> dict[str, dict[str, ValueRow]]:
        """The newest row of every value there ever was, by study."""
        out: dict[str, dict[str, ValueRow]] = {}
        for edition in self.editions:
            for value in edition.snapshot.values:
                out.setdefault(value.study_id, {})[value.value_id] = value
        return out

    @cached_property
    def former_values_of(self) -> dict[str, tuple[ValueRow, ...]]:
        """The values of each study of the latest edition that only earlier ones hold."""
        return {study_id: self.former_values(study_id, self.latest.version) for study_id in self.latest.studies}

    def former_values(self, study_id: str, version: str) -> tuple[ValueRow, ...]:
        """Return the values of a study that other editions hold and that of ``version`` does not."""
        present = {value.value_id for value in self.edition(version).values_of.get(study_id, ())}
        former = self._values_of.get(study_id, {})
        return tuple(former[key] for key in sorted(former.keys() - present))
