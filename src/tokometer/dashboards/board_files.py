"""The TOML of a dashboard: written, and read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokometer.dashboards.declared import DeclarationError, dashboard_of
from tokometer.dashboards.panel import Dashboard
from tokometer.host.toml import NotToml, parse

#: Bytes of a file; a dashboard of sixty panels has a tenth of it.
MOST_BYTES: Final = 256 * 1024
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(told: Mapping[str, Any]) -> str:
    """A dashboard's plain data as TOML, in the order in which it is."""
    return "\n".join(_lines(told, "")) + "\n"


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    many = {name: value for name, value in table.items() if name in ("section", "panel")}
    for name, value in table.items():
        if name not in many and value is not None:
            yield f"{_key(name)} = {_written(value)}"
    for name, listed in many.items():
        full = f"{path}{name}"
        for one in listed:
            yield ""
            yield f"[[{full}]]"
            yield from _lines(one, f"{full}.")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _written(name)


def _written(value: Any) -> str:  # noqa: ANN401 - plain data
    if isinstance(value, str):
        # JSON's escapes are TOML's, and TOML has one more character that it wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {_written(one)}" for name, one in value.items() if one is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return repr(value)


def plain_of(text: str) -> dict[str, Any]:
    """What a dashboard's TOML says, unchecked.

    Raises:
        DeclarationError: It is not TOML.
    """
    if len(text) > MOST_BYTES:
        raise DeclarationError("", "", f"a dashboard's TOML has at most {MOST_BYTES // 1024} KiB")
    try:
        return parse(text)
    except NotToml as error:
        raise DeclarationError("", error.key, str(error) if error.key else f"is not TOML: {error}") from None


def board_in(text: str, id_: str) -> Dashboard:
    """The dashboard that TOML declares.

    Raises:
        DeclarationError: It cannot be used.
    """
    return dashboard_of(plain_of(text), id_)
