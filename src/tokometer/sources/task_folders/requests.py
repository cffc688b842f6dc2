"""The requests among a task's messages, with what they say of themselves.

A request is written down when it is made and filled in when it has been answered; very old versions say what it used
in a message of its own. Messages in between tell how often it failed, and what a person wrote before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.sources.jsonl import json_object
from tokometer.sources.told import Told

#: Messages that say that a request failed.
_FAILURES: Final = frozenset({"api_req_failed", "api_req_retry_delayed", "error_retry"})
_ASKED: Final = frozenset({"user_feedback", "task"})
TOOLS: Final = frozenset({"tool", "command", "use_mcp_server", "browser_action_launch"})


@dataclass(slots=True)
class Request:
    """One request, or what failed of one."""

    said: Told
    #: Which message it is.
    position: int
    #: What its text holds.
    text: str
    #: Messages that people wrote before it.
    asked: int = 0
    #: What a message of its own says it used (very old versions).
    finished: str = ""
    failed: bool = False
    #: Whether another request came after it, so that nothing will be added to it.
    closed: bool = False
    #: Uses of tools that it led to: which message, and the message.
    tools: list[tuple[int, Told]] = field(default_factory=list)

    def info(self) -> Told:
        """What it says of itself.

        Raises:
            RecordError: It is no JSON.
        """
        values: dict[str, Any] = {}
        for text in (self.text, self.finished):
            if text:
                try:
                    values |= json_object(text)
                except RecordError as error:
                    raise RecordError("text", error.reason) from None
        return Told(values, "text.")


def requests(messages: Iterable[Told]) -> Iterator[Request]:
    """The requests of a task in their order, those that failed included."""
    open_one: Request | None = None
    asked = 0
    for position, said in enumerate(messages):
        what = said.raw("say", "ask")
        text = said.raw("text")
        text = text if isinstance(text, str) else ""
        if what in _ASKED or (position == 0 and what == "text"):
            asked += 1
        elif what == "api_req_started":
            if open_one is not None:
                open_one.closed = True
                yield open_one
            open_one, asked = Request(said, position, text, asked), 0
        elif what == "api_req_finished" and open_one is not None:
            open_one.finished = text
        elif what in _FAILURES and said.raw("partial") is not True:
            yield Request(said, position, text, failed=True)
        elif what in TOOLS and said.raw("partial") is not True and open_one is not None:
            open_one.tools.append((position, said))
        elif what in ("subagent_usage", "condense_context"):
            yield Request(said, position, text)
    if open_one is not None:
        yield open_one
