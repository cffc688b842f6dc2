"""What both forms of a session have in common: its call, and the tools in its messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from tokometer.records import ModelCall, RecordError, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "goose"
#: Ids of before: the moment at which a session began. Today's are the day and a number, which every machine has.
_UNIQUE: Final = re.compile(r"\d{8}_\d{6}")
_NAIVE: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)")
_Outcome = Literal["ok", "error", "unknown"]


class Session(msgspec.Struct):
    """What is known of a session when its messages are read."""

    id: str
    native_id: str
    started_at: int
    project: str = ""
    parent: str = ""
    subagent: str = ""


def moment(told: Told, name: str) -> int | None:
    """A time as SQLite writes it, without a zone: UTC."""
    text = told.raw(name)
    found = _NAIVE.fullmatch(text) if isinstance(text, str) else None
    return Told({name: f"{found[1]}T{found[2]}Z"}).moment(name) if found else told.moment(name)


def session_of(told: Told, session_id: str, started_at: int, home: str) -> Session:
    """A session by its row, or its first line."""
    native_id = session_id if _UNIQUE.fullmatch(session_id) else f"{session_id}|{started_at}"
    kind = told.text("session_type")
    return Session(
        session_id,
        native_id,
        started_at,
        folders.project(told.text("working_dir"), home),
        told.text("parent_session_id"),
        "subagent" if kind == "sub_agent" else "",
    )


def call_of(told: Told, session: Session, noticed: Noticed, updated_at: int | None) -> Iterator[ModelCall]:
    """All that a session used."""
    settings = _model_of(told.raw("model_config_json"))
    model = settings.text("model_name")
    pick = "accumulated_" if "accumulated_total_tokens" in told or "accumulated_input_tokens" in told else ""
    fresh, output = told.whole(f"{pick}input_tokens"), told.whole(f"{pick}output_tokens")
    read, written = told.whole(f"{pick}cache_read_tokens") or 0, told.whole(f"{pick}cache_write_tokens") or 0
    stated = told.whole(f"{pick}total_tokens")
    beside = stated is not None and stated == (fresh or 0) + read + written + (output or 0)
    rest = 0 if stated is None or beside else max(0, stated - (fresh or 0) - (output or 0))
    thoughts = rest if fresh is not None and output is not None and infer_provider(model) == "google" else 0
    if fresh is not None and not beside and fresh >= read + written:
        # The input has the cache inside, unless the total proves that it stands beside.
        fresh -= read + written
    by = told.text("provider_name")
    call = ModelCall(
        source=NAME,
        native_id=session.native_id,
        started_at=session.started_at,
        machine=host(),
        provider=(provider_of(by) if by else "") or infer_provider(model),
        model=model,
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_unknown_tokens=written,
        # Gemini's thoughts are billed as output, and only its total has them.
        output_tokens=None if output is None else output + thoughts,
        reasoning_tokens=thoughts or None,
        # What else nobody explains is nobody's bucket.
        unsplit_tokens=rest - thoughts or None,
        cost_reported=charged(model, told.money("accumulated_cost")),
        session_id=session.id,
        parent_session_id=session.parent,
        project=session.project,
        agent=NAME,
        subagent=session.subagent,
    )
    labels = {"schedule": told.text("schedule_id"), "mode": told.text("goose_mode")}
    call.labels = {key: value for key, value in labels.items() if value}
    if total(call):
        if not model:
            noticed.add("model", "a session that does not say which")
        yield covering(call, updated_at=updated_at)


def tools_of(content: object, at: int, session: Session) -> Iterator[ToolCall]:
    """The uses of tools in a message, and the outcomes of others."""
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict) or part.get("type") not in ("toolRequest", "toolResponse"):
            continue
        told = Told(part, "content.")
        use_id = told.needed(told.text("id"), "id")
        tool = ToolCall(
            source=NAME,
            native_id=f"{session.native_id}|{use_id}",
            started_at=at,
            machine=host(),
            name="",
            use_id=use_id,
            session_id=session.id,
            project=session.project,
            agent=NAME,
            subagent=session.subagent,
        )
        if part["type"] == "toolRequest":
            tool.name = told.within("toolCall").within("value").text("name") or "(unnamed)"
            tool.server = tool.name.partition("__")[0] if "__" in tool.name else ""
        else:
            # The outcome is a later version, which does not know the name.
            result = told.within("toolResult")
            wrong = result.text("status") == "error" or _says_error(result)
            tool.status, tool.revision = "error" if wrong else "ok", 1
        yield tool


def json_of(text: object) -> object:
    """The JSON in a column.

    Raises:
        RecordError: It is none.
    """
    try:
        return msgspec.json.decode(text) if isinstance(text, (str, bytes)) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordError("content_json", "is not JSON") from None


def _says_error(result: Told) -> bool:
    value = result.raw("value")
    return isinstance(value, dict) and value.get("isError") is True


def _model_of(text: object) -> Told:
    value = json_of(text)
    return Told(value if isinstance(value, dict) else {}, "model_config_json.")
