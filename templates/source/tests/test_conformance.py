"""Acme Coder's examples stand whatever the world does to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokometer_acme.source import SOURCE

from tokometer.conformance import Files, Requests
from tokometer.conformance.checks import Case, cases

LINES = [
    {"type": "start", "folder": "/work/shop"},
    {"type": "prompt", "at": "2026-09-01T10:00:00Z"},
    *(
        {
            "type": "answer",
            "id": f"a-{number}",
            "at": f"2026-09-01T10:0{number}:00Z",
            "session": "s-1",
            "model": "gpt-5.2",
            "usage": {"prompt": 1_000 + number, "cached": 400, "answer": 50},
            "seconds": 1.5,
        }
        for number in range(5)
    ),
]
TOTALS = {
    "calls": 5,
    "input_tokens": sum(600 + number for number in range(5)),
    "cache_read_tokens": 2_000,
    "output_tokens": 250,
}


def _lines(lines: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _start(home: Path) -> None:
    folder = home / ".acme" / "sessions"
    folder.mkdir(parents=True)
    (folder / "one.jsonl").write_bytes(_lines(LINES[:4]))


def _go_on(home: Path) -> None:
    with (home / ".acme" / "sessions" / "one.jsonl").open("ab") as file:
        file.write(_lines(LINES[4:]))


EXAMPLES = [
    Files("jsonl", "lines", [_start, _go_on], TOTALS),
    Requests("hook", "/api/webhooks/acme", [(_lines(LINES[2:]), "application/x-ndjson")], TOTALS),
]


@pytest.mark.parametrize("case", cases(SOURCE, EXAMPLES), ids=lambda case: case.name)
def test_it_stands(case: Case, tmp_path: Path) -> None:
    """Whatever happens to what the tool leaves and sends, the totals are right."""
    case.run(tmp_path)
