"""`[[alert]]`: rules that say when somebody is to be told. What they mean is looked up where measures are known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from tokometer.settings.reader import MOST_ENTRIES, Reader

#: Keys of one rule, and filters of it.
_MOST_KEYS: Final = 30
_MOST_FILTERS: Final = 20


class AlertSettings(Struct, frozen=True):
    """One `[[alert]]`: its keys, as they were written."""

    given: tuple[tuple[str, Any], ...]

    @property
    def told(self) -> dict[str, Any]:
        """The same as a table."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.given}

    @property
    def title(self) -> str:
        """What it is called, which tells it from all others."""
        return str(self.told["title"])


def read_alerts(reader: Reader, given: object) -> tuple[AlertSettings, ...]:
    """`[[alert]]`: tables of texts, numbers and lists of texts, each with a title of its own."""
    if not isinstance(given, list):
        raise reader.error("alert", "has to be a list of tables: write [[alert]], once for each")
    if len(given) > MOST_ENTRIES:
        raise reader.error("alert", f"at most {MOST_ENTRIES:,}, not {len(given):,}")
    found: dict[str, AlertSettings] = {}
    for number, one in enumerate(given, start=1):
        at = f"alert[{number}]"
        table = reader.table(at, one)
        title = reader.text(f"{at}.title", table.get("title", "")).strip()
        if not title:
            raise reader.error(f"{at}.title", "is missing")
        if title in found:
            raise reader.error(f"{at}.title", f"is that of another one: {title}")
        if len(table) > _MOST_KEYS:
            raise reader.error(at, f"at most {_MOST_KEYS} keys, not {len(table):,}")
        found[title] = AlertSettings(tuple((key, _value(reader, f"{at}.{key}", told)) for key, told in table.items()))
    return tuple(found.values())


def _value(reader: Reader, at: str, given: object) -> object:
    reader.given.add(at)
    if isinstance(given, bool):
        return given
    if isinstance(given, list):
        return reader.texts(at, given, _MOST_FILTERS)
    if isinstance(given, int | Decimal):
        return float(reader.number(at, given))
    return reader.text(at, given)
