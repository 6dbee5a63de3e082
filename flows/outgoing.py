"""Only hosts that the settings name are asked, whichever library asks: urllib, requests, httpx or a plain socket.

Python tells its audit hooks of every name that is looked up and of every address a request goes to; ours refuses the
rest. A hook cannot be taken out again, so a library (or a redirect) cannot go round it. Behind a proxy only the proxy
is looked up: there the proxy's own list must hold as well.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from flows.errors import RefusedHost
from flows.setting_values import NCBI, PREFIX
from flows.settings import Settings

_ALSO = set[str]()
"""Hosts of accounts' own addresses, as they come up."""

LOOKED_UP = ("socket.getaddrinfo", "socket.gethostbyname")
REQUESTED = "urllib.Request"
ABOUT = ("service_url", "setup_url")
"""Attributes of a message service that only say where to read about it."""


def configured_hosts(settings: Settings, *, also: Iterable[str] = ()) -> frozenset[str]:
    """Return every host the settings name.

    Parameters
    ----------
    also
        Further addresses or hosts, for example of the Prefect server this process was started by.
    """
    runner = settings.task_runner.partition(":")[2]
    second = settings.second_extractor
    named = (
        settings.entrez_url,
        settings.trials_url,
        settings.database_url,
        settings.prefect_api_url,
        second.url if second is not None else None,
        runner,
        settings.oidc_issuer,
        *_addresses_of_messages(settings.notify_urls),
        *settings.allowed_hosts,
        *urllib.request.getproxies().values(),
        *also,
    )
    hosts = (_host(address) for address in named if address)
    return frozenset(host for host in hosts if host)


def ask_also(urls: Sequence[str]) -> None:
    """Let this process ask where messages to these addresses go: an account may have one of its own."""
    _ALSO.update(filter(None, map(_host, _addresses_of_messages(urls))))


def _addresses_of_messages(urls: Sequence[str]) -> Iterator[str]:
    """Give where messages go: ``mailto://me:pw@gmail.com`` goes to another host than it names, so does Slack's."""
    if not urls:
        return
    import apprise

    for url in urls:
        yield url
        target = apprise.Apprise.instantiate(url)  # None for an unknown kind: `notify` refuses it by name
        known = [vars(kind) for kind in type(target).__mro__] + [vars(target)] if target is not None else []
        for name, value in (item for attributes in known for item in attributes.items()):
            if isinstance(value, str) and name not in ABOUT and (value.startswith("http") or name == "smtp_host"):
                yield value


def refuse_other_hosts(hosts: frozenset[str]) -> None:
    """From now on let this process look up and ask these hosts and this machine only; it cannot be undone.

    Only :func:`ask_also` adds to them.
    """
    # Bio.Entrez opens NCBI's own address; the transport then sends the request where the settings say, and *that* is
    # checked, as is every name that is really looked up.
    requested = hosts | {_host(NCBI)}

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event in LOOKED_UP:
            _check(arguments[0], hosts)
        elif event == REQUESTED:
            _check(urlsplit(str(arguments[0])).hostname, requested)

    sys.addaudithook(check)


def _check(host: object, hosts: frozenset[str]) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    if not name or name.casefold() in hosts | _ALSO or _this_machine(name):
        return
    raise RefusedHost(f"{name} is not asked: no setting names this host; {PREFIX}ALLOWED_HOSTS adds one")


def _this_machine(name: str) -> bool:
    # By its own name too: Python's mail client looks it up before it says hello.
    if name in ("localhost", "*", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _host(address: str) -> str:
    parts = urlsplit(address if "://" in address else f"//{address}")
    return (parts.hostname or "").casefold()
