"""How long commands take that have nothing to do: start-up, and nothing new.

    python benchmarks/start.py [--runs 15]

Every command runs in turn, several times over, on a small ledger in a home of its own. The floor is an interpreter that
does nothing. Targets: `--version` within 150 ms; an import with nothing new within 100 ms of its own start-up.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
COMMAND = str(Path(sys.executable).with_name("tokometer"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "tokometer --version": [COMMAND, "--version"],
    "tokometer --help": [COMMAND, "--help"],
    "tokometer import --help": [COMMAND, "import", "--help"],
    "tokometer import (nothing new)": [COMMAND, "import"],
    "tokometer report (nothing new)": [COMMAND, "report"],
    "tokometer query": [COMMAND, "query", "--measure", "calls.cost", "--since", "all"],
    "tokometer doctor": [COMMAND, "doctor"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        env = prepare(Path(folder))
        took: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(runs):
            for name, command in COMMANDS.items():
                started = time.perf_counter()
                subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
                took[name].append(time.perf_counter() - started)
    print(f"{'command':34}{'median':>10}{'best':>10}   ({runs} runs each, in turn)")
    for name, times in took.items():
        print(f"{name:34}{statistics.median(times) * 1000:>7.0f} ms{min(times) * 1000:>7.0f} ms")


def prepare(home: Path) -> dict[str, str]:
    """A home with a few hundred calls of Claude Code, imported."""
    from generators.claude_tree import Size, Tree

    Tree(1, Size(sessions=20, calls=600)).write(home / ".claude" / "projects")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TZ": "UTC"}
    subprocess.run([COMMAND, "import"], env=env, stdout=subprocess.DEVNULL, check=True)
    return env


if __name__ == "__main__":
    main()
