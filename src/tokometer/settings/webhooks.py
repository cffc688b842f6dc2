"""`[[webhook]]`: what the bodies mean that a gateway posts to an address of its own, in paths into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from msgspec import Struct

from tokometer.records.fields import FIELDS
from tokometer.records.labels import MAX_KEY
from tokometer.settings.keys import Key
from tokometer.settings.reader import MOST_ENTRIES, Reader

#: Fields, constants and labels of one webhook.
_MOST: Final = 100
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
#: Keys and places divided by dots, and what a number there is to be taken times or divided by.
PATH: Final = re.compile(r"(?P<path>[^*/\s](?:[^*/]*[^*/\s])?)(?:\s*(?P<how>[*/])\s*(?P<by>\d{1,12}(?:\.\d{1,12})?))?")


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """One `[[webhook]]`. A path is keys divided by dots, `result.usage.total`; a number is a place in a list."""

    name: Annotated[str, Key("the end of its address, `/api/webhooks/NAME`: small letters, digits, `-` and `_`")]
    kind: Annotated[str, Key("which kind of record an item is: `calls`, `tools`, `jobs`, …")] = "calls"
    each: Annotated[str, Key("the path of the list of items, where a body holds one")] = ""
    answer: Annotated[
        str, Key("the path of a provider's whole answer in an item, from which all that it says is taken")
    ] = ""
    usage: Annotated[str, Key("the path of a provider's `usage` in an item")] = ""
    fields: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


#: Keys that no field declares, and what they take.
BESIDE: Final = ("fields", "constants", "labels")


def read_webhooks(reader: Reader, given: object) -> tuple[WebhookSettings, ...]:
    """`[[webhook]]`."""
    if not isinstance(given, list):
        raise reader.error("webhook", "has to be a list of tables: write [[webhook]], once for each")
    if len(given) > MOST_ENTRIES:
        raise reader.error("webhook", f"at most {MOST_ENTRIES:,}, not {len(given):,}")
    found: dict[str, str] = {}
    webhooks = []
    for number, one in enumerate(given, start=1):
        at = f"webhook[{number}]"
        webhook = _read(reader, at, reader.table(at, one))
        if webhook.name in found:
            raise reader.error(f"{at}.name", f"is that of {found[webhook.name]} as well")
        found[webhook.name] = at
        webhooks.append(webhook)
    return tuple(webhooks)


def _read(reader: Reader, at: str, given: Mapping[str, Any]) -> WebhookSettings:
    kind = given.get("kind", "calls")
    if kind not in FIELDS:
        raise reader.error(f"{at}.kind", f"has to be one of {', '.join(FIELDS)}, not {kind!r}")
    names = [name for field in FIELDS[kind] for name in (field.name, *field.aliases)]
    webhook = reader.section(
        WebhookSettings,
        at,
        given,
        beside=BESIDE,
        fields=_paths(reader, f"{at}.fields", given.get("fields", {}), names),
        constants=_constants(reader, f"{at}.constants", given.get("constants", {}), names),
        labels=_paths(reader, f"{at}.labels", given.get("labels", {}), ()),
    )
    if not _NAME.fullmatch(webhook.name):
        raise reader.error(f"{at}.name", "has to be small letters, digits, - and _, at most 64 of them")
    for key in ("each", "answer", "usage"):
        path = getattr(webhook, key)
        if path and (found := PATH.fullmatch(path)) is not None and not found["how"]:
            continue
        if path:
            raise reader.error(f"{at}.{key}", _NO_PATH)
    if (webhook.answer or webhook.usage) and kind != "calls":
        raise reader.error(f"{at}.{'answer' if webhook.answer else 'usage'}", "is of calls alone")
    return webhook


_NO_PATH: Final = "has to be a path: keys divided by dots, as in result.usage.total"


def _paths(reader: Reader, at: str, given: object, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A table of paths; `names` are the keys that it takes, any where there are none."""
    table = _table(reader, at, given, names)
    found = []
    for name, path in table.items():
        text = reader.text(f"{at}.{name}", path).strip()
        if PATH.fullmatch(text) is None:
            raise reader.error(f"{at}.{name}", f"{_NO_PATH}; a number may be taken times or divided: cost / 100")
        found.append((name, text))
    return tuple(found)


def _constants(reader: Reader, at: str, given: object, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, reader.text(f"{at}.{name}", text)) for name, text in _table(reader, at, given, names).items())


def _table(reader: Reader, at: str, given: object, names: Iterable[str]) -> Mapping[str, Any]:
    table = reader.table(at, given)
    if len(table) > _MOST:
        raise reader.error(at, f"takes at most {_MOST} of them, not {len(table)}")
    known = tuple(names)
    if known:
        reader.only(f"{at}.", table, known)
    for name in table:
        if not name or len(name) > MAX_KEY:
            raise reader.error(f"{at}.{name[:MAX_KEY]}", f"has more than {MAX_KEY} characters, or none")
    return table
