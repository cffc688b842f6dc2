"""Helicone, as the registry finds it."""

from typing import Final

from tokometer.sources.helicone.logging_api import PUSHES
from tokometer.sources.protocol import Source


def recipe(url: str) -> str:
    """What makes Helicone's manual logger send to the server at `url`."""
    return (
        "// Node: the endpoint of the logger\n"
        f'new HeliconeManualLogger({{ apiKey: "any", loggingEndpoint: "{url}/custom/v1/log" }})\n'
        "\n"
        "# Python\n"
        f'HeliconeManualLogger(api_key="any", logging_endpoint="{url}")'
    )


SOURCE: Final = Source(
    name="helicone",
    title="Helicone",
    family="gateways",
    about="Calls, tools and steps that Helicone's loggers tell of.",
    pushed=PUSHES,
    recipe=recipe,
)
