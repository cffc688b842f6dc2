"""What fx adds up of its sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generators.left import Step, document, together
from tokometer.conformance import Files

#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
SESSION, LOOSE = f"{BEGAN}-{BEGAN}624725000-abc123", f"{BEGAN + 5_000}-{BEGAN}999725000-def456"


def where(session: str = SESSION, name: str = "usage-v2.json") -> str:
    """A file of a session, below the home folder."""
    return f".fx/sessions/{session}/{name}"


def used(prompt: int, output: int, read: int = 0, written: int = 0, requests: int = 1, **more: Any) -> dict[str, Any]:
    """Tokens; the prompt has the cache inside."""
    counts = {"input_tokens": prompt, "output_tokens": output, "cache_read_tokens": read, "cache_write_tokens": written}
    return {"total_cost": 0.005, **counts, "reasoning_tokens": 0, "request_count": requests, **more}


def usage(*models: dict[str, Any], session: str = SESSION, **more: Any) -> Step:
    """What a session used."""
    snapshot = {"schema_version": 2, "api_duration_ms": 206_154, "models": list(models), **more}
    return document(where(session), {"schema_version": 1, "session_id": session, "snapshot": snapshot})


def about(second: int) -> Step:
    """What lies beside it."""
    told = {"id": SESSION, "created_at_ms": BEGAN, "updated_at_ms": BEGAN + second * 1_000}
    return document(where(name="session.json"), told | {"workspace_root": "/home/ada/code/engine"})


YOUNG = used(1_000, 50, 800, 0, 2, model="zai/glm-5.2")
GROWN = used(167_841, 2_434, 153_408, 100, 9, model="zai/glm-5.2", reasoning_tokens=34)
OTHER = used(500, 100, 200, model="own/house")


def _spoil(home: Path) -> None:
    """Break one count of one model."""
    path = home / where(LOOSE)
    whole = json.loads(path.read_text())
    whole["snapshot"]["models"][0]["input_tokens"] = -1
    path.write_text(json.dumps(whole))


SESSIONS = Files(
    "sessions",
    "document",
    [
        together(about(10), usage(YOUNG)),
        together(about(600), usage(GROWN)),
        usage(OTHER, session=LOOSE),
    ],
    {
        "calls": 2,
        "input_tokens": 167_841 - 153_408 - 100 + 300,
        "cache_read_tokens": 153_408 + 200,
        "cache_write_tokens": 100,
        "output_tokens": 2_434 + 100,
        "reasoning_tokens": 34,
        "cost_reported": 5_000_000,
    },
    spoil=_spoil,
)

EXAMPLES = [SESSIONS]
