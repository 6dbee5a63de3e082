"""A checked site in a folder: built, its search index made beside the gates, nothing published yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

from reports.built import COMPILED
from reports.errors import PublishError
from reports.formats import Format
from reports.gates import check_site
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

    The indexer is a program of its own and uses the second processor while the other pages are read and the gates look.

    Raises
    ------
    ReportError
        The site must not be published.
    """
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
        )
    try:
        readings = Readings(out, build.sources, built)
        names = [name for name in readings.names() if name not in build.kept.files]
        pages = readings.read_all(filter(is_searched, names))
        with ThreadPoolExecutor(1) as pool:
            index = pool.submit(index_site, out, dict(pages))
            pages |= readings.read_all(name for name in names if name not in pages)
            check_site(out, snapshot, previous=earlier[-1] if earlier else None, kept=build.kept, pages=pages)
            index.result()
        readings.save()
    except OSError as error:
        raise PublishError(
            f"{built}: the readings of pages cannot be kept there ({error.strerror}); free space"
        ) from error
    return build
