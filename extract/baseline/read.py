"""Text of one table -> checked rows. Pure: the caller brings the text and the protocol."""

from __future__ import annotations

import csv
import io
import typing
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar

from extract.errors import BaselineError
from extract.schema.columns import Cell, Column, read_cell
from extract.schema.protocol import Protocol

Row = TypeVar("Row")


def read_table(
    text: str, columns: tuple[Column, ...], row_type: Callable[..., Row], *, file: str, protocol: Protocol
) -> tuple[Row, ...]:
    """Read and check every cell of a CSV table.

    Parameters
    ----------
    text
        The whole file, first line the header.
    columns
        Declarations, in the order of the header; each has a field of the same name in ``row_type``.
    row_type
        Frozen dataclass of one row.
    file
        Name shown in messages.
    protocol
        Where outcome codes, slugs and exclusion reasons are looked up.

    Raises
    ------
    BaselineError
        File, line, column, value and what to do, for the first fault found.
    """
    reader = csv.reader(io.StringIO(text), strict=True)
    expected = [column.name for column in columns]
    header = next(reader, [])
    if header != expected:
        odd = sorted(set(header) ^ set(expected)) or header
        raise BaselineError(f"{file}, line 1: header differs at {', '.join(odd)}; expected {', '.join(expected)}")
    codes = codes_of(protocol)
    convert = _converters(row_type)
    seen: dict[tuple[str, Cell], int] = {}
    rows = []
    for line, cells in _records(reader, file):
        if len(cells) != len(columns):
            raise BaselineError(f"{file}, line {line}: {len(cells)} cells, expected {len(columns)}; quote commas")
        row: dict[str, Any] = {}
        for column, cell in zip(columns, cells, strict=True):
            value = _checked(column, cell, codes, where=f"{file}, line {line}, column {column.name}")
            if column.constraint.unique and value is not None:
                first = seen.setdefault((column.name, value), line)
                if first != line:
                    raise BaselineError(
                        f"{file}, line {line}, column {column.name}: {cell!r} stands already in line {first}; "
                        "give each row its own"
                    )
            row[column.name] = convert[column.name](value)
        rows.append(row_type(**row))
    return tuple(rows)


def codes_of(protocol: Protocol) -> dict[str, frozenset[str]]:
    """Return the protocol's codes and slugs by the column type that uses them."""
    return {
        "outcome": frozenset(outcome.code for outcome in protocol.outcomes),
        "subtype": frozenset(entry.slug for entry in protocol.subtypes),
        "pattern": frozenset(entry.slug for entry in protocol.patterns),
        "reason": frozenset(reason.code for reason in protocol.eligibility.exclusion_reasons),
    }


def _records(reader: Iterator[list[str]], file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and cells; line numbers are those of a spreadsheet (header is 1)."""
    line = 1
    while True:
        line += 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BaselineError(f"{file}, line {line}: not readable as CSV ({error}); check the quotes") from error


def _checked(column: Column, cell: str, codes: dict[str, frozenset[str]], *, where: str) -> Cell:
    """Read one cell, naming its place when it is wrong."""
    try:
        value = read_cell(column, cell)
    except ValueError as error:
        raise BaselineError(f"{where}: {cell!r}: {error}") from error
    allowed = codes.get(column.type)
    if allowed is not None and value is not None and value not in allowed:
        raise BaselineError(
            f"{where}: {cell!r} is no {column.type} of the protocol; expected one of {', '.join(sorted(allowed))}"
        )
    return value


def _converters(row_type: Callable[..., Row]) -> dict[str, Callable[[Cell], object]]:
    """Return, for each field, how a checked cell becomes the field's type."""
    return {name: _converter(hint) for name, hint in typing.get_type_hints(row_type).items() if name != "return"}


def _converter(hint: object) -> Callable[[Cell], object]:
    """Return the conversion to one field type: an enum, a truth value, or the cell itself."""
    if isinstance(hint, UnionType):
        hint = typing.get_args(hint)[0]
    if hint is bool:
        return lambda cell: cell == "yes"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        kind = hint
        return lambda cell: kind(str(cell))
    return lambda cell: cell
