"""The least and the most that a field of a record can hold: what no call can have, and no engine could keep.

A source refuses such values itself, by the name that its sender knows; this is the last line behind all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import inf, isfinite
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from tokometer.records.kinds import KINDS, MAX_TOKENS
from tokometer.records.time import EARLIEST_US, LATEST_US
from tokometer.records.values import MAX_DURATION_US, MAX_NANO_USD

#: Columns of 32 bits end here.
MAX_SMALL: Final = 2**31 - 1
MAX_INT: Final = 2**63 - 1


class Bound(NamedTuple):
    """What a field can hold, both ends included."""

    least: float
    most: float


_DURATION: Final = Bound(0, MAX_DURATION_US)
_TIME: Final = Bound(EARLIEST_US, LATEST_US)
_MONEY: Final = Bound(0, MAX_NANO_USD)
#: Fields whose type says less than is true of them.
_OF_FIELD: Final[dict[str, Bound]] = {
    **dict.fromkeys(("started_at", "ended_at", "next_run_at", "released_at", "installed_at", "last_used_at"), _TIME),
    **dict.fromkeys(("latency_us", "ttft_us", "duration_us"), _DURATION),
    **dict.fromkeys(("cost_reported", "cost_priced", "revenue", "stated_cost"), _MONEY),
    "amount": Bound(-MAX_NANO_USD, MAX_NANO_USD),
    "http_status": Bound(0, 999),
    "attempt": Bound(0, MAX_SMALL),
    "revision": Bound(-MAX_INT, MAX_INT),
    "origin": Bound(-MAX_INT, MAX_INT),
}
_WHOLE: Final = Bound(0, MAX_TOKENS)
_FLOAT: Final = Bound(-inf, inf)


@cache
def bounds_of(kind: str) -> Mapping[str, Bound]:
    """Each number of a kind of record by its field; numbers in objects (parts, quantities) by the object's."""
    found = {}
    for name, hint in get_type_hints(KINDS[kind]).items():
        types = {hint, *get_args(hint)}
        if name in _OF_FIELD:
            found[name] = _OF_FIELD[name]
        elif int in types or dict[str, int] in types:
            found[name] = _WHOLE
        elif float in types:
            found[name] = _FLOAT
    return {name: bound for name, bound in found.items() if name in KINDS[kind].__struct_fields__}


def problem(values: Sequence[Any], bound: Bound) -> bool:
    """Whether any of a field's values (numbers, objects of numbers, None) is out of bounds or not a number."""
    known = [value for value in values if value is not None]
    if not known:
        return False
    if isinstance(known[0], dict):
        return any(value and problem(list(value.values()), bound) for value in known)
    if isinstance(known[0], float):
        return not all(map(isfinite, known))
    return bool(min(known) < bound.least or max(known) > bound.most)


def why(value: Any, bound: Bound) -> str:  # noqa: ANN401 - any field's
    """What is wrong with a value that is out of bounds, in words that read on after the field's name."""
    if isinstance(value, float) and not isfinite(value):
        return "is not a finite number"
    if not isinstance(value, dict) and value < bound.least:
        return "is negative" if bound.least == 0 else f"is less than {bound.least:,.0f}"
    return f"is more than {bound.most:,.0f}"
