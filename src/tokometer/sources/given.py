"""An object that somebody sent, read field by field: whatever cannot be believed is named by its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from tokometer.records import RecordError
from tokometer.records import values as kept
from tokometer.records.redaction import redacted
from tokometer.sources.noticed import Noticed

V = TypeVar("V")

_LONGEST: Final = 80
#: A date and time of which nobody says the zone.
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?")


class Given:
    """An object and where it stands. Of several keys the first one that says something counts; null says nothing."""

    __slots__ = ("name", "object")

    def __init__(self, given: Mapping[str, Any], name: str = "") -> None:
        self.object = given
        #: The path to it, which stands before the names of its fields in refusals: `metadata`.
        self.name = name

    def __bool__(self) -> bool:
        return bool(self.object)

    def has(self, key: str) -> bool:
        """Whether a key says something."""
        return self.object.get(key) is not None

    def raw(self, *keys: str) -> Any:  # noqa: ANN401 - whatever was sent
        """The value as it was sent."""
        return next((self.object[key] for key in keys if self.object.get(key) is not None), None)

    def below(self, *keys: str) -> Given:
        """The object in a field, or an empty one where there is none."""
        for key in keys:
            if isinstance(self.object.get(key), Mapping):
                return Given(self.object[key], self._path(key))
        return Given({}, self._path(keys[0]))

    def objects(self, *keys: str) -> list[Given]:
        """The objects in a list, or the one that stands there by itself."""
        found = self.raw(*keys)
        listed = found if isinstance(found, list) else [found]
        return [
            Given(item, f"{self._path(keys[0])}[{at}]") for at, item in enumerate(listed) if isinstance(item, Mapping)
        ]

    def text(self, *keys: str) -> str:
        """A name or id; empty where there is none."""
        return self._read(kept.text, keys, "")

    def word(self, *keys: str) -> str:
        """A text where it is one, and nothing where it is anything else: for what is not worth a refusal."""
        found = self.raw(*keys)
        return found if isinstance(found, str) else ""

    def message(self, *keys: str) -> str:
        """An error's message."""
        return self._read(kept.message, keys, "")

    def whole(self, *keys: str) -> int | None:
        """A whole number from 0."""
        return self._read(kept.whole, keys, None)

    def number(self, *keys: str) -> float | None:
        """Any number."""
        return self._read(kept.floating, keys, None)

    def flag(self, *keys: str) -> bool:
        """A yes or no; no where nobody says."""
        return self._read(lambda value: kept.flag(value.lower() if isinstance(value, str) else value), keys, default=False)

    def money(self, *keys: str, signed: bool = False) -> int | None:
        """US dollars, as nano-dollars."""
        return self._read(lambda value: kept.money(value, signed=signed), keys, None)

    def seconds(self, *keys: str) -> int | None:
        """A duration in seconds, as microseconds."""
        return self._read(kept.seconds, keys, None)

    def milliseconds(self, *keys: str) -> int | None:
        """A duration in milliseconds, as microseconds."""
        return self._read(kept.milliseconds, keys, None)

    def moment(self, *keys: str) -> int | None:
        """A time in microseconds since the epoch."""
        return self._read(kept.moment, keys, None)

    def moment_utc(self, *keys: str) -> int | None:
        """The same, of who is known to mean UTC where he names no zone."""
        return self._read(_in_utc, keys, None)

    def needed(self, found: V | None, key: str) -> V:
        """What was found, which has to be there.

        Raises:
            RecordError: It is not.
        """
        if found is None or found == "":
            raise RecordError(self._path(key), "is missing")
        return found

    def unknown(self, known: Iterable[str], noticed: Noticed, position: int | None = None) -> None:
        """Notice the fields that say something and are not among those that are known."""
        for key in self.object.keys() - set(known):
            if self.object[key] not in (None, "", [], {}):
                noticed.add("field", self._path(redacted(str(key), _LONGEST)), position)

    def _read(self, convert: Callable[[Any], V], keys: tuple[str, ...], default: V) -> V:
        for key in keys:
            value = self.object.get(key)
            if value is None or value == "":
                continue
            try:
                return convert(value)
            except ValueError as error:
                raise RecordError(self._path(key), str(error)) from None
        return default

    def _path(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _in_utc(value: object) -> int:
    if isinstance(value, str) and _NAIVE.fullmatch(value.strip()):
        value = f"{value.strip()}Z"
    return kept.moment(value)
