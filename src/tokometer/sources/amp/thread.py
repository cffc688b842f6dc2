"""A thread as records: what its ledger of usage says, with what its messages know beside it.

The ledger is what Amp charges by; it does not always split the cache from the input, messages do. A message that the
ledger does not have (yet) counts by itself, under the name that the ledger's entry will have.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from tokometer.records import ModelCall, Record, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "amp"
_USAGE: Final = frozenset(
    {
        "model",
        "timestamp",
        "inputTokens",
        "outputTokens",
        "cacheCreationInputTokens",
        "cacheReadInputTokens",
        "totalInputTokens",
        "totalTokens",
        "maxInputTokens",
        "credits",
        "thinkingBudget",
    }
)
_TOKENS: Final = frozenset({"input", "output", "total", "cacheReadInputTokens", "cacheCreationInputTokens"})
_Outcome = Literal["ok", "error", "cancelled", "unknown"]
_OUTCOMES: Final[dict[str, _Outcome]] = {
    "done": "ok",
    "error": "error",
    "cancelled": "cancelled",
    "rejected-by-user": "cancelled",
}
#: Entries of the ledger of which the message comes first, …
_LEDGER = 1 << 20


class Message(NamedTuple):
    """A message of the model, and how many of a person's came right before it."""

    said: Told
    id: str
    asked: int


