"""The rows behind panels as files: CSV, JSON and Parquet of one, CSV of a whole dashboard."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tokometer.dashboards import Dashboard, Scope
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.panel import Table
from tokometer.host.regular import read_bytes
from tokometer.measures.result import Column, csv_cell, json_value, tidied
from tokometer.reports.answered import Answered, filters_of, stem_of, window_of
from tokometer.reports.columns import columns_of

#: Lines end as RFC 4180 has it.
_ENDING: Final = "\r\n"


def as_csv(table: Table) -> bytes:
    """A panel's rows under the names of their columns; text that a spreadsheet would compute is disarmed."""
    out = io.StringIO()
    _write(out, table)
    return out.getvalue().encode()


def _write(out: io.StringIO, table: Table) -> None:
    writer = csv.writer(out, lineterminator=_ENDING)
    writer.writerow([csv_cell(name) for name in table.columns])
    writer.writerows([csv_cell(value) for value in row] for row in table.rows)


def as_json(answer: Answered, scope: Scope) -> bytes:
    """A panel's rows with what they are: money as decimal strings, times in RFC 3339, as `/api/query` has them."""
    columns = columns_of(answer.view.table)
    window = answer.view.window
    told = {
        "id": answer.panel.id,
        "title": answer.title,
        "generated": json_value(scope.now),
        "window": {
            "title": window_of(answer, scope),
            "since": json_value(window.since) if window else None,
            "until": json_value(window.until) if window else None,
            "tz": scope.zone.key,
        },
        "filters": {name: list(values) for name, values in answer.where},
        "without": {name: list(values) for name, values in answer.without},
        "remarks": list(answer.remarks),
        "columns": [{"name": one.name, "unit": one.unit, "type": one.type, "title": one.title} for one in columns],
        "rows": [dict(zip(answer.view.table.columns, map(_json, row), strict=True)) for row in answer.view.table.rows],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _json(value: object) -> object:
    if isinstance(value, float):
        return tidied(value)
    return json_value(value)


#: How DuckDB calls each type. A time is a moment: Parquet keeps it in UTC, and readers show it in any zone.
_TYPES: Final = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18, 9)",
    "time": "TIMESTAMPTZ",
    "date": "DATE",
    "flag": "BOOLEAN",
}
_LONGEST: Final = 1 << 63
_DEAREST: Final = 10**9


def as_parquet(table: Table) -> bytes:
    """A panel's rows; see :func:`parquet_of`. What holds values of several types is text, written as in CSV."""
    return parquet_of(columns_of(table), table.rows)


def parquet_of(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows with exact types: amounts are decimal(18, 9), or (38, 9) from a billion on; times are moments.

    Whole numbers that 64 bits do not hold are decimal(38, 0): Parquet has no wider integer.
    """
    import duckdb

    values = [[row[at] for row in rows] for at in range(len(columns))]
    types = [_type(column, of) for column, of in zip(columns, values, strict=True)]
    made = ", ".join(
        f"CAST(unnest(${at}) AS {kind}) AS {_quoted(columns[at - 1].name)}" for at, kind in enumerate(types, 1)
    )
    given = [[_plain(value, kind) for value in of] for of, kind in zip(values, types, strict=True)]
    limits: dict[str, Any] = {"memory_limit": "512MB", "threads": "1", "autoinstall_known_extensions": "false"}
    with tempfile.TemporaryDirectory(prefix="tokometer-") as folder, duckdb.connect(":memory:", config=limits) as base:
        path = Path(folder) / "rows.parquet"
        base.execute("SET TimeZone = 'UTC'")
        base.execute(f"CREATE TABLE made AS SELECT {made}", given)
        base.table("made").write_parquet(str(path), compression="zstd")
        return read_bytes(path)


def _type(column: Column, values: Sequence[Any]) -> str:
    if column.type == "money" and any(value is not None and abs(value) >= _DEAREST for value in values):
        return "DECIMAL(38, 9)"
    if column.type == "integer" and any(value is not None and not -_LONGEST <= value < _LONGEST for value in values):
        return "DECIMAL(38, 0)"
    return _TYPES[column.type]


def _plain(value: Any, kind: str) -> str | None:  # noqa: ANN401 - of any type
    """A value as text that the engine reads as its type, so that nothing passes through a float."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if kind == "VARCHAR":
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else csv_cell(value)
    if kind == "DOUBLE":
        number = tidied(value)
        return None if number is None else repr(float(number))
    return csv_cell(value) if not isinstance(value, str) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def page_csv(dashboard: Dashboard, answers: Iterable[Answered], scope: Scope) -> bytes:
    """A whole dashboard in one file: what it is about, then a block for each panel, an empty line before each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=_ENDING)
    writer.writerows([csv_cell(value) for value in line] for line in about(dashboard, scope))
    for answer in answers:
        writer.writerow([])
        writer.writerow([csv_cell(answer.title), csv_cell(window_of(answer, scope)), *map(csv_cell, answer.remarks)])
        if not answer.view.table.rows:
            writer.writerow(["no rows"])
            continue
        _write(out, answer.view.table)
    return out.getvalue().encode()


def about(dashboard: Dashboard, scope: Scope) -> list[tuple[str, str]]:
    """What a file about a dashboard says first: (what, value)."""
    return [
        ("Dashboard", dashboard.title),
        ("Period", f"{scope.window.title} ({window_text(scope.window)})"),
        ("Time zone", scope.zone.key),
        ("Filters", "; ".join(f"{title}: {values}" for title, values in filters_of(scope)) or "none"),
        ("Compared with", scope.before if scope.compare else "nothing"),
        ("Made", f"{scope.now.day} {scope.now:%b %Y, %H:%M:%S} {_offset(scope.now)}"),
    ]


def _offset(moment: datetime) -> str:
    """`UTC+02:00`."""
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def page_zip(dashboard: Dashboard, answers: Iterable[Answered], scope: Scope) -> bytes:
    """A whole dashboard as a folder: a CSV for each panel, and `about.csv`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        names = ("what", "value")
        folder.writestr(_entry("about.csv", scope), as_csv(Table(names, about(dashboard, scope))))
        for answer in answers:
            folder.writestr(_entry(f"{stem_of(answer.panel)}.csv", scope), as_csv(answer.view.table))
    return out.getvalue()


def _entry(name: str, scope: Scope) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, scope.now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
