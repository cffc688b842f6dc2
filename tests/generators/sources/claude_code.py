"""What Claude Code leaves behind and tells its status line, as examples for the conformance kit.

The trees are those of `generators.claude_tree`, which has the truth about them: answers spread over lines, resumed and
forked sessions, subagents, replays.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from generators.claude_tree import Size, Tree, Truth
from generators.left import Step, lines
from tokometer.conformance import Example, Files, Requests

TREE: Final = Size(sessions=4, calls=36)
PLAIN: Final = Size(sessions=2, calls=12, forks=0, oddities=0)
PROJECTS: Final = ".claude/projects"
COWORK: Final = "Library/Application Support/Claude/local-agent-mode-sessions/org-1/user-1/local_1"


@cache
def tree(seed: int, size: Size) -> tuple[dict[Path, list[bytes]], Truth]:
    """A tree's files, and the truth about it."""
    made = Tree(seed, size)
    found = {file.path: file.lines for file in made.files()}
    return found, made.truth


def grown(seed: int, size: Size, projects: str, share: float) -> Step:
    """A step after which every file of a tree has a share of its lines."""

    def step(home: Path) -> None:
        for name, content in tree(seed, size)[0].items():
            path = home / projects / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(content[: round(len(content) * share)]))

    return step


def totals(seed: int, size: Size) -> dict[str, int]:
    """What a tree comes to."""
    files, truth = tree(seed, size)
    tokens = truth.tokens()
    return {
        "calls": len(truth.calls) + len(truth.failures),
        "errors": len(truth.failures),
        "input_tokens": tokens["input_tokens"],
        "cache_read_tokens": tokens["cache_read_tokens"],
        "cache_write_tokens": tokens["cache_write_5m_tokens"] + tokens["cache_write_1h_tokens"],
        "output_tokens": tokens["output_tokens"],
        "cost_reported": sum(round((call.cost or 0) * 10**9) for call in truth.calls),
        "tools": len(truth.tools),
        "runs": len({line for content in files.values() for line in map(_finished, content) if line}),
    }


def _finished(line: bytes) -> str:
    """The subagent that a line says has ended."""
    said = json.loads(line).get("toolUseResult")
    return str(said.get("agentId") or "") if isinstance(said, dict) else ""


def told(session: str, *, five_hour: float, cost: float, context: float) -> bytes:
    """What a status line is told."""
    return json.dumps(
        {
            "session_id": session,
            "transcript_path": f"/home/ada/.claude/projects/-home-ada-code/{session}.jsonl",
            "cwd": "/home/ada/code",
            "model": {"id": "claude-opus-4-5", "display_name": "Opus 4.5"},
            "workspace": {"current_dir": "/home/ada/code", "project_dir": "/home/ada/code"},
            "version": "2.1.220",
            "cost": {"total_cost_usd": cost, "total_duration_ms": 60_000, "total_api_duration_ms": 20_000},
            "context_window": {"context_window_size": 200_000, "used_percentage": context},
            "exceeds_200k_tokens": False,
            "rate_limits": {
                "five_hour": {"used_percentage": five_hour, "resets_at": 1_788_267_600},
                "seven_day": {"used_percentage": 41.2, "resets_at": 1_788_800_000},
            },
        }
    ).encode()


EXAMPLES: list[Example] = [
    Files("tree", "lines", [grown(7, TREE, PROJECTS, share) for share in (0.4, 1.0)], totals(7, TREE)),
    Files(
        "cowork",
        "lines",
        [
            grown(8, PLAIN, f"{COWORK}/.claude/projects", 1.0),
            # Repeats what stands in the transcripts.
            lines(f"{COWORK}/audit.jsonl", {"type": "assistant", "message": {"usage": {"input_tokens": 9_999}}}),
        ],
        totals(8, PLAIN),
    ),
    Requests(
        "statusline",
        "/api/webhooks/claude-code/statusline",
        [
            (told("s-1", five_hour=24.0, cost=1.25, context=9.0), "application/json"),
            (told("s-1", five_hour=24.0, cost=1.25, context=9.0), "application/json"),
            (told("s-2", five_hour=25.0, cost=0.10, context=3.0), "application/json"),
        ],
        # Two uses of one window, one of the other; context and cost of two sessions.
        {"samples": 7},
    ),
]
