"""Tables to effects: every ratio of every row, with its row label, group, column head and cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from extract.candidates.cues import lower_in_place
from extract.candidates.mentions import Mention
from extract.candidates.outcomes import outcomes_of
from extract.candidates.population import Populations, codes_in
from extract.candidates.table_cells import CellValue, read_estimate, read_limits, read_p, read_values
from extract.candidates.table_columns import Column, columns_of, header_depth
from extract.candidates.tokens import fold, lex
from extract.candidates.vocabulary import OTHER_OUTCOME, Words
from extract.checks import codes_of, input_of
from extract.fulltext.article import Cell, Table
from extract.schema.effect import Comparison, Effect, Span

_UNADJUSTED: Final = re.compile(r"\bunadjusted\b|\bcrude\b|\bunivaria\w+|\bbivaria\w+", re.I)
_ADJUSTED: Final = re.compile(
    r"\badjusted\b|\bmultivaria\w+|\baHR\b|\baOR\b|\bpropensity\b|\bmatched\b|\bweighted\b", re.I
)
_VERSUS: Final = re.compile(r"^(.{1,80}?)\s(?:vs?\.?|versus|compared (?:with|to))\s(.{1,80})$", re.I)


@dataclass(frozen=True, slots=True)
class Row:
    """Where a value stands: the row's own label, the heading above it, and the labels joined."""

    index: int
    label: str
    group: str
    cells: tuple[Cell, ...]


def propose_from_table(table: Table, words: Words, whole: Populations, outcome: str | None) -> list[Effect]:
    """Return the ratios of one table, row by row.

    Parameters
    ----------
    table
        Resolved table.
    words
        The protocol's words.
    whole
        Population of the whole report.
    outcome
        Outcome to take where neither column, row, group nor caption names one.

    Returns
    -------
    list of Effect
        ``span.source`` is ``table:<id>/r<row>/c<column>`` (rows and columns count from 0, heads included), offsets
        count in the cell's text. An interval in a neighbouring cell is named in ``extras``.
    """
    columns = columns_of(table)
    if not any(column.role in ("estimate", "both") for column in columns):
        return []
    effects = []
    for row in rows_of(table, columns):
        for column in columns:
            for value, extras in _values_of(table, row, column, columns):
                effects.append(_effect(table, row, column, value, extras, words, whole, outcome))
    return effects


def rows_of(table: Table, columns: Sequence[Column]) -> Iterator[Row]:
    """Yield body rows with label and group.

    A row whose only text is its label (or whose label spans the table) heads the rows below it; a row without a label
    continues the one above.
    """
    labels = [column.index for column in columns if column.role == "label"]
    group, group_indent, child_indent, last = "", 0, -1, ""
    for index in range(header_depth(table), len(table.rows)):
        cells = table.rows[index]
        own = [cells[at].text for at in labels if cells[at].text]
        own = list(dict.fromkeys(own))
        rest = [cells[at] for at in range(len(cells)) if at not in labels]
        empty = all(not cell.text or cell.text == cells[0].text for cell in rest)
        if own and empty:
            group, last = " ".join(own), own[-1]
            group_indent, child_indent = cells[0].indent, -1
            continue
        indent = cells[labels[0]].indent
        child_indent = indent if child_indent < 0 else child_indent
        if indent < group_indent or (child_indent > group_indent >= indent and own):
            group = ""  # the rows of the heading were indented and this one no longer is
        label = own[-1] if own else last
        head = " / ".join([part for part in [group, *own[:-1]] if part])
        last = label
        yield Row(index, label, head, cells)


