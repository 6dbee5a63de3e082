"""Logs: one line a step with counts and seconds, as key=value or JSON, on stderr; secrets never in any of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import sys
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from flows.settings import Settings

LOGGER = "living_review"
HIDDEN = "(secret)"
SHORTEST_SECRET = 4
"""A shorter one would blank out ordinary words; nothing that protects anything is so short."""


def redacted(text: str, secrets: Collection[str]) -> str:
    """Return a text without the secrets."""
    # The longest first: one secret may be part of another (a password in a URL).
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def write_logs(settings: Settings) -> None:
    """Write this software's log lines to stderr, and take secrets out of every record of this process, whoever logs."""
    hide_secrets(settings.secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else KeyValueLines())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(settings.log_level)
    logger.propagate = False


def hide_secrets(secrets: Collection[str]) -> None:
    """Take secrets out of every log record made in this process, before any handler (Prefect's too) sees it."""
    make = logging.getLogRecordFactory()

    def without_secrets(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg = _without(record.msg, secrets)
        if isinstance(record.args, tuple):
            record.args = tuple(_without(value, secrets) for value in record.args)
        elif isinstance(record.args, Mapping):
            record.args = {name: _without(value, secrets) for name, value in record.args.items()}
        if record.exc_info and record.exc_info[1] is not None:
            trace = logging.Formatter().formatException(record.exc_info)
            shown = redacted(trace, secrets)
            if shown != trace:  # keep the words of the traceback, not the object that still holds the secret
                record.exc_info, record.exc_text = None, shown
        return record

    if secrets:
        logging.setLogRecordFactory(without_secrets)


def _without(value: Any, secrets: Collection[str]) -> Any:
    """Return a value as it is, or its text without secrets where it shows one."""
    text = str(value)
    shown = redacted(text, secrets)
    return value if shown == text else shown


class KeyValueLines(logging.Formatter):
    """``2026-11-26T02:30:00Z INFO step name=search seconds=3.1 new=2``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and a traceback where there is one."""
        fields = " ".join(f"{key}={_quoted(value)}" for key, value in _fields(record).items())
        line = f"{_instant(record)} {record.levelname} {record.getMessage()} {fields}".rstrip()
        return _with_traceback(self, record, line)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; a traceback is a field."""
        line: dict[str, object] = {
            "at": _instant(record),
            "level": record.levelname,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info or record.exc_text:
            line["traceback"] = _with_traceback(self, record, "").strip()
        return json.dumps(line, default=str, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return dt.datetime.fromtimestamp(record.created, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, "fields", {})
    return dict(fields) if isinstance(fields, dict) else {}


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text


def _with_traceback(formatter: logging.Formatter, record: logging.LogRecord, line: str) -> str:
    trace = record.exc_text or (formatter.formatException(record.exc_info) if record.exc_info else "")
    return f"{line}\n{trace}" if trace else line


def log_step(name: str, step: Callable[[], Any], *, night: str, monotonic: Callable[[], float] = time.monotonic) -> Any:
    """Run a step and log one line: how long it took, and what it counted or how it failed."""
    logger = logging.getLogger(LOGGER)
    begun = monotonic()
    fields: dict[str, object] = {"night": night, "name": name}
    try:
        outcome = step()
    except Exception as error:
        told = {**fields, "seconds": round(monotonic() - begun, 2), "failed": type(error).__name__}
        logger.error("step", extra={"fields": told})
        raise
    logger.info("step", extra={"fields": {**fields, "seconds": round(monotonic() - begun, 2), **counts_of(outcome)}})
    return outcome


def counts_of(outcome: object) -> dict[str, int]:
    """Return the counts a step's outcome holds: its whole numbers, and how many things its tuples list."""
    if not dataclasses.is_dataclass(outcome) or isinstance(outcome, type):
        return {"count": int(outcome)} if isinstance(outcome, int) else {}
    values = {item.name: getattr(outcome, item.name) for item in dataclasses.fields(outcome)}
    return {
        name: len(value) if isinstance(value, tuple) else int(value)
        for name, value in values.items()
        if isinstance(value, int | tuple)
    }
