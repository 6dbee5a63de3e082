"""What a page asked of the snapshots, recorded while it is made, so that nobody has to list what it depends on.

Pages read through a :class:`View`: it answers as the edition behind it does, and notes each question with a digest of
the answer. A page may be taken from the site before if every question it asked has the same answer today; a page that
begins to read something new depends on it from then on, without a word from its author.

A question is a path from :class:`reports.pages.edition.History`: attributes, keys of mappings, calls. Answers are
frozen values, so what is done with them later adds no question. Objects in :data:`OPENED` are walked through instead
of being one answer: reading one field of a manifest does not make a page depend on the others.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel

from reports.holes import hole
from reports.model import Changes, Manifest, Snapshot
from reports.pages.edition import Edition, Stratum
from reports.pages.history import History
from reports.pages.imprint import LATE_WORDS

Step = tuple[Any, ...]
Path = tuple[Step, ...]
LATEST: Path = (("attribute", "latest"),)
OPENED = (History, Edition, Snapshot, Manifest, Changes)


Dumped = dict[int, tuple[BaseModel, bytes]]
"""Rows and results as JSON, by the object's id (which the object, held beside it, keeps from being another's)."""


def digest(value: object, dumped: Dumped | None = None) -> str:
    """Return a hash of an answer: the same for equal values and, but for chance, for no others.

    Parameters
    ----------
    dumped
        What was written as JSON before: versions share their rows, and many answers hold the same one.

    Raises
    ------
    TypeError
        A kind of value whose content is unknown here; a page must not depend on what cannot be compared.
    """
    found = hashlib.blake2b(digest_size=16)
    for part in _parts(value, {} if dumped is None else dumped):
        found.update(part)
    return found.hexdigest()


def _parts(value: object, dumped: Dumped) -> Iterator[bytes]:
    if value is None or isinstance(value, (str, int, float, bool)):
        yield f"{type(value).__name__} {value!r};".encode()
    elif isinstance(value, BaseModel):
        if id(value) not in dumped:
            dumped[id(value)] = (value, f"{type(value).__name__} {value.model_dump_json()}".encode())
        yield dumped[id(value)][1]
    elif isinstance(value, Edition):
        yield f"Edition {value.version};".encode()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield f"{type(value).__name__}(".encode()
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name), dumped)
        yield b")"
    elif isinstance(value, Mapping):
        yield b"{"
        for key, held in value.items():
            yield from _parts(key, dumped)
            yield from _parts(held, dumped)
        yield b"}"
    elif isinstance(value, (tuple, list)):
        yield f"{type(value).__name__}[".encode()
        for held in value:
            yield from _parts(held, dumped)
        yield b"]"
    else:
        raise TypeError(f"a page asked for a {type(value).__name__}, whose content cannot be compared")


class Answers:
    """The answers of one history to questions, each computed once."""

    def __init__(self, history: History) -> None:
        self._values: dict[Path, Any] = {(): history}
        self._digests: dict[Path, str] = {}
        self._dumped: Dumped = {}

    def value(self, path: Path) -> Any:
        """Return the answer to a question.

        Raises
        ------
        LookupError, AttributeError
            There is none (any more): an edition, a key or a property that is gone.
        """
        if path not in self._values:
            self._values[path] = _step(self.value(path[:-1]), path[-1])
        return self._values[path]

    def digest(self, path: Path) -> str:
        """Return the digest of the answer; that there is none is an answer as well."""
        if path not in self._digests:
            try:
                self._digests[path] = digest(self.value(path), self._dumped)
            except (LookupError, AttributeError):
                self._digests[path] = "no answer"
        return self._digests[path]


def _step(value: Any, step: Step) -> Any:
    kind, name, *rest = step
    if kind == "attribute":
        return getattr(value, name)
    if kind == "call":
        return value(*map(_argument, name), **{key: _argument(held) for key, held in rest[0]})
    if kind == "item":
        return value[name]
    if kind == "get":
        return value.get(name)
    if kind == "has":
        return name in value
    raise ValueError(f"unknown step {step!r} of a question")


def _noted(argument: object) -> object:
    """Return an argument of a call as plain data."""
    if isinstance(argument, Stratum):
        return ("stratum", argument.subtype, argument.pattern, argument.entrance)
    if argument is None or isinstance(argument, (str, int, bool)):
        return argument
    raise TypeError(f"a question was asked with a {type(argument).__name__}; only words and strata can be kept")


def _argument(noted: object) -> object:
    return Stratum(*noted[1:]) if isinstance(noted, tuple) else noted


def as_path(raw: list[Any]) -> Path:
    """Return a question that was kept as JSON."""
    return cast("Path", _tuples(raw))


def _tuples(raw: Any) -> Any:
    return tuple(_tuples(one) for one in raw) if isinstance(raw, list) else raw


class Asking:
    """The questions of one page while it is made.

    Parameters
    ----------
    late
        Words of the latest edition that are left open in pages (:mod:`reports.holes`); None to write them in.
    """

    def __init__(self, answers: Answers, late: frozenset[str] | None) -> None:
        self.answers, self._late = answers, late
        self.asked: dict[Path, None] = {}

    @property
    def history(self) -> History:
        """The history, seen through a view that notes what is asked of it."""
        return cast("History", View(self, ()))

    def late(self, path: Path, name: str) -> str | None:
        """Return the hole for a word of the latest edition, None for everything else."""
        if self._late is not None and path == LATEST and name in self._late:
            return hole(name)
        return None

    def region_key(self, path: Path) -> str:
        """Return the version of an edition that is not the latest."""
        return "" if path == LATEST else str(self.answer((*path, ("attribute", "version"))))

    def answer(self, path: Path) -> Any:
        """Return the answer to a question, noted, or a view of it if it is walked through."""
        value = self.answers.value(path)
        if isinstance(value, OPENED):
            return View(self, path)
        if isinstance(value, Mapping):
            return MappingView(self, path, value)
        if callable(value):
            return _Call(self, path)
        self.asked[path] = None
        if isinstance(value, tuple) and value and isinstance(value[0], Edition):
            return tuple(View(self, self._edition_path(one)) for one in value)
        return value

    def _edition_path(self, edition: Edition) -> Path:
        if edition is self.answers.value(LATEST):
            return LATEST
        return (("attribute", "edition"), ("call", (edition.version,), ()))


class View:
    """An edition, a snapshot, a manifest, as a page sees it."""

    __slots__ = ("_asking", "_path")

    def __init__(self, asking: Asking, path: Path) -> None:
        self._asking, self._path = asking, path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "region_key":
            return self._asking.region_key(self._path)
        if name in LATE_WORDS:
            late = self._asking.late(self._path, name)
            if late is not None:
                return late
        return self._asking.answer((*self._path, ("attribute", name)))


class _Call:
    """A method of what a view stands for; its answer counts, not what it looked at on the way."""

    __slots__ = ("_asking", "_path")

    def __init__(self, asking: Asking, path: Path) -> None:
        self._asking, self._path = asking, path

    def __call__(self, *args: object, **kwargs: object) -> Any:
        named = tuple(sorted((key, _noted(value)) for key, value in kwargs.items()))
        return self._asking.answer((*self._path, ("call", tuple(map(_noted, args)), named)))


class MappingView(Mapping[str, Any]):
    """A mapping as a page sees it: one key is one question; to go through all of it is to ask for all of it."""

    __slots__ = ("_asking", "_path", "_value")

    def __init__(self, asking: Asking, path: Path, value: Mapping[str, Any]) -> None:
        self._asking, self._path, self._value = asking, path, value

    def __getitem__(self, key: str) -> Any:
        if key not in self._value:
            self._note("has", key)
            raise KeyError(key)
        return self._asking.answer((*self._path, ("item", key)))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; that it is missing is noted as well."""
        return self._asking.answer((*self._path, ("item", key))) if key in self else default

    def __contains__(self, key: object) -> bool:
        self._note("has", key)
        return key in self._value

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return iter(self._value)

    def __len__(self) -> int:
        self._note_all()
        return len(self._value)

    def _note(self, kind: str, key: object) -> None:
        self._asking.asked[(*self._path, (kind, key))] = None

    def _note_all(self) -> None:
        self._asking.asked[self._path] = None
