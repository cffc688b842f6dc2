"""What tokens of models cost, as weights by which the cost of a call is shared out among its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from tokometer.measures.questions import Rate
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

#: Each bucket is priced by so many tokens of it: few enough for the tier of short prompts.
_TOKENS: Final = 1_000
_BUCKETS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)
#: Models of more than these have so few calls that any proportion will do.
MOST_MODELS: Final = 150


def weights(book: PriceBook | None, rows: Iterable[Mapping[str, Any]], at: int) -> tuple[Rate, ...]:
    """Whole pico-dollars for a token of each bucket, at list prices at a time, of models that the price book knows.

    Args:
        book: The prices; without them there are no weights.
        rows: Providers and models.
        at: Microseconds since the epoch.
    """
    if book is None:
        return ()
    found: list[Rate] = []
    for row in list(rows)[:MOST_MODELS]:
        provider, model = row["provider"] or "", row["model"] or ""
        blank = ModelCall(source="weights", native_id="", started_at=at, provider=provider, model=model)
        calls = [replace(blank, native_id=name, **{name: _TOKENS}) for name in _BUCKETS]
        book.apply(calls)
        # Nano-dollars for a thousand tokens are pico-dollars for one.
        each = [call.cost_priced for call in calls]
        if any(each) and None not in each:
            found.append((provider, model, *each))  # type: ignore[arg-type]
    return tuple(sorted(found))
