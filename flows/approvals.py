"""Telling a Prefect server that approvals completed a value, so that one of its workers publishes (DECISIONS 0048).

The review app needs no Prefect for this: an event is one POST. A server that cannot be told loses nothing, because the
night publishes as well; it is logged.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable

import requests

from flows.context import Clock
from flows.deployments import APPROVED, QUEUE_RESOURCE
from flows.logs import LOGGER
from flows.settings import Settings

TIMEOUT_SECONDS = 10


def tell_approved(settings: Settings, *, clock: Clock) -> None:
    """Post the event; return when the server has taken it.

    Raises
    ------
    requests.RequestException
        The server cannot be reached or refuses.
    """
    event = {
        "id": str(uuid.uuid4()),
        "occurred": clock().astimezone(dt.UTC).isoformat(),
        "event": APPROVED,
        "resource": {"prefect.resource.id": QUEUE_RESOURCE},
    }
    user, _, password = (settings.prefect_api_auth_string or "").partition(":")
    answer = requests.post(
        f"{settings.prefect_api_url}/events",
        json=[event],
        auth=(user, password) if user else None,
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()


def approval_teller(settings: Settings, *, clock: Clock) -> Callable[[], None]:
    """Return what the review app calls after an approval; it returns at once."""

    def tell() -> None:
        try:
            tell_approved(settings, clock=clock)
        except requests.RequestException as error:
            fields = {"fields": {"error": type(error).__name__, "then": "the night publishes"}}
            logging.getLogger(LOGGER).warning("approval not told", extra=fields)

    return lambda: threading.Thread(target=tell, name="tell-approved", daemon=True).start()
