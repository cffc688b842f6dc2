"""Transcripts: importing 600 MB of Claude Code's, beside the tools that only read and add them up.

    python benchmarks/transcripts.py [--runs 5] [--keep DIR] [--small]

Writes a made-up tree (tests/generators/claude_tree.py), installs the peers from the npm registry into a temporary
folder, runs every command in turn, several times over, with HOME set to the tree, and prints medians, ratios and peak
memory. Then compares totals: ours with the truth, and the peers' with both.

The peers are ccusage 20.0.24 (its native binary) and tokscale 4.17.0. There is no need for a network beyond the
registry: both fall back to the prices that they carry.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from generators.claude_tree import LARGE, Size, Tree, Truth  # noqa: E402 - found through the line above

CCUSAGE = "20.0.24"
TOKSCALE = "4.17.0"
TOKOMETER = [str(Path(sys.executable).parent / "tokometer")]


@dataclass(slots=True)
class Command:
    """Something to time. `before` makes it cold again and is not timed."""

    name: str
    argv: list[str]
    before: Callable[[], None] = lambda: None
    seconds: list[float] = field(default_factory=list)
    #: Processor time of it and its children, which other work on the machine changes less.
    processor: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    output: str = ""

    @property
    def median(self) -> float:
        """The median of what it took, in seconds."""
        return statistics.median(self.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder to keep the tree and the peers in, for the next time")
    parser.add_argument("--small", action="store_true", help="a tenth of the size")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tokometer-transcripts-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run(folder, options.runs, small=options.small)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


def run(folder: Path, runs: int, *, small: bool) -> None:
    home, data = folder / "home", folder / "data"
    truth = make_tree(home, small=small)
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "NO_COLOR": "1", "TZ": "UTC"}

    def empty() -> None:
        shutil.rmtree(data, ignore_errors=True)

    def forget_prices() -> None:
        empty()
        shutil.rmtree(home / ".cache/tokometer", ignore_errors=True)

    def forget_cache() -> None:
        for name in (".cache/tokscale", ".config/tokscale"):
            shutil.rmtree(home / name, ignore_errors=True)

    def grow() -> None:
        file = max((home / ".claude" / "projects").rglob("*.jsonl"), key=lambda path: path.stat().st_size)
        lines = file.read_bytes().splitlines(keepends=True)
        with file.open("ab") as out:
            out.writelines(line.replace(b'"id":"msg_', b'"id":"msg_z') for line in lines[-3:])

    take_in = [*TOKOMETER, "import", "--source", "claude_code", "--json", "--data", str(data)]
    ours = Command("tokometer import, empty ledger", take_in, empty)
    # It has to import the price catalogue, in every process that reads.
    first = Command("tokometer import, first ever", take_in, forget_prices)
    commands = [first, ours]
    peers = install_peers(folder / "peers")
    if "ccusage" in peers:
        commands.append(Command("ccusage, native", [peers["ccusage"], "claude", "daily", "--json", "--offline"]))
    if "tokscale" in peers:
        argv = [peers["tokscale"], "--json", "--client", "claude", "--no-spinner"]
        commands.append(Command("tokscale, cold", argv, forget_cache))
    measure(commands, env, runs)
    compare(truth, commands, data)
    again = Command("tokometer import, nothing new", take_in)
    grown = Command("tokometer import, one file grown", take_in, grow)
    version = Command("tokometer --version", [*TOKOMETER, "--version"])
    later = [again, grown, version]
    # The tree changes from here on.
    measure(later, env, runs)
    report([*commands, *later], ours)


def make_tree(home: Path, *, small: bool) -> Truth:
    size = LARGE
    if small:
        size = Size(
            sessions=LARGE.sessions // 10,
            calls=LARGE.calls // 10,
            result=LARGE.result,
            days=30,
            oddities=LARGE.oddities,
        )
    projects = home / ".claude" / "projects"
    shutil.rmtree(home, ignore_errors=True)
    truth = Tree(1, size, str(home)).write(projects)
    files = list(projects.rglob("*.jsonl"))
    total = sum(file.stat().st_size for file in files)
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    print(f"{total / 1e6:,.0f} MB in {len(files)} files, {lines:,} lines, {len(truth.calls):,} calls\n")
    return truth


def install_peers(folder: Path) -> dict[str, str]:
    """The peers' native binaries, from the npm registry; those that there is no binary of for this machine are left."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform != "linux" or platform.machine() != "x86_64":
        print("the peers' binaries are installed on Linux x86-64 only")
        return {}
    wanted = [f"ccusage@{CCUSAGE}", f"@tokscale/cli-linux-x64-gnu@{TOKSCALE}"]
    if not (folder / "node_modules").exists():
        (folder / "package.json").write_text('{"private": true}')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *wanted], cwd=folder, check=True)
    binaries = {
        "ccusage": folder / "node_modules/@ccusage/ccusage-linux-x64/bin/ccusage",
        "tokscale": folder / "node_modules/@tokscale/cli-linux-x64-gnu/bin/tokscale",
    }
    for binary in binaries.values():
        binary.chmod(0o755)
    return {name: str(binary) for name, binary in binaries.items()}


