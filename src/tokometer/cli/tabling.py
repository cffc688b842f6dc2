"""`tokometer import-table`: any table, by a map from its columns to our fields."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake, Problem
from tokometer.cli.shown import say, say_json

if TYPE_CHECKING:
    from tokometer.sources.protocol import Target
    from tokometer.sources.table.engines import Engine, Shape
    from tokometer.sources.table.mapping import TableMap
    from tokometer.sources.table.reading import Portion

#: Records and refusals that are shown.
_SHOWN: Final = 5
#: Rows that are sent at once.
_PORTION: Final = 5_000
_COLUMNS: Final = 40


@click.command("import-table", short_help="Import a table: SQLite, CSV, Parquet, PostgreSQL, MySQL.")
@click.argument("where", metavar="PATH|URL")
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="Only this table; repeatable.")
@click.option("--kind", default="", metavar="KIND", help="What its rows are: calls, models, documents, jobs, …")
@click.option("--map", "file", type=click.Path(path_type=Path), metavar="FILE", help="The map, as --save wrote it.")
@click.option(
    "--set",
    "fields",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column fills a field (Usage->tokens: in its JSON); FIELD='value', in quotes, is the same in every row.",
)
@click.option(
    "--unit",
    "units",
    multiple=True,
    metavar="FIELD=UNIT",
    help="How a field's column is written: s, ms, us, ns, ticks, julian; dmy or mdy (5/11/2026); a zone.",
)
@click.option("--preview", is_flag=True, help="Show tables, columns, the map and the first records; take nothing.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken and what refused; take nothing.")
@click.option("--save", default="", metavar="NAME", help="Keep the map and name the table in tokometer.toml.")
@click.option("--secret-env", default="", metavar="VARIABLE", help="The environment variable with its password.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def import_table(
    where: str,
    tables: tuple[str, ...],
    kind: str,
    file: Path | None,
    fields: tuple[str, ...],
    units: tuple[str, ...],
    preview: bool,
    dry_run: bool,
    save: str,
    secret_env: str,
    as_json: bool,
    data: Path,
) -> None:
    """Import a table of another program.

    \b
    tokometer import-table app.db --preview
    tokometer import-table usage.csv --set model=llm --set cost_usd=charge
    tokometer import-table postgresql://reader@db.lan/app --table public_usage --save app

    Columns are told by their names; --preview shows what would become of them. Importing twice is harmless.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.sources.table.engines import TableError
    from tokometer.sources.table.mapping import MapError
    from tokometer.sources.table.polled import open_target

    target = _target(where, secret_env)
    try:
        with open_target(target) as engine:
            maps = _maps(engine, file, tables, kind, fields, units)
            if preview:
                _preview(engine, maps, as_json=as_json)
                return
            _check(engine, maps)
            told = _import(engine, maps, target.url, data, dry_run=dry_run)
    except MapError as error:
        raise Mistake(str(error)) from error
    except TableError as error:
        raise Problem(f"{where}: {error}") from error
    except OSError as error:
        raise Mistake(f"{where}: {error.strerror or error}") from error
    if save and not dry_run:
        from tokometer.cli.saving import save_map

        told["saved"] = str(save_map(data, save, target.url, maps, secret_env))
    if as_json:
        say_json(told)
    else:
        say(_words(told, dry_run=dry_run))


def _target(where: str, secret_env: str) -> Target:
    from tokometer.settings.polling import wrong_address
    from tokometer.sources.protocol import Target

    secret = ""
    if secret_env:
        secret = os.environ.get(secret_env, "")
        if not secret:
            raise Mistake(f"the environment variable {secret_env} is not set")
    if "://" not in where:
        path = Path(where).expanduser().absolute()
        if not path.exists():
            raise Mistake(f"there is no {path}")
        return Target("", path.as_uri(), 0)
    wrong = wrong_address(where)
    if wrong:
        raise Mistake(f"the address {wrong}" + ("; here it is --secret-env" if "password" in wrong else ""))
    return Target("", where, 0, secret=secret)


