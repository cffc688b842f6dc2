"""Shipments and bundles, as a machine with Tokometer makes them."""

from __future__ import annotations

from pathlib import Path

from tokometer.conformance import Example, Files, Requests
from tokometer.records import JobRun, ModelCall, Record, Sample, ToolCall
from tokometer.sources.shipment.wire import MEDIA_TYPE, framed, packed

START = 1_788_256_800_000_000  # 2026-09-01T10:00:00Z


def records() -> list[Record]:
    """Of several kinds, and of sources that are not this one."""
    calls = [
        ModelCall(
            source="claude_code" if number % 2 else "codex",
            native_id=f"msg_{number}",
            started_at=START + number * 1_000_000,
            provider="anthropic",
            model="claude-sonnet-4-5",
            input_tokens=100 + number,
            cache_read_tokens=1_000,
            output_tokens=20,
            session_id="s",
            group="msg_group" if number < 2 else "",
            labels={"team": "blue"} if number % 3 else None,
        )
        for number in range(10)
    ]
    others: list[Record] = [
        ToolCall(source="claude_code", native_id="toolu_1", started_at=START, name="Bash", status="ok"),
        JobRun(source="openclaw", native_id="job-1", started_at=START, job_id="j", status="error"),
        Sample(source="codex", native_id="limit-1", started_at=START, metric="plan.used", value=0.5),
    ]
    return [*calls, *others]


TOTALS = {
    "calls": 10,
    "tools": 1,
    "jobs": 1,
    "samples": 1,
    "input_tokens": sum(100 + number for number in range(10)),
    "cache_read_tokens": 10_000,
    "output_tokens": 200,
}


def shipments(machine: str) -> list[bytes]:
    """The same records as a machine would ship them, in three shipments."""
    made = records()
    return [packed("tokometer 0.1.0", machine, part, [], []) for part in (made[:4], made[4:9], made[9:])]


def write_first(home: Path) -> None:
    """A bundle that somebody copied here."""
    (home / "laptop.tokometer").write_bytes(b"".join(map(framed, shipments("laptop")[:2])))


def write_all(home: Path) -> None:
    """A later one of the same machine, which holds what the first did; and one of a machine with the same files."""
    (home / "later.tokometer").write_bytes(b"".join(map(framed, shipments("laptop"))))
    (home / "desktop.tokometer").write_bytes(b"".join(map(framed, shipments("desktop"))))


EXAMPLES: list[Example] = [
    Files("bundles", "document", [write_first, write_all], TOTALS, named=["."]),
    Requests(
        "two-machines",
        "/api/shipments",
        [(body, MEDIA_TYPE) for name in ("laptop", "desktop") for body in shipments(name)],
        TOTALS,
    ),
]
