"""How a night talks to PubMed: settings, client, and the keeper that logs every request with its answer."""

from __future__ import annotations

from dataclasses import dataclass

from extract.pubmed.fetch import EntrezClient, EntrezSettings, Exchange
from extract.store.archive import keep_body
from extract.store.log import log_exchange
from flows.context import NightContext
from flows.settings import Settings

NO_EMAIL = "not-set@living-review.invalid"
"""Sent when the operator has not set LIVING_REVIEW_NCBI_EMAIL; NCBI asks for a real one."""


def entrez_settings(settings: Settings) -> EntrezSettings:
    """Return how PubMed is reached."""
    return EntrezSettings(
        base_url=settings.entrez_url,
        email=settings.ncbi_email or NO_EMAIL,
        api_key=settings.ncbi_api_key,
        limiter_folder=settings.state_dir / "limiter",
        # A rehearsal talks to this machine only, and fails fast if its server is gone.
        requests_per_second=50 if settings.rehearsal else None,
        max_attempts=2 if settings.rehearsal else 5,
    )


def pubmed(context: NightContext, run_id: int) -> EntrezClient:
    """Return a client whose every exchange is kept under a search run of the log."""
    settings = context.entrez or entrez_settings(context.settings)
    return EntrezClient(settings, keep=keeper(context, run_id), sleep=context.sleep)


def keeper(context: NightContext, run_id: int | None) -> Keeper:
    """Return what keeps every exchange: the body in the archive, the request in the log."""
    return Keeper(context, run_id)


@dataclass(frozen=True)
class Keeper:
    """Keeps an exchange before anyone interprets it."""

    context: NightContext
    run_id: int | None

    def __call__(self, exchange: Exchange) -> None:
        """Write the body to the archive and the request to the log.

        Raises
        ------
        extract.errors.StoreError
            One of them cannot be written; the search ends with it.
        """
        sha256 = keep_body(self.context.store.archive, exchange.body) if exchange.body else None
        with self.context.store.write() as tx:
            log_exchange(
                tx,
                night_id=self.context.night_id,
                run_id=self.run_id,
                at=self.context.now(),
                method=exchange.method,
                url=exchange.url,
                parameters=dict(exchange.parameters),
                status=exchange.status,
                sha256=sha256,
                size=len(exchange.body),
            )
