"""Tokens as the Gemini API counts them, which several tools write down.

The prompt holds what came from the cache; what the model thought is mostly *not* in the answer's tokens, but billed
like them; what tools of the provider put into the prompt is counted beside it. Tools differ in what they add up, and
their total says which it was.

Source: `GenerateContentResponse.usageMetadata` of the Gemini API.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from tokometer.sources.totals import unsplit


class Buckets(NamedTuple):
    """Tokens in buckets that do not overlap; reasoning is a part of the output. None where nobody counted."""

    input_tokens: int | None
    cache_read_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    #: Whether the total, where one is stated, is explained by them.
    explained: bool
    #: All of them, where only that is stated.
    unsplit_tokens: int | None = None


def buckets(
    prompt: int, cached: int, answer: int, thoughts: int = 0, from_tools: int = 0, total: int | None = None
) -> Buckets:
    """What was read anew, read from the cache and written: by the rule that the total proves, else by the API's own."""
    alone = unsplit(total, prompt, cached, answer, thoughts, from_tools)
    if alone:
        return Buckets(None, None, None, None, explained=True, unsplit_tokens=alone)
    # The API's own rule is the first that is tried: the cache inside the prompt, thoughts and tools beside.
    for cache_inside, thoughts_inside, tools_inside in product((True, False), (False, True), (False, True)):
        if cache_inside and cached > prompt:
            continue
        if thoughts_inside and thoughts > answer:
            continue
        added = prompt + (0 if cache_inside else cached) + answer
        added += (0 if thoughts_inside else thoughts) + (0 if tools_inside else from_tools)
        if not total or total == added:
            return Buckets(
                prompt - (cached if cache_inside else 0) + (0 if tools_inside else from_tools),
                cached,
                answer + (0 if thoughts_inside else thoughts),
                thoughts,
                explained=True,
            )
    fresh = prompt - cached if cached <= prompt else prompt
    return Buckets(fresh + from_tools, cached, answer + thoughts, thoughts, explained=False)
