"""Numbers of one unit below each other: with as many decimals each, so that they can be compared at a glance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import floor, log10
from typing import Final

from tokometer.records.units import Number, Unit, show

#: A number with the letter of its thousands: `16.2 k`, `3.4 GB`.
_SCALED: Final = re.compile(r"-?[0-9.]+( ([kMBTGPE])\w*(?: \S+)?)")
_SCALES: Final = {"k": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
#: Numbers from here on are written in thousands.
_IN_FULL_BELOW: Final = 10_000
#: Decimals and seconds of the units that durations are written in.
_DURATIONS: Final = {"s": (1, 1.0), "ms": (0, 1e-3), "µs": (0, 1e-6)}
_TEN: Final = 10
_MOST_PLACES: Final = 9
_ALL: Final = 100


def even(values: Sequence[Number | None], unit: Unit) -> list[str]:
    """Values of one unit as people read them, below each other: `50.1 %`, `5.0 %`; `$12.30`, `<$0.01`; `75.0 k`."""
    texts = [show(value, unit) for value in values]
    known = [abs(float(value)) for value in values if value is not None]
    if unit.style == "share":
        places = 0 if all(whole(100 * value) for value in known) else 1
        return [
            text if value is None else share(100 * float(value), places, f" {unit.symbol}")
            for value, text in zip(values, texts, strict=True)
        ]
    if unit.style == "money" and known:
        places = _places(max(known), 2)
        return [
            text if value is None or text[-1:].isalpha() else _at_least(float(value), places, unit.symbol, "")
            for value, text in zip(values, texts, strict=True)
        ]
    # A mean of counts has a fraction, too: two and a half requests wait.
    if unit.style in ("number", "count") and known and not all(map(whole, known)):
        after, places = f" {unit.symbol}" if unit.symbol else "", _places(max(known), 1)
        texts = [
            text if value is None or abs(float(value)) >= _IN_FULL_BELOW else _at_least(float(value), places, "", after)
            for value, text in zip(values, texts, strict=True)
        ]
    if unit.style == "duration":
        known = [value * float(unit.size) for value in known]
        texts = [
            text if value is None else _duration(text, float(value) * float(unit.size), known)
            for value, text in zip(values, texts, strict=True)
        ]
    return [_scaled(text, value, unit) for text, value in zip(texts, values, strict=True)]


def _duration(text: str, value: float, known: Sequence[float]) -> str:
    """Seconds with one decimal, what is shorter in whole milliseconds or microseconds; anything else as it is.

    Where none of a column has two digits before the point, with one more.
    """
    number, _, symbol = text.rpartition(" ")
    if not value or symbol not in _DURATIONS or " " in number:
        return text
    places, size = _DURATIONS[symbol]
    return _at_least(value / size, places + (max(known) < _TEN * size), "", f" {symbol}")


def _scaled(text: str, value: Number | None, unit: Unit) -> str:
    """What is written in thousands, millions, …, with one decimal of its own; anything else as it is written."""
    found = _SCALED.fullmatch(text)
    if found is None or value is None or found[1].strip() == unit.symbol:
        return text
    return f"{float(value) / _SCALES[found[2]]:,.1f}{found[1]}"


def share(value: float, places: int, after: str) -> str:
    """A percentage; of what is not quite all of it, that it is less."""
    if value < _ALL and value + 0.5 * 10.0**-places >= _ALL:
        return f">{_ALL - 10.0**-places:.{places}f}{after}"
    return _at_least(value, places, "", after)


def _places(largest: float, least: int) -> int:
    """Decimals of a column: so few, and of what is less than one as many as give the largest three digits."""
    return least if not 0 < largest < 1 else min(_MOST_PLACES, max(least, 2 - floor(log10(largest))))


def whole(value: float) -> bool:
    """Whether a value is a whole number."""
    return abs(value - round(value)) < 1e-9  # noqa: PLR2004 - what adding floats makes up


def _at_least(value: float, places: int, before: str, after: str) -> str:
    """A value with so many decimals; of one that would be written as zero, that it is less than the least."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    least = 10.0**-places
    if 0 < size < least / 2:
        return f"{sign}{'' if sign else '<'}{before}{least:.{places}f}{after}"
    return f"{sign}{before}{size:,.{places}f}{after}"
