"""The error tree of the package.

ExtractError
├── UserError                 a person can mend it: one clear line, exit code 2
│   ├── ProtocolError         protocol.toml says something it must not
│   ├── DocumentError         a file or answer that cannot be read as what it claims to be
│   ├── RankingError          the decisions at hand cannot train a ranking
│   ├── DecisionError         a decision that cannot be taken (unknown item, wrong person, missing field)
│   │   ├── FieldErrors       a form with something wrong, field by field
│   │   ├── StaleItem         the item changed since the person looked at it
│   │   └── SeedMissed        a deliberate error was approved; nothing was, the truth is shown
│   ├── AccessError           an account, one-time link or login that cannot be used
│   │   ├── TooManyAttempts   too many failed logins; try again later
│   │   └── ProviderFailed    the identity provider cannot be used now
│   ├── BaselineError         the starting table or a correction no longer holds
│   └── StoreError            the store cannot be used (newer version, read-only, locked)
├── SeededNumber              a deliberate error is about to be used: a bug, nothing is frozen
├── SecondReadingFailed       the second extractor gave no usable answer: never "no effects found"
└── SearchFailed              the search failed or was incomplete: never "nothing found", exit code 3
"""


class ExtractError(Exception):
    """Root of every error this package raises on purpose."""


class UserError(ExtractError):
    """Something a person can mend; the message says what, where and what to do."""


class ProtocolError(UserError):
    """The protocol file holds a wrong key, slug, date or value."""


class DocumentError(UserError):
    """A document cannot be read as what it claims to be."""


class RankingError(UserError):
    """The decisions at hand cannot train a ranking (one kind only, no text)."""


class DecisionError(UserError):
    """A decision cannot be taken as asked."""


class StaleItem(DecisionError):
    """The item changed since the person looked at it; nothing was saved, what was typed is shown again."""


class FieldErrors(DecisionError):
    """A form that cannot be saved; it goes back to the person with a message at each field.

    Parameters
    ----------
    errors
        ``{field: what is wrong}``.
    """

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = errors


class SeedMissed(DecisionError):
    """A number that was deliberately shown wrong was approved; nothing was saved, and the truth is shown now.

    Parameters
    ----------
    fields
        The fields that held wrong numbers.
    """

    def __init__(self, words: str, fields: tuple[str, ...]) -> None:
        super().__init__(words)
        self.fields = fields


class AccessError(UserError):
    """An account, a one-time link or a login cannot be used."""


class TooManyAttempts(AccessError):
    """Too many failed logins; the message says when to try again."""


class ProviderFailed(AccessError):
    """The identity provider does not answer, or does not describe itself as it should."""


class BaselineError(UserError):
    """A starting row or a correction of one no longer holds."""


class StoreError(UserError):
    """The store cannot be used as it is."""


class SeededNumber(ExtractError):
    """A number that was deliberately shown wrong is about to be used: a bug, and nothing may be published."""


class SecondReadingFailed(ExtractError):
    """The second extractor gave no usable answer; the document is read once, not found empty."""


class SearchFailed(ExtractError):
    """A search failed or was incomplete; the state of the evidence is unknown, not empty.

    Parameters
    ----------
    message
        What went wrong, with the request it happened in (never with the key).
    state
        ``"failed"`` when nothing usable came back, ``"incomplete"`` when some records did.
    """

    def __init__(self, message: str, *, state: str = "failed") -> None:
        super().__init__(message)
        self.state = state
