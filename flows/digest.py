"""Digests: once a day at most, a person is told what waits for them, and the team's channel what waits for all."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from extract.review.digest import Addressee, Waiting, addressees, digest_line, waiting_for_all
from extract.store.digests import claim_digest, give_back_digest
from extract.store.engine import Store
from flows.bodies import Bodies
from flows.context import Clock
from flows.errors import NotificationFailed, SettingsError
from flows.notify import deliver, kind_of
from flows.settings import Settings
from flows.timetable import local_date

TEAM = "team"
"""Recipient of the digest that goes to the operator's addresses."""

MAIL = ("mailto", "mailtos")


@dataclass(frozen=True)
class Sent:
    """A digest that was sent, or why not; never the address.

    Parameters
    ----------
    state
        ``sent``, ``told today`` (already), ``no sender`` (a mail address, but no mail server in the settings) or
        ``failed``.
    """

    recipient: str
    state: str
    line: str


def send_digests(settings: Settings, store: Store, *, clock: Clock) -> tuple[Sent, ...]:
    """Tell everybody who wants it and was not told today what waits; a failure leaves the others told.

    Who is told is noted before the message leaves and taken back when it fails: a process killed in between costs a
    message, never sends a second one.
    """
    now = clock()
    at, day = now.strftime("%Y-%m-%dT%H:%M:%SZ"), local_date(now, settings.protocol.living)
    with store.read() as tx:
        bodies = Bodies(settings.protocol)(tx)
        people = addressees(tx, settings.protocol, at=at, bodies=bodies)
        team = waiting_for_all(tx, settings.protocol, at=at, bodies=bodies)
    sent = []
    for person in people:
        url = _url_of(settings, person)
        urls = (url,) if url is not None else ()
        sent.append(_tell(settings, store, person.person_id, person.waiting, urls, at=at, today=day))
    if team and settings.notify_urls:
        sent.append(_tell(settings, store, TEAM, team, settings.notify_urls, at=at, today=day))
    return tuple(sent)


def _tell(
    settings: Settings,
    store: Store,
    recipient: str,
    waiting: Waiting,
    urls: tuple[str, ...],
    *,
    at: str,
    today: dt.date,
) -> Sent:
    line, day = digest_line(waiting, today=today), today.isoformat()
    if not urls:
        return Sent(recipient, "no sender", line)
    with store.write() as tx:
        if not claim_digest(tx, recipient, day, at=at):
            return Sent(recipient, "told today", line)
    whose = "for you" if recipient != TEAM else "for the reviewers"
    title = f"Review queue: {line}"
    body = f"{settings.protocol.question.short_title}\nWaiting {whose}: {line}\n{settings.site_url}review/\n"
    if recipient != TEAM:
        body += f"Switch these messages off: {settings.site_url}review/you\n"
    try:
        deliver(urls, title=title, body=body, whose=f"digests of {recipient}")
    except (NotificationFailed, SettingsError) as error:
        with store.write() as tx:
            give_back_digest(tx, recipient, day)
        # The reason names no address; the next call tries again.
        logging.getLogger(__name__).warning("digest for %s: %s", recipient, error)
        return Sent(recipient, "failed", line)
    return Sent(recipient, "sent", line)


def _url_of(settings: Settings, person: Addressee) -> str | None:
    """Return where a person's digest goes: their own place, else by the operator's mail server to their address."""
    if person.url is not None:
        return person.url
    server = next((url for url in settings.notify_urls if kind_of(url) in MAIL), None)
    if server is None or person.email is None:
        return None
    parts = urlsplit(server)
    kept = [(name, text) for name, text in parse_qsl(parts.query) if name not in ("to", "cc", "bcc")]
    query = urlencode([*kept, ("to", person.email)])
    return urlunsplit((parts.scheme, parts.netloc, "/", query, ""))
