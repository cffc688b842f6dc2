"""An assistant line as a model call, and which of several lines of one answer is right."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from tokometer.records import ModelCall, RecordError
from tokometer.records.model_ids import infer_provider
from tokometer.sources.claude_code.lines import Line, OutputDetails, Usage

#: Input, output, cache reads, cache writes for five minutes and for an hour: tokens in buckets that do not overlap.
Tokens = tuple[int, int, int, int, int]

#: Written in place of a model's name on messages that no model wrote.
SYNTHETIC: Final = "<synthetic>"

# A revision is one number whose bits rank the lines of one answer: first by total tokens, then by whether the line
# carries `speed` and a stop reason, then by how late it was written.
_TOTAL_BITS: Final = 40
_WAIT_BITS: Final = 21
_WAIT_UNIT_US: Final = 10_000
#: With one more it still fits, and all bits together into the 63 of a revision.
_MOST_TOTAL: Final = (1 << _TOTAL_BITS) - 2
_MOST_WAIT: Final = (1 << _WAIT_BITS) - 1

_MOST_DOLLARS: Final = 1_000_000

#: A longer time between a question and the answer's line is a pause of the person or the machine, not a latency.
LONGEST_WAIT_US: Final = 600_000_000


def own_key(line: Line, raw: memoryview) -> str:
    """The id of a line that stands for itself: its `uuid`, or a digest of it."""
    return f"uuid|{line.uuid}" if line.uuid else f"line|{blake2b(raw, digest_size=16).hexdigest()}"


def tokens_of(usage: Usage) -> Tokens:
    """What a line states.

    A bucket that is left out holds nothing: were it unknown, another line's number would be merged into it. What the
    split of the cache writes does not account for was written for five minutes, the default.
    """
    short, long = usage.cache_creation_input_tokens or 0, 0
    split = usage.cache_creation
    if split is not None:
        long = split.ephemeral_1h_input_tokens or 0
        short = max(short - long, split.ephemeral_5m_input_tokens or 0)
    return usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_input_tokens or 0, short, long


def revision_of(tokens: Tokens, speed: str | None, stop_reason: str | None, wait_us: int) -> int:
    """How right a line is about its answer, of which more than 0 is known; see the comment above for what counts."""
    total = min(sum(tokens), _MOST_TOTAL)
    wait = wait_us // _WAIT_UNIT_US if wait_us > 0 else 0
    if wait >> _WAIT_BITS:
        wait = _MOST_WAIT
    flags = (2 if speed else 0) + (1 if stop_reason else 0)
    return ((total + 1) << 2 | flags) << _WAIT_BITS | wait


def set_reasoning(call: ModelCall, details: OutputDetails) -> None:
    """Give a call what its output was made of."""
    if details.thinking_tokens is not None:
        call.reasoning_tokens = min(details.thinking_tokens, call.output_tokens or 0)


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
