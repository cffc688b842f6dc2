"""Proposing a map from the names of tables and columns, as programs tend to choose them.

Names are compared in small letters and without what separates words: `PromptTokens`, `prompt_tokens` and
`prompt-tokens` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from tokometer.records import KINDS
from tokometer.records.fields import FIELDS, REQUIRED
from tokometer.records.told_again import BESIDE, columns
from tokometer.sources.table.engines import Shape
from tokometer.sources.table.mapping import Join, TableMap, is_duration, names_of
from tokometer.sources.table.names import (
    BY_MODEL,
    CHANGED,
    COLLECTIONS,
    CONVERSATIONS,
    COUNTED,
    DAYS,
    MICRO,
    MILLI,
    NAMES,
    NANO,
    NO,
    OF_CONVERSATION,
    OTHERS,
    PARTS,
    PEOPLE_FLAGS,
    ROLE_FLAGS,
    ROLES,
    SECONDS,
    TABLES,
    TIMES,
    USED,
    WORKED,
    YES,
)

#: The model of calls of which nothing names one.
UNNAMED: Final = "unknown"


@lru_cache(maxsize=65_536)
def folded(name: str) -> str:
    """A name without what separates its words, in small letters."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def proposed(shapes: Sequence[Shape]) -> list[TableMap]:
    """The maps of those tables that look like something of ours, and tell nothing that another tells (better).

    Views and partitions only where no table tells of their kind: their rows are those of others.
    """
    again = told_again(shapes)
    own = [one for one in shapes if not one.of_others and one.name not in again]
    found = [one for shape in own if (one := propose(shape, shapes)) is not None]
    kinds = {one.kind for one in found if not lacking(one)}
    shown = [one for shape in shapes if shape.of_others and (one := propose(shape, shapes)) is not None]
    shown = [one for one in shown if one.kind not in kinds]
    return [*found, *shown]


def told_again(shapes: Sequence[Shape]) -> dict[str, str]:
    """Tables of calls that another table of the same database tells one by one → that table.

    Messages beside a table of what each answer used, by the same conversations; beside either the sums of
    conversations, and of days by provider, which name no user: they are the provider's own.
    """
    maps = {
        shape.name: found
        for shape in shapes
        if not (is_export(shape) or shape.of_others)
        and _kind(shape) == "calls"
        and (found := propose(shape, shapes)) is not None
        and not lacking(found)
    }
    days = [name for name, one in maps.items() if "labels.requests" in one.fields]
    messages = [name for name, one in maps.items() if one.only and name not in days]
    each = [name for name, one in maps.items() if name not in (*days, *messages) and _is_of_answers(one)]
    sums = [name for name in days if "provider" in maps[name].fields and "user" not in maps[name].fields]
    told = {name: (each or messages)[0] for name in sums if each or messages}
    # A conversation that counts what its messages count.
    told |= {join.table: name for name, one in maps.items() for join in one.joins if join.table in maps}
    of_conversations = [name for name in each if "session_id" in maps[name].fields]
    return told | {name: of_conversations[0] for name in messages if of_conversations}


def _is_of_answers(one: TableMap) -> bool:
    """Whether the rows of a table say what went into one answer and what came out of it."""
    return "output_tokens" in one.fields and ("prompt_tokens" in one.fields or "input_tokens" in one.fields)


def propose(shape: Shape, shapes: Sequence[Shape], kind: str = "") -> TableMap | None:
    """A map of a table, or None where its names tell nothing. With `kind`, whatever can be told for it."""
    kind = kind or _kind(shape)
    if kind not in KINDS:
        return None
    if is_export(shape):
        names = [name for name in (*names_of(kind), *BESIDE) if name in shape.columns]
        unnamed: dict[str, str | int | float | bool] = {"model": UNNAMED} if kind == "calls" else {}
        return TableMap(table=shape.name, kind=kind, fields={name: name for name in names}, constants=unnamed)
    fields = _fields(shape, kind)
    _tell_times(shape, kind, fields)
    constants: dict[str, str | int | float | bool] = {}
    joins: list[Join] = []
    only: dict[str, list[str]] = {}
    if kind == "calls":
        joins = _conversation(shape, shapes, fields)
        only = _by_model(shape, fields)
        joins += _knowledge(shape, fields, joins, shapes)
        constants["model"] = UNNAMED
        _finish_calls(shape, fields)
    elif kind == "models" and not fields.get("provider"):
        constants["provider"] = "ollama" if "ollama" in folded(shape.name) else "unknown"
    elif kind == "documents":
        joins = _collection(shape, shapes, fields)
    id_ = shape.key or _first(shape, ("id", "uuid", "guid", "rowid")) if kind != "models" else ""
    return TableMap(
        table=shape.name,
        kind=kind,
        fields=fields,
        constants=constants,
        units=_units(kind, fields),
        decimal=shape.decimal,
        id="" if KINDS[kind].identity else id_,
        cursor=_cursor(shape, id_, fields),
        only=only,
        joins=joins,
    )


