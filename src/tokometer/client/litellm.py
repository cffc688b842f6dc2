"""LiteLLM's SDK: its own account of each request, sent to where its proxy would send it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tokometer.client.client import Client

#: Where the server takes LiteLLM's payloads.
PATH: Final = "/v1/litellm"
#: Nothing of these is ever sent.
_CONTENT: Final = ("messages", "response", "error_str")


def logger(client: Client) -> Any:  # noqa: ANN401 - a CustomLogger
    """A callback for `litellm.callbacks`.

    Raises:
        ImportError: LiteLLM is not installed.
    """
    made: Any = import_module("litellm.integrations.custom_logger").CustomLogger

    def tell(_logger: object, kwargs: dict[str, Any], *_given: object, **_named: object) -> None:
        _send(client, kwargs)

    async def tell_later(_logger: object, kwargs: dict[str, Any], *_given: object, **_named: object) -> None:
        _send(client, kwargs)

    methods = dict.fromkeys(("log_success_event", "log_failure_event"), tell)
    later = {f"async_{name}": tell_later for name in methods}
    return type("TokometerLogger", (made,), {**methods, **later})()


def _send(client: Client, kwargs: dict[str, Any]) -> None:
    payload = kwargs.get("standard_logging_object")
    if payload:
        client.send(PATH, {name: value for name, value in dict(payload).items() if name not in _CONTENT})
