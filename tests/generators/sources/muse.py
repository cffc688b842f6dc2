"""Sessions as Muse Code writes them down."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

SESSION, CHILD = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FOLDER = f".local/share/muse/sessions/2026/03/02/{SESSION}"
FILE, CHILDS = f"{FOLDER}/session.jsonl", f"{FOLDER}/subagent/{CHILD}/session.jsonl"
#: 2 March 2026, 09:00 UTC, in microseconds.
BEGAN = 1_772_442_000_000_000


def record(name: str, second: int, kind: str, payload: dict[str, Any], session: str = SESSION) -> dict[str, Any]:
    """A line."""
    return {
        "schema_version": 1,
        "id": name,
        "stream": {"kind": "session", "id": session},
        "sequence": second,
        "recorded_at": BEGAN + second * 1_000_000,
        "record_type": "event",
        "payload_type": kind,
        "payload": payload,
    }


def completed(name: str, second: int, session: str = SESSION, **usage: int) -> dict[str, Any]:
    """An answer."""
    event = {"kind": "model_completed", "model": "muse-spark-1.2", "usage": usage}
    return record(name, second, "runtime.session", {"event": event, "kind": "run"}, session)


ABOUT = record("m1", 0, "runtime.session.metadata", {"record": {"workspace_root": "/home/ada/code/engine"}})
ASKED = record("r1", 1, "runtime.session", {"event": {"kind": "started", "prompt": "…"}})
ONE = completed(
    "r2",
    4,
    cache_read_tokens=15_665,
    cache_write_tokens=0,
    cached_tokens=15_665,
    input_tokens=15_924,
    output_tokens=355,
    reasoning_tokens=111,
)
TWO = completed("r3", 9, input_tokens=100, cached_tokens=40, output_tokens=10)
NOTHING = completed("r4", 10, input_tokens=0, output_tokens=0)
GONE = {"retained_marker": "omitted_live_only", "stream": {"kind": "session", "id": SESSION}, "position": 1}

EVENTS = Files(
    "events",
    "lines",
    [
        lines(FILE, ABOUT, ASKED, ONE),
        lines(FILE, GONE, TWO, NOTHING),
        lines(CHILDS, completed("r2", 6, CHILD, input_tokens=5, output_tokens=2)),
    ],
    {
        "calls": 3,
        "input_tokens": 259 + 60 + 5,
        "cache_read_tokens": 15_705,
        "output_tokens": 367,
        "reasoning_tokens": 111,
    },
)

EXAMPLES = [EVENTS]