def _tell_times(shape: Shape, kind: str, fields: dict[str, str | list[str]]) -> None:
    """What is told of a model is as new as its row."""
    if KINDS[kind].identity:
        words = NAMES.get(kind, OTHERS)["started_at"].split()
        times = list(dict.fromkeys(column for word in words if (column := _first(shape, [word]))))
        if len(times) > 1:
            fields["started_at"] = times


def is_export(shape: Shape) -> bool:
    """Whether it is a file that `tokometer export` wrote: it has every record's id and source."""
    return {"native_id", "source", "started_at", "revision", "labels"} <= shape.columns.keys()


def lacking(one: TableMap) -> list[str]:
    """The fields without which no row of a table would be taken."""
    told = {*one.fields, *one.constants}
    spelled = {field.name: {field.name, *field.aliases} for field in FIELDS[one.kind]}
    return [name for name in ("started_at", *REQUIRED[one.kind]) if not told & spelled[name]]


def _kind(shape: Shape) -> str:
    if is_export(shape):
        # Of its own kind it has least beside, and then lacks least.
        named = shape.columns.keys()
        return min(KINDS, key=lambda kind: (len(named - columns(kind).keys()), len(columns(kind).keys() - named)))
    name = folded(shape.name)
    for pattern, kind in TABLES:
        if pattern.search(name):
            found = _fields(shape, kind)
            return kind if all(found.get(one) for one in REQUIRED[kind] if one != "provider") else ""
    fields = _fields(shape, "calls")
    used = bool(fields.get("started_at")) and any(fields.get(one) for one in USED)
    worked = any(one in fields for one in WORKED) or bool(_first(shape, (*ROLES, *COUNTED)))
    return "calls" if used and worked and not PARTS.search(name) else ""


def _fields(shape: Shape, kind: str) -> dict[str, str | list[str]]:
    """Field → column, by their names; a column fills one field."""
    found: dict[str, str | list[str]] = {}
    taken: set[str] = set()
    own = NAMES.get(kind, OTHERS)
    names = {field.name: [*own.get(field.name, "").split(), folded(field.name)] for field in FIELDS[kind]}
    aliases = {field.name: [folded(alias) for alias in field.aliases] for field in FIELDS[kind]}
    for table in (names, aliases):
        for name, words in table.items():
            if name in found or name in _NEVER or (name == "input_tokens" and "prompt_tokens" in found):
                continue
            column = _first(shape, words, taken)
            if column:
                found[name] = column
                taken.add(column)
    # Ours, exactly so called, is what it says: what we exported.
    return found | {name: name for name in names if name in shape.columns and name not in _NEVER}


#: Not by their names alone: an id and a source of others are no ids and sources of ours.
_NEVER: Final = frozenset({"id", "source", "revision", "labels", "metadata", "tags", "parts", "quantities", "type"})


def _first(shape: Shape, words: Iterable[str], taken: Iterable[str] = ()) -> str:
    by_word: dict[str, str] = {}
    for column in shape.columns:
        if column not in taken:
            by_word.setdefault(folded(column), column)
    return next((by_word[word] for word in words if word in by_word), "")


def _conversation(shape: Shape, shapes: Sequence[Shape], fields: dict[str, str | list[str]]) -> list[Join]:
    """What is known of a message by its conversation."""
    column = _first(shape, CONVERSATIONS)
    other, key = _pointed_to(shape, column, shapes, ("conversations", "conversation", "sessions", "chats", "threads"))
    if other is None:
        return []
    theirs = _fields(other, "calls")
    for name in OF_CONVERSATION:
        told = theirs.get(name)
        if isinstance(told, str):
            mine = fields.get(name)
            further = f"{other.name}.{told}"
            fields[name] = [mine, further] if isinstance(mine, str) else further
    return [Join(other.name, column, key)]


def _knowledge(
    shape: Shape, fields: dict[str, str | list[str]], joins: Sequence[Join], shapes: Sequence[Shape]
) -> list[Join]:
    """The name of the knowledge base that a call or its conversation names by its id."""
    told = fields.get("knowledge_base")
    columns = [told] if isinstance(told, str) else told or []
    other = next((one for one in shapes if folded(one.name) in COLLECTIONS), None)
    title = _first(other, ("name", "title")) if other is not None else ""
    if not columns or other is None or not title or any(join.table == other.name for join in joins):
        return []
    table, _, column = columns[0].rpartition(".")
    mine = next((one for one in shapes if one.name == table), shape)
    keys = (_first(other, ("collectionid", "knowledgeid")), other.key, _first(other, ("id",)))
    key = next((one for one in keys if one and _alike(mine, column, other, one)), "")
    if not key:
        return []
    fields["knowledge_base"] = [f"{other.name}.{title}", *columns]
    return [Join(other.name, columns[0], key)]


