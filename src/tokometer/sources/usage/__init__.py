"""What an answer used, as its provider wrote it, in our disjoint buckets: for every source that meets such an object.

`used` reads a `usage` object of any provider or gateway (OpenAI's two, Anthropic's, Gemini's `usageMetadata`,
Bedrock's, Ollama's, OpenRouter's, LiteLLM's, Langfuse's), `answered` a whole answer; `put` puts what was used onto a
call. What is inside what differs by who wrote it, see `dialects`.

May import `records` and what `sources.otlp` knows of keys; other sources import it.
"""

from tokometer.sources.usage.answers import Answered, answered, stop_reason_of
from tokometer.sources.usage.calls import put, told_again
from tokometer.sources.usage.dialects import usage_in
from tokometer.sources.usage.read import CACHED, NOTHING_USED, Used, used
from tokometer.sources.usage.streams import answer_of

__all__ = [
    "CACHED",
    "NOTHING_USED",
    "Answered",
    "Used",
    "answer_of",
    "answered",
    "put",
    "stop_reason_of",
    "told_again",
    "usage_in",
    "used",
]