class Thread:
    """Makes records of one thread."""

    def __init__(self, document: Told, name: str, noticed: Noticed) -> None:
        self._document = document
        self._noticed = noticed
        self._id = document.text("id") or name
        self._created = document.moment("created")
        self._project, self._branch = _place(document)
        self._answers = list(self._find_answers())

    def items(self) -> Iterator[Item]:
        """Its entries of the ledger, its messages that are not in that, and its tools."""
        left = {answer.id: answer for answer in self._answers if "usage" in answer.said}
        seen: set[str] = set()
        for at, event in enumerate(self._document.within("usageLedger").each("events")):
            id_ = event.text("id")
            if id_ and id_ in seen:
                continue
            seen.add(id_)
            answer = self._answer_of(event, left)
            if answer is not None:
                del left[answer.id]
            yield Item(at, partial(self._event, event, answer, at))
        for at, answer in enumerate(left.values()):
            yield Item(_LEDGER + at, partial(self._usage, answer, at))
        results = self._results()
        for at, answer in enumerate(self._answers):
            yield Item(2 * _LEDGER + at, partial(self._tools, answer, results))

    def _find_answers(self) -> Iterator[Message]:
        asked = 0
        for at, said in enumerate(self._document.each("messages")):
            role = said.raw("role")
            if role == "user":
                asked += not any(part.raw("type") == "tool_result" for part in _parts(said))
            elif role == "assistant":
                yield Message(said, said.text("messageId") or f"#{at}", asked)
                asked = 0

    def _answer_of(self, event: Told, left: dict[str, Message]) -> Message | None:
        """The message that an entry of the ledger is about: the one that it names, else one with the same numbers."""
        named = event.text("toMessageId")
        if named:
            return left.get(named)
        numbers = _numbers(event.within("tokens"), "input", "output")
        for answer in left.values():
            usage = answer.said.within("usage")
            same = usage.raw("model") == event.raw("model")
            if same and numbers == _numbers(usage, "inputTokens", "outputTokens"):
                return answer
        return None

    def _event(self, event: Told, answer: Message | None, at: int) -> Iterator[Record]:
        tokens = event.within("tokens")
        for key in tokens.beside(_TOKENS):
            self._noticed.add("usage", f"tokens.{key}", at)
        usage = answer.said.within("usage") if answer is not None else Told({})
        native_id = answer.id if answer is not None else f"event|{event.needed(event.text('id'), 'id')}"
        started_at = event.moment("timestamp")
        if started_at is None:
            started_at = self._time(answer) if answer is not None else self._created
        call = self._call(native_id, event.needed(started_at, "timestamp"), event.text("model"), answer)
        call.revision = 1
        call.input_tokens, call.output_tokens = tokens.whole("input"), tokens.whole("output")
        call.cache_read_tokens = _first(tokens.whole("cacheReadInputTokens"), usage.whole("cacheReadInputTokens"))
        call.cache_write_unknown_tokens = _first(
            tokens.whole("cacheCreationInputTokens"), usage.whole("cacheCreationInputTokens")
        )
        self._settle(call, tokens.whole("total"))
        self._label(call, event, usage)
        yield call

    def _usage(self, answer: Message, at: int) -> Iterator[Record]:
        usage = answer.said.within("usage")
        for key in usage.beside(_USAGE):
            self._noticed.add("usage", f"usage.{key}", at)
        model = usage.text("model") or answer.said.text("model")
        call = self._call(answer.id, usage.needed(self._time(answer), "timestamp"), model, answer)
        call.input_tokens, call.output_tokens = usage.whole("inputTokens"), usage.whole("outputTokens")
        call.cache_read_tokens = usage.whole("cacheReadInputTokens")
        call.cache_write_unknown_tokens = usage.whole("cacheCreationInputTokens")
        self._settle(call, usage.whole("totalTokens"))
        self._label(call, Told({}), usage)
        if call.input_tokens or call.output_tokens or call.cache_read_tokens or call.unsplit_tokens:
            yield call

    def _time(self, answer: Message) -> int | None:
        """When an answer was given, as far as anybody says; else when the thread was begun."""
        told = answer.said.within("usage").moment("timestamp") or answer.said.moment("timestamp")
        return told or answer.said.within("meta").moment("sentAt") or self._created

    def _settle(self, call: ModelCall, total: int | None) -> None:
        """Where only a total is stated, nobody says what went in and what came out."""
        if call.input_tokens is None and call.output_tokens is None and total:
            call.unsplit_tokens = total

    def _label(self, call: ModelCall, event: Told, usage: Told) -> None:
        labels = {
            "credits": event.text("credits") or usage.text("credits"),
            "operation": event.text("operationType"),
            "mode": self._document.text("agentMode"),
        }
        call.labels = {key: value for key, value in labels.items() if value} or None

    def _call(self, native_id: str, started_at: int, model: str, answer: Message | None) -> ModelCall:
        if not model:
            self._noticed.add("model", "usage without a model")
        return ModelCall(
            source=NAME,
            native_id=f"{self._id}|{native_id}",
            started_at=started_at,
            machine=host(),
            provider=infer_provider(model),
            model=model,
            session_id=self._id,
            parent_session_id=self._document.text("mainThreadID"),
            project=self._project,
            git_branch=self._branch,
            agent=NAME,
            user_messages=answer.asked if answer is not None else 0,
        )

    def _results(self) -> dict[str, Told]:
        """What became of the uses of tools, by their ids."""
        found = {}
        for said in self._document.each("messages"):
            for part in _parts(said):
                if part.raw("type") == "tool_result" and isinstance(part.raw("run"), dict):
                    found[part.text("toolUseID", "tool_use_id")] = part.within("run")
        return found

    def _tools(self, answer: Message, results: dict[str, Told]) -> Iterator[Record]:
        for part in _parts(answer.said):
            use, name = part.text("id"), part.text("name")
            started_at = self._time(answer)
            if part.raw("type") != "tool_use" or not use or not name or started_at is None:
                continue
            run = results.get(use, Told({}))
            yield ToolCall(
                source=NAME,
                native_id=f"{self._id}|{use}",
                started_at=started_at,
                revision=1 if use in results else 0,
                machine=host(),
                name=name,
                server=name[5:].partition("__")[0] if name.startswith("mcp__") else "",
                status=_OUTCOMES.get(run.text("status"), "unknown"),
                call_id=f"{self._id}|{answer.id}",
                session_id=self._id,
                project=self._project,
                agent=NAME,
            )


def _parts(said: Told) -> Iterator[Told]:
    if isinstance(said.raw("content"), list):
        yield from said.each("content")


def _numbers(tokens: Told, *names: str) -> tuple[object, ...]:
    return tuple(tokens.raw(name) for name in names)


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _place(document: Told) -> tuple[str, str]:
    """The folder that a thread was begun in, and the branch of git there."""
    for tree in document.within("env").within("initial").each("trees"):
        address = urlsplit(tree.text("uri"))
        folder = unquote(address.path) if address.scheme == "file" else ""
        branch = tree.within("repository").text("ref").removeprefix("refs/heads/")
        return folders.project(folder or tree.text("displayName"), str(_home(folder))), branch
    return "", ""


def _home(folder: str) -> str:
    """The home folder that a path is in, by how they are named on Linux and macOS."""
    parts = folder.split("/")
    return "/".join(parts[:3]) if len(parts) > 2 and parts[1] in ("home", "Users") else ""  # noqa: PLR2004
