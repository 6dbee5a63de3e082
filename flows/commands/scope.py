"""Which review a command speaks to: the live one, or the rehearsal's own state folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # the annotations alone must not load the database layer: --help answers at once
    from extract.store.engine import Store
    from flows.settings import Settings

Rehearsal = Annotated[bool, typer.Option("--rehearsal", help="Use the rehearsal's state instead of the live one.")]


@contextmanager
def opened(*, rehearsal: bool) -> Iterator[tuple[Settings, Store]]:
    """Open settings and store for one command.

    Raises
    ------
    flows.errors.SettingsError
        A wrong setting, or there is no state yet.
    """
    from flows.context import as_recorded, open_store
    from flows.errors import SettingsError
    from flows.settings import load_settings, rehearsal_settings

    settings = load_settings()
    if rehearsal:
        settings = rehearsal_settings(settings)
    if settings.database_url.startswith("sqlite") and not settings.state_dir.exists():
        which = "rehearsal " if rehearsal else ""
        raise SettingsError(
            f"there is no {which}state in {settings.state_dir} yet; run `make run` first"
            + ("" if rehearsal else " (or use --rehearsal for the rehearsal's state)")
        )
    store = open_store(settings)
    try:
        yield as_recorded(settings, store), store
    finally:
        store.close()


def now_text() -> str:
    """Return the time now as the decision log writes it."""
    from flows.context import system_clock

    return system_clock().strftime("%Y-%m-%dT%H:%M:%SZ")
