"""`tokometer export`: records as CSV or Parquet, which `tokometer import` takes again."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say, say_json
from tokometer.host.regular import open_regular

#: How Parquet keeps what is text in CSV.
_CASTS: Final = {
    "whole": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(38, 9)",
    "time": "TIMESTAMP",
    "text": "VARCHAR",
}
_FORMATS: Final = ("csv", "parquet")


@click.command(short_help="Write records to a CSV or Parquet file.")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", default="calls", metavar="KIND", help="calls, tools, runs, jobs, … [default: calls]")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="[default: by the name's ending]")
@click.option("--since", default="all", metavar="WHEN", help="Where to start, as for `query`. [default: all]")
@click.option("--until", default="", metavar="WHEN", help="The last day, or a time to stop before. [default: now]")
@click.option("--tz", metavar="ZONE", help="Time zone (IANA) that days are counted in. [default: this machine's]")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def export(
    path: Path, kind: str, form: str | None, since: str, until: str, tz: str | None, as_json: bool, data: Path
) -> None:
    """Write records of a kind to a file, all of their fields.

    \b
    tokometer export calls.parquet --since month
    tokometer export jobs.csv --kind jobs

    `tokometer import FILE` takes it again, here or elsewhere: the same ids and the same totals.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.records.told_again import columns

    form = form or path.suffix.lower().removeprefix(".")
    if form not in _FORMATS:
        raise Mistake(f"{path}: name it .csv or .parquet, or say --format")
    names = columns(_kind(kind))
    window = _window(since, until, tz)
    with open_door(data) as door:
        count = _write(path, form, names, door.export(kind, *window))
    told = {"records": count, "kind": kind, "path": str(path)}
    if as_json:
        say_json(told)
    else:
        say(f"{count:,} {kind} in {path}")


def _kind(kind: str) -> str:
    from tokometer.records.fields import FIELDS

    if kind not in FIELDS:
        raise Mistake(f"there is no kind {kind!r}; there are {', '.join(FIELDS)}")
    return kind


def _window(since: str, until: str, tz: str | None) -> tuple[int, int]:
    """The window in microseconds since the epoch."""
    from zoneinfo import ZoneInfo

    from tokometer.measures import QueryError
    from tokometer.measures.windows import resolve
    from tokometer.records import now_us
    from tokometer.records.zone import local_zone

    try:
        zone = ZoneInfo(tz or local_zone())
        window = resolve(since, until, zone, now_us(), lambda: 0)
    except QueryError as error:
        raise Mistake(str(error)) from error
    except (ValueError, KeyError, OSError):
        raise Mistake(f"there is no time zone {tz!r}") from None
    # What is a little ahead of our clock is kept, and exported where nobody names an end.
    return window.since, window.until if until else 1 << 62


def _write(path: Path, form: str, names: Mapping[str, str], records: Iterator[dict[str, Any]]) -> int:
    """Write all of it, or nothing: a file that is there is replaced only by a whole one."""
    path = path.absolute()
    with tempfile.TemporaryDirectory(prefix=".tokometer-", dir=path.parent) as folder:
        written = Path(folder) / "records.csv"
        count = _csv(written, list(names), records)
        if form == "parquet":
            written = _parquet(written, names)
        written.replace(path)
    return count


def _csv(path: Path, names: list[str], records: Iterator[dict[str, Any]]) -> int:
    count = 0
    opened = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with io.TextIOWrapper(io.BufferedWriter(opened), encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for record in records:
            writer.writerow([_cell(record.get(name)) for name in names])
            count += 1
    return count


def _cell(value: object) -> object:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _parquet(source: Path, names: Mapping[str, str]) -> Path:
    """The same as Parquet, its columns as what they are."""
    import duckdb

    made = source.with_suffix(".parquet")
    cast = ", ".join(f'CAST("{name}" AS {_CASTS[kind]}) AS "{name}"' for name, kind in names.items())
    limits: dict[str, Any] = {"memory_limit": "512MB", "threads": "1", "autoinstall_known_extensions": "false"}
    reader = (
        f"read_csv({_literal(source)}, all_varchar = true, header = true, quote = '\"', escape = '\"', delim = ',')"
    )
    with duckdb.connect(":memory:", config=limits) as connection:
        connection.execute(f"COPY (SELECT {cast} FROM {reader}) TO {_literal(made)} (FORMAT parquet)")
    return made


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
