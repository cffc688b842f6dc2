"""A ledger as the first release wrote it: its tables and rows, in SQL, and what that release answered from them.

`version_1/` was written by the code of commit cafec2e: `duckdb.sql` and `clickhouse.sql` are its tables, `rows.jsonl`
the records that its DuckDB ledger held, `answers.jsonl` what its measures said.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "version_1"
#: When the answers were given.
NOW = datetime(2026, 3, 8, tzinfo=UTC)
WORKSPACES = ("default", "other")
TABLES = ("calls", "tools", "runs", "jobs", "samples", "bills")


@dataclass(frozen=True)
class Answer:
    """What the first release answered: every measure of a cube, by one dimension or none."""

    by: tuple[str, ...]
    since: str
    until: str
    #: Each column as it was asked for, dimensions first.
    columns: list[str]
    rows: list[list[Any]]
    tz: str = "America/New_York"

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that were asked for."""
        return tuple(self.columns[len(self.by) :])


def answers() -> list[Answer]:
    """All of them."""
    lines = (_FOLDER / "answers.jsonl").read_text().splitlines()
    return [Answer(**{**json.loads(line), "by": tuple(json.loads(line)["by"])}) for line in lines]


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each stored row with its table's name, by column."""
    table, columns = "", []
    for line in (_FOLDER / "rows.jsonl").read_text().splitlines():
        found = json.loads(line)
        if isinstance(found, dict):
            table, columns = found["table"], found["columns"]
        else:
            yield table, dict(zip(columns, found, strict=True))


def statements(engine: str) -> Iterator[str]:
    """SQL that makes the ledger. Its one cell says what no call does, and its marks are gone."""
    yield from (_FOLDER / f"{engine}.sql").read_text().splitlines()
    for table, rows in groupby(records(), key=itemgetter(0)):
        yield _insert(engine, table, [row for _, row in rows])
    yield _insert(engine, "cells", [_wrong_cell()])
    yield _insert(engine, "meta", [{"key": "schema_version", "value": "1"}])


def multiplied(engine: str, times: int) -> str:
    """SQL that adds so many copies of each call, each an hour earlier than the one before and with an id of its own."""
    columns = next(row for table, row in records() if table == "calls")
    made = {name: f'c."{name}"' for name in columns}
    made["quarter"] = "c.quarter - 4 * n.number"
    if engine == "duckdb":
        made["id"], made["started_at"] = "uuid()", "c.started_at - n.number * INTERVAL 1 HOUR"
        numbers = f"(SELECT range AS number FROM range(1, {times + 1}))"
    else:
        made["id"], made["started_at"] = "generateUUIDv4(n.number)", "c.started_at - toIntervalHour(n.number)"
        made["version"] = "1"
        numbers = f"(SELECT toInt32(number + 1) AS number FROM numbers({times}))"
    names = ", ".join(f'"{name}"' for name in made)
    return f"INSERT INTO calls ({names}) SELECT {', '.join(made.values())} FROM calls c CROSS JOIN {numbers} n"


def _wrong_cell() -> dict[str, Any]:
    [line] = [line for line in (_FOLDER / "duckdb.sql").read_text().splitlines() if "TABLE cells" in line]
    return {name: "wrong" if type_ == "VARCHAR" else 99 for name, type_ in re.findall(r'"(\w+)" (\w+)', line)}


def _insert(engine: str, table: str, rows: list[dict[str, Any]]) -> str:
    if engine == "clickhouse":
        rows = [{**row, "version": 1} for row in rows]
        if table == "cursors":
            rows = [{**row, "state": base64.b64encode(row["state"].encode()).decode()} for row in rows]
    names = ", ".join(f'"{name}"' for name in rows[0])
    values = (f"({', '.join(_literal(engine, value) for value in row.values())})" for row in rows)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join(values)}"


def _literal(engine: str, value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        text = value.replace("\\", "\\\\") if engine == "clickhouse" else value
        return "'" + text.replace("'", "''") + "'"
    return str(value).lower()
