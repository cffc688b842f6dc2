"""The requests of LiteLLM's generic API callback: payloads as a list, one a line, or one by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.litellm.payload import SOURCE, records_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush

PATH: Final = "/v1/litellm"


class Callback(JsonPush):
    """What `callbacks: ["generic_api"]` sends, in each of its three formats."""

    path = PATH
    summary = "Calls from LiteLLM's generic API callback."
    source = SOURCE

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        return list(records_of(item, noticed, index))


def recipe(url: str) -> str:
    """What makes LiteLLM's proxy send its calls to the server at `url`."""
    return (
        "# LiteLLM's config.yaml\n"
        "litellm_settings:\n"
        '  callbacks: ["generic_api"]\n'
        "\n"
        "# its environment\n"
        f"export GENERIC_LOGGER_ENDPOINT={url}{PATH}"
    )
