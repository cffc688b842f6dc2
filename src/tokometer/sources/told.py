"""An object as a tool wrote it, read by names: what is there is believed, or refused by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeVar

from tokometer.records import RecordError
from tokometer.records.values import floating, message, milliseconds, moment, money, name_of, seconds, text, whole

V = TypeVar("V")

#: A date and time of which nobody says the zone.
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?")


class Told:
    """The values of an object. Of several names the first that says something counts: releases rename.

    Whatever is asked for raises `RecordError`, with the path of the value, where it is there and cannot be believed.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._values)

    @property
    def plain(self) -> Mapping[str, Any]:
        """The object itself."""
        return self._values

    @property
    def path(self) -> str:
        """Where it stands, with a dot behind; empty at the top."""
        return self._path

    def __contains__(self, name: str) -> bool:
        """Whether it says anything under this name."""
        return self._values.get(name) is not None

    def text(self, *names: str) -> str:
        """A name or an id; empty where there is none."""
        return self._as(text, names) or ""

    def message(self, *names: str) -> str:
        """What went wrong, in words; empty where nobody says."""
        return self._as(message, names) or ""

    def whole(self, *names: str) -> int | None:
        """A count, of tokens for instance."""
        return self._as(whole, names)

    def moment(self, *names: str) -> int | None:
        """A point in time, in microseconds since the epoch; see `records.values.moment`."""
        return self._as(moment, names)

    def milliseconds(self, *names: str) -> int | None:
        """A duration that is given in milliseconds, in microseconds."""
        return self._as(milliseconds, names)

    def money(self, *names: str, signed: bool = False) -> int | None:
        """US dollars, in nano-dollars."""
        return self._as(lambda value: money(value, signed=signed), names)

    def seconds(self, *names: str) -> int | None:
        """A duration that is given in seconds, in microseconds."""
        return self._as(seconds, names)

    def number(self, *names: str) -> float | None:
        """Any number."""
        return self._as(floating, names)

    def moment_utc(self, *names: str) -> int | None:
        """A point in time, of who is known to mean UTC where it names no zone."""
        return self._as(_in_utc, names)

    def raw(self, *names: str) -> object:
        """The value itself; None where there is none."""
        return next((value for name in names if (value := self._values.get(name)) is not None), None)

    def word(self, *names: str) -> str:
        """A text where it is one, and nothing where it is anything else: for what is worth no refusal."""
        return next((value for name in names if isinstance(value := self._values.get(name), str) and value), "")

    def yes(self, *names: str) -> bool:
        """Whether it says yes, as JSON or as a word."""
        found = self.raw(*names)
        return found is True or (isinstance(found, str) and found.lower() in ("true", "1", "yes"))

    def within(self, *names: str) -> Told:
        """An object in it; an empty one where there is none."""
        for name in names:
            value = self._values.get(name)
            if value is not None:
                return Told(_object(value, self._path + name), f"{self._path}{name}.")
        return Told({}, f"{self._path}{names[0]}.")

    def each(self, name: str) -> Iterator[Told]:
        """The objects of a list in it; what else is in that list is passed over."""
        value = self._values.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise RecordError(self._path + name, f"is {name_of(value)}, not a list")
        for at, one in enumerate(value):
            if isinstance(one, dict):
                yield Told(one, f"{self._path}{name}[{at}].")

    def objects(self, *names: str) -> list[Told]:
        """The objects of a list in it, or the one that stands there by itself."""
        found = self.raw(*names)
        listed = found if isinstance(found, list) else [found]
        return [Told(one, f"{self._path}{names[0]}[{at}].") for at, one in enumerate(listed) if isinstance(one, dict)]

    def beside(self, known: Collection[str]) -> list[str]:
        """The names under which it says something that is not among the known ones."""
        return [name for name, value in self._values.items() if name not in known and value is not None]

    def needed(self, found: V | None, name: str) -> V:
        """What was found.

        Raises:
            RecordError: Nothing was, and nothing can be made of the record without it.
        """
        if found is None or found == "":
            raise RecordError(self._path + name, "is missing")
        return found

    def _as(self, convert: Callable[[Any], V], names: tuple[str, ...]) -> V | None:
        for name in names:
            value = self._values.get(name)
            if value is not None and value != "":
                try:
                    return convert(value)
                except ValueError as error:
                    raise RecordError(self._path + name, str(error)) from None
        return None


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(path, f"is {name_of(value)}, not an object")
    return value


def _in_utc(value: object) -> int:
    if isinstance(value, str) and _NAIVE.fullmatch(value.strip()):
        value = f"{value.strip()}Z"
    return moment(value)
