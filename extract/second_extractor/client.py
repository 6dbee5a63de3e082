"""One question to an OpenAI-compatible endpoint: bounded in time, size and attempts.

No answer is never "no effects".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Final

import requests
import urllib3

from extract.errors import SecondReadingFailed
from extract.second_extractor.settings import SecondExtractorSettings

_BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
_CHUNK: Final = 16_384
#: Longest pause an endpoint may ask for with Retry-After, in seconds.
LONGEST_PAUSE: Final = 30.0


def ask(
    messages: list[dict[str, str]],
    settings: SecondExtractorSettings,
    *,
    session: requests.Session | None = None,
    pause: Callable[[float], None] = time.sleep,
    keep: Callable[[bytes], None] | None = None,
) -> str:
    """Return the text of the answer to one conversation.

    Parameters
    ----------
    messages
        Chat messages.
    settings
        Endpoint.
    session
        Session to use, for connection re-use; a new one otherwise.
    pause
        Waits between attempts; replaced in tests.
    keep
        Given the body of the answer as it came, before anything of it is read.

    Raises
    ------
    SecondReadingFailed
        Refused, too slow, too large, broken, or an answer that is no chat completion. The key is never in
        the message.
    """
    own = session or requests.Session()
    try:
        for attempt in range(1, settings.attempts + 1):
            try:
                return _content(_attempt(messages, settings, own, keep))
            except _Busy as busy:
                if attempt == settings.attempts:
                    raise SecondReadingFailed(f"second extractor: {busy} after {attempt} attempts") from busy
                pause(min(busy.after or 2.0**attempt, LONGEST_PAUSE))
    finally:
        if session is None:
            own.close()
    raise SecondReadingFailed("second extractor: no attempt was allowed; set attempts to at least 1")


class _Busy(Exception):
    """The endpoint may answer later."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def _attempt(
    messages: list[dict[str, str]],
    settings: SecondExtractorSettings,
    session: requests.Session,
    keep: Callable[[bytes], None] | None,
) -> bytes:
    """Ask once; return the body of the answer."""
    headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
    question = {
        "model": settings.model,
        "messages": messages,
        "temperature": 0,
        "response_format": {"type": "json_object"},
    }
    deadline = time.monotonic() + settings.answer_seconds
    try:
        with session.post(
            f"{settings.url}/chat/completions",
            json=question,
            headers=headers,
            timeout=(settings.connect_seconds, settings.answer_seconds),
            stream=True,
            allow_redirects=False,  # a redirect would carry the key and the text to another host
        ) as answer:
            if answer.status_code in _BUSY:
                raise _Busy(f"it answered {answer.status_code}", _retry_after(answer))
            if answer.status_code != 200:
                raise SecondReadingFailed(
                    f"second extractor: it answered {answer.status_code}; check address, key and model"
                )
            body = _body(answer, settings, deadline)
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise SecondReadingFailed(f"second extractor: no answer within {settings.answer_seconds:g} seconds") from error
    except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
        raise _Busy("the connection broke") from error
    except requests.RequestException as error:
        raise SecondReadingFailed(f"second extractor: {type(error).__name__}") from error
    if keep is not None:
        keep(body)
    return body


def _body(answer: requests.Response, settings: SecondExtractorSettings, deadline: float) -> bytes:
    """Read an answer within its limits of size and time; an endpoint that drips is too slow as a whole."""
    pieces: list[bytes] = []
    size = 0
    while piece := answer.raw.read1(_CHUNK, decode_content=True):  # returns what is there: a drip cannot hide
        size += len(piece)
        if size > settings.most_bytes:
            raise SecondReadingFailed(f"second extractor: the answer is larger than {settings.most_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise SecondReadingFailed(
                f"second extractor: the answer was not complete after {settings.answer_seconds:g} seconds"
            )
        pieces.append(piece)
    return b"".join(pieces)


def _retry_after(answer: requests.Response) -> float | None:
    """Return the pause the endpoint asks for, in seconds; dates are not used by such endpoints."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _content(body: bytes) -> str:
    """Return the text of the first choice of a chat completion."""
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise SecondReadingFailed("second extractor: the answer is not a chat completion") from error
    if not isinstance(content, str):
        raise SecondReadingFailed("second extractor: the answer holds no text")
    return content
