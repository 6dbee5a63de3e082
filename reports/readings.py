"""Pages read back for the gates; what was read of a text once is not parsed again.

A kept page (:mod:`reports.built`) differs from version to version only in what fills its holes. Its text with holes is
parsed once and the reading kept under the hash of the text; the words are then put into the reading as they are put
into the page. The file itself is looked at all the same: it must have the hash the build wrote. A test holds the two
ways of reading against each other on every page.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reports.built import code_stamp
from reports.errors import GateError
from reports.holes import CLOSE, HOLE, OPEN, Filling
from reports.html_reading import PageText, TableText, read_html, read_page
from reports.site import Source

READINGS = "readings"


class Readings:
    """Readings of the pages of one built site.

    Parameters
    ----------
    out
        The built site.
    sources
        What its pages were filled from; others are read from the disk.
    folder
        Where readings are kept (that of :class:`reports.built.Built`); None to keep none.
    """

    def __init__(self, out: Path, sources: Mapping[str, Source], folder: Path | None) -> None:
        self._out, self._sources = out, sources
        self._folder = folder / READINGS / code_stamp()[:16] if folder is not None else None
        self._regions: dict[str, PageText] = {}
        self._used: set[str] = set()

    def read(self, name: str) -> PageText:
        """Return what a page says.

        Raises
        ------
        GateError
            The file is not the one that was built.
        """
        source = self._sources.get(name)
        if source is None:
            return read_page(self._out / name)
        if hashlib.sha256((self._out / name).read_bytes()).hexdigest() != source.sha256:
            raise GateError(f"{name}: the file is not what was built; something else writes there, publish again")
        return self._filled(self._reading(source.text), source.filling)

    def names(self) -> list[str]:
        """Return the paths of every page of the site."""
        return sorted(path.relative_to(self._out).as_posix() for path in self._out.rglob("*.html"))

    def read_all(self, names: Iterable[str]) -> dict[str, PageText]:
        """Return these pages, by path."""
        return {name: self.read(name) for name in names}

    def save(self) -> None:
        """Forget readings of texts that are no longer shown.

        Raises
        ------
        OSError
            The disk refused.
        """
        if self._folder is None or not self._folder.is_dir():
            return
        for stray in self._folder.parent.iterdir():
            if stray != self._folder:
                shutil.rmtree(stray, ignore_errors=True)
        for path in self._folder.iterdir():
            if path.name not in self._used:
                path.unlink()

    def _reading(self, text: str) -> PageText:
        """Return the reading of a text with holes."""
        raw = text.encode()
        if self._folder is None:
            return read_html(raw)
        name = f"{hashlib.sha256(raw).hexdigest()}.json"
        self._used.add(name)
        try:
            return _restored((self._folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            found = read_html(raw)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(_kept(found), encoding="utf-8")
        return found

    def _filled(self, page: PageText, filling: Filling) -> PageText:
        names = set(HOLE.findall(page.text))
        inner = [region for name in sorted(names) if (region := self._region(name, filling)) is not None]

        def put(text: str) -> str:
            return HOLE.sub(lambda found: self._words(found[1], filling), text) if OPEN in text else text

        return PageText(
            text=" ".join(put(page.text).split()),
            sections=tuple((put(heading), put(body)) for heading, body in page.sections),
            links=(*map(put, page.links), *(link for one in inner for link in one.links)),
            ids=frozenset({*map(put, page.ids), *(key for one in inner for key in one.ids)}),
            tables=tuple(
                TableText(put(table.synthesis_id), [(put(key), put(printed)) for key, printed in table.rows])
                for table in page.tables
            ),
            headings=tuple((level, put(words)) for level, words in page.headings),
            title=put(page.title),
            faults=(*page.faults, *(fault for one in inner for fault in one.faults)),
            searched=HOLE.sub(lambda found: filling.words.get(found[1], ""), page.searched),
        )

    def _words(self, name: str, filling: Filling) -> str:
        region = self._region(name, filling)
        return filling.words[name] if region is None else region.text

    def _region(self, name: str, filling: Filling) -> PageText | None:
        html = filling.region(name)
        if html is None:
            return None
        if name not in self._regions:
            self._regions[name] = _read_region(html)
        return self._regions[name]


def _read_region(html: str) -> PageText:
    """Read a part of a page; its text keeps the white space at both ends, which parts it from its neighbours."""
    page = read_html(f"<div>{OPEN}{html}{CLOSE}</div>".encode())
    return replace(page, text=page.text.partition(OPEN)[2].partition(CLOSE)[0])


def _kept(page: PageText) -> str:
    tables = [(table.synthesis_id, table.rows) for table in page.tables]
    content = (page.text, page.sections, sorted(set(page.links)), sorted(page.ids), tables, page.headings, page.title)
    text = json.dumps((*content, page.faults, page.searched), ensure_ascii=False)
    return f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def _restored(kept: str) -> PageText:
    """Return a kept reading; a damaged one is a ``ValueError``."""
    sha256, _, content = kept.partition("\n")
    if hashlib.sha256(content.encode()).hexdigest() != sha256:
        raise ValueError("damaged")
    text, sections, links, ids, tables, headings, title, faults, searched = json.loads(content)
    return PageText(
        text=text,
        sections=tuple((heading, body) for heading, body in sections),
        links=tuple(links),
        ids=frozenset(ids),
        tables=tuple(TableText(key, [(row, printed) for row, printed in rows]) for key, rows in tables),
        headings=tuple((level, words) for level, words in headings),
        title=title,
        faults=tuple(faults),
        searched=searched,
    )
