"""OpenRouter, as the registry finds it."""

from typing import Final

from tokometer.sources.openrouter.exports import FOUND
from tokometer.sources.openrouter.generations_api import Generations
from tokometer.sources.openrouter.polling import Account
from tokometer.sources.protocol import Source


def recipe(url: str) -> str:
    """What makes OpenRouter send its calls to the server at `url`."""
    return (
        "OpenRouter, Settings > Observability > Broadcast > Webhook:\n"
        f"  URL  {url}/v1/traces   (as the internet reaches it)"
    )


SOURCE: Final = Source(
    name="openrouter",
    title="OpenRouter",
    family="gateways",
    about="Calls of its generations and activity exports; its account's activity, credits and keys.",
    found=FOUND,
    pushed=(Generations(),),
    polled=Account(),
    recipe=recipe,
)
