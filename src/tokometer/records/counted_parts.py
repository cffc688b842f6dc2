"""Parts of tokens, amounts that are no tokens, and a total, as our own API takes them: checked against the buckets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN
from difflib import get_close_matches
from typing import Any, Final

from tokometer.records.errors import RecordError
from tokometer.records.kinds import MAX_TOKENS, PARTS, QUANTITIES
from tokometer.records.redaction import redacted
from tokometer.records.values import name_of, number, whole

#: The fields that add up to the total.
BUCKETS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
    "output_tokens",
    "unsplit_tokens",
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST: Final = 20
#: As close to a name that we know is a slip of the pen.
_SLIP: Final = 0.8


def counts(value: object) -> dict[str, Any]:
    """An object, whose names and numbers are checked with the rest of the record."""
    if not isinstance(value, dict):
        raise ValueError(f"is {name_of(value)}, not an object of numbers by name")  # noqa: TRY004 - see values
    if len(value) > _MOST:
        raise ValueError(f"has more than {_MOST} names")
    return value


def thousandths(value: object) -> int:
    """An amount of something that is no token, in thousandths."""
    amount = number(value)
    if amount < 0:
        raise ValueError("is negative")
    if amount > MAX_TOKENS // 1000:
        raise ValueError(f"is more than {MAX_TOKENS // 1000:,}")
    return int((amount * 1000).to_integral_value(ROUND_HALF_EVEN))


def finish_counts(get: Callable[[str], Any], spelling: Callable[[str], str], values: dict[str, Any]) -> None:
    """Put parts, quantities and the total of a call into `values`, which has its buckets.

    `get` gives a field's value as it was read, `spelling` its name as its sender wrote it.

    Raises:
        RecordError: A part is larger than what it is a part of, a name is unknown, or the total is another.
    """
    parts = _parts(get, spelling)
    _check_parts(parts, values)
    counted = {part: count for part, (count, _) in parts.items() if count}
    if counted:
        values["parts"] = counted
    quantities = _quantities(get, spelling)
    if quantities:
        values["quantities"] = quantities
    total = get("total_tokens")
    if total is None:
        return
    known = [values[name] for name in BUCKETS if name in values]
    if not known:
        values["unsplit_tokens"] = total
    elif sum(known) != total:
        raise RecordError(spelling("total_tokens"), "is not what the other fields of tokens add up to")


def _parts(get: Callable[[str], Any], spelling: Callable[[str], str]) -> dict[str, tuple[int, str]]:
    """Part → how many, and the field that says so."""
    found = {}
    for part in PARTS:
        count = get(f"{part}_tokens")
        if count is not None:
            found[part] = count, spelling(f"{part}_tokens")
    for name, value in (get("parts") or {}).items():
        field = f"{spelling('parts')}.{_shown(name)}"
        part = name.removesuffix("_tokens") if isinstance(name, str) else ""
        if part not in PARTS:
            raise RecordError(field, f"is not a part{_nearest(name, PARTS, 0.6)}")
        if part in found:
            raise RecordError(field, f"says the same as {found[part][1]}; send one of them")
        if value is not None:
            found[part] = _read(field, whole, value), field
    return found


def _check_parts(parts: Mapping[str, tuple[int, str]], values: Mapping[str, Any]) -> None:
    taken: dict[str, int] = {}
    for part, (count, field) in parts.items():
        bucket = PARTS[part]
        room = values.get(bucket) or 0
        if count > room:
            raise RecordError(field, f"is more than {bucket}, of which it is a part")
        taken[bucket] = taken.get(bucket, 0) + count
        if taken[bucket] > room:
            raise RecordError(field, f"and the other parts of {bucket} are more than all of them")


def _quantities(get: Callable[[str], Any], spelling: Callable[[str], str]) -> dict[str, int]:
    found: dict[str, int] = {name: get(name) for name in QUANTITIES if get(name) is not None}
    for name, value in (get("quantities") or {}).items():
        field = f"{spelling('quantities')}.{_shown(name)}"
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise RecordError(field, "is not a name of at most 40 small letters, digits and underscores")
        if name not in QUANTITIES:
            near = _nearest(name, QUANTITIES, _SLIP)
            if near:
                raise RecordError(field, f"is not a quantity that we know{near}")
        if get(name) is not None and name in QUANTITIES:
            raise RecordError(field, f"says the same as {spelling(name)}; send one of them")
        if value is not None:
            found[name] = _read(field, thousandths, value)
    return {name: amount for name, amount in found.items() if amount}


def _read(field: str, convert: Callable[[object], int], value: object) -> int:
    try:
        return convert(value)
    except ValueError as error:
        raise RecordError(field, str(error)) from None


def _nearest(name: object, known: Mapping[str, str], cutoff: float) -> str:
    near = get_close_matches(str(name)[:64].removesuffix("_tokens"), known, 1, cutoff)
    return f"; did you mean {near[0]}?" if near else ""


def _shown(name: object) -> str:
    return redacted(str(name), 64)
