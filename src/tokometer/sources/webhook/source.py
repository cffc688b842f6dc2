"""The webhook for any gateway, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.webhook.receiving import Webhook


def recipe(url: str) -> str:
    """What has to be set up in a gateway."""
    return f"{url}/api/webhooks/NAME   (POST, application/json)"


SOURCE: Final = Source(
    name="webhook",
    title="Webhook",
    family="gateways",
    about="Calls, and whatever else is settled, of any gateway that posts JSON.",
    pushed=(Webhook(),),
    recipe=recipe,
)
