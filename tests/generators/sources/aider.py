"""A log as Aider writes it with `--analytics-log`."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

FILE = "logs/aider.jsonl"
USER = "c42c4e6b-f054-44d7-ae1f-6726cc41da88"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000


def event(second: int, name: str, **properties: Any) -> dict[str, Any]:
    """One event."""
    told = {"python_version": "3.12", "os_platform": "Linux", "aider_version": "0.86.1", **properties}
    return {"event": name, "properties": told, "user_id": USER, "time": BEGAN + second}


def sent(second: int, model: str, prompt: int, output: int, cost: float, total: float) -> dict[str, Any]:
    """A request that was answered."""
    counts = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    return event(second, "message_send", main_model=model, edit_format="diff", **counts, cost=cost, total_cost=total)


LAUNCH = event(0, "launched")
ASKED = event(5, "message_send_starting")
FIRST = sent(9, "claude-3-7-sonnet-20250219", 1_000, 80, 0.0042, 0.0042)
#: Within a second, the same again: what it cost until now tells them apart.
TWIN = sent(9, "claude-3-7-sonnet-20250219", 1_000, 80, 0.0042, 0.0084)
REDACTED = sent(20, "ollama/REDACTED", 300, 40, 0, 0.0084)

LOG = Files(
    "log",
    "lines",
    [lines(FILE, LAUNCH, ASKED, FIRST), lines(FILE, TWIN, event(12, "command_add"), REDACTED, event(30, "exit"))],
    {"calls": 3, "input_tokens": 2_300, "output_tokens": 200, "cost_reported": 8_400_000},
    named=(FILE,),
)

EXAMPLES = [LOG]
