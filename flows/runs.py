"""A run of the log around whatever asks a source: opened before, closed with its state whatever happens.

Only a run that ended as complete says anything about what exists. A run that a killed night left open is closed as
failed by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from extract.errors import DocumentError, SearchFailed
from extract.schema.vocabulary import SearchState
from extract.store.log import close_run, open_run
from extract.store.results import keep_result
from flows.context import NightContext


@dataclass
class LoggedRun:
    """A run under way; what is put here while it runs is logged when it ends.

    Parameters
    ----------
    run_id
        Its number in the log.
    hits
        What the source counted; None until it did.
    counts
        Records ``received``, and how many of them were ``new`` or ``changed``.
    message
        What a person should know about a run that went well.
    found, asked
        Ids found, and ids asked about; kept only for a complete run, and only if ``found`` is set.
    """

    run_id: int
    hits: int | None = None
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "changed": 0, "received": 0})
    message: str | None = None
    found: Sequence[str] | None = None
    asked: Sequence[str] | None = None


@contextmanager
def logged_run(
    context: NightContext,
    *,
    source: str,
    date_type: str,
    query_hash: str,
    window: tuple[str, str] | None = None,
) -> Iterator[LoggedRun]:
    """Log a run: complete if the block ends, else failed or incomplete with the reason.

    Raises
    ------
    SearchFailed
        The source did not answer, not with everything, or with something that cannot be read.
    """
    start, end = window or (None, None)
    with context.store.write() as tx:
        run_id = open_run(
            tx,
            context.night_id,
            source=source,
            query_hash=query_hash,
            date_type=date_type,
            window_start=start,
            window_end=end,
            at=context.now(),
        )
    run = LoggedRun(run_id)
    try:
        yield run
    except (SearchFailed, DocumentError) as error:
        failure = error if isinstance(error, SearchFailed) else SearchFailed(str(error), state="incomplete")
        partial = failure.state == "incomplete" or run.counts["received"]
        run.message = str(failure)
        _close(context, run, SearchState.INCOMPLETE if partial else SearchState.FAILED)
        raise failure from error
    _close(context, run, SearchState.COMPLETE)


def _close(context: NightContext, run: LoggedRun, state: SearchState) -> None:
    with context.store.write() as tx:
        close_run(
            tx,
            run.run_id,
            state=state,
            at=context.now(),
            hits=run.hits,
            received=run.counts["received"],
            new_records=run.counts["new"],
            changed_records=run.counts["changed"],
            message=run.message,
        )
        if state is SearchState.COMPLETE and run.found is not None:
            keep_result(tx, run.run_id, found=run.found, asked=run.asked)
