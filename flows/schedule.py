"""The process that starts the nights on one machine: ``python -m flows.schedule`` (needs a Prefect server)."""

from __future__ import annotations

from prefect.schedules import Cron

from flows.nightly import nightly
from flows.settings import load_settings


def cron_of(night_at: str) -> str:
    """Return the cron line of the protocol's hour, for example ``30 2 * * *``."""
    hour, minute = night_at.split(":")
    return f"{int(minute)} {int(hour)} * * *"


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
