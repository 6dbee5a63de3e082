"""Telling the operator: by mail, chat or webhook, to every address of LIVING_REVIEW_NOTIFY_URLS."""

from __future__ import annotations

from collections.abc import Sequence

from flows.errors import NotificationFailed, SettingsError
from flows.outgoing import ask_also
from flows.setting_values import PREFIX
from flows.settings import Settings


def notify(settings: Settings, *, title: str, body: str) -> int:
    """Send a message to every address; return how many took it.

    Raises
    ------
    SettingsError
        There is no address, or one is of a kind that is not known.
    NotificationFailed
        An address did not take it; the others were sent.
    """
    if not settings.notify_urls:
        raise SettingsError(f"{PREFIX}NOTIFY_URLS is not set: there is nobody to tell ({title})")
    return deliver(settings.notify_urls, title=title, body=body)


def deliver(urls: Sequence[str], *, title: str, body: str, whose: str = f"{PREFIX}NOTIFY_URLS") -> int:
    """Send a message to every address; return how many took it.

    Parameters
    ----------
    whose
        What the addresses are, for a message about one of them.

    Raises
    ------
    SettingsError
        An address is of a kind that is not known.
    NotificationFailed
        An address did not take it; the others were sent.
    """
    # Half a second of plugins that no other command needs.
    import apprise

    ask_also(urls)
    failed = 0
    for number, url in enumerate(urls, start=1):
        target = apprise.Apprise()
        if not target.add(url):
            # The address itself may hold a password and is not shown.
            raise SettingsError(f"{whose}: address {number} ({kind_of(url)}://...) is of no known kind")
        failed += not target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    if failed:
        raise NotificationFailed(f"{failed} of {len(urls)} addresses did not take the message: {title}")
    return len(urls)


def kind_of(url: str) -> str:
    """Return what kind of address it is, all of it that may be shown."""
    return url.partition("://")[0].casefold()
