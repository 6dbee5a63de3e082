"""A checked site in a folder: built, its search index made beside the gates, nothing published yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from reports.errors import PublishError
from reports.formats import Format
from reports.gates import check_site
from reports.model import Snapshot
from reports.readings import Readings
from reports.search_index import index_site
from reports.site import SiteBuild, build_site
from reports.status import Status


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

    The indexer is a program of its own and uses the second processor while the gates read the pages.

    Raises
    ------
    ReportError
        The site must not be published.
    """
    build = build_site(
        snapshot,
        status=status,
        out=out,
        site_url=site_url,
        earlier=earlier,
        archive=archive,
        built=built,
        figure_formats=figure_formats,
    )
    try:
        readings = Readings(out, build.sources, built)
        pages = readings.all(build.kept.files)
        with ThreadPoolExecutor(1) as pool:
            index = pool.submit(index_site, out, pages)
            check_site(out, snapshot, previous=earlier[-1] if earlier else None, kept=build.kept, pages=pages)
            index.result()
        readings.save()
    except OSError as error:
        raise PublishError(
            f"{built}: the readings of pages cannot be kept there ({error.strerror}); free space"
        ) from error
    return build
