"""Rows of a saved query result: CSV, JSON (an array, or a line for each row) and Parquet, some at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from tokometer.sources.protocol import PollError

#: Rows that are held at once.
_AT_ONCE: Final = 5_000
_LONGEST_CELL: Final = 1 << 20
_BRACKETS: Final = (b"[", b"{")
Row = dict[str, Any]


def rows_of(content: bytes) -> Iterator[list[Row]]:
    """The rows of a file, some at a time; what is empty in them is left out.

    Raises:
        PollError: It is none of these.
    """
    if content.startswith(b"PAR1"):
        yield from _of_parquet(content)
        return
    head = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PollError("is neither Parquet nor text in UTF-8") from None
    yield from (_of_json(text) if head in _BRACKETS else _of_csv(text))


def _of_csv(text: str) -> Iterator[list[Row]]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        if not reader.fieldnames or len(reader.fieldnames) == 1:
            raise PollError("is no table with a head")
        yield from _some({name: cell for name, cell in row.items() if name and cell} for row in reader)
    except csv.Error as error:
        raise PollError(f"is no CSV: {error}") from None
    finally:
        csv.field_size_limit(before)


def _of_json(text: str) -> Iterator[list[Row]]:
    try:
        if text.lstrip().startswith("["):
            found = json.loads(text, parse_float=Decimal)
            yield from _some(iter(found))
        else:
            lines = (line for line in text.splitlines() if line.strip())
            yield from _some(json.loads(line, parse_float=Decimal) for line in lines)
    except (ValueError, RecursionError):
        raise PollError("is no JSON") from None


def _of_parquet(content: bytes) -> Iterator[list[Row]]:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    try:
        for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(batch_size=_AT_ONCE):
            yield from _some(_plain(row) for row in batch.to_pylist())
    except (pa.ArrowException, OSError):
        raise PollError("is a damaged Parquet file") from None


def _plain(row: Row) -> Row:
    """A row as JSON would have it: times as text."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def _some(rows: Iterator[Any]) -> Iterator[list[Any]]:
    held: list[Any] = []
    for row in rows:
        held.append(row)
        if len(held) >= _AT_ONCE:
            yield held
            held = []
    if held:
        yield held
