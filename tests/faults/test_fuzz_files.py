"""Transcripts and rollouts with anything wrong in any line: each line spoils itself at most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import Budget, corpus
from generators.claude_json import answer
from generators.claude_tree import Size
from generators.claude_tree import Tree as ClaudeTree
from generators.codex_lines import NAME, count, event, item, meta, usage, usage_record
from generators.codex_tree import play
from generators.mutations import mutated
from tokometer.collect.changes import Job
from tokometer.collect.reading import read
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import Refusal
from tokometer.sources.protocol import Reading
from tokometer.sources.registry import FILE_SOURCES

#: Lines in one file: half of them spoiled, every tenth one of ours, of which nothing may be lost.
LINES = 60
EVERY = 10
SPOILED = 0.6
#: How many tokens each of ours has.
TOKENS = 7
#: Files between two commits of all that was read from them.
COMMIT_EVERY = 5

Make = Callable[[Random], Iterator[dict[str, Any]]]


def claude_lines(chance: Random) -> Iterator[dict[str, Any]]:
    """Lines of a made-up session, with the rarer shapes among them."""
    tree = ClaudeTree(chance.randrange(10**6), Size(sessions=1, calls=30, oddities=0.3, billed=0.5, gateways=0.3))
    for file in tree.files():
        for raw in file.lines:
            line = json.loads(raw)
            if isinstance(line, dict):
                yield line
    yield {
        "type": "system",
        "subtype": "api_error",
        "timestamp": "2026-09-01T10:00:00Z",
        "retryAttempt": 2,
        "error": {"status": 529, "headers": {"request-id": "r1"}, "error": {"type": "overloaded_error"}},
    }
    yield {
        "type": "user",
        "timestamp": "2026-09-01T10:00:09Z",
        "message": {"role": "user", "content": []},
        "toolUseResult": {"agentId": "a1", "totalTokens": 5, "totalDurationMs": 7, "status": "completed"},
    }


def codex_lines(chance: Random) -> Iterator[dict[str, Any]]:
    """Lines of made-up threads, with the rarer shapes among them."""
    limits = {"limit_id": "codex", "primary": {"used_percent": 1.0, "window_minutes": 300, "resets_at": 1}}
    yield meta(source={"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_role": "r"}}})
    yield count(usage(10, 1), usage(10, 1), 2, limits)
    yield event("error", 3, message="m", codex_error_info={"http_connection_failed": {"http_status_code": 500}})
    yield event("thread_settings_applied", 3, thread_id="x", thread_settings={"service_tier": "fast"})
    yield item("function_call", 4, call_id="call_0123456789ab", name="shell", namespace="mcp__x")
    yield event("exec_command_end", 5, call_id="call_0123456789ab", exit_code=1, duration={"secs": 1, "nanos": 1})
    yield event("mcp_tool_call_end", 5, call_id="call_1123456789ab", invocation={"server": "s"}, result={"Ok": {}})
    for thread in play(chance.randrange(10**6), threads=3).threads:
        yield from json.loads(json.dumps(thread.lines))


def claude_own(number: int) -> bytes:
    """One of ours, as Claude Code writes it."""
    usage = {"output_tokens": TOKENS}
    stamp = f"2026-09-01T11:{number:02d}:00.000Z"
    return json.dumps(answer(f"msg_own{number}", f"req_own{number}", usage=usage, timestamp=stamp)).encode()


def codex_own(number: int) -> bytes:
    """One of ours, as Codex writes it."""
    return json.dumps(usage_record(f"resp_own{number}", usage(TOKENS, TOKENS), number)).encode()


MAKERS: dict[str, tuple[Make, Callable[[int], bytes], str, str]] = {
    "claude_code": (claude_lines, claude_own, ".claude/projects/-home-ada-code-app/s1.jsonl", "own"),
    "codex": (codex_lines, codex_own, f".codex/sessions/2026/03/02/{NAME}", "own"),
}


def look(source: str, path: Path, parts: list[bytes]) -> Reading:
    """Read a file as it grows, part by part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    found, state = Reading(), b""
    for part in parts:
        with path.open("ab") as file:
            file.write(part)
        reading = read(FILE_SOURCES[source], Job(source, str(path), state, len(part)))
        state = reading.state
        found.records += reading.records
        found.refusals += reading.refusals
        found.notices += reading.notices
    return found


def check(found: Reading, ours: set[str]) -> None:
    """All of ours were read, nothing was a mistake of our own, and what was read is fit to be kept."""
    assert [refusal.reason for refusal in found.refusals if is_mistake(refusal)] == []
    kept = {record.native_id for record in found.records if record.kind == "calls"}
    lost = [name for name in ours if not any(name in native_id for native_id in kept)]
    assert not lost, f"{lost} are not there"
    by_kind: dict[str, list[Any]] = {}
    for record in found.records:
        by_kind.setdefault(record.kind, []).append(record)
    for records in by_kind.values():
        pack(records)


def is_mistake(refusal: Refusal) -> bool:
    """Whether a line was refused because the code that read it fell over."""
    return "mistake" in refusal.reason


def commit(ledger: Ledger, found: list[Reading]) -> None:
    """Keep what was read, whatever it is."""
    batch = Batch()
    for reading in found:
        batch.records += reading.records
        batch.refusals += reading.refusals
        batch.notices += reading.notices
    ledger.commit(batch)
    ledger.settle()


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("source", MAKERS)
def test_any_line_spoils_itself_at_most(source: str, part: int, budget: Budget, ledger: Ledger, tmp_path: Path) -> None:
    """Whatever a line holds, reading goes on, ours are all counted, and the ledger keeps what was read."""
    make, own, name, word = MAKERS[source]
    readings: list[Reading] = []
    path = tmp_path / name
    for number, chance in budget.rounds(f"{source}-{part}", 8, 1_200):
        lines = list(make(chance))
        donors = json.loads(json.dumps(lines))
        raw: list[bytes] = []
        ours: set[str] = set()
        for at in range(LINES):
            if at % EVERY == EVERY - 1:
                ours.add(f"{word}{at}")
                raw.append(own(at) + b"\n")
            else:
                line = lines[at % len(lines)]
                spoil = chance.random() < SPOILED
                raw.append(mutated(line, chance, chance.choice(donors)) if spoil else json.dumps(line).encode())
                raw.append(b"\n")
        data = b"".join(raw)
        cut = chance.randrange(len(raw))
        with budget.tried(source, number, data):
            found = look(source, path, [b"".join(raw[:cut]), b"".join(raw[cut:])])
            check(found, ours)
            readings.append(found)
            if len(readings) == COMMIT_EVERY:
                commit(ledger, readings)
                readings.clear()
    assert ledger.audit() == []
    ((counted,),) = ledger.fetch(Statement("SELECT count(*) FROM calls WHERE contains(request_id, 'own')"))
    assert counted >= LINES // EVERY


@pytest.mark.parametrize("source", MAKERS)
def test_what_once_did_harm(source: str, ledger: Ledger, tmp_path: Path) -> None:
    """Every input of the corpus is read between two lines of ours, which are counted."""
    _, own, name, _ = MAKERS[source]
    for given in corpus(source):
        data = own(1) + b"\n" + given.read_bytes().rstrip(b"\n") + b"\n" + own(2) + b"\n"
        try:
            found = look(source, tmp_path / name, [data])
            check(found, {"own1", "own2"})
            commit(ledger, [found])
        except Exception as error:
            error.add_note(f"the input is {given.name}")
            raise
    assert ledger.audit() == []
