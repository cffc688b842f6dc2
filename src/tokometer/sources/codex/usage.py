"""Codex's token numbers as disjoint buckets, and what one request adds to a thread's running total."""

from __future__ import annotations

from typing import NamedTuple

from tokometer.sources.codex.rows import Usage


class Vector(NamedTuple):
    """A usage as numbers that can be compared and subtracted; what is not stated is 0."""

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    reasoning: int = 0
    total: int = 0


class Buckets(NamedTuple):
    """Disjoint buckets, as a `ModelCall` wants them; None is unknown."""

    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_unknown_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None


def vector_of(usage: Usage | None) -> Vector | None:
    """The numbers of a usage, or None where it states none."""
    if usage is None:
        return None
    vector = Vector(
        usage.input_tokens or 0,
        usage.cached_input_tokens or 0,
        usage.cache_write_input_tokens or 0,
        usage.output_tokens or 0,
        usage.reasoning_output_tokens or 0,
        usage.total_tokens or 0,
    )
    return vector if usage.input_tokens is not None or usage.output_tokens is not None or any(vector) else None


def buckets_of(usage: Usage) -> Buckets:
    """Disjoint buckets of a usage whose input contains cache reads and writes.

    A part that is larger than its whole is cut to it: the wholes are what is billed, and their sum stays as stated.
    """
    if usage.input_tokens is None:
        fresh, cached, written = None, usage.cached_input_tokens, usage.cache_write_input_tokens
    else:
        cached = _part(usage.cached_input_tokens, usage.input_tokens)
        written = _part(usage.cache_write_input_tokens, usage.input_tokens - (cached or 0))
        fresh = usage.input_tokens - (cached or 0) - (written or 0)
    reasoning = usage.reasoning_output_tokens
    if usage.output_tokens is not None:
        reasoning = _part(reasoning, usage.output_tokens)
    return Buckets(fresh, cached, written, usage.output_tokens, reasoning)


def spent(total: Usage, last: Usage | None, now: Vector, before: Vector | None) -> tuple[Usage | None, str]:
    """What the request before a count used, or None where the row is no request; and what is strange about the row.

    A request adds to the input, the output or both. Rows that do not are known not to be requests: limits that were
    news, a context window that was filled (all of the window as `total_tokens`, which no bucket explains), totals
    that a thread starts with. Rows that contradict themselves are not counted either, but named.
    """
    if total.input_tokens is None and total.output_tokens is None:
        return _unsplit(total, last, now, before), ""
    if not (now.input or now.output):
        return None, ""
    if before is not None and (now.input, now.output) == (before.input, before.output):
        moved = now._replace(total=before.total) != before
        return None, "total_token_usage whose parts moved alone" if moved else ""
    used = last if last is not None and _is_split(last) else difference(total, now, before)
    if any(_parts(used)):
        return used, ""
    # A thread that goes on from another starts with the other's total; a compaction makes it fall.
    begins = before is None or fell(now, before)
    return None, "" if begins else "last_token_usage of nothing beside a total that grew"


def difference(total: Usage, now: Vector, before: Vector | None) -> Usage:
    """What was used between two running totals; all of the later one where the counter started over.

    Input and output say whether it did. A part of them that alone fell was corrected, and adds nothing.
    """
    if before is None or now.input < before.input or now.output < before.output:
        return total
    delta = Vector(*(max(0, a - b) for a, b in zip(now, before, strict=True)))
    return Usage(
        input_tokens=delta.input,
        cached_input_tokens=None if total.cached_input_tokens is None else delta.cached,
        cache_write_input_tokens=None if total.cache_write_input_tokens is None else delta.written,
        output_tokens=delta.output,
        reasoning_output_tokens=None if total.reasoning_output_tokens is None else delta.reasoning,
    )


def unsplit_of(usage: Usage) -> int | None:
    """The tokens of a usage that says only how many they were in all."""
    return None if _is_split(usage) else usage.total_tokens or None


def fell(now: Vector, before: Vector) -> bool:
    """Whether a running total went down, as it does when a thread is compacted or its counter starts over."""
    return any(a < b for a, b in zip(now, before, strict=True))


def _unsplit(total: Usage, last: Usage | None, now: Vector, before: Vector | None) -> Usage | None:
    """What was used where nobody says what went in and what came out."""
    if last is not None and (_is_split(last) or last.total_tokens):
        used = last
    else:
        grown = before is not None and now.total >= before.total
        used = Usage(total_tokens=now.total - before.total if before is not None and grown else total.total_tokens)
    return used if _is_split(used) or used.total_tokens else None


def _is_split(usage: Usage) -> bool:
    return usage.input_tokens is not None or usage.output_tokens is not None


def _parts(usage: Usage) -> tuple[int | None, ...]:
    return (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_input_tokens,
        usage.output_tokens,
        usage.reasoning_output_tokens,
    )


def _part(part: int | None, whole: int) -> int | None:
    return None if part is None else min(part, whole)
