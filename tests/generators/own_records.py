"""Valid records of our own format, made from the declarations of their fields."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tokometer.records.field import Field
from tokometer.records.fields import FIELDS, REQUIRED
from tokometer.records.wire import json_schema, record_from

#: Something that each type of field takes, by its words.
_TAKEN: Final[tuple[tuple[str, Any], ...]] = (
    ("RFC 3339", "2026-09-01T10:00:00Z"),
    ("milliseconds", 12.5),
    ("whole number, or `8.0B`", "8B"),
    ("whole number", 7),
    ("number or decimal text", "0.25"),
    ("object of text by text", {"team": "red", "n": 5}),
    ("object, as labels", {"k": "v", "deep": {"a": [1, 2]}}),
    ("list of text", ["a", "b"]),
    ("object of numbers", {"web_searches": 2}),
    ("number, kept to a thousandth", 1.5),
    ("text, or JSON", {"a": 1}),
    ("true or false", True),
    ("one of trace", "info"),
    ("number, true", 0.5),
    ("number", 0.25),
)


def value_of(kind: str, field: Field) -> Any:
    """Something that a field takes."""
    choices = json_schema(kind)["properties"][field.name].get("enum")
    if choices:
        return choices[0]
    return next((taken for words, taken in _TAKEN if field.type.words.startswith(words)), f"{field.name} 1")


def least(kind: str, number: int = 1) -> dict[str, Any]:
    """The least that a record of this kind says, with an id of its own."""
    fields = {field.name: field for field in FIELDS[kind]}
    made = {name: value_of(kind, fields[name]) for name in REQUIRED[kind]}
    stamp = f"2026-09-01T{number // 60 % 24:02d}:{number % 60:02d}:00Z"
    return {"id": f"own-{kind}-{number}", "started_at": stamp, **made}


def fitting(kind: str) -> dict[str, Any]:
    """Field → a value with which a least record is still one, for every field that fits beside the least."""
    return {field.name: value_of(kind, field) for field in FIELDS[kind] if _fits(kind, field)}


def full(kind: str, chance: Random, number: int = 1) -> dict[str, Any]:
    """A record that says much: as many fields as go together, some by other names than their first."""
    made = least(kind, number)
    for field in chance.sample(FIELDS[kind], len(FIELDS[kind])):
        if field.name in made or chance.random() < 0.3:
            continue
        name = chance.choice((field.name, field.name, *field.aliases))
        more = {**made, name: value_of(kind, field)}
        if _is_one(kind, more):
            made = more
    return made


def _fits(kind: str, field: Field) -> bool:
    return _is_one(kind, {**least(kind), field.name: value_of(kind, field)})


def _is_one(kind: str, given: dict[str, Any]) -> bool:
    try:
        record_from(kind, given, bodies=True)
    except ValueError:
        return False
    return True
