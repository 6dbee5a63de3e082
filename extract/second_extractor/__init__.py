"""A second, independent reading by any OpenAI-compatible endpoint; off unless an address is configured.

Its answers are verified by the rule that holds for everyone: no span that contains the number, no value.
Where the two readings agree and where not is shown to the reviewer; nothing is decided by a vote.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from extract.schema.effect import Document
from extract.schema.protocol import Protocol
from extract.second_extractor.agreement import FIELDS, Agreement, Difference, Match, compare
from extract.second_extractor.answer import Refusal, SecondReading, verify
from extract.second_extractor.client import ask
from extract.second_extractor.prompt import PROMPT_VERSION, messages_for
from extract.second_extractor.settings import SecondExtractorSettings, settings_from

__all__ = [
    "FIELDS",
    "PROMPT_VERSION",
    "Agreement",
    "Difference",
    "Match",
    "Refusal",
    "SecondExtractorSettings",
    "SecondReading",
    "compare",
    "extractor_version",
    "read_again",
    "settings_from",
    "verify",
]


def read_again(
    document: Document,
    protocol: Protocol,
    settings: SecondExtractorSettings,
    *,
    session: requests.Session | None = None,
    pause: Callable[[float], None] = time.sleep,
    keep: Callable[[bytes], None] | None = None,
) -> SecondReading:
    """Let the second extractor read one document; ``keep`` is given its answer as it came.

    Raises
    ------
    SecondReadingFailed
        No usable answer; this is a failure and not a document without effects.
    """
    answer = ask(messages_for(document, protocol), settings, session=session, pause=pause, keep=keep)
    return verify(answer, document, protocol)


def extractor_version(settings: SecondExtractorSettings) -> str:
    """Return what the provenance of a value names: model and wording of the question."""
    return f"model {settings.model}, prompt {PROMPT_VERSION}"
