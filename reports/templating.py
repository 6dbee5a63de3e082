"""The one Jinja environment: autoescape on, an undefined name is an error, filters from :mod:`reports.notation`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from reports import bias, links, notation, notices
from reports.check_words import check_words
from reports.correction_words import correction_label, correction_words, trigger_words
from reports.holes import region
from reports.model_words import analysis_words, planned_words

HERE = Path(__file__).resolve().parent

FILTERS: dict[str, Any] = {
    "capitalize_first": notation.capitalize_first,
    "kept_together": notation.kept_together,
    "as_ratio": notation.ratio,
    "as_printed": notation.printed_value,
    "time_words": notation.time_words,
    "as_limits": notation.limits,
    "ratio_number": notation.ratio_number,
    "as_level": notation.level,
    "as_p": notation.p_value,
    "as_count": notation.count,
    "as_decimal": notation.decimal,
    "as_percent": notation.percent,
    "as_day": notation.day,
    "bias_words": bias.words_of,
    "bias_letter": bias.letter_of,
    "check_words": check_words,
    "correction_words": correction_words,
    "correction_label": correction_label,
    "trigger_words": trigger_words,
    "analysis_words": analysis_words,
    "planned_words": planned_words,
    "notice_words": notices.notice_words,
    "typeset": notation.typeset,
    "design_words": notation.design_words,
    "immortal_time_words": notation.immortal_time_words,
    "number_word": notation.number_word,
    "pubmed_url": links.pubmed_url,
    "doi_url": links.doi_url,
    "registry_url": links.registry_url,
    "notice_consequence": notices.notice_consequence,
}


@cache
def environment() -> Environment:
    """Return the environment; templates are compiled once a process."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(FILTERS)
    env.globals.update(
        region=lambda kind, edition, at="": Markup(region(kind, at, version=edition.region_key)),  # noqa: S704
        style_path=style_path,
        script_path=script_path,
        counted=notation.counted,
        report_path=links.report_path,
    )
    return env


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates in a folder; where it cannot be written the site's own files fail next, in their words."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - whatever a damaged file raises: the template is compiled again
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


@contextmanager
def compiled_in(folder: Path) -> Iterator[None]:
    """Keep the templates compiled meanwhile in a folder, for other processes: it is a fifth of a small rebuild.

    Jinja takes from it only what has the template's hash and was compiled by the same versions.
    """
    environment().bytecode_cache = _Compiled(str(folder))
    try:
        yield
    finally:
        environment().bytecode_cache = None


def render(template: str, **values: object) -> str:
    """Render a template of this package."""
    return environment().get_template(template).render(**values)


FOLDER_LINK = re.compile(r'href="([^":#?]*/)(#[^"]*)?"')
"""A link to a folder of this site; an address with a scheme holds a colon and is left alone."""


BETWEEN_PARTS = re.compile(r">\n(?=</?(?:tr|td|th|thead|tbody|tfoot|g|path|rect|circle|polygon|text|title|desc)[ />])")
"""Line breaks beside parts of tables and pictures, which show nothing: a kilobyte on a long page."""


def tidy(html: str) -> str:
    """Drop the white space that templates leave, and name the file that links to folders mean.

    With the file named, the site can be read from a disk without any server.
    """
    lines = "\n".join(line for line in (raw.strip() for raw in html.split("\n")) if line) + "\n"
    return FOLDER_LINK.sub(r'href="\1index.html\2"', BETWEEN_PARTS.sub(">", lines))


def script() -> str:
    """Return the site's one script: enhancements, never content."""
    return (HERE / "static" / "site.js").read_text(encoding="utf-8")


@cache
def script_path() -> str:
    """Return where pages find the script."""
    return f"static/site.{hashlib.sha256(script().encode()).hexdigest()[:16]}.js"


@cache
def style_path() -> str:
    """Return where pages find the sheet: its name carries its hash, so that a frozen page keeps its looks for ever."""
    return f"static/site.{hashlib.sha256(stylesheet().encode()).hexdigest()[:16]}.css"


def stylesheet() -> str:
    """Return the site's one style sheet."""
    return (HERE / "static" / "site.css").read_text(encoding="utf-8")
