"""`schedules/prefect.yaml` from the list of deployments: ``python -m flows.prefect_file > schedules/prefect.yaml``."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from extract.schema.protocol import Living
from flows.deployments import Deployment, deployments
from flows.settings import load_settings

POOL = "nights"
HEAD = """\
# Deployments for a Prefect server with workers; on one machine `living-review serve` does the same without this file.
# Written by `python -m flows.prefect_file` from flows/deployments.py and protocol.toml; a test holds them equal.
# Deploy from the project's root:
#   prefect work-pool create --type process nights
#   prefect --no-prompt deploy --all --prefect-file schedules/prefect.yaml
"""


def prefect_file(living: Living) -> str:
    """Return the file's text for a review whose nights are at ``living.night_at``."""
    content = {"name": "living-review", "deployments": [_entry(planned, living) for planned in deployments(living)]}
    return HEAD + str(yaml.safe_dump(content, sort_keys=False, width=110, allow_unicode=True))


def _entry(planned: Deployment, living: Living) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": planned.name,
        "entrypoint": f"{planned.module.replace('.', '/')}.py:{planned.flow}",
        "description": planned.description,
        "schedules": [{"cron": planned.cron, "timezone": living.timezone, "active": True}] if planned.cron else [],
        "concurrency_limit": {"limit": 1, "collision_strategy": planned.at_once},
        "work_pool": {"name": POOL, "work_queue_name": "default"},
    }
    if planned.triggers:
        entry["triggers"] = [
            {"type": "event"} | trigger | {"name": f"{planned.name}: {trigger['name']}"} for trigger in planned.triggers
        ]
    return entry


def main() -> None:
    """Print the file for the protocol of the settings."""
    sys.stdout.write(prefect_file(load_settings().protocol.living))


if __name__ == "__main__":
    main()
