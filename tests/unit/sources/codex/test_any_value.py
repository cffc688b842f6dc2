"""No value in any place of a line does harm."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.codex_lines import count, event, item, meta, usage
from generators.codex_tree import play
from tokometer.sources.codex import FOUND as SOURCE

_VALUES = (
    None,
    True,
    0,
    -1,
    2**63,
    10**30,
    1.5,
    1e308,
    "",
    "x",
    "nan",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "ffffffff-ffff-7fff-bfff-ffffffffffff",
    [],
    [[]],
    {},
    {"subagent": {"thread_spawn": {"parent_thread_id": 5}}},
    {"subagent": {"other": [1]}},
    {"secs": 10**30, "nanos": 1},
    {"secs": 2, "nanos": True},
    {"http_status_code": "x"},
    {"Err": None},
)


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found.append((value, key))
        _places(inner, found)
    return found


def _lines(seed: int) -> list[dict[str, Any]]:
    limits = {
        "limit_id": "codex",
        "primary": {"used_percent": 1.0, "window_minutes": 300, "resets_at": 1},
        "credits": {"has_credits": True, "unlimited": False, "balance": "1"},
    }
    failed = {"http_connection_failed": {"http_status_code": 500}}
    more = [
        meta(source={"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_role": "r"}}}),
        count(usage(10, 1), usage(10, 1), 2, limits),
        event("error", 3, message="m", codex_error_info=failed),
        event("thread_settings_applied", 3, thread_id="x", thread_settings={"service_tier": "fast"}),
        item("function_call", 4, call_id="call_0123456789ab", name="shell", namespace="mcp__x"),
        event("exec_command_end", 5, call_id="call_0123456789ab", exit_code=1, duration={"secs": 1, "nanos": 1}),
        event("mcp_tool_call_end", 5, call_id="call_0123456789ab", invocation={"server": "s"}, result={"Ok": {}}),
        event("item_completed", 6, item={"type": "x", "id": "call_0123456789ab", "exit_code": 0}),
    ]
    lines = [line for thread in play(seed, threads=3).threads for line in thread.lines][:150]
    return [*lines[:20], *more, *lines[20:]]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_value_anywhere_is_read_or_refused(seed: int) -> None:
    """Nothing is raised, the state can be kept and gone on from, and what is given are sound records."""
    rng = random.Random(seed)
    lines = json.loads(json.dumps(_lines(seed)))
    for line in rng.sample(lines, k=len(lines) // 2):
        container, key = rng.choice(_places(line, []))
        container[key] = rng.choice(_VALUES)
    raw = [json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rollout-2026-03-02T09-00-00-x.jsonl"
        state, half = b"", len(raw) // 2
        for part in (raw[:half], raw[half:]):
            with path.open("ab") as file:
                file.write(b"".join(part))
            reading = SOURCE.read(path, state)
            state = reading.state
            for record in reading.records:
                assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
                assert 0 < record.started_at < 2**62
            assert all(refusal.reason for refusal in reading.refusals)
