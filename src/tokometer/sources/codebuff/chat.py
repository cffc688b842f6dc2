"""A chat as records: its answers, with what they used, and the tools in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, RecordError, ToolCall, infer_provider
from tokometer.records.values import decimal
from tokometer.sources import usage
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "codebuff"
_ANSWERS: Final = frozenset({"ai", "agent", "assistant"})
#: A chat is named after the moment at which it began: `2025-12-14T10-00-00.000Z`.
_CHAT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d(?:\.\d+)?)Z")
_decode: Final = msgspec.json.Decoder(list[Any], float_hook=decimal).decode


def items_of(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """The answers of a chat.

    Raises:
        RecordError: It is none, or nobody knows when it was.
    """
    try:
        values = _decode(content)
    except (msgspec.DecodeError, UnicodeError, ArithmeticError):
        raise RecordError("", "is not a list of messages in JSON") from None
    chat = path.parent.name
    found = _CHAT.fullmatch(chat)
    began = Told({"chat": f"{found[1]}T{found[2]}:{found[3]}:{found[4]}Z"}).moment("chat") if found else None
    project = path.parent.parent.parent.name
    asked = 0
    for at, value in enumerate(values):
        said = Told(value if isinstance(value, dict) else {})
        who = said.raw("variant", "role")
        if who == "user":
            asked += 1
        elif who in _ANSWERS:
            base = ModelCall(
                source=NAME,
                native_id=f"{chat}|{said.text('id') or f'#{at}'}",
                started_at=_when(said) or began or 0,
                revision=len(values),
                machine=host(),
                session_id=chat,
                project=project,
                agent=NAME,
                user_messages=asked,
            )
            yield Item(at, partial(_records, said, base, noticed, at))
            asked = 0


def _records(said: Told, call: ModelCall, noticed: Noticed, position: int) -> Iterator[Record]:
    said.needed(call.started_at or None, "timestamp")
    metadata = said.within("metadata")
    stated, model, beside = _stated(metadata)
    call.model = metadata.text("model") or model
    credits_used = said.text("credits") or metadata.text("credits") or beside
    if stated:
        usage.put(call, usage.used(stated, "metadata.usage"), noticed, position)
    if credits_used and credits_used != "0":
        call.labels = {"credits": credits_used}
    if stated or call.labels:
        call.provider = infer_provider(call.model)
        if not call.model:
            noticed.add("model", "an answer without a model", position)
        # Credits are what it charges; what it says of dollars is no bill.
        call.cost_reported = None
        yield call
    yield from _tools(said, call)


def _stated(metadata: Told) -> tuple[Mapping[str, Any], str, str]:
    """What an answer used: told beside it, or in the state that it left; the model and the credits told with it."""
    own = metadata.raw("usage") or metadata.within("codebuff").raw("usage")
    if isinstance(own, dict):
        return _plain(own)
    state = metadata.within("runState").within("sessionState").within("mainAgentState")
    history = state.raw("messageHistory")
    for entry in reversed(history if isinstance(history, list) else []):
        if isinstance(entry, dict) and entry.get("role") == "assistant":
            options = Told(entry).within("providerOptions")
            inner = options.within("codebuff")
            found = options.raw("usage") or inner.raw("usage")
            if isinstance(found, dict):
                counts, model, credits_used = _plain(found)
                return counts, model or inner.text("model"), credits_used
    return {}, "", ""


def _plain(stated: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, str]:
    told = Told(stated)
    rest = {key: value for key, value in stated.items() if key not in ("model", "credits", "cost")}
    return rest, told.text("model"), told.text("credits")


def _when(said: Told) -> int | None:
    """When an answer was given; what is shown on the screen (`02:34 PM`) says no day."""
    for name in ("timestamp", "createdAt"):
        try:
            at = said.moment(name)
        except RecordError:
            continue
        if at is not None:
            return at
    return None


def _tools(said: Told, call: ModelCall, subagent: str = "") -> Iterator[ToolCall]:
    if not isinstance(said.raw("blocks"), list):
        return
    for block in said.each("blocks"):
        kind = block.raw("type")
        if kind == "agent":
            yield from _tools(block, call, block.text("agentName", "agentType") or "subagent")
        elif kind == "tool" and block.text("toolCallId") and block.text("toolName"):
            yield ToolCall(
                source=NAME,
                native_id=f"{call.session_id}|{block.text('toolCallId')}",
                started_at=call.started_at,
                revision=call.revision,
                machine=host(),
                name=block.text("toolName"),
                use_id=block.text("toolCallId"),
                status="ok" if "output" in block else "unknown",
                call_id=call.native_id,
                session_id=call.session_id,
                project=call.project,
                agent=NAME,
                subagent=subagent,
            )
