"""A checked site in a folder: built, its search index made beside the gates, nothing published yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

from reports.built import COMPILED
from reports.errors import PublishError
from reports.formats import Format
from reports.gates import check_site
from reports.html_reading import PageText
from reports.model import Snapshot
from reports.readings import Readings
from reports.search_index import index_site, is_searched
from reports.site import SiteBuild, build_site
from reports.status import Status
from reports.templating import compiled_in


@contextmanager
def _snapshots_left_alone() -> Iterator[None]:
    """Keep the garbage collector from walking through the snapshots again and again: they stay until the end anyway.

    A third of a small rebuild was spent on that.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@_snapshots_left_alone()
def make_site(
    snapshot: Snapshot,
    *,
    status: Status,
    out: Path,
    site_url: str,
    earlier: Sequence[Snapshot] = (),
    archive: Path | None = None,
    built: Path | None = None,
    figure_formats: tuple[Format, ...] = (),
) -> SiteBuild:
    """Build a site into an empty folder, index it and hold it against the gates; see :func:`reports.site.build_site`.

    The indexer is a program of its own: it begins as soon as the pages it reads are written, and uses the second
    processor while the other files are made and the gates look.

    Raises
    ------
    ReportError
        The site must not be published.
    """
    reading = _Reading(out, built)
    with ThreadPoolExecutor(1) as pool:
        with compiled_in(built / COMPILED) if built is not None else nullcontext():
            build = build_site(
                snapshot,
                status=status,
                out=out,
                site_url=site_url,
                earlier=earlier,
                archive=archive,
                built=built,
                figure_formats=figure_formats,
                when_searched=lambda so_far: reading.index_in(pool, so_far),
            )
        pages = reading.of_all(build)
        check_site(out, snapshot, previous=earlier[-1] if earlier else None, kept=build.kept, pages=pages)
        reading.end()
    return build


class _Reading:
    """The pages of a site read back: first those of the search index, then all."""

    def __init__(self, out: Path, built: Path | None) -> None:
        self._out, self._built = out, built
        self._pages: dict[str, PageText] = {}

    def index_in(self, pool: Executor, build: SiteBuild) -> None:
        """Read the pages written so far and begin to index them."""
        self._readings = Readings(self._out, build.sources, self._built)
        self._read(build)
        self._index = pool.submit(index_site, self._out, dict(self._pages))

    def of_all(self, build: SiteBuild) -> Mapping[str, PageText]:
        """Return what every page of the site says, but for those kept as they were published.

        Raises
        ------
        ValueError
            A page to search was made after the index began: its unit must say so (:class:`reports.built.Unit`).
        """
        for name in self._read(build):
            if is_searched(name) and self._pages[name].searched:
                raise ValueError(f"{name} would be missing from the search index: mark its unit as searched")
        return self._pages

    def end(self) -> None:
        """Wait for the index; forget readings that no page needs any more."""
        self._index.result()
        with self._cache():
            self._readings.save()

    def _read(self, build: SiteBuild) -> list[str]:
        """Read the pages that were not read yet; return their paths."""
        with self._cache():
            names = [n for n in self._readings.names() if n not in build.kept.files and n not in self._pages]
            self._pages |= self._readings.read_all(names)
        return names

    @contextmanager
    def _cache(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PublishError(
                f"{self._built}: the readings of pages cannot be kept there ({error.strerror}); free space"
            ) from error
