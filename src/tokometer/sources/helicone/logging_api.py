"""The addresses to which Helicone's loggers post, one for each provider's form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tokometer.records import Record
from tokometer.sources.helicone.log import KNOWN, SOURCE, Log
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Answer, Sent, Told
from tokometer.sources.pushing import JsonPush
from tokometer.sources.told import Told as Object

#: Path → the provider that it means; empty: whichever.
PATHS: Final = {
    "/custom/v1/log": "",
    "/oai/v1/log": "openai",
    "/anthropic/v1/log": "anthropic",
    "/googleapis/v1/log": "google",
}
_REFUSED: Final = 400


class LoggedCall(JsonPush):
    """A log, as `HeliconeManualLogger` and the asynchronous loggers post it."""

    source = SOURCE
    headers = (
        "helicone-session-",
        "helicone-user-id",
        "helicone-property-",
        "helicone-request-id",
        "helicone-prompt-id",
    )

    def __init__(self, path: str, provider: str) -> None:
        self.path = path
        self.summary = f"A call logged by Helicone's loggers{f', of {provider}' if provider else ''}."
        self._provider = provider

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:
        """See `JsonPush.records`."""
        for name in Object(item).beside(KNOWN):
            noticed.add("field", name, index)
        return Log(item, sent.headers, self._provider, sent.now).records(noticed, index)

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:  # noqa: ARG002 - nothing is named
        """200, or 400 with what is wrong: loggers say so on their console."""
        for refusal in told.refusals:
            reason = f"{refusal.field}: {refusal.reason}".removeprefix(": ")
            return Answer(_REFUSED, msgspec.json.encode({"error": reason}))
        return Answer(200, b'{"message":"Success"}')


PUSHES: Final = tuple(LoggedCall(path, provider) for path, provider in PATHS.items())
