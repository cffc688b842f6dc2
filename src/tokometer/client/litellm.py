"""LiteLLM: its SDK's own account of each request, sent on; and its proxy, kept to budgets."""

from __future__ import annotations

import asyncio
import json
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from tokometer.client.client import Client

#: Where the server takes LiteLLM's payloads.
PATH: Final = "/v1/litellm"
#: Where it says whether a call may be made.
VERDICT: Final = "/api/verdict"
#: "Payment required", which clients do not try again by themselves, as they do with 429.
REFUSED: Final = 402
#: Dimensions of calls, and where LiteLLM's proxy knows them: the first that says something counts, as in its accounts.
_KNOWN: Final = {
    "user": ("user_email", "user_id"),
    "team": ("team_alias", "team_id"),
    "api_key": ("api_key",),
}
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


def gate(url: str = "", key: str = "", *, timeout: float = 0.5) -> Any:  # noqa: ANN401 - a CustomLogger
    """A callback for `litellm_settings.callbacks` of LiteLLM's proxy: calls whose budget is used up are refused.

    Whoever calls gets status 402 and why. A server that does not answer within `timeout` seconds refuses nothing.

    Args:
        url: The server's address; `$TOKOMETER_URL`, else http://127.0.0.1:7420.
        key: The API key; `$TOKOMETER_KEY`, else none.
        timeout: Seconds that a call waits for the verdict at most.

    Raises:
        ImportError: LiteLLM is not installed.
    """
    made: Any = import_module("litellm.integrations.custom_logger").CustomLogger
    address = (url or os.environ.get("TOKOMETER_URL", "") or "http://127.0.0.1:7420").rstrip("/")
    secret = key or os.environ.get("TOKOMETER_KEY", "")

    async def before(_logger: object, *, user_api_key_dict: Any, data: dict[str, Any], **_named: Any) -> None:  # noqa: ANN401
        told = _known(user_api_key_dict, data)
        found = await asyncio.to_thread(_verdict, f"{address}{VERDICT}?{urlencode(told)}", secret, timeout)
        if found.get("verdict") == "stop":
            refusal: Any = import_module("fastapi").HTTPException
            raise refusal(REFUSED, {"error": f"Tokometer: {found.get('reason', '')}"})

    return type("TokometerGate", (made,), {"async_pre_call_hook": before})()


def _known(caller: Any, data: dict[str, Any]) -> list[tuple[str, str]]:  # noqa: ANN401 - LiteLLM's UserAPIKeyAuth
    """What is known of a call before it is made."""
    found = [("model", data.get("model"))]
    for name, fields in _KNOWN.items():
        found.append((name, next((value for one in fields if (value := getattr(caller, one, None))), None)))
    return [(name, value) for name, value in found if isinstance(value, str) and value]


def _verdict(address: str, key: str, timeout: float) -> dict[str, Any]:
    """What the server says; nothing where it says nothing."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urlopen(Request(address, headers=headers), timeout=timeout) as reply:  # noqa: S310 - the user's own server
            found = json.loads(reply.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _send(client: Client, kwargs: dict[str, Any]) -> None:
    payload = kwargs.get("standard_logging_object")
    if payload:
        client.send(PATH, {name: value for name, value in dict(payload).items() if name not in _CONTENT})
