"""A form sent after the session ended: what it held goes through the sign-in and is a draft on the other side."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Mapping
from urllib.parse import unquote

from extract.store.engine import Store
from extract.store.work import save_draft

KEPT = "kept-"
"""Beginning of the names under which the sign-in form carries the fields of the form that was not saved."""

TYPED_BY = f"{KEPT}-by"
"""Name under which it carries who typed them: they are nobody else's draft, least of all a blind second reader's."""

AWAY_MINUTES, MOST_AWAY = 15, 50
"""How long what was typed waits for somebody who signs in elsewhere, and of how many; a form has at most 256 kB."""

_FORM = re.compile(r"/review/(?P<page>(?P<kind>item|bias|certainty)/(?P<item>[^/?]+))(?:/[a-z]+)?")


def page_of(path: str) -> str:
    """Return the page a form stands on, by the address it is sent to; empty for a form without drafts."""
    found = _FORM.fullmatch(path)
    return f"/review/{found['page']}" if found else ""


def draft_of(kind: str, item: str) -> str:
    """Return under which name the draft of a page is kept; ``kind`` is item, bias or certainty."""
    return (item if kind == "item" else f"{kind}:{item}")[:140]


def carried(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields a sign-in form carries for the page it leads to."""
    return {name: text for name, text in form.items() if name.startswith(KEPT)}


class Away:
    """What forms held whose people have gone to the identity provider; only the browser that left it gets it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[dt.datetime, dict[str, str]]] = {}

    def leave(self, token: str, form: Mapping[str, str], *, now: dt.datetime) -> None:
        """Keep what a sign-in form carries, in place of what the same visitor left before."""
        with self._lock:
            since = now - dt.timedelta(minutes=AWAY_MINUTES)
            self._left = {key: kept for key, kept in self._left.items() if kept[0] > since and key != token}
            while len(self._left) >= MOST_AWAY:
                del self._left[next(iter(self._left))]
            self._left[token] = now, carried(form)

    def fetch(self, token: str, *, now: dt.datetime) -> dict[str, str]:
        """Give it back, once; nothing where nothing was left, or too long ago."""
        with self._lock:
            at, fields = self._left.pop(token, (now, {}))
        return fields if at > now - dt.timedelta(minutes=AWAY_MINUTES) else {}


def keep_carried(store: Store, form: Mapping[str, str], after: str, *, person_id: str, at: str) -> None:
    """Save what a sign-in form carried as a draft of the page it leads to, if the person who typed it signs in."""
    found, fields = _FORM.fullmatch(after), carried(form)
    typed_by = fields.pop(TYPED_BY, "")
    if found is None or not fields or typed_by != person_id:
        return
    typed = {name.removeprefix(KEPT): text for name, text in fields.items()}
    with store.write() as tx:
        save_draft(tx, draft_of(found["kind"], unquote(found["item"])), person_id, typed, at=at)
