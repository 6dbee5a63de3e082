"""Re-extraction by every task runner: ``python -m tests.benchmarks.heavy_runners [--records N]``.

The packaged archive's records, repeated under other ids, are read in batches of 200: here, by threads, by processes and
by a Dask cluster of two single-threaded workers on this machine. Prints records a second, and that the results agree.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from distributed import LocalCluster

from extract.schema.effect import Effect
from extract.store.records import StoredRecord, list_records
from flows.context import open_store
from flows.heavy import read_batch
from flows.mapping import BATCH, in_batches, mapped
from flows.settings import Settings
from tests.nights import NIGHTS, rehearsal, rehearse

Found = list[list[tuple[Effect, ...]]]


def repeated(settings: Settings, wanted: int) -> list[StoredRecord]:
    """Return so many records: those of the archive again and again under ids of their own."""
    store = open_store(settings)
    with store.read() as tx:
        known = list_records(tx)
    store.close()
    return [replace(known[n % len(known)], pmid=str(10_000_000 + n)) for n in range(wanted)]


def timed(name: str, count: int, work: Callable[[], Found]) -> Found:
    """Do the work and print how fast it went."""
    begun, used = time.perf_counter(), time.process_time()
    found = work()
    wall = time.perf_counter() - begun
    print(
        f"  {name:12} {wall:7.2f} s wall  {count / wall:7.0f} records/s   "
        f"CPU of this process {time.process_time() - used:6.2f} s   load {os.getloadavg()[0]:.1f}"
    )
    return found


@contextmanager
def cluster() -> Iterator[str]:
    """Start two workers of one thread each."""
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as started:
        yield f"dask:{started.scheduler_address}"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    count = parser.parse_args().records
    with TemporaryDirectory() as folder:
        settings = rehearsal(Path(folder) / "state")
        rehearse(settings, NIGHTS[0])
        batches = [(batch, settings.protocol) for batch in in_batches(repeated(settings, count), BATCH)]
        print(f"{count} records in {len(batches)} batches of {BATCH}, {os.cpu_count()} cores")
        here = timed("here", count, lambda: [read_batch(batch) for batch in batches])
        mapped(settings, read_batch, batches[:1], name="warm", runner="threads")  # starts Prefect's server
        with cluster() as dask:
            for runner in ("threads", "processes", dask):
                work = lambda runner=runner: mapped(settings, read_batch, batches, name="read", runner=runner)  # noqa: E731
                found = timed(runner.split(":")[0], count, work)
                assert found == here, f"{runner} gives another result"
    print("  all results are equal")


if __name__ == "__main__":
    main()
