"""What the columns of a table hold, from their heads, the caption, and as a last resort the cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from extract.candidates.table_cells import read_limits, read_values
from extract.fulltext.article import Table

Role = Literal["label", "estimate", "interval", "both", "p", "other"]

_MEASURES: Final = (
    ("SHR", re.compile(r"sub-?distribution|\bs(?:d)?HR\b|\bSHR\b", re.I)),
    ("CSHR", re.compile(r"cause-?specific hazard|\bcsHR\b", re.I)),
    ("HR", re.compile(r"(?i:hazards?[ -]ratio|hazard rate ratio|relative hazard)|\b[amu]?HRs?\b")),
    ("OR", re.compile(r"(?i:odds[ -]ratio)|\b[au]?ORs?\b")),
    ("RR", re.compile(r"(?i:relative risk|risk ratio|rate ratio)|\b[ai]?RRs?\b")),
)
_INTERVAL: Final = re.compile(r"\bC\.?I\.?s?\b|confidence interval|\bCL\b|confidence limits", re.I)
_LEVEL: Final = re.compile(r"(\d{2}(?:[.·]\d+)?)\s?%\s?-?\s?(?:C\.?I|confidence)", re.I)
_P: Final = re.compile(
    r"^\W*p\W*$|\bp[- ]?values?\b|\bp\s?\(|^p\s?[^a-z]|(?:wald|log-?rank|cox)\S* p\b|\bP\b\s*$|\bsig\.?\b", re.I
)
_INTERACTION: Final = re.compile(r"interaction|trend|heterogeneity", re.I)
_COUNT: Final = re.compile(
    r"1(?:\.0+)?\s*\(?(?:ref\w*\.?)?\)?|\W*ref\w*\W*|\d[\d,]*(?:\.\d+)?%?(?:\s?\(\d+(?:\.\d+)?%?\))?", re.I
)
_NUMERIC_HEAD: Final = re.compile(
    r"\bn\b|\bno\b|number|events?|%|percent|rate|median|mean|patients|deaths|person|years|coef|\bSE\b"
    r"|standard error|estimate"
    r"|\bchi|survival (?:rate|at)|χ|ICC|AUC",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, what it holds, the measure and level its head or the caption says."""

    index: int
    head: str
    role: Role
    measure: str | None = None
    level: float | None = None
    other_p: bool = False


def measure_in(text: str) -> str | None:
    """Return the measure a head or caption names; the ratio of hazards before others."""
    return next((name for name, pattern in _MEASURES if pattern.search(text)), None)


def level_in(text: str) -> float | None:
    """Return the level a head, caption or footnote states, or None."""
    match = _LEVEL.search(text)
    return float(match.group(1).replace("·", ".")) if match else None


def heads_of(table: Table) -> list[str]:
    """Return each column's head: its header cells from top to bottom, each once, joined by " | "."""
    heads = []
    for column in range(len(table.rows[0]) if table.rows else 0):
        cells = dict.fromkeys(table.rows[row][column].text for row in range(header_depth(table)))
        heads.append(" | ".join(cell for cell in cells if cell))
    return heads


def header_depth(table: Table) -> int:
    """Return the number of header rows.

    Counting rows the article put into the body that only head columns.
    """
    depth = table.header_rows
    for row in table.rows[depth : depth + 2]:
        texts = [cell.text for cell in row]
        heads = sum(measure_in(text) is not None or _INTERVAL.search(text) is not None for text in texts)
        numbers = any(read_values(text, headed_by_interval=True) for text in texts)
        if heads and not numbers and not texts[0]:
            depth += 1
        else:
            break
    return depth


def columns_of(table: Table) -> list[Column]:
    """Return the columns of a table with their roles.

    Notes
    -----
    "HR" and "95% CI" in two columns are estimate and interval; "HR (95% CI)" is both; a table whose caption
    names the
    ratio and whose heads name exposure groups ("1 to 3 servings/week") holds it in every column with
    estimates.
    """
    heads = heads_of(table)
    caption = f"{table.caption} {table.footnotes}"
    caption_level = level_in(" ".join(heads)) or level_in(caption)
    columns = [_column(index, head, caption_level) for index, head in enumerate(heads)]
    columns = [_by_cells(table, column) for column in columns]
    if not any(column.role in ("estimate", "both") for column in columns):
        columns = _by_caption(table, columns, caption_level)
    return _labels(table, columns)


def _column(index: int, head: str, caption_level: float | None) -> Column:
    """Return the role a head gives its column."""
    last = head.rpartition(" | ")[2]
    measure = measure_in(last) or measure_in(head)
    own_level = level_in(last) or level_in(head) or caption_level
    interval = _INTERVAL.search(last) is not None or (
        _INTERVAL.search(head) is not None and measure_in(last) is None and not _P.search(last)
    )
    if _P.search(last) and not (measure_in(last) and interval):
        return Column(index, head, "p", None, None, _INTERACTION.search(head) is not None)
    if re.match(r"^\W*\d{0,2}\s?%?\s?-?(?:C\.?I|confidence interval)", last, re.I):
        return Column(index, head, "interval", measure, own_level)
    if measure and interval:
        return Column(index, head, "both", measure, own_level)
    if measure:
        return Column(index, head, "estimate", measure, own_level)
    if interval:
        return Column(index, head, "interval", measure, own_level)
    return Column(index, head, "other")


def _by_cells(table: Table, column: Column) -> Column:
    """Correct a role by what the cells hold: "Hazard ratio" over "3.28 (1.41-7.63)" is both."""
    cells = [row[column.index].text for row in table.rows[header_depth(table) :]]
    full = sum(bool(read_values(text, headed_by_interval=True)) for text in cells)
    limits = sum(read_limits(text) is not None for text in cells)
    if column.role == "estimate" and full:
        return Column(column.index, column.head, "both", column.measure, column.level)
    if column.role == "both" and not full and limits:
        return Column(column.index, column.head, "interval", column.measure, column.level)
    if column.role == "interval" and full > limits and column.measure is not None:
        return Column(column.index, column.head, "both", column.measure, column.level)
    return column


def _by_caption(table: Table, columns: list[Column], level: float | None) -> list[Column]:
    """Let a caption that names the ratio give it to the columns whose cells are "0.68 (0.52 to 0.88)"."""
    measure = measure_in(table.caption)
    if measure is None:
        return columns
    return [
        Column(column.index, column.head, "both", measure, level)
        if column.role == "other" and column.index > 0 and _mostly_values(table, column.index)
        else column
        for column in columns
    ]


def _holds_numbers(table: Table, index: int) -> bool:
    """Tell whether a column holds counts or references ("1 (Reference)", "119 (5.6)") rather than names."""
    cells = [row[index].text for row in table.rows[header_depth(table) :] if row[index].text]
    return 2 * sum(_COUNT.fullmatch(text) is not None for text in cells) > len(cells)


def _mostly_values(table: Table, index: int) -> bool:
    """Tell whether a column's cells are ratios with intervals: at least two of them."""
    return sum(bool(read_values(row[index].text, headed_by_interval=False)) for row in table.rows) >= 2


def _labels(table: Table, columns: list[Column]) -> list[Column]:
    """Call the leading columns without numbers the row labels; at least the first."""
    labelled: list[Column] = []
    leading = True
    for column in columns:
        numeric = _NUMERIC_HEAD.search(column.head) is not None or _holds_numbers(table, column.index)
        leading = leading and column.role == "other" and (column.index == 0 or not numeric)
        labelled.append(Column(column.index, column.head, "label") if leading else column)
    return labelled