def _maps(
    engine: Engine,
    file: Path | None,
    tables: Sequence[str],
    kind: str,
    fields: Sequence[str],
    units: Sequence[str],
) -> list[TableMap]:
    """The maps to follow: those of the file, else those that the names of columns propose, with what was set."""
    from msgspec.structs import replace

    from tokometer.host.regular import read_text
    from tokometer.sources.table.detecting import propose, proposed
    from tokometer.sources.table.mapping import MapError, check, map_from

    shapes = {shape.name: shape for shape in engine.shapes()}
    for name in tables:
        if name not in shapes:
            raise MapError(f"there is no table {name!r}; there are {', '.join(list(shapes)[:_COLUMNS])}")
    if file is not None:
        try:
            maps = map_from(read_text(file))
        except UnicodeDecodeError:
            raise MapError(f"{file} is not text") from None
        maps = [one for one in maps if not tables or one.table in tables]
    elif tables or len(shapes) == 1:
        every = list(shapes.values())
        chosen = [shapes[name] for name in tables] or every
        maps = [
            one
            for shape in chosen
            if (one := propose(shape, every, kind) or (propose(shape, every, "calls") if fields else None)) is not None
        ]
    else:
        maps = proposed(list(shapes.values()))
        maps = [one for one in maps if not kind or one.kind == kind]
    if fields or units:
        if len(maps) != 1:
            raise MapError(f"name the one table that {'--set' if fields else '--unit'} is for, with --table")
        maps = [_with_units(_set(maps[0], fields), units)]
    for one in maps:
        check(one)
    return [replace(one, kind=kind) for one in maps] if kind and file is None else maps


def _set(one: TableMap, fields: Sequence[str]) -> TableMap:
    from msgspec.structs import replace

    from tokometer.sources.table.mapping import MapError

    found, constants = dict(one.fields), dict(one.constants)
    for told in fields:
        name, sign, value = told.partition("=")
        name, value = name.strip(), value.strip()
        if not sign or not name or not value:
            raise MapError(f"--set {told!r}: write FIELD=COLUMN")
        found.pop(name, None)
        constants.pop(name, None)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            constants[name] = value[1:-1]
        else:
            found[name] = value
    return replace(one, fields=found, constants=constants)


def _with_units(one: TableMap, told: Sequence[str]) -> TableMap:
    from msgspec.structs import replace

    from tokometer.sources.table.mapping import MapError

    units = dict(one.units)
    for word in told:
        name, _, unit = (part.strip() for part in word.partition("="))
        if not name or not unit:
            raise MapError(f"--unit {word!r}: write FIELD=UNIT")
        units[name] = unit
    return replace(one, units=units)


def _check(engine: Engine, maps: Sequence[TableMap]) -> None:
    from tokometer.sources.table.detecting import lacking
    from tokometer.sources.table.mapping import MapError

    if not maps:
        names = ", ".join(shape.name for shape in engine.shapes()[:_COLUMNS]) or "none"
        raise MapError(f"no table tells by its columns what it is (tables: {names}); see --preview, --table and --set")
    for one in maps:
        missing = lacking(one)
        if missing:
            raise MapError(f"{one.table}: nothing fills {', '.join(missing)}; name a column: --set {missing[0]}=COLUMN")


def _import(engine: Engine, maps: Sequence[TableMap], place: str, data: Path, *, dry_run: bool) -> dict[str, Any]:
    """Read the tables and have what they say kept, or only looked at."""
    from tokometer.cli.doors import open_door
    from tokometer.cli.progress import showing_progress
    from tokometer.sources.table.reading import Memory, portions

    counts = ("accepted", "duplicate", "changed", "refused")
    told: dict[str, Any] = {"rows": 0, **dict.fromkeys(counts, 0)}
    if dry_run:
        told = {"rows": 0, "good": 0, "refused": 0}
    told |= {"passed": 0, "instead": {}, "tables": {}, "refusals": []}
    if dry_run:
        for made in portions(engine, maps, Memory(), _PORTION):
            _add(told, made, _looked_at(made, place))
    else:
        with open_door(data) as door, showing_progress("Importing") as progress:
            for made in portions(engine, maps, Memory(), _PORTION):
                _add(told, made, door.take(made, place))
                progress(told["rows"], 0)
    for line, why in engine.rejects():
        told["refused"] += 1
        told["refusals"].append(f"line {line:,}: is no row: {why}")
    return told


