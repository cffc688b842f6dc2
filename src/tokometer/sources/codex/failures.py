"""What Codex's errors say of the request that failed."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from tokometer.records import values
from tokometer.sources.codex.rows import Event

#: Errors of Codex itself, with no request to a model behind them.
_OURS: Final = frozenset({"sandbox_error", "thread_rollback_failed", "active_turn_not_steerable"})
_HTTP_ERRORS: Final = range(400, 600)


class Failure(NamedTuple):
    """Why a request failed. `words` is the class of the error where there is one, else its message."""

    words: str
    message: str
    http_status: int | None


def failure_of(event: Event) -> Failure | None:
    """What failed, or None for an error that was no model request."""
    name, detail = _info(event.codex_error_info)
    if _snake(name) in _OURS:
        return None
    status = detail.get("http_status_code", detail.get("httpStatusCode"))
    known = isinstance(status, int) and not isinstance(status, bool) and status in _HTTP_ERRORS
    text = values.message(event.message or "")
    return Failure(name if name and _snake(name) != "other" else text, text, status if known else None)


def _info(info: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - a name, or an object of one name and its detail
    if isinstance(info, str):
        return info, {}
    if isinstance(info, dict) and info:
        name, detail = next(iter(info.items()))
        return str(name), detail if isinstance(detail, dict) else {}
    return "", {}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
