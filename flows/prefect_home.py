"""Prefect's own settings for a night on this machine; set before Prefect is imported.

Everything stays inside the state folder and on this machine: no telemetry, no cloud, batch sizes as measured
(DECISIONS 0011). What the operator has set in the environment stands.
"""

from __future__ import annotations

import os
import sys

from flows.settings import Settings

DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
    # Prefect's own is 5 tries, a minute of pauses for each of the last calls of a run: a night whose server is gone
    # kept its process for three minutes after its work. 4 are half a minute, more than a restarted server takes.
    "PREFECT_CLIENT_MAX_RETRIES": "4",
    # Prefect's own is 15 s: a busy machine would tell its operator every night that the night is late.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "900",
}


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Return Prefect's variables for this state folder."""
    return {"PREFECT_HOME": str(settings.state_dir / "prefect"), **DEFAULTS}


def prepare_prefect(settings: Settings) -> None:
    """Put Prefect's variables into the environment where the operator has not set them."""
    # Prefect makes its home but not the folders above it, and fails at length when they are missing.
    (settings.state_dir / "prefect").mkdir(parents=True, exist_ok=True)
    for name, value in prefect_environment(settings).items():
        os.environ.setdefault(name, value)


def prefect_api() -> str | None:
    """Return the address of the Prefect server the operator (or a worker) has named, None for one of our own."""
    return os.environ.get("PREFECT_API_URL")


def server_command(port: int) -> list[str]:
    """Return the command that starts a Prefect server for this machine alone."""
    asked = ["--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    return [sys.executable, "-m", "prefect", "server", "start", *asked]
