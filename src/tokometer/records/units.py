"""Units, declared once: key, symbol, Grafana's id, and how a value is written for people and for machines.

Three ways to write a value, all derived from its :class:`Unit`:

* :func:`show` for people: three significant digits (`12.3 k`, `$0.0042`, `4.2 s`, `98.9 %`), but
  small whole numbers in full
* :func:`exact` for hovering: every digit, with unit and thousands separators
* :func:`plain` for CSV and JSON: every digit and nothing else

Digits are rounded half up on the decimal digits of the value (for a float: the shortest that read back as the same
float), so that the page's own formatter, which must agree, needs no decimal library. Cases that both are held to are in
`tests/unit/records/format_cases.json`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, Literal

from msgspec import Struct

Number = int | float | Decimal

#: How the number is written: `money` leads with its symbol, `share` is a ratio shown as percent, `duration` takes the
#: largest unit that fits, `count` and `number` are followed by the symbol (`count` has whole numbers in full).
Style = Literal["money", "count", "number", "share", "duration", "scaled"]

#: Shown where there is no value.
NOTHING: Final = "–"


class Unit(Struct, frozen=True, kw_only=True, gc=False):
    """What a number counts."""

    key: str
    title: str
    #: Written before money, after everything else.
    symbol: str
    style: Style
    #: Grafana's unit id, https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit
    grafana: str
    #: Seconds in one, for durations; bytes, watts and FLOPS in one, for scaled units.
    size: Decimal = Decimal(1)


USD: Final = Unit(key="usd", title="US dollars", symbol="$", style="money", grafana="currencyUSD")
USD_PER_REQUEST: Final = Unit(
    key="usd_per_request", title="US dollars per request", symbol="$", style="money", grafana="currencyUSD"
)
USD_PER_MTOK: Final = Unit(
    key="usd_per_mtok", title="US dollars per million tokens", symbol="$", style="money", grafana="currencyUSD"
)
USD_PER_SESSION: Final = Unit(
    key="usd_per_session", title="US dollars per session", symbol="$", style="money", grafana="currencyUSD"
)
COUNT: Final = Unit(key="count", title="count", symbol="", style="count", grafana="short")
REQUESTS: Final = Unit(key="requests", title="requests", symbol="", style="count", grafana="short")
TOKENS: Final = Unit(key="tokens", title="tokens", symbol="", style="count", grafana="short")
PERCENT: Final = Unit(
    key="percent", title="per cent (a ratio from 0 to 1)", symbol="%", style="share", grafana="percentunit"
)
POINTS: Final = Unit(
    key="points", title="percentage points (a difference of ratios)", symbol="pt", style="share", grafana="percentunit"
)
RATIO: Final = Unit(key="ratio", title="ratio", symbol="", style="number", grafana="none")
TIMES: Final = Unit(key="times", title="times", symbol="×", style="number", grafana="suffix:×")
SCORE: Final = Unit(key="score", title="score from 0 to 100", symbol="", style="number", grafana="none")
MICROSECONDS: Final = Unit(
    key="us", title="microseconds", symbol="µs", style="duration", grafana="µs", size=Decimal("0.000001")
)
MS: Final = Unit(key="ms", title="milliseconds", symbol="ms", style="duration", grafana="ms", size=Decimal("0.001"))
SECONDS: Final = Unit(key="s", title="seconds", symbol="s", style="duration", grafana="s")
TOKENS_PER_SECOND: Final = Unit(
    key="tokens_per_second", title="tokens per second", symbol="tok/s", style="number", grafana="suffix: tok/s"
)
TOKENS_PER_REQUEST: Final = Unit(
    key="tokens_per_request", title="tokens per request", symbol="", style="number", grafana="short"
)
REQUESTS_PER_MINUTE: Final = Unit(
    key="requests_per_minute", title="requests per minute", symbol="req/min", style="number", grafana="reqpm"
)
BYTES: Final = Unit(key="bytes", title="bytes", symbol="B", style="scaled", grafana="decbytes")
WATTS: Final = Unit(key="watts", title="watts", symbol="W", style="scaled", grafana="watt")
FLOPS: Final = Unit(
    key="flops", title="floating-point operations per second", symbol="FLOPS", style="scaled", grafana="flops"
)
CELSIUS: Final = Unit(key="celsius", title="degrees Celsius", symbol="°C", style="number", grafana="celsius")

_ALL: Final = (
    USD,
    USD_PER_REQUEST,
    USD_PER_MTOK,
    USD_PER_SESSION,
    COUNT,
    REQUESTS,
    TOKENS,
    PERCENT,
    POINTS,
    RATIO,
    TIMES,
    SCORE,
    MICROSECONDS,
    MS,
    SECONDS,
    TOKENS_PER_SECOND,
    TOKENS_PER_REQUEST,
    REQUESTS_PER_MINUTE,
    BYTES,
    WATTS,
    FLOPS,
    CELSIUS,
)

#: Every unit by key.
UNITS: Final[dict[str, Unit]] = {unit.key: unit for unit in _ALL}

_WIDE: Final = Context(prec=400, rounding=ROUND_HALF_UP)
_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)
_CENT: Final = Decimal("0.01")
_CENT_PLACES: Final = 2
_IN_FULL_BELOW: Final = Decimal(10_000)
_STEP: Final = 1000
_LETTERS: Final = ("", "k", "M", "B", "T")
_PREFIXES: Final = ("", "k", "M", "G", "T", "P", "E")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def show(value: Number | None, unit: Unit) -> str:
    """`value` as people read it, three significant digits at most where it is not a small whole number."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    text = _SHOW[unit.style](abs(number), unit)
    # "Less than" and "more than" cannot be said of a negative value in so few characters; nor has zero a sign.
    return f"-{text.lstrip('<>')}" if number < 0 and any(digit in text for digit in "123456789") else text


