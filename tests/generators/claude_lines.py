"""The lines that Claude Code writes, made up: no word of them is anyone's."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = re.findall(
    r"\w+",
    """return value index buffer token parse merge write read offset ledger record bucket window where select from the
    a in of to is not for while with import class def self None True False assert raise error total count line file
    path name state begin end cache input output model price cost usage session agent tool result query filter group""",
)
_PIECES = ("\n    ", " = ", "(", "):\n", '"', " → ", "{", "}", ", ", ".", "\t", "\\")


def iso(us: int) -> str:
    """A time as the transcripts write it, to the millisecond."""
    return (
        (_EPOCH + timedelta(microseconds=us // 1000 * 1000)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


class Prose:
    """Text of any length that looks like source code and logs, already encoded as the inside of a JSON string."""

    def __init__(self, rng: random.Random) -> None:
        chunks = []
        for _ in range(64):
            words = []
            for _ in range(160):
                words.append(rng.choice(_WORDS))
                words.append(" " if rng.random() < 0.85 else rng.choice(_PIECES))
            chunks.append(json.dumps("".join(words), ensure_ascii=False)[1:-1])
        self._chunks = chunks
        self._rng = rng

    def take(self, length: int) -> str:
        """About `length` characters, at least a chunk where more is wanted."""
        if length < 600:
            chunk = self._rng.choice(self._chunks)[:length]
            return chunk.rstrip("\\")
        return "".join(self._rng.choices(self._chunks, k=max(1, length // 1000)))


@dataclass(slots=True)
class Usage:
    """Tokens of one answer, in disjoint buckets."""

    input: int
    cache_read: int
    write_5m: int
    write_1h: int
    output: int
    thinking: int = 0
    #: False: the split by lifetime is left out, as early versions did.
    split: bool = True
    speed: str = ""
    tier: str = "standard"
    #: Where it was made, and searches of the web.
    geo: str = ""
    searches: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.cache_read + self.write_5m + self.write_1h + self.output

    def to_json(self, output: int | None = None) -> dict[str, Any]:
        """The `usage` object, with another output where only a part had been written."""
        found: dict[str, Any] = {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.write_5m + self.write_1h,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output if output is None else output,
        }
        if self.split:
            found["cache_creation"] = {
                "ephemeral_5m_input_tokens": self.write_5m,
                "ephemeral_1h_input_tokens": self.write_1h,
            }
        if self.thinking and output is None:
            found["output_tokens_details"] = {"thinking_tokens": self.thinking}
        found["service_tier"] = self.tier
        if self.speed:
            found["speed"] = self.speed
        if self.geo:
            found["inference_geo"] = self.geo
        if self.searches:
            found["server_tool_use"] = {"web_search_requests": self.searches, "web_fetch_requests": 1}
        return found

    def to_run(self, kind: str, model: str | None = None) -> dict[str, Any]:
        """The same as an entry of `iterations`."""
        found = {"type": kind} | ({} if model is None else {"model": model})
        return found | {
            key: value for key, value in self.to_json().items() if "token" in key or key == "cache_creation"
        }


@dataclass(slots=True)
class Voice:
    """Everything that the lines of one file share, and how the line after the next is written."""

    rng: random.Random
    prose: Prose
    session: str
    cwd: str
    branch: str
    version: str = "2.1.180"
    sidechain: bool = False
    agent_id: str = ""
    parent: str | None = field(default=None)

    def _envelope(self, kind: str, at: int) -> tuple[str, str]:
        """The keys before and after the message."""
        uuid = make_uuid(self.rng)
        parent = json.dumps(self.parent)
        self.parent = uuid
        head = f'{{"parentUuid":{parent},"isSidechain":{json.dumps(self.sidechain)},'
        if self.agent_id:
            head += f'"agentId":"{self.agent_id}",'
        tail = (
            f'"type":"{kind}","uuid":"{uuid}","timestamp":"{iso(at)}","userType":"external","entrypoint":"cli",'
            f'"cwd":{json.dumps(self.cwd)},"sessionId":"{self.session}","version":"{self.version}",'
            f'"gitBranch":{json.dumps(self.branch)}}}\n'
        )
        return head, tail

    def prompt(self, at: int, length: int = 120) -> bytes:
        """What a person wrote."""
        head, tail = self._envelope("user", at)
        return f'{head}"message":{{"role":"user","content":"Please {self.prose.take(length)}"}},{tail}'.encode()

    def noise(self, at: int, text: str, **extra: Any) -> bytes:
        """A user line that nobody wrote: output of a command, a note to the model, a summary."""
        head, tail = self._envelope("user", at)
        more = "".join(f"{json.dumps(key)}:{json.dumps(value)}," for key, value in extra.items())
        return f'{head}{more}"message":{{"role":"user","content":{json.dumps(text)}}},{tail}'.encode()

    def result(self, at: int, tool_id: str, length: int, *, failed: bool = False) -> bytes:
        """What a tool answered; the text stands twice in the line, as it does in theirs."""
        head, tail = self._envelope("user", at)
        text = self.prose.take(length // 2)
        error = ',"is_error":true' if failed else ""
        content = f'[{{"tool_use_id":"{tool_id}","type":"tool_result","content":"{text}"{error}}}]'
        side = f'"toolUseResult":{{"stdout":"{text}","stderr":"","interrupted":false,"isImage":false}},'
        return f'{head}"message":{{"role":"user","content":{content}}},{side}{tail}'.encode()

    def edited(self, at: int, tool_id: str, added: int, removed: int) -> bytes:
        """What an edit answered."""
        head, tail = self._envelope("user", at)
        hunk = [" same", *(f"-old {n}" for n in range(removed)), *(f"+new {n}" for n in range(added))]
        patch = [{"oldStart": 1, "oldLines": removed + 1, "newStart": 1, "newLines": added + 1, "lines": hunk}]
        content = [{"tool_use_id": tool_id, "type": "tool_result", "content": "The file has been updated."}]
        side = {"filePath": f"{self.cwd}/a.py", "structuredPatch": patch, "userModified": False}
        return (
            f'{head}"message":{{"role":"user","content":{json.dumps(content)}}},"toolUseResult":{json.dumps(side)},{tail}'
        ).encode()

    def answer(
        self,
        at: int,
        *,
        model: str,
        message_id: str | None,
        request_id: str | None,
        usage: dict[str, Any],
        block: dict[str, Any] | str,
        stop_reason: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> bytes:
        """One line of an answer; `block` is its one block of content, or the text of a text block."""
        head, tail = self._envelope("assistant", at)
        inside = f'{{"type":"text","text":"{block}"}}' if isinstance(block, str) else json.dumps(block)
        request = f'"requestId":"{request_id}",' if request_id else ""
        name = f'"id":{json.dumps(message_id)},' if message_id else ""
        more = "".join(f"{json.dumps(key)}:{json.dumps(value)}," for key, value in (extra or {}).items())
        return (
            f'{head}"message":{{"model":"{model}",{name}"type":"message","role":"assistant","content":[{inside}],'
            f'"stop_reason":{json.dumps(stop_reason)},"stop_sequence":null,'
            f'"usage":{json.dumps(usage, separators=(",", ":"))}}},{request}{more}{tail}'
        ).encode()

    def failed(self, at: int, text: str, error: str = "unknown") -> bytes:
        """What the person is shown when a request is given up."""
        usage = {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        return self.answer(
            at,
            model="<synthetic>",
            message_id=make_uuid(self.rng),
            request_id=None,
            usage=usage,
            block={"type": "text", "text": text},
            stop_reason="stop_sequence",
            extra={"isApiErrorMessage": True, "error": error},
        )

    def retried(self, at: int, status: int, attempt: int) -> bytes:
        """What is written when a request failed and will be tried again."""
        head, tail = self._envelope("system", at)
        error = {"status": status, "requestID": f"req_{make_hex(self.rng, 24)}", "headers": {"x": "y"}}
        return (
            f'{head}"subtype":"api_error","level":"error","error":{json.dumps(error)},"retryInMs":500.5,'
            f'"retryAttempt":{attempt},"maxRetries":10,{tail}'
        ).encode()

    def compacted(self, at: int) -> bytes:
        """The boundary of a compaction."""
        head, tail = self._envelope("system", at)
        return (
            f'{head}"subtype":"compact_boundary","content":"Conversation compacted","isMeta":false,'
            f'"compactMetadata":{{"trigger":"auto","preTokens":155000}},{tail}'
        ).encode()


def make_hex(rng: random.Random, digits: int) -> str:
    """Random hexadecimal digits."""
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def make_uuid(rng: random.Random) -> str:
    """A random UUID, version 4 in looks."""
    text = make_hex(rng, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


#: Lines without an envelope, and of kinds that hold no usage.
OTHERS = (
    b'{"type":"summary","summary":"Fix the merge","leafUuid":"00000000-0000-4000-a000-000000000000"}\n',
    b'{"type":"file-history-snapshot","messageId":"m","snapshot":{"trackedFileBackups":{}},"isSnapshotUpdate":false}\n',
    b'{"type":"queue-operation","operation":"enqueue","timestamp":"2026-01-01T00:00:00.000Z","sessionId":"s"}\n',
    b'{"type":"custom-title","customTitle":"A title","sessionId":"s"}\n',
    b'{"type":"progress","data":{"message":{"usage":"none of ours"}},"toolUseID":"t","parentToolUseID":null}\n',
)
