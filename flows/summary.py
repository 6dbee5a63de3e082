"""What a night did, in at most a dozen and a half lines for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from flows.night import Gathered, NightReport


def summary_lines(report: NightReport) -> list[str]:
    """Return what happened, what waits and where to look; failures first, in words that cannot be read as "nothing"."""
    kind = " (rehearsal against the recorded archive)" if report.rehearsal else ""
    return [f"Night {report.night}{kind}", *_searched(report), *_sources(report.gathered), *_after(report)]


def _searched(report: NightReport) -> Iterator[str]:
    search = report.gathered.search
    if search.failures:
        yield f"Search FAILED or incomplete (this is not 'nothing new'): {search.failures[0]}"
        if len(search.failures) > 1:
            yield f"  and {len(search.failures) - 1} more, see the status page"
    else:
        yield (
            f"Search complete through {report.status.searched_through}: {search.new} new and {search.changed} changed "
            f"records ({report.requests} requests)"
        )
    yield from (f"  Announced {told}" for told in search.announced)
    for difference in search.differences:
        if told := difference.told():
            yield f"  Full run: {told}"


def _sources(gathered: Gathered) -> Iterator[str]:
    citations, registries, fulltexts = gathered.citations, gathered.registries, gathered.fulltexts
    yield (
        f"Surveillance: {gathered.surveillance.looked_at} included records looked at, "
        f"{len(gathered.surveillance.alerts)} new alerts"
    )
    if citations.asked:
        yield f"Citations of {citations.asked} included reports: {citations.new} new records"
    if registries.asked:
        yield (
            f"Registries: {registries.found} trials found, {registries.new} seen for the first time, "
            f"{len(registries.changes)} changes of trials we follow"
        )
        yield from (f"  {change}" for change in registries.changes[:3])
    for failure in gathered.failures[len(gathered.search.failures) :]:
        yield f"  FAILED or incomplete (not 'nothing'): {failure}"
    yield (
        f"Extraction: {gathered.extraction.read} records read, {gathered.extraction.proposed} values proposed, "
        f"{gathered.extraction.confirmed} approved values found in their source"
    )
    if gathered.extraction.second is not None:
        yield f"  {gathered.extraction.second.told()}"
    if fulltexts.fetched or fulltexts.withheld or fulltexts.read or fulltexts.left:
        waits = f", {fulltexts.left} wait for the next night" if fulltexts.left else ""
        yield (
            f"Full texts: {fulltexts.fetched} came, {fulltexts.withheld} withheld by PMC{waits}; "
            f"{fulltexts.read} read, {fulltexts.proposed} values proposed"
        )


def _after(report: NightReport) -> Iterator[str]:
    proposals, ranking = report.gathered.proposals, report.gathered.ranking
    links = proposals.reports + proposals.overlaps + proposals.duplicates
    more = f", {links} new proposals of links" if links else ""
    yield f"Queue: {report.waiting} items wait for people{more}"
    yield f"Screening: {ranking.progress.told()}"
    if report.publication is not None:
        kind = "published" if report.publication.new else "unchanged (status brought up to date)"
        yield f"Site version {report.publication.version} {kind}"
        yield f"  {report.publication.headline}"
    else:
        yield f"{report.refusal}"
    yield f"Look at: {report.site / 'index.html'}"
