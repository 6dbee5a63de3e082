"""The process that starts the nights on one machine: ``python -m flows.schedule`` (needs a Prefect server)."""

from __future__ import annotations

from prefect.schedules import Cron

from flows.nightly import nightly
from flows.settings import load_settings
from flows.timetable import cron_of


def main() -> None:
    """Serve the nightly deployment until ended."""
    living = load_settings().protocol.living
    nightly.serve(
        name="night",
        schedule=Cron(cron_of(living.night_at), timezone=living.timezone),
        limit=1,
        print_starting_message=False,
    )


if __name__ == "__main__":
    main()
