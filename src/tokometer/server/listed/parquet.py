"""Rows of a list as a Parquet file, with the exact types: money as decimals, times as moments."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from arro3.core import Array, DataType, Table

from tokometer.host.regular import read_bytes
from tokometer.measures import Result
from tokometer.measures.result import ColumnType, json_value

_LIMITS: Final[dict[str, Any]] = {"memory_limit": "512MB", "threads": "1", "autoinstall_known_extensions": "false"}
#: How each type is kept. Whole numbers can be sums of tokens, which 64 bits need not hold.
_TYPES: Final[dict[ColumnType, str]] = {
    "text": "VARCHAR",
    "integer": "DECIMAL(38, 0)",
    "number": "DOUBLE",
    "money": "DECIMAL(38, 9)",
    "time": "TIMESTAMPTZ",
    "date": "DATE",
    "flag": "BOOLEAN",
}


def as_parquet(pages: Sequence[Result]) -> bytes:
    """All rows of these pages, which have the same columns, of which there is at least one."""
    import duckdb

    columns = pages[0].columns
    arrays = []
    for column in columns:
        values = [json_value(row[column.name]) for page in pages for row in page.rows]
        texts = [None if value is None else str(value).encode("utf-8", "replace").decode() for value in values]
        arrays.append(Array(texts, DataType.utf8()))
    made = Table.from_arrays(arrays, names=[column.name for column in columns])
    casts = ", ".join(f'CAST("{column.name}" AS {_TYPES[column.type]}) AS "{column.name}"' for column in columns)
    with tempfile.TemporaryDirectory(prefix="tokometer-") as folder, duckdb.connect(":memory:", config=_LIMITS) as base:
        path = Path(folder) / "records.parquet"
        base.execute("SET TimeZone = 'UTC'")
        base.register("made", made)
        base.sql(f"SELECT {casts} FROM made").write_parquet(str(path), compression="zstd")
        return read_bytes(path)
