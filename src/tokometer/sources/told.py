"""An object as a tool wrote it, read by names: what is there is believed, or refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from tokometer.records import RecordError
from tokometer.records.values import message, milliseconds, moment, money, name_of, text, whole

V = TypeVar("V")


class Told:
    """The values of an object. Of several names the first that is there counts: releases rename.

    Whatever is asked for raises `RecordError`, with the path of the value, where it is there and cannot be believed.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

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

    def money(self, *names: str) -> int | None:
        """US dollars, in nano-dollars."""
        return self._as(money, names)

    def raw(self, *names: str) -> object:
        """The value itself; None where there is none."""
        return next((value for name in names if (value := self._values.get(name)) is not None), None)

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
            if value is not None:
                try:
                    return convert(value)
                except ValueError as error:
                    raise RecordError(self._path + name, str(error)) from None
        return None


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(path, f"is {name_of(value)}, not an object")
    return value
