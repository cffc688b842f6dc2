"""Generations that LiteLLM's Langfuse callback sends: a gateway's word, under names that its other ways in have, too.

Written after LiteLLM 1.60 to 1.109 (`litellm/integrations/langfuse/langfuse.py`). A generation is named after its time
and the id of the answer, its trace after the request, unless a client names that.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tokometer.sources.litellm.identity import named
from tokometer.sources.told import Told

#: `time-09-00-12-345678_chatcmpl-…`
_NAME: Final = re.compile(r"time-\d\d-\d\d-\d\d-\d{6}_(.+)", re.DOTALL)
#: What its generations are called where a client does not say: after its function, or the key that was used.
_CALLED: Final = ("litellm-", "litellm:")


class Gateway(NamedTuple):
    """What LiteLLM's generation says of the request behind it."""

    #: Both as LiteLLM's callback and spend logs name the same request; see `sources.litellm.identity`.
    request_id: str
    response_id: str
    #: Whether LiteLLM's own cache answered.
    cached: bool


def gateway_of(body: Told, name: str, start: int) -> Gateway | None:
    """What a generation of LiteLLM's says; None of any other. `name` is its id, `start` when it began."""
    found = _NAME.fullmatch(name)
    if found is None and not body.text("name").startswith(_CALLED):
        return None
    answer = found[1] if found else ""
    metadata = body.raw("metadata")
    cached = isinstance(metadata, dict) and Told(metadata).yes("cache_hit")
    if cached:
        request = named(answer, start, cached=True, failed=False, of_request=False).native_id if answer else ""
        return Gateway(request, "", cached=True)
    if answer:
        return Gateway("", answer, cached=False)
    # Of a request that failed its own id is all that there is.
    return Gateway(body.text("traceId"), "", cached=False) if body.text("level") == "ERROR" else None