def measure(commands: list[Command], env: dict[str, str], runs: int) -> None:
    """Each command in turn, again and again, so that whatever else the machine does hits all alike."""
    for number in range(runs + 1):
        for command in commands:
            command.before()
            with tempfile.TemporaryFile() as output:
                used = children_time()
                started = time.perf_counter()
                process = subprocess.Popen(command.argv, env=env, stdout=output, stderr=subprocess.DEVNULL)
                if number == 0:
                    # The first round warms the disk's cache and looks at memory, which costs time.
                    command.megabytes = peak_memory(process)
                process.wait()
                taken = time.perf_counter() - started
                output.seek(0)
                command.output = output.read().decode()
            if process.returncode:
                raise SystemExit(f"{command.name} failed with {process.returncode}")
            if number:
                command.seconds.append(taken)
                command.processor.append(children_time() - used)


def children_time() -> float:
    """Processor seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """The most that a process and its children held together, in MB; pages that they share count once."""
    most = 0
    while process.poll() is None:
        total = 0
        for pid in (process.pid, *children_of(process.pid)):
            try:
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                continue
        most = max(most, total)
        time.sleep(0.005)
    return most / 1000


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def compare(truth: Truth, commands: list[Command], data: Path) -> None:
    """Totals by bucket, and how far each tool is from the truth."""
    from tokometer.ledger import Statement
    from tokometer.ledger.opening import open_ledger

    true = truth.tokens()
    names = ("input", "cache read", "cache write", "output", "calls")
    rows: dict[str, tuple[Any, ...]] = {
        "truth": (
            true["input_tokens"],
            true["cache_read_tokens"],
            true["cache_write_5m_tokens"] + true["cache_write_1h_tokens"],
            true["output_tokens"],
            len(truth.calls),
        )
    }
    ledger = open_ledger(data, read_only=True)
    sql = """
        SELECT sum(input_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens + cache_write_1h_tokens),
               sum(output_tokens), count(*) FROM calls WHERE status = 'ok'
    """
    rows["tokometer"] = tuple(int(value) for value in ledger.fetch(Statement(sql))[0])
    ledger.close()
    for command in commands:
        if command.name.startswith("ccusage"):
            total = json.loads(command.output)["totals"]
            keys = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "outputTokens")
            rows["ccusage"] = (*(total[key] for key in keys), None)
        if command.name.startswith("tokscale"):
            entries = json.loads(command.output)["entries"]
            keys = ("input", "cacheRead", "cacheWrite", "output", "messageCount")
            rows["tokscale"] = tuple(sum(entry[key] for entry in entries) for key in keys)
    print(f"{'':12}" + "".join(f"{name:>16}" for name in names))
    for name, row in rows.items():
        print(f"{name:12}" + "".join(f"{'' if value is None else format(value, ','):>16}" for value in row))
    for name, row in rows.items():
        apart = [value - right for value, right in zip(row, rows["truth"], strict=True) if value is not None]
        if any(apart):
            print(f"{name} differs from the truth by {', '.join(f'{value:+,}' for value in apart)}")
    print()
    if rows["tokometer"] != rows["truth"]:
        raise SystemExit("our totals are wrong")


def report(commands: list[Command], ours: Command) -> None:
    print(f"{'':36}{'median':>9}{'best':>9}{'processor':>12}{'ours is':>12}{'peak memory':>14}")
    for command in commands:
        ratio = "" if "tokometer" in command.name else f"{ours.median / command.median:.2f} ×"
        print(
            f"{command.name:36}{command.median:>7.2f} s{min(command.seconds):>7.2f} s"
            f"{statistics.median(command.processor):>10.2f} s{ratio:>12}{command.megabytes:>11.0f} MB"
        )


if __name__ == "__main__":
    main()
