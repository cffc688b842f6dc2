"""An object taken apart: values by paths, and which of them nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.records.redaction import redacted
from tokometer.records.values import number
from tokometer.settings.webhooks import PATH

#: Deeper values are not told one by one.
_DEPTH: Final = 3
_LONGEST: Final = 80


class Item:
    """One item of a body."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.object = given
        self._read: set[str] = set()

    def at(self, path: str) -> Any:  # noqa: ANN401 - whatever stands there
        """The value at a path, times or divided by what the path says; None where there is none.

        Raises:
            RecordError: It is to be reckoned with, and is no number.
        """
        found = PATH.fullmatch(path)
        if found is None:
            return None
        plain = found["path"]
        self._read.add(plain)
        value = _walk(self.object, plain)
        if value is None or not found["how"]:
            return value
        try:
            amount, by = number(value), Decimal(found["by"])
        except ValueError as error:
            raise RecordError(plain, str(error)) from None
        return amount * by if found["how"] == "*" else amount / by if by else None

    def take(self, *keys: str) -> Any:  # noqa: ANN401 - as above
        """The value of the first of these keys that says something."""
        for key in keys:
            value = self.object.get(key)
            if value is not None and value != "":
                self._read.add(key)
                return value
        return None

    def mark(self, *paths: str) -> None:
        """These are understood, with all that is below them."""
        self._read.update(paths)

    def unread(self) -> Iterator[str]:
        """The paths of what says something and was not asked for."""
        for path in _paths(self.object, "", _DEPTH, self._read):
            yield redacted(path, _LONGEST)


def _walk(given: object, path: str) -> Any:  # noqa: ANN401 - as above
    if isinstance(given, Mapping) and path in given:
        return given[path]
    key, dot, rest = path.partition(".")
    while True:
        if isinstance(given, Mapping) and key in given:
            inner = given[key]
            return _walk(inner, rest) if dot else inner
        if isinstance(given, list) and key.isdecimal() and int(key) < len(given):
            inner = given[int(key)]
            return _walk(inner, rest) if dot else inner
        if not dot:
            return None
        # A key may have dots itself: `gen_ai.usage`.
        more, dot, rest = rest.partition(".")
        key = f"{key}.{more}"


def _paths(given: Mapping[str, Any], before: str, depth: int, read: set[str]) -> Iterator[str]:
    for key, value in given.items():
        path = f"{before}{key}"
        if path in read or value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping) and depth > 1 and any(one.startswith(f"{path}.") for one in read):
            yield from _paths(value, f"{path}.", depth - 1, read)
        elif not any(one.startswith(f"{path}.") for one in read):
            yield path
