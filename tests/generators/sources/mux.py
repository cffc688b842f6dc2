"""What Mux adds up of its workspaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generators.left import document, together
from tokometer.conformance import Files

FILE = ".mux/sessions/a1b2c3d4e5/session-usage.json"
LOOSE = ".mux/sessions/ffffffffff/session-usage.json"
#: 2 March 2026, 09:00 UTC, in milliseconds.
LAST = 1_772_442_000_000


def used(fresh: int, read: int, written: int, output: int, reasoning: int, cost: float = 0) -> dict[str, Any]:
    """What one model used."""
    counts = {"input": fresh, "cached": read, "cacheCreate": written, "output": output, "reasoning": reasoning}
    return {name: {"tokens": count, "cost_usd": cost} for name, count in counts.items()}


def usage(second: int, **models: dict[str, Any]) -> dict[str, Any]:
    """What a workspace used; in names of models, `_` stands for `:`."""
    named = {name.replace("_", ":", 1).replace("_", "-"): value for name, value in models.items()}
    last = {"model": next(iter(named)), "usage": next(iter(named.values())), "timestamp": LAST + second * 1000}
    return {"version": 1, "byModel": named, "lastRequest": last}


WORKSPACE = {"id": "a1b2c3d4e5", "name": "fix", "path": "/x", "createdAt": "2026-03-02T08:00:00.000Z"}
CONFIG = {"projects": [["/home/ada/code/engine", {"workspaces": [WORKSPACE]}]]}
YOUNG = usage(0, anthropic_claude_opus=used(100, 5_000, 200, 300, 10))
GROWN = usage(60, anthropic_claude_opus=used(150, 9_000, 200, 400, 20), openai_gpt=used(50, 0, 0, 150, 0))
OTHER = usage(5, own_house=used(10, 0, 0, 5, 0, 0.01))


def _spoil(home: Path) -> None:
    """Break one count of one model."""
    path = home / LOOSE
    whole = json.loads(path.read_text())
    whole["byModel"]["own:house"]["input"]["tokens"] = -1
    path.write_text(json.dumps(whole))


WORKSPACES = Files(
    "workspaces",
    "document",
    [
        together(document(".mux/config.json", CONFIG), document(FILE, YOUNG)),
        together(document(FILE, GROWN), document(LOOSE, OTHER)),
    ],
    {
        "calls": 3,
        "input_tokens": 150 + 50 + 10,
        "cache_read_tokens": 9_000,
        "cache_write_tokens": 200,
        "output_tokens": 420 + 150 + 5,
        "reasoning_tokens": 20,
        "cost_reported": 50_000_000,
    },
    spoil=_spoil,
    open_keys=frozenset({"byModel", "lastRequest"}),
)

EXAMPLES = [WORKSPACES]
