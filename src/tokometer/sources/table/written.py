"""Points in time as people and programs write them in text, beyond RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokometer.records.errors import RecordError

#: Which of the numbers of `5/11/2026` is the day, as a map says it.
ORDERS: Final = ("dmy", "mdy")
_MONTHS: Final = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905 - shorter
}
_MONTH: Final = re.compile(rf"(?<![a-z])({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?(?![a-z])", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"(?<![a-z])(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?(?![a-z])", re.IGNORECASE)
_CLOCK: Final = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(?:\s*([ap])\.?m\b\.?)?", re.IGNORECASE
)
_OFFSET: Final = re.compile(r"\s*(?:(utc|gmt|z)\s*)?(?:([+-])(\d\d):?(\d\d)?)?\s*(?:\([^()]{0,60}\))?", re.IGNORECASE)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})[T,]?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}),?")
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)[Tt ](\d\d)(\d\d)(\d\d)?(?:[.,](\d{1,12}))?")
_MOST_DAYS: Final = 31
_MOST_MONTHS: Final = 12
_NOON: Final = 12
_LONGEST: Final = 100


class Told(NamedTuple):
    """What a map says of a column of times: a unit of numbers, an order of day and month, a zone."""

    unit: str = ""
    order: str = ""
    zone: ZoneInfo | None = None


@cache
def told_of(unit: str) -> Told:
    """The words of a unit: `ms`, `dmy`, `Europe/Berlin`, `dmy Europe/Berlin`.

    Raises:
        ValueError: There is no such zone.
    """
    found = Told()
    for word in unit.split():
        if word in ORDERS:
            found = found._replace(order=word)
        elif "/" in word or word == "UTC":
            try:
                found = found._replace(zone=ZoneInfo(word))
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"there is no time zone {word}") from None
        else:
            found = found._replace(unit=word)
    return found


def written(value: str, told: Told) -> datetime | None:
    """A point in time, with its zone (UTC where neither it nor the map says one); None where it is none.

    Raises:
        RecordError: Day and month cannot be told from each other.
    """
    if len(value) > _LONGEST:
        return None
    compact = _COMPACT.match(value)
    if compact is not None:
        *day, hour, minute, second, fraction = compact.groups()
        clock = int(hour), int(minute), int(second or 0), _micro(fraction)
        return _at((int(day[0]), int(day[1]), int(day[2])), clock, value[compact.end() :], told)
    found = _CLOCK.search(value)
    if found is None:
        return _at(_date(value, told), (0, 0, 0, 0), "", told)
    offset = _OFFSET.match(value, found.end())
    end = offset.end() if offset is not None else found.end()
    # The year can stand behind the clock: Thu Nov  5 10:00:00 2026.
    rest = value[end:]
    hour, minute, second, fraction, half = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= _NOON:
            return None
        hours = hours % _NOON + (_NOON if half.lower() == "p" else 0)
    clock = hours, int(minute), int(second or 0), _micro(fraction)
    return _at(_date(f"{value[: found.start()]} {rest}", told), clock, value[found.end() : end], told)


def _at(day: tuple[int, int, int] | None, clock: tuple[int, int, int, int], offset: str, told: Told) -> datetime | None:
    said = _OFFSET.fullmatch(offset)
    if day is None or said is None:
        return None
    try:
        naive = datetime(*day, *clock)  # noqa: DTZ001 - its zone follows
    except ValueError:
        return None
    named, sign, hours, minutes = said.groups()
    if sign:
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if ahead >= timedelta(days=1):
            return None
        return naive.replace(tzinfo=timezone(ahead if sign == "+" else -ahead))
    return naive.replace(tzinfo=UTC if named or told.zone is None else told.zone)


def _date(value: str, told: Told) -> tuple[int, int, int] | None:
    value = value.strip().strip(",").strip()
    found = _YEAR_FIRST.fullmatch(value)
    if found is not None:
        return int(found[1]), int(found[3]), int(found[4])
    found = _YEAR_LAST.fullmatch(value)
    if found is not None:
        return _ordered(int(found[1]), found[2], int(found[3]), int(found[4]), told.order)
    return _worded(value)


def _ordered(first: int, mark: str, second: int, year: int, order: str) -> tuple[int, int, int]:
    """Day and month: dots are written with the day first; else the map says it, or a number that is no month."""
    if not order:
        if mark == "." or first > _MOST_MONTHS:
            order = "dmy"
        elif second > _MOST_MONTHS:
            order = "mdy"
        elif first != second:
            raise RecordError("", "does not say which is the day: set its unit to dmy or mdy (--unit, or in the map)")
    return (year, first, second) if order == "mdy" else (year, second, first)


def _worded(value: str) -> tuple[int, int, int] | None:
    """A date with its month in letters: 5 Nov 2026, November 5th, 2026, Thu Nov 05 2026."""
    month = _MONTH.search(value)
    if month is None:
        return None
    rest = _WEEKDAY.sub(" ", f"{value[: month.start()]} {value[month.end() :]}")
    numbers = re.fullmatch(r"[\s,.]*(?:at)?(\d{1,4})(?:st|nd|rd|th)?[\s,./-]+(\d{1,4})[\s,.]*(?:at)?[\s,]*", rest)
    if numbers is None:
        return None
    first, second = int(numbers[1]), int(numbers[2])
    if len(numbers[1]) == len("2026"):
        first, second = second, first
    return (second, _MONTHS[month[1].lower()], first) if first <= _MOST_DAYS < second else None


def _micro(fraction: str | None) -> int:
    return int(f"{fraction or '':0<6}"[:6])
