"""What a number of a record can be: for every kind and field the least and the most.

They are derived from the declarations of the kinds: a count of tokens and a duration say by their type what they can
be, and :data:`NUMBERS` has the rest. Sources refuse what is beyond by the name that its sender wrote; this is the last
line behind them all (:mod:`tokometer.records.gate`), so that no number reaches an engine that cannot take it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from tokometer.records.kinds import KINDS
from tokometer.records.record import MAX_TOKENS, Micros, Record, Tokens
from tokometer.records.time import EARLIEST_US, LATEST_US
from tokometer.records.values import MAX_DURATION_US, MAX_NANO_USD, MOST_ATTEMPTS

_INT64: Final = 2**63 - 1
_HTTP: Final = 999


class Bound(NamedTuple):
    """The least and the most that a number can be; of a float that is not bounded, it is only to be finite."""

    type: type[int | float]
    least: float
    most: float
    #: What `most` is called in a reason.
    words: str = ""


_COUNT: Final = Bound(int, 0, MAX_TOKENS, f"{MAX_TOKENS:,} (2^53)")
_DURATION: Final = Bound(int, 0, MAX_DURATION_US, "a year")
_MONEY: Final = Bound(int, 0, MAX_NANO_USD, "999,999,999 USD")
_SIGNED: Final = Bound(int, -MAX_NANO_USD, MAX_NANO_USD, "999,999,999 USD")
_MOMENT: Final = Bound(int, EARLIEST_US, LATEST_US, "the year 2100")
#: Something can be older than what we meter: a model, a document.
_PAST: Final = Bound(int, 0, LATEST_US, "the year 2100")
_FINITE: Final = Bound(float, float("-inf"), float("inf"))

#: Fields whose type does not say enough.
NUMBERS: Final[dict[str, Bound]] = {
    "started_at": _MOMENT,
    "ended_at": _MOMENT,
    "next_run_at": _PAST,
    "released_at": _PAST,
    "installed_at": _PAST,
    "last_used_at": _PAST,
    "opened_at": _PAST,
    "merged_at": _PAST,
    "closed_at": _PAST,
    "revision": Bound(int, -_INT64, _INT64),
    "origin": Bound(int, -_INT64, _INT64),
    "http_status": Bound(int, 0, _HTTP),
    "attempt": Bound(int, 0, MOST_ATTEMPTS),
    # A run's total of what several buckets hold.
    "stated_tokens": Bound(int, 0, 10 * MAX_TOKENS),
    "cost_reported": _MONEY,
    "cost_priced": _MONEY,
    "revenue": _MONEY,
    "stated_cost": _MONEY,
    "amount": _SIGNED,
    "stated_amount": _SIGNED,
    "list_amount": _SIGNED,
    "estimated_cost": _MONEY,
    "value": _FINITE,
    "quantity": _FINITE,
    "progress": Bound(float, 0, 1),
}
#: Fields that are objects of numbers by name.
OBJECTS: Final = frozenset({"parts", "quantities"})
_TYPES: Final[Mapping[Any, Bound]] = {Tokens: _COUNT, Micros: _DURATION}
_FLAG: Final = Bound(bool, 0, 1)


@cache
def bounds_of(kind: str) -> Mapping[str, Bound]:
    """Field → what it can be, of every field of a kind that is a number or a flag; of objects, what each number can be.

    Raises:
        TypeError: A field is declared that this does not know.
    """
    hints = get_type_hints(KINDS[kind], include_extras=True)
    found = {}
    for name in KINDS[kind].__struct_fields__:
        bound = _bound(name, hints[name])
        if bound is not None:
            found[name] = bound
    return found


def beyond(kind: str, taken: Mapping[str, Sequence[Any]]) -> dict[int, tuple[str, str]]:
    """Of records of one kind those with a number that cannot be: position → field, and why, to be read after its name.

    `taken` has the fields' values, a sequence of the same length for each. A column at a time, in the speed of C; a
    value at a time only where that finds something.
    """
    found: dict[int, tuple[str, str]] = {}
    for name, bound in bounds_of(kind).items():
        values = taken[name]
        if not any(values) if name in OBJECTS else _within(values, bound):
            continue
        wrong = _wrong_inside if name in OBJECTS else _wrong
        for position, value in enumerate(values):
            reason = wrong(value, bound)
            if reason:
                found.setdefault(position, (name, reason))
    return found


def check(record: Record) -> tuple[str, str] | None:
    """The first field of a record that cannot be, and why; None where there is none."""
    taken = {name: [getattr(record, name)] for name in bounds_of(record.kind)}
    return beyond(record.kind, taken).get(0)


def _bound(name: str, hint: Any) -> Bound | None:  # noqa: ANN401 - a type, of any form
    if name in NUMBERS or name in OBJECTS:
        return NUMBERS.get(name, _COUNT)
    for option in get_args(hint) if type(None) in get_args(hint) else (hint,):
        if option in _TYPES:
            return _TYPES[option]
        if option is bool:
            return _FLAG
        plain = get_args(option)[0] if get_origin(option) is Annotated else option
        if plain in (int, float):
            raise TypeError(f"what `{name}` can be is declared neither by its type nor in NUMBERS")
    return None


def _within(values: Sequence[Any], bound: Bound) -> bool:
    """Whether no value is wrong, by a look at all of them together."""
    types = set(map(type, values))
    types.discard(type(None))
    if not types:
        return True
    if types != {bound.type}:
        return False
    if bound.type is bool:
        return True
    known = [value for value in values if value is not None]
    if bound.type is float and not isfinite(sum(known)):
        # NaN is in no order; two that are finite can add up to what is not, which is then found to be right.
        return False
    return bool(bound.least <= min(known) and max(known) <= bound.most)


def _wrong(value: Any, bound: Bound) -> str:  # noqa: ANN401 - whatever a source made of it
    """Why a value cannot be; empty where it can."""
    if value is None:
        return ""
    if type(value) is not bound.type and not (bound.type is float and type(value) is int):
        return f"is {type(value).__name__}, not {bound.type.__name__}"
    if bound.type is float and not _finite(value):
        return "is not a finite number"
    if value < bound.least:
        return "is negative" if bound.least == 0 else f"is less than {_shown(bound, bound.least)}"
    return f"is more than {bound.words or _shown(bound, bound.most)}" if value > bound.most else ""


def _wrong_inside(value: Any, bound: Bound) -> str:  # noqa: ANN401 - whatever a source made of it
    for amount in value.values() if isinstance(value, dict) else ():
        reason = _wrong(amount, bound) or ("is null" if amount is None else "")
        if reason:
            return f"holds a number that {reason}"
    return ""


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # a whole number beyond what a float holds
        return False


def _shown(bound: Bound, limit: float) -> str:
    if bound in (_MOMENT, _PAST):
        return "the year 2015"
    return f"-{bound.words}" if bound.words else f"{int(limit):,}"


def every_bound() -> Iterator[tuple[str, str, Bound]]:
    """Kind, field and bound, of everything."""
    for kind in KINDS:
        for name, bound in bounds_of(kind).items():
            yield kind, name, bound
