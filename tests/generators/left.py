"""Steps with which examples of sources leave files below a home folder, as their tools would."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Step = Callable[[Path], None]


def lines(name: str, *values: Any) -> Step:
    """Append values to a file, a line of JSON each; `name` is its path below the home folder."""

    def step(home: Path) -> None:
        path = _ready(home, name)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(value, separators=(',', ':'))}\n" for value in values)

    return step


def document(name: str, value: Any) -> Step:
    """Write a file anew: a value as JSON."""
    return text(name, json.dumps(value, indent=2))


def text(name: str, content: str) -> Step:
    """Write a file anew."""

    def step(home: Path) -> None:
        path = _ready(home, name)
        new = path.with_name(f"{path.name}.new")
        new.write_text(content, encoding="utf-8")
        new.replace(path)

    return step


def database(name: str, schema: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Step:
    """Make a SQLite database where there is none, and put rows into its tables; one with a known key replaces."""

    def step(home: Path) -> None:
        with closing(sqlite3.connect(_ready(home, name))) as connection, connection:
            connection.executescript(schema)
            for table, values in rows.items():
                for row in values:
                    places = ", ".join("?" * len(row))
                    query = f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({places})"
                    connection.execute(query, tuple(row.values()))

    return step


def together(*steps: Step) -> Step:
    """Several steps that happen at once."""

    def step(home: Path) -> None:
        for one in steps:
            one(home)

    return step


def _ready(home: Path, name: str) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