def _collection(shape: Shape, shapes: Sequence[Shape], fields: dict[str, str | list[str]]) -> list[Join]:
    """The name of the collection that a document is in."""
    column = fields.get("knowledge_base")
    if not isinstance(column, str):
        return []
    other, key = _pointed_to(shape, column, shapes, COLLECTIONS)
    title = _first(other, ("name", "title")) if other is not None else ""
    if other is None or not title:
        return []
    fields["knowledge_base"] = [f"{other.name}.{title}", column]
    return [Join(other.name, column, key)]


def _pointed_to(shape: Shape, column: str, shapes: Sequence[Shape], names: Sequence[str]) -> tuple[Shape | None, str]:
    """The table and the column that a column points to: as the database says, or as names do."""
    if not column:
        return None, ""
    by_name = {one.name: one for one in shapes}
    target, key = shape.references.get(column, ("", ""))
    if target in by_name:
        return by_name[target], key or by_name[target].key
    by_word = {folded(one.name): one for one in shapes}
    other = next((by_word[name] for name in names if name in by_word), None)
    # A column of the same name is what it points to, where there are both a number of rows and an id for others.
    keys = (_first(other, (folded(column),)), other.key, _first(other, ("id",))) if other is not None else ()
    key = next((one for one in keys if one and other and _alike(shape, column, other, one)), "")
    return (other, key) if other is not None and other is not shape and key else (None, "")


def _alike(shape: Shape, column: str, other: Shape, key: str) -> bool:
    """Whether a server can compare the two: a number with a number, text with text. SQLite's may say nothing."""
    told = _sort(shape.columns.get(column, "")), _sort(other.columns.get(key, ""))
    return told[0] == told[1] or "" in told


def _by_model(shape: Shape, fields: dict[str, str | list[str]]) -> dict[str, list[str]]:
    """Of messages those that a model wrote; a count of a message's tokens is that of the answer."""
    column, words = _teller(shape)
    if not column:
        return {}
    if "output_tokens" not in fields and folded(str(fields.get("total_tokens", ""))) in ("tokencount", "tokens"):
        fields["output_tokens"] = fields.pop("total_tokens")
    if words == BY_MODEL and re.search(r"int|numeric|bit|real|double", shape.columns[column]):
        # A number for each role, and nobody knows which is the model's: the answers are those that used something.
        used = next((fields[name] for name in USED if name in fields and isinstance(fields[name], str)), "")
        return {str(used): []} if _is_told(fields) and used else {column: BY_MODEL}
    return {column: words}


def _teller(shape: Shape) -> tuple[str, list[str]]:
    """The column that says who wrote a message, and its words for a model."""
    for names, words in ((ROLES, BY_MODEL), (ROLE_FLAGS, YES), (PEOPLE_FLAGS, NO)):
        column = _first(shape, names)
        if column:
            return column, words
    return "", []


def _is_told(fields: Mapping[str, str | list[str]]) -> bool:
    """Whether columns say what went in beside what came out, which only answers have."""
    return "prompt_tokens" in fields or "input_tokens" in fields


def _finish_calls(shape: Shape, fields: dict[str, str | list[str]]) -> None:
    """What several columns say together."""
    counted = _first(shape, COUNTED)
    if counted:
        fields["labels.requests"] = counted
        fields["started_at"] = _first(shape, DAYS) or fields["started_at"]
    changed = _first(shape, CHANGED.split())
    if changed:
        fields["revision"] = changed
    # A total beside what it is the sum of says nothing, and other programs add up otherwise.
    if "output_tokens" in fields and ("prompt_tokens" in fields or "input_tokens" in fields):
        fields.pop("total_tokens", None)


def _cursor(shape: Shape, id_: str, fields: dict[str, str | list[str]]) -> str | list[str]:
    """What changes when a row does; else what grows with the rows; else their time."""
    changed = _first(shape, CHANGED.split())
    if changed:
        made = _first(shape, TIMES.split())
        same = made and made != changed and _sort(shape.columns[made]) == _sort(shape.columns[changed])
        return [changed, made] if same else changed
    if id_ and "int" in shape.columns.get(id_, "") and "point" not in shape.columns[id_]:
        return id_
    told = fields.get("started_at", "")
    return told if isinstance(told, str) else told[0]


def _sort(kind: str) -> str:
    """What values of a type can be compared with: a time with a time, text with text."""
    if "char" in kind or "text" in kind or "clob" in kind:
        return "text"
    if "int" in kind and "interval" not in kind and "point" not in kind:
        return "int"
    return "time" if "time" in kind or "date" in kind else kind


def _units(kind: str, fields: dict[str, str | list[str]]) -> dict[str, str]:
    """The units of durations, by the ends of their columns' names; milliseconds where these say nothing."""
    found = {}
    for name, told in fields.items():
        column = told if isinstance(told, str) else told[0]
        if is_duration(kind, name):
            ends = ((MILLI, "ms"), (MICRO, "us"), (NANO, "ns"), (SECONDS, "s"))
            unit = next((unit for pattern, unit in ends if pattern.search(column)), "ms")
            if unit != "ms":
                found[name] = unit
    return found