def exact(value: Number | None, unit: Unit) -> str:
    """`value` with every digit it has, its unit and thousands separators."""
    number = _decimal(value)
    if number is None:
        return NOTHING
    sign, size = ("-" if number < 0 else ""), abs(number)
    if unit.style == "money":
        return f"{sign}{unit.symbol}{_with_cents(size)}"
    if unit.style == "share":
        size = _WIDE.multiply(size, _HUNDRED)
    return f"{sign}{_grouped(size)}{f' {unit.symbol}' if unit.symbol else ''}"


def plain(value: Number | None) -> str:
    """`value` with every digit it has, without exponent, unit or separators; nothing for nothing."""
    number = _decimal(value)
    return "" if number is None else f"{_trim(number):f}"


def _decimal(value: Number | None) -> Decimal | None:
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)
    return number if number.is_finite() else None


def _trim(number: Decimal) -> Decimal:
    """The same number without trailing zeros after the point."""
    if number == number.to_integral_value():
        return _WIDE.add(number.quantize(_ONE, context=_WIDE), 0)
    return number.normalize(_WIDE)


def _places(number: Decimal) -> int:
    exponent = _trim(number).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _grouped(number: Decimal) -> str:
    return f"{_trim(number):,f}"


def _with_cents(number: Decimal) -> str:
    """All digits, and two places at least."""
    return f"{number:,.2f}" if _places(number) <= _CENT_PLACES else _grouped(number)


def _round(number: Decimal, places: int) -> Decimal:
    return number.quantize(_ONE.scaleb(-places), context=_WIDE)


def _significant(number: Decimal, digits: int = 3) -> Decimal:
    """`number` to so many significant digits; whole numbers keep the digits before the point."""
    if not number:
        return number
    rounded = _round(number, max(0, digits - 1 - number.adjusted()))
    # 9.996 became 10.00: one digit less is significant now.
    return _round(number, max(0, digits - 1 - rounded.adjusted()))


