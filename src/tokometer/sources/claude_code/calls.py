"""An assistant line as a model call, and which of several lines of one answer is right."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from tokometer.records import ModelCall, RecordError
from tokometer.records.model_ids import infer_provider
from tokometer.sources.claude_code.lines import Line, Usage

#: Written in place of a model's name on messages that no model wrote.
SYNTHETIC: Final = "<synthetic>"

# A revision is one number whose bits rank the lines of one answer: first by total tokens, then by whether the line
# carries `speed` and a stop reason, then by how late it was written.
_TOTAL_BITS: Final = 40
_WAIT_BITS: Final = 21
_WAIT_UNIT_US: Final = 10_000
_MOST_TOTAL: Final = (1 << _TOTAL_BITS) - 1
_MOST_WAIT: Final = (1 << _WAIT_BITS) - 1

_MOST_DOLLARS: Final = 1_000_000

#: A longer time between a question and the answer's line is a pause of the person or the machine, not a latency.
LONGEST_WAIT_US: Final = 600_000_000


def key_of(line: Line, sidechain: bool, raw: memoryview) -> str:
    """The id of the answer that a line is part of: `message.id|requestId`, or its own where the answer has none.

    A subagent's transcript can repeat an answer of its parent under a new request id, so lines of sidechains are told
    apart by `message.id` alone.
    """
    message = line.message
    if message is None or not message.id:
        return own_key(line, raw)
    return f"{message.id}|sidechain" if sidechain else f"{message.id}|{line.requestId or ''}"


def own_key(line: Line, raw: memoryview) -> str:
    """The id of a line that stands for itself: its `uuid`, or a digest of it."""
    return f"uuid|{line.uuid}" if line.uuid else f"line|{blake2b(raw, digest_size=16).hexdigest()}"


def revision_of(usage: Usage | None, stop_reason: str | None, wait_us: int) -> int:
    """How right a line is about its answer; see the comment above for what counts."""
    if usage is None:
        return 0
    total = (usage.input_tokens or 0) + (usage.output_tokens or 0) + (usage.cache_read_input_tokens or 0)
    total += usage.cache_creation_input_tokens or 0 if usage.cache_creation is None else sum(cache_writes(usage))
    flags = (2 if usage.speed else 0) + (1 if stop_reason else 0)
    wait = min(wait_us // _WAIT_UNIT_US, _MOST_WAIT) if wait_us > 0 else 0
    return ((min(total, _MOST_TOTAL) + 1) << 2 | flags) << _WAIT_BITS | wait


def cache_writes(usage: Usage) -> tuple[int, int]:
    """Tokens written to the cache for five minutes, and for an hour.

    What the split does not account for was written for five minutes, the default.
    """
    stated = usage.cache_creation_input_tokens or 0
    split = usage.cache_creation
    if split is None:
        return stated, 0
    short, long = split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0
    rest = stated - short - long
    return short + rest if rest > 0 else short, long


def set_usage(call: ModelCall, usage: Usage) -> None:
    """Give a call the tokens and the tier of a line."""
    # A bucket that is left out holds nothing: were it unknown, another line's number would be merged into it.
    call.input_tokens = usage.input_tokens or 0
    call.output_tokens = usage.output_tokens or 0
    call.cache_read_tokens = usage.cache_read_input_tokens or 0
    call.cache_write_5m_tokens, call.cache_write_1h_tokens = cache_writes(usage)
    details = usage.output_tokens_details
    if details is not None and details.thinking_tokens is not None:
        call.reasoning_tokens = min(details.thinking_tokens, call.output_tokens)
    call.service_tier = ("fast" if usage.speed == "fast" else usage.service_tier) or call.service_tier


def cost_of(dollars: float | None) -> int | None:
    """The cost that very old versions wrote down, in nano-USD.

    Raises:
        RecordError: It is negative or no amount of money.
    """
    if dollars is None:
        return None
    if not 0 <= dollars <= _MOST_DOLLARS:
        raise RecordError("costUSD", "not an amount of money for one call")
    return round(dollars * 1_000_000_000)


def provider_of_model(model: str) -> str:
    """Who answered, from how the model is spelled; empty where an unknown backend stands behind the tool."""
    if not model or (model.startswith("claude-") and "@" not in model):
        return "anthropic"
    return infer_provider(model)
