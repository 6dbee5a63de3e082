"""What a process that runs for the review does first: write logs, hide secrets, ask configured hosts only."""

from __future__ import annotations

from flows.logs import write_logs
from flows.outgoing import configured_hosts, refuse_other_hosts
from flows.prefect_home import prefect_api
from flows.settings import Settings


def begin_process(settings: Settings) -> None:
    """Prepare this process; what is set up here stays until it ends."""
    write_logs(settings)
    api = prefect_api()
    refuse_other_hosts(configured_hosts(settings, also=[api] if api else []))
