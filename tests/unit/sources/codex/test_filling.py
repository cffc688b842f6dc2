"""What a rollout says of what fills prompts: sizes of results, compactions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokometer.records import Step, ToolCall
from tokometer.sources.codex import FOUND

THREAD = "019a0000-0000-7000-8000-000000000001"


def line(kind: str, second: int, **payload: Any) -> bytes:
    """A line of a rollout."""
    head = {"timestamp": f"2026-09-01T10:00:{second:02d}.000Z", "type": kind, "payload": payload}
    return json.dumps(head).replace('": ', '":').replace(', "', ',"').encode() + b"\n"


def test_results_and_compactions(tmp_path: Path) -> None:
    """A use of a tool has the size of its output; a compaction is a step, and so is the summary that it left."""
    path = tmp_path / "sessions" / "2026" / "09" / "01" / f"rollout-2026-09-01T10-00-00-{THREAD}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        b"".join(
            (
                line(
                    "session_meta", 0, id=THREAD, cwd="/home/ada/app", originator="codex_cli_rs", cli_version="0.150.0"
                ),
                line("turn_context", 0, turn_id="t1", cwd="/home/ada/app", model="gpt-5"),
                line(
                    "response_item", 1, type="function_call", name="shell", call_id="call_abcdefghijkl", arguments="{}"
                ),
                line(
                    "response_item", 2, type="function_call_output", call_id="call_abcdefghijkl", output="twelve bytes"
                ),
                line("compacted", 3, message="summed up"),
            )
        )
    )
    records = FOUND.read(path, b"").records
    [tool] = [record for record in records if isinstance(record, ToolCall)]
    assert (tool.prompt_bytes, tool.prompt_image_tokens) == (12, None)
    steps = {record.type: record for record in records if isinstance(record, Step)}
    assert steps["summary"].prompt_bytes == 9
    assert steps["compaction"].session_id == THREAD
