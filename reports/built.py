"""Pages kept from the last build with what they asked, so that a new version renders only what would differ.

A unit of the site (a page, or a few files made together) is taken from here when every question it asked has the same
answer today (:mod:`reports.asked`) and the code, templates and style are the same; otherwise it is made again. Texts
are stored under their hash and read back against it: a damaged or missing one is made again, never shown. The folder
is a cache: without it the whole site is rendered, to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from reports.asked import Answers, Asking, as_path
from reports.asked import Path as Question
from reports.pages.history import History
from reports.pages.shell import Page
from reports.templating import HERE, script_path, style_path

INDEX, TEXTS, COMPILED = "built.json", "texts", "compiled"
Stored = tuple[str, str, str]
"""Path in the site, hash of the content, and whether it is text or raw."""
RENDERERS = ("jinja2", "markupsafe", "pydantic")


@dataclass(frozen=True)
class Unit:
    """Files of the site that are made together.

    Parameters
    ----------
    key
        Names them from build to build.
    searched
        Whether a page of the search index is among them: those are made first.
    """

    key: str
    make: Callable[[History], Sequence[Page]]
    searched: bool = False


@dataclass(frozen=True)
class Made:
    """A unit's files, with holes, and what was asked to make them; ``stored`` when they come from the last build."""

    pages: tuple[Page, ...]
    asked: tuple[Question, ...]
    stored: tuple[Stored, ...] | None = None

    @property
    def kept(self) -> bool:
        """Whether the files come from the last build."""
        return self.stored is not None


@cache
def code_stamp() -> str:
    """Return a hash of everything that decides how an answer becomes a page: this package and the libraries it uses."""
    found = hashlib.sha256(sys.version.encode())
    for name in RENDERERS:
        found.update(f"{name} {version(name)};".encode())
    for path in sorted(p for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        found.update(f"{path.relative_to(HERE).as_posix()} ".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def stamp(*settings: object) -> str:
    """Return a hash of the code and of what else every page depends on."""
    return hashlib.sha256(repr((code_stamp(), style_path(), script_path(), settings)).encode()).hexdigest()


class Built:
    """The pages of the last build, and those of this one.

    Parameters
    ----------
    folder
        Where they are kept; None to keep none.
    stamp
        Pages kept under another stamp do not count.
    late
        Names of the words left open in pages; None to leave none open.
    """

    def __init__(self, folder: Path | None, *, stamp: str, history: History, late: frozenset[str] | None) -> None:
        self._folder, self._stamp, self._late = folder, stamp, late
        self._answers, self._history = Answers(history), history
        self._made: dict[str, Made] = {}
        self._questions: list[Question] = []
        self._same: list[bool] = []
        self._before: dict[str, tuple[list[int], list[Stored]]] = {}
        if folder is not None:
            self._read(folder / INDEX)

    def make(self, unit: Unit) -> Made:
        """Return a unit's files, kept or made."""
        found = self._kept(unit.key)
        if found is None:
            asking = Asking(self._answers, self._late)
            pages = tuple(unit.make(asking.history))
            found = Made(pages, tuple(asking.asked))
        self._made[unit.key] = found
        return found

    def save(self) -> None:
        """Keep what this build made; the folder's index is replaced in one step.

        Raises
        ------
        OSError
            The disk refused.
        """
        if self._folder is None:
            return
        (self._folder / TEXTS).mkdir(parents=True, exist_ok=True)
        numbers: dict[Question, int] = {}
        units = {}
        for key, made in self._made.items():
            asked = [numbers.setdefault(question, len(numbers)) for question in made.asked]
            units[key] = (asked, made.stored or [self._store(self._folder, page) for page in made.pages])
        index = {
            "stamp": self._stamp,
            "questions": [(question, self._answers.digest(question)) for question in numbers],
            "units": units,
        }
        staged = self._folder / f".{INDEX}"
        staged.write_text(json.dumps(index), encoding="utf-8")
        staged.rename(self._folder / INDEX)
        wanted = {name for _, files in units.values() for _, name, _ in files}
        for path in (self._folder / TEXTS).iterdir():
            if path.name not in wanted:
                path.unlink()

    def _store(self, folder: Path, page: Page) -> Stored:
        raw = page.text.encode() if page.raw is None else page.raw
        name = hashlib.sha256(raw).hexdigest()
        if not (folder / TEXTS / name).exists():
            (folder / TEXTS / name).write_bytes(raw)
        return page.path, name, "text" if page.raw is None else "raw"

    def _read(self, path: Path) -> None:
        """Read the index of the last build; one that is missing, damaged or of other code is as good as none."""
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
            if index["stamp"] != self._stamp:
                return
            self._questions = [as_path(question) for question, _ in index["questions"]]
            self._same = [
                self._answers.digest(question) == then
                for question, (_, then) in zip(self._questions, index["questions"], strict=True)
            ]
            self._before = index["units"]
        except (OSError, ValueError, KeyError, TypeError):
            self._questions, self._same, self._before = [], [], {}

    def _kept(self, key: str) -> Made | None:
        if self._folder is None or key not in self._before:
            return None
        asked, files = self._before[key]
        if not all(self._same[number] for number in asked):
            return None
        pages = []
        for path, name, kind in files:
            try:
                raw = (self._folder / TEXTS / name).read_bytes()
            except OSError:
                return None
            if hashlib.sha256(raw).hexdigest() != name:
                (self._folder / TEXTS / name).unlink(missing_ok=True)
                return None
            pages.append(Page(path, "", raw) if kind == "raw" else Page(path, raw.decode()))
        stored = tuple((path, name, kind) for path, name, kind in files)
        return Made(tuple(pages), tuple(self._questions[number] for number in asked), stored)


def unit(key: str, make: Callable[[History], Page], *, searched: bool = False) -> Unit:
    """Return a unit of one page."""
    return Unit(key, lambda history: (make(history),), searched)


def units_of(found: Iterable[Unit]) -> list[Unit]:
    """Return units, refusing two of one name."""
    out = list(found)
    names = [one.key for one in out]
    if len(set(names)) != len(names):
        raise ValueError(f"two units of the site have one name: {sorted(n for n in names if names.count(n) > 1)[0]}")
    return out
