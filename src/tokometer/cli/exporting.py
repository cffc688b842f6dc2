"""`tokometer export`: records as CSV or Parquet, which `tokometer import` takes again, or a month as FOCUS."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say, say_json
from tokometer.host.regular import open_regular

if TYPE_CHECKING:
    from tokometer.reports.focus import Version
    from tokometer.reports.focus_file import Form

#: How Parquet keeps what is text in CSV.
_CASTS: Final = {
    "whole": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(38, 9)",
    "time": "TIMESTAMP",
    "text": "VARCHAR",
}
_FORMATS: Final = ("csv", "parquet")
#: No kind of record: usage and cost of a month, for FinOps tools.
_FOCUS: Final = "focus"
_VERSIONS: Final = ("1.2", "1.3", "1.4")


@click.command(short_help="Write records to a CSV or Parquet file.")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", default="calls", metavar="KIND", help="calls, tools, runs, …; or focus. [default: calls]")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="[default: by the name's ending]")
@click.option("--since", default="all", metavar="WHEN", help="Where to start, as for `query`. [default: all]")
@click.option("--until", default="", metavar="WHEN", help="The last day, or a time to stop before. [default: now]")
@click.option("--tz", metavar="ZONE", help="Time zone (IANA) that days are counted in. [default: this machine's]")
@click.option(
    "--month", default="", metavar="YYYY-MM", help="For focus: which month of UTC. [default: the running one]"
)
@click.option("--focus-version", type=click.Choice(_VERSIONS), help="For focus: of which version. [default: 1.3]")
@click.option(
    "--tag", multiple=True, metavar="NAME", help="For focus: a dimension of calls as a tag, as label.customer."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def export(
    path: Path,
    kind: str,
    form: str | None,
    since: str,
    until: str,
    tz: str | None,
    month: str,
    focus_version: str | None,
    tag: tuple[str, ...],
    as_json: bool,
    data: Path,
) -> None:
    """Write records of a kind to a file, all of their fields.

    \b
    tokometer export calls.parquet --since month
    tokometer export jobs.csv --kind jobs
    tokometer export october.csv --kind focus --month 2026-10

    `tokometer import FILE` takes it again, here or elsewhere: the same ids and the same totals. The kind `focus` is a
    month's usage and cost for FinOps tools, the same file as on the page Billing.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.records.told_again import columns

    form = form or path.suffix.lower().removeprefix(".")
    if form not in _FORMATS:
        raise Mistake(f"{path}: name it .csv or .parquet, or say --format")
    if kind == _FOCUS:
        if (since, until, tz) != ("all", "", None):
            raise Mistake("--kind focus is of a month of UTC: say --month instead of --since, --until and --tz")
        return _focus(data, path, form, month, focus_version, tag, as_json=as_json)
    if month or focus_version or tag:
        raise Mistake("--month, --focus-version and --tag are for --kind focus")
    names = columns(_kind(kind))
    window = _window(since, until, tz)
    with open_door(data) as door:
        count = _write(path, form, names, door.export(kind, *window))
    told = {"records": count, "kind": kind, "path": str(path)}
    if as_json:
        return say_json(told)
    return say(f"{count:,} {kind} in {path}")


def _focus(
    data: Path,
    path: Path,
    form: str,
    month: str,
    version: str | None,
    tags: Sequence[str],
    *,
    as_json: bool,
) -> None:
    from tokometer.cli.doors import open_door
    from tokometer.host.private import write_private
    from tokometer.reports.focus import DEFAULT

    # Click has seen that they are some of these.
    chosen, written = cast("Version", version or DEFAULT), cast("Form", form)
    with open_door(data) as door:
        content = door.focus(month, written, chosen, tags or None)
        write_private(path.absolute(), content)
    if as_json:
        return say_json({"kind": _FOCUS, "version": chosen, "path": str(path)})
    return say(f"FOCUS {chosen} in {path}")


def _kind(kind: str) -> str:
    from tokometer.records.fields import FIELDS

    if kind not in FIELDS:
        raise Mistake(f"there is no kind {kind!r}; there are {', '.join(FIELDS)}, and {_FOCUS}")
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
