"""What Codex leaves behind, as examples for the conformance kit.

The trees are those of `generators.codex_tree`, which plays them and has the truth: every generation, forks and spawned
threads that copy their parents' lines, compactions, limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from generators.codex_tree import Thread, play
from generators.left import Step
from tokometer.conformance import Example, Files

SEED: Final = 21
THREADS: Final = 6


def written(seed: int, share: float, *, archive: float = 0.0) -> Step:
    """A step after which every rollout of a tree has a share of its bytes."""

    def step(home: Path) -> None:
        for path in play(seed, threads=THREADS).write(home / ".codex", archive=archive).files():
            data = path.read_bytes()
            end = len(data) if share == 1 else data.rfind(b"\n", 0, round(len(data) * share)) + 1
            path.write_bytes(data[:end])

    return step


def totals(seed: int) -> dict[str, int]:
    """What a tree comes to."""
    played = play(seed, threads=THREADS)
    truth = played.truth
    calls, given, read, wrote, output, reasoning = truth.totals()
    # A thread that goes on from another begins with its lines.
    summed = {line["timestamp"] for thread in played.threads for line in thread.lines if line["type"] == "compacted"}
    return {
        "calls": calls,
        "input_tokens": given,
        "cache_read_tokens": read,
        "cache_write_tokens": wrote,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "tools": truth.tools,
        "runs": truth.turns,
        "samples": sum(map(_moved, played.threads)),
        **({"steps": len(summed)} if summed else {}),
    }


def _moved(thread: Thread) -> int:
    """How often a thread says that a plan's limit has moved, where it is certain that it is the thread that says so.

    It never is in a child without turn ids, and is not in the row that a spawned thread begins with.
    """
    if thread.depth and thread.generation == "plain":
        return 0
    rows = [line["payload"] for line in thread.lines if line["payload"].get("type") == "token_count"]
    used = [row["rate_limits"]["primary"]["used_percent"] for row in rows[1 if thread.subagent else 0 :]]
    return len(set(used))


EXAMPLES: list[Example] = [
    Files("tree", "lines", (written(SEED, 0.5), written(SEED, 1)), totals(SEED)),
    Files("archived", "lines", (written(SEED + 1, 1, archive=1.0),), totals(SEED + 1)),
]