def _looked_at(made: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - a Portion, imported when needed
    """What would become of a portion."""
    from tokometer.records import now_us
    from tokometer.records.gate import admit
    from tokometer.sources.protocol import Reading
    from tokometer.sources.table.reading import take

    reading = Reading()
    take(reading, made, place)
    admitted = admit(reading.records, place, now=now_us())
    refused = [*reading.refusals, *admitted.refusals]
    return {
        "good": len(admitted.records),
        "refused": len(refused),
        "refusals": [{"position": one.position, "field": one.field, "reason": one.reason} for one in refused],
    }


def _add(told: dict[str, Any], made: Portion, found: Mapping[str, Any]) -> None:
    one, rows = made.map, made.count
    told["rows"] += rows
    told["tables"][one.table] = told["tables"].get(one.table, 0) + rows
    told["passed"] += made.passed
    for value, count in made.instead.items():
        said = f"{one.table}: {', '.join(one.only)} {value}"
        told["instead"][said] = told["instead"].get(said, 0) + count
    for name, value in found.items():
        if name != "refusals":
            told[name] += value
    for refusal in found["refusals"][: max(0, 20 - len(told["refusals"]))]:
        reason = (
            refusal["reason"]
            if "(row " in refusal["reason"]
            else f"{refusal['reason']} (row {refusal['position'] + 1:,})"
        )
        told["refusals"].append(f"{one.table}: {refusal['field']}: {reason}")


def _preview(engine: Engine, maps: Sequence[TableMap], *, as_json: bool) -> None:
    from tokometer.sources.table.detecting import lacking, told_again
    from tokometer.sources.table.mapping import map_text

    shapes = engine.shapes()
    first = {one.table: _first(engine, one) for one in maps if not lacking(one)}
    if as_json:
        say_json(
            {
                "tables": {shape.name: shape.columns for shape in shapes},
                "map": map_text(list(maps)),
                "lacking": {one.table: lacking(one) for one in maps if lacking(one)},
                "records": first,
            }
        )
        return
    mapped, again = {one.table: one for one in maps}, told_again(shapes)
    for shape in shapes:
        say(f"{shape.name}: {_columns(shape)}")
        if shape.name not in mapped and shape.name in again:
            say(f"  not mapped: it tells of the calls of {again[shape.name]}; --table takes it nevertheless")
        elif shape.name not in mapped and shape.of_others:
            say("  not mapped: its rows are those of other tables; --table takes it nevertheless")
        elif shape.name not in mapped:
            say("  not mapped: its names tell nothing that we know; --table and --set map it")
        elif lacking(mapped[shape.name]):
            say(f"  lacks {', '.join(lacking(mapped[shape.name]))}: name a column with --set")
    if maps:
        say(f"\n{map_text(list(maps))}")
    for table, records in first.items():
        say(f"# The first records of {table}")
        for record in records:
            say(f"  {record}")


def _columns(shape: Shape) -> str:
    names = [f"{name} ({kind})" if kind else name for name, kind in list(shape.columns.items())[:_COLUMNS]]
    return ", ".join(names) + (", …" if len(shape.columns) > _COLUMNS else "")


def _first(engine: Engine, one: TableMap) -> list[str]:
    """The first records of a table as they would be sent, or why one would be refused."""
    from tokometer.records import RecordError
    from tokometer.sources.table.given import as_json
    from tokometer.sources.table.reading import Memory, portions

    shown = []
    for made in portions(engine, [one], Memory(), 100):
        for _, given in made.items:
            try:
                if isinstance(given, RecordError):
                    raise given
                made.rows.record(dict(given))
                shown.append(as_json(given).decode())
            except RecordError as error:
                shown.append(f"refused: {error}")
            if len(shown) >= _SHOWN:
                return shown
    return shown


def _words(told: Mapping[str, Any], *, dry_run: bool) -> str:
    """The summary for people."""
    from tokometer.records.plural import counted

    tables = ", ".join(f"{name} {rows:,}" for name, rows in told["tables"].items()) or "none"
    lines = [f"{counted(told['rows'], 'row')} ({tables})"]
    meanings = {
        "good": "would be taken",
        "accepted": "new",
        "duplicate": "already kept, the same",
        "changed": "already kept, corrected",
        "passed": "passed over: rows of others than the map names",
        "refused": "would be refused" if dry_run else "refused: `tokometer doctor` says why",
    }
    lines += [
        f"{told[name]:>12,}  {words}"
        for name, words in meanings.items()
        if name in told and (told[name] or (name != "passed" and (dry_run or name != "refused")))
    ]
    lines += [f"              {count:,} {said}" for said, count in told["instead"].items()]
    lines += list(told["refusals"][:_SHOWN])
    if told.get("saved"):
        lines.append(f"The map is {told['saved']}; the table is a [[target]] of tokometer.toml.")
    return "\n".join(lines)