def _scale(number: Decimal, letters: tuple[str, ...]) -> tuple[Decimal, str]:
    """Three significant digits and the letter of the thousand that they count."""
    for letter in letters[:-1]:
        rounded = _significant(number)
        if rounded < _STEP:
            return rounded, letter
        number = number.scaleb(-3, _WIDE)
    return _significant(number), letters[-1]


def _count(number: Decimal, unit: Unit) -> str:
    rounded = number if number == number.to_integral_value() else _significant(number)
    if rounded < _IN_FULL_BELOW:
        return _suffixed(_grouped(rounded), unit.symbol)
    scaled, letter = _scale(number, _LETTERS)
    return _suffixed(f"{_grouped(scaled)} {letter}", unit.symbol)


def _suffixed(text: str, symbol: str) -> str:
    return f"{text} {symbol}" if symbol else text


def _money(number: Decimal, unit: Unit) -> str:
    if not number:
        return f"{unit.symbol}0"
    rounded = _round(number, 2)
    if rounded >= _IN_FULL_BELOW:
        scaled, letter = _scale(number, _LETTERS)
        return f"{unit.symbol}{_grouped(scaled)} {letter}"
    if number >= 1:
        return f"{unit.symbol}{rounded:,.2f}"
    rounded = _significant(number)
    return f"{unit.symbol}{_with_cents(rounded)}"


def _share(number: Decimal, unit: Unit) -> str:
    percent = _WIDE.multiply(number, _HUNDRED)
    if percent and percent < _CENT / 2:
        return f"<0.01 {unit.symbol}"
    rounded = _round(percent, 1 if _round(percent, 2) >= 1 else 2)
    if percent < _HUNDRED <= rounded:
        # "100 %" is a claim; what is not quite so says by how much.
        rounded = _round(percent, 2)
        if rounded >= _HUNDRED:
            return f">99.99 {unit.symbol}"
    return f"{_grouped(rounded if rounded < _STEP else _round(percent, 0))} {unit.symbol}"


def _duration(number: Decimal, unit: Unit) -> str:
    seconds = _WIDE.multiply(number, unit.size)
    if not seconds:
        return f"0 {unit.symbol}"
    for symbol, size in (("µs", Decimal("0.000001")), ("ms", Decimal("0.001"))):
        rounded = _significant(_WIDE.divide(seconds, size))
        if rounded < _STEP:
            return f"{_grouped(rounded)} {symbol}"
    rounded = _significant(seconds)
    if rounded < _MINUTE:
        return f"{_grouped(rounded)} s"
    return _clock(seconds)


def _clock(seconds: Decimal) -> str:
    """Two neighbouring units from a minute up: `3 min 15 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = int(_round(seconds, 0))
    if whole < _HOUR:
        return _pair(whole, _MINUTE, 1, "min", "s")
    whole = int(_round(seconds / _MINUTE, 0)) * _MINUTE
    if whole < _DAY:
        return _pair(whole, _HOUR, _MINUTE, "h", "min")
    whole = int(_round(seconds / _HOUR, 0)) * _HOUR
    return _pair(whole, _DAY, _HOUR, "d", "h")


def _pair(whole: int, large: int, small: int, large_symbol: str, small_symbol: str) -> str:
    first, rest = divmod(whole, large)
    text = f"{first:,} {large_symbol}"
    return f"{text} {rest // small} {small_symbol}" if rest else text


def _scaled(number: Decimal, unit: Unit) -> str:
    scaled, prefix = _scale(_WIDE.multiply(number, unit.size), _PREFIXES)
    return f"{_grouped(scaled)} {prefix}{unit.symbol}"


def _number(number: Decimal, unit: Unit) -> str:
    rounded = _significant(number)
    return _count(rounded if rounded < _IN_FULL_BELOW else number, unit)


_SHOW: Final = {
    "money": _money,
    "count": _count,
    "number": _number,
    "share": _share,
    "duration": _duration,
    "scaled": _scaled,
}
