"""Heavy work in batches over a Prefect task runner: threads, processes, or a Dask cluster by address.

A batch function is a plain function of its batch alone; what it returns does not depend on who ran it, or when. Map
batches of some hundred items, never single ones: each batch is a task run of Prefect (about 10 ms of server time).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from flows.errors import SettingsError
from flows.settings import Settings

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

B = TypeVar("B")
R = TypeVar("R")

BATCH = 200
"""Records a batch; the same number as one efetch brings."""


def in_batches(items: Iterable[B], size: int = BATCH) -> list[tuple[B, ...]]:
    """Return the items in batches, in order."""
    rest = iter(items)
    return list(iter(lambda: tuple(islice(rest, size)), ()))


def mapped(settings: Settings, work: Callable[[B], R], batches: Sequence[B], *, name: str, runner: str) -> list[R]:
    """Do the work of every batch and return the results in the order of the batches.

    Parameters
    ----------
    work
        A function of a module (workers import it by name).
    name
        What the run is called in Prefect.
    runner
        ``threads``, ``processes``, or ``dask:ADDRESS``.

    Raises
    ------
    SettingsError
        The Dask cluster cannot be reached, or the extra ``dask`` is not installed.
    """
    from flows.prefect_home import prepare_prefect

    prepare_prefect(settings)
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    step = task(name=name, cache_policy=NO_CACHE, persist_result=False)(work)

    @flow(name=name, task_runner=_task_runner(runner), persist_result=False)
    def over_batches() -> list[Any]:
        return [future.result() for future in step.map(list(batches))]

    return list(over_batches())


def _task_runner(runner: str) -> TaskRunner[Any]:
    kind, _, address = runner.partition(":")
    if kind == "dask":
        return _dask(address)
    from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

    cores = os.cpu_count() or 1
    return ProcessPoolTaskRunner(max_workers=cores) if kind == "processes" else ThreadPoolTaskRunner(max_workers=cores)


def _dask(address: str) -> TaskRunner[Any]:
    try:
        from distributed import Client
        from prefect_dask.task_runners import DaskTaskRunner
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"LIVING_REVIEW_TASK_RUNNER dask:{address} needs the extra: pip install 'living-review[dask]'"
        ) from error
    try:
        Client(address, timeout="10s").close()  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(f"LIVING_REVIEW_TASK_RUNNER: no Dask scheduler answers at {address}; start it") from error
    return DaskTaskRunner(address=address)
