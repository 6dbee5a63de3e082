"""Telling the operator: by mail, chat or webhook, to every address of LIVING_REVIEW_NOTIFY_URLS."""

from __future__ import annotations

from flows.errors import NotificationFailed, SettingsError
from flows.settings import PREFIX, Settings


def notify(settings: Settings, *, title: str, body: str) -> int:
    """Send a message to every address; return how many took it.

    Raises
    ------
    SettingsError
        There is no address, or one is of a kind that is not known.
    NotificationFailed
        An address did not take it; the others were sent.
    """
    # Half a second of plugins that no other command needs.
    import apprise

    if not settings.notify_urls:
        raise SettingsError(f"{PREFIX}NOTIFY_URLS is not set: there is nobody to tell ({title})")
    failed = 0
    for number, url in enumerate(settings.notify_urls, start=1):
        target = apprise.Apprise()
        if not target.add(url):
            # The address itself may hold a password and is not shown.
            raise SettingsError(
                f"{PREFIX}NOTIFY_URLS: address {number} ({url.partition('://')[0]}://...) is of no known kind"
            )
        failed += not target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    if failed:
        raise NotificationFailed(f"{failed} of {len(settings.notify_urls)} addresses did not take the message: {title}")
    return len(settings.notify_urls)
