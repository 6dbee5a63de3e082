"""What an answer can be instead of an answer; internal to this package, translated to ``SearchFailed``."""

from __future__ import annotations


class AnswerFault(Exception):
    """An answer that is none: says what it was, and whether asking again may help."""

    again = True


class TransientFault(AnswerFault):
    """The service or the network failed: the same request may succeed in a moment."""


class PermanentFault(AnswerFault):
    """The request itself was refused: asking again changes nothing."""

    again = False


class HistoryExpired(AnswerFault):
    """The history (WebEnv) is gone: the slice must be searched again."""

    again = False
