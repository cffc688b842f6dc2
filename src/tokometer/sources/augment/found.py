"""Augment as a source of files, and its sessions as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tokometer.records import ModelCall, Record, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "augment"
_MARKS: Final = (b'"sessionId"', b'"chatHistory"')
_TOKENS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}
    | {"system_prompt_tokens", "chat_history_tokens", "current_message_tokens", "tool_definitions_tokens"}
    | {"tool_result_tokens", "assistant_response_tokens", "max_context_tokens"}
)


class Augment(DocumentSource):
    """Sessions of Auggie; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Augment"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of sessions."""
        named = folders.setting(env, "AUGMENT_CACHE_DIR", home)
        return [(named or home / ".augment") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder."""
        for path in folders.below(root, lambda name: name.endswith(".json")):
            start = folders.head(path, 1 << 16)
            if all(mark in start for mark in _MARKS):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """The exchanges of a session."""
        document = Told(json_object(content))
        session = document.text("sessionId") or path.stem
        project = folders.project(
            document.text("workspaceRoot", "workspace_root", "cwd"), folders.home_above(path, ".augment")
        )
        turns = list(document.each("chatHistory"))
        results = _results(turns)
        base = ModelCall(
            source=NAME,
            native_id=session,
            started_at=0,
            revision=len(turns),
            machine=host(),
            model=document.within("agentState").text("modelId"),
            session_id=session,
            project=project,
            agent=NAME,
        )
        for at, turn in enumerate(turns):
            yield Item(at, partial(_records, turn, base, results, noticed, at))


FOUND: Final = Augment()


def _records(turn: Told, base: ModelCall, results: Mapping[str, bool], noticed: Noticed, at: int) -> Iterator[Record]:
    exchange = turn.within("exchange")
    nodes = list(exchange.each("response_nodes"))
    used = next((node.within("token_usage") for node in nodes if isinstance(node.raw("token_usage"), dict)), Told({}))
    request = exchange.text("request_id")
    name = request or turn.text("sequenceId") or f"#{at}"
    ended = turn.moment("finishedAt")
    call_id = f"{base.session_id}|{name}"
    counts = _counts(used)
    if any(counts):
        for key in used.beside(_TOKENS):
            noticed.add("usage", f"token_usage.{key}", at)
        model = exchange.text("model_id") or base.model
        if not model:
            noticed.add("model", "an exchange without a model", at)
        call = ModelCall(
            source=NAME,
            native_id=call_id,
            started_at=turn.needed(ended, "finishedAt"),
            revision=base.revision,
            machine=base.machine,
            provider=infer_provider(model),
            model=model,
            request_id=request,
            session_id=base.session_id,
            project=base.project,
            agent=NAME,
        )
        call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens = counts
        yield call
    for node in nodes:
        use: Any = node.raw("tool_use")
        if isinstance(use, dict) and ended is not None:
            told = Told(use, "tool_use.")
            use_id, tool = told.text("tool_use_id", "id"), told.text("tool_name", "name")
            if use_id and tool:
                yield ToolCall(
                    source=NAME,
                    native_id=f"{base.session_id}|{use_id}",
                    started_at=ended,
                    revision=base.revision,
                    machine=base.machine,
                    name=tool,
                    server=told.text("mcp_server_name"),
                    use_id=use_id,
                    status="unknown" if use_id not in results else "error" if results[use_id] else "ok",
                    call_id=call_id,
                    session_id=base.session_id,
                    project=base.project,
                    agent=NAME,
                )


def _counts(used: Told) -> list[int]:
    keys = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    return [used.whole(key) or 0 for key in keys]


def _results(turns: Iterable[Told]) -> dict[str, bool]:
    """Whether a use of a tool failed, by its id."""
    found = {}
    for turn in turns:
        for node in turn.within("exchange").each("request_nodes"):
            result = node.raw("tool_result_node", "tool_result")
            if isinstance(result, dict):
                found[str(result.get("tool_use_id"))] = result.get("is_error") is True
    return found
