"""Reading labels, and dimensions made by rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tokometer.records.labels import MAX_KEY, cleaned
from tokometer.settings.parts import Declared, LabelSettings, Rule
from tokometer.settings.reader import Reader

#: Each key multiplies the rollups by the number of its values.
MOST_ROLLED: Final = 8
MOST_DIMENSIONS: Final = 50
MOST_RULES: Final = 500
_MOST_OTLP: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_labels(reader: Reader, given: Mapping[str, Any]) -> LabelSettings:
    """`[labels]`."""
    reader.only("labels.", given, LabelSettings.__struct_fields__)
    reader.given.update(f"labels.{key}" for key in given)
    known = given.get("otlp_known", True)
    if not isinstance(known, bool):
        raise reader.error("labels.otlp_known", "has to be true or false")
    otlp = reader.texts("labels.otlp", given.get("otlp", []), _MOST_OTLP)
    for at, pattern in enumerate(otlp, start=1):
        if "*" in pattern[:-1] or pattern == "*":
            raise reader.error(f"labels.otlp[{at}]", "a star stands at the end, after the beginning of a name")
    rollup = reader.texts("labels.rollup", given.get("rollup", []), MOST_ROLLED)
    for at, key in enumerate(rollup, start=1):
        if key != cleaned(key) or len(key) > MAX_KEY:
            raise reader.error(f"labels.rollup[{at}]", f"a label's key has at most {MAX_KEY} characters")
    return LabelSettings(otlp=otlp, otlp_known=known, rollup=rollup)


def read_dimensions(reader: Reader, declared: Mapping[str, Any]) -> tuple[Declared, ...]:
    """`[dimension.…]`, in the order of the file."""
    if len(declared) > MOST_DIMENSIONS:
        raise reader.error("dimension", f"at most {MOST_DIMENSIONS}, not {len(declared)}")
    return tuple(_dimension(reader, name, given) for name, given in declared.items())


def _dimension(reader: Reader, name: str, given: object) -> Declared:
    at = f"dimension.{name}"
    table = reader.table(at, given)
    if not _NAME.fullmatch(name):
        raise reader.error(at, "a name is lower-case letters, digits and underscores, and begins with a letter")
    reader.only(f"{at}.", table, ("title", "description", "default", "rule"))
    reader.given.add(at)
    rules = table.get("rule", [])
    if not isinstance(rules, list) or not rules:
        raise reader.error(f"{at}.rule", f"is missing; write [[{at}.rule]], once for each rule")
    if len(rules) > MOST_RULES:
        raise reader.error(f"{at}.rule", f"at most {MOST_RULES}, not {len(rules)}")
    return Declared(
        name=name,
        title=reader.text(f"{at}.title", table.get("title", "")),
        description=reader.text(f"{at}.description", table.get("description", "")),
        default=reader.text(f"{at}.default", table.get("default", "")),
        rules=tuple(_rule(reader, f"{at}.rule[{number}]", rule) for number, rule in enumerate(rules, start=1)),
    )


def _rule(reader: Reader, at: str, given: object) -> Rule:
    table = reader.table(at, given)
    reader.only(f"{at}.", table, ("value", "where"))
    for key in ("value", "where"):
        if key not in table:
            raise reader.error(f"{at}.{key}", "is missing")
    where = table["where"]
    return Rule(
        reader.text(f"{at}.value", table["value"]),
        reader.texts(f"{at}.where", [where] if isinstance(where, str) else where, 100, least=1),
    )
