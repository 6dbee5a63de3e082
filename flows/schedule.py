"""The process that starts what is due on one machine: ``python -m flows.schedule`` (needs a Prefect server)."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments import run_deployment
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from extract.schema.protocol import Living
from flows.context import system_clock
from flows.deployments import Deployment, deployments
from flows.process import begin_process
from flows.running import missed_night
from flows.settings import load_settings

AT_ONCE = 4
"""Runs at a time: a night, a publication, an alert, and one that waits for the night to end."""


def main() -> None:
    """Serve every deployment until ended; first make up for a night that was missed."""
    settings = load_settings()
    begin_process(settings)
    served = list(runner_deployments(settings.protocol.living))
    for deployment in served:
        deployment.apply()
    night = missed_night(settings, clock=system_clock)
    if night is not None:
        run_deployment("nightly/night", parameters={"as_of": night}, timeout=0)
    serve(*served, limit=AT_ONCE, print_starting_message=False)


def runner_deployments(living: Living) -> Iterable[RunnerDeployment]:
    """Return Prefect's own form of the deployments."""
    for planned in deployments(living):
        flow = getattr(importlib.import_module(planned.module), planned.flow)
        yield flow.to_deployment(
            name=planned.name,
            description=planned.description,
            schedule=Cron(planned.cron, timezone=living.timezone) if planned.cron else None,
            concurrency_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy(planned.at_once)
            ),
            triggers=[DeploymentEventTrigger.model_validate(_named(planned, trigger)) for trigger in planned.triggers],
            # A module is found wherever the nights run; a path only in a checkout.
            entrypoint_type=EntrypointType.MODULE_PATH,
        )


def _named(planned: Deployment, trigger: dict[str, object]) -> dict[str, object]:
    return trigger | {"name": f"{planned.name}: {trigger['name']}"}


if __name__ == "__main__":
    main()