def _values_of(
    table: Table, row: Row, column: Column, columns: Sequence[Column]
) -> Iterator[tuple[CellValue, dict[str, str]]]:
    """Yield what one cell says, with the interval or the second line from its neighbours."""
    cell = row.cells[column.index]
    if column.role not in ("estimate", "both") or cell.origin != (row.index, column.index):
        return
    p_value = _p_of(row, column, columns)
    values = read_values(cell.text, headed_by_interval=True) if column.role == "both" else []
    for value in values:
        yield replace(value, p_value=value.p_value or p_value), {}
    if values:
        return
    estimate = read_estimate(cell.text)
    if estimate is None:
        return
    neighbour = _interval_column(column, columns)
    limits = read_limits(row.cells[neighbour.index].text) if neighbour else None
    if limits and neighbour:
        where = f"table:{table.table_id}/r{row.index}/c{neighbour.index}"
        extras = {"interval_from": where, "interval_text": row.cells[neighbour.index].text}
        yield replace(estimate, low=limits[0], high=limits[1], p_value=p_value, level=neighbour.level), extras
        return
    below = table.rows[row.index + 1][column.index] if row.index + 1 < len(table.rows) else None
    limits = read_limits(below.text) if below and "." in below.text else None
    if limits and below:
        where = f"table:{table.table_id}/r{row.index + 1}/c{column.index}"
        extras = {"interval_from": where, "interval_text": below.text}
        yield replace(estimate, low=limits[0], high=limits[1], p_value=p_value), extras


def _interval_column(column: Column, columns: Sequence[Column]) -> Column | None:
    """Return the interval column that belongs to an estimate: the next one before another estimate."""
    for other in columns[column.index + 1 : column.index + 3]:
        if other.role == "interval":
            return other
        if other.role in ("estimate", "both"):
            return None
    return None


def _p_of(row: Row, column: Column, columns: Sequence[Column]) -> str | None:
    """Return the p value of the next p column before the next ratio."""
    for other in columns[column.index + 1 :]:
        if other.role in ("estimate", "both"):
            return None
        if other.role == "p" and not other.other_p:
            return read_p(row.cells[other.index].text)
    return None


def _effect(
    table: Table,
    row: Row,
    column: Column,
    value: CellValue,
    extras: dict[str, str],
    words: Words,
    whole: Populations,
    outcome: str | None,
) -> Effect:
    """Build one effect."""
    source = f"table:{table.table_id}/r{row.index}/c{column.index}"
    cell = row.cells[column.index].text
    about = f"{row.group} {row.label}"
    versus = _VERSUS.match(row.label)
    effect = Effect(
        measure=value.measure or column.measure or "HR",
        estimate=value.estimate,
        ci_low=value.low,
        ci_high=value.high,
        ci_level=value.level if value.level is not None else column.level,
        p_value=value.p_value,
        p_sided=None,
        outcome=_outcome(words, (column.head, row.label, row.group, table.caption), outcome),
        subtype=codes_in(about, words.subtypes, words.subtype_entries) or whole.subtype,
        metastatic_pattern=codes_in(about, words.patterns, words.pattern_entries) or whole.pattern,
        population=f"{row.group}: {row.label}" if row.group else row.label or None,
        comparison=_comparison(words, versus),
        adjusted=_adjusted(column.head, f"{row.group} {table.caption}"),
        is_result=True,
        span=Span(source, value.start, value.end, cell[value.start : value.end]),
        extras=tuple(
            (name, said)
            for name, said in {
                "table": table.label,
                "row_label": row.label,
                "group": row.group,
                "column": column.head,
                **extras,
            }.items()
            if said
        ),
    )
    return replace(effect, checks=codes_of(input_of(effect, arms=words.two_arms())))


def _outcome(words: Words, texts: Sequence[str], default: str | None) -> str | None:
    """Return the outcome of the first text that names one: column head, row, group, caption."""
    for text in texts:
        folded = fold(text)
        mentions: list[Mention] = outcomes_of(lower_in_place(folded), lex(folded, 0, len(folded)), words)
        best = next((m for m in mentions if not m.weak), mentions[0] if mentions else None)
        if best is not None:
            return None if best.code == OTHER_OUTCOME else best.code
    return default


def _comparison(words: Words, versus: re.Match[str] | None) -> Comparison:
    """Return the arms a row label "A vs B" names: codes where the protocol knows them, else the report's words."""
    if versus is None:
        return Comparison()
    sides = []
    for side in versus.groups():
        folded = fold(side)
        arms = words.arms.find(lex(folded, 0, len(folded)))
        sides.append(arms[0].code if len(arms) == 1 else side.strip())
    return Comparison(sides[0], sides[1])


def _adjusted(head: str, context: str) -> bool | None:
    """Tell whether a column is adjusted: by its own head, else by caption and group."""
    for text in (head, context):
        if _UNADJUSTED.search(text):
            return None if _ADJUSTED.search(_UNADJUSTED.sub("", text)) else False
        if _ADJUSTED.search(text):
            return True
    return None
