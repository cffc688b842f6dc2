"""LiteLLM, as the registry finds it."""

from typing import Final

from tokometer.sources.litellm.callback import Callback, recipe
from tokometer.sources.litellm.exports import FOUND
from tokometer.sources.litellm.polling import SpendLogsPoll
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="litellm",
    title="LiteLLM",
    family="gateways",
    about="Calls, MCP tools and guardrails of its proxy: as they happen, or from its spend logs.",
    found=FOUND,
    pushed=(Callback(),),
    polled=SpendLogsPoll(),
    recipe=recipe,
)
