"""`POST /v1/openrouter`: generations as OpenRouter answers a look-up of them, sent by whoever made it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.noticed import Noticed
from tokometer.sources.openrouter.rows import SOURCE, records_of
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush

PATH: Final = "/v1/openrouter"


class Generations(JsonPush):
    """Generations: each with or without the `data` around it."""

    path = PATH
    summary = "Generations and activity of OpenRouter's, as its API answers them."
    source = SOURCE

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        held = item.get("data")
        rows = held if isinstance(held, list) else [held] if isinstance(held, dict) else [item]
        return [record for row in rows if isinstance(row, dict) for record in records_of(row, noticed, index)]
