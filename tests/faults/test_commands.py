"""Whatever is typed, set or left closed: a command says in one line what is wrong, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.budget import Budget
from servers.whole import environment
from tokometer.cli.app import run

#: Variables that say what cannot be meant.
VARIABLES = [
    *(
        ("TOKOMETER_MEMORY", value)
        for value in ("lots", "-1", "0", "1KB", "999999999TB", "'; DROP", "1e9", "100%", "\u0661GB")
    ),
    *(("TOKOMETER_KEEP_LOGS", value) for value in ("x", "0", "-1", "9" * 30, "1.5")),
    ("TOKOMETER_KEEP_ERROR_DETAILS", "never"),
    ("TOKOMETER_KEEP_BODIES", "perhaps"),
    *(
        ("TOKOMETER_LEDGER", value)
        for value in (
            *("nonsense", "ftp://x/y", "clickhouse://h:99999/x", "clickhouse://h:abc/x", "clickhouse://[::1/x"),
            *("chdb://memory/a-b", "chdb://memory/\u0430", "clickhouse://h/a;b"),
        )
    ),
    ("TOKOMETER_DATA", "~nobodyhere/x"),
]
#: Command lines that cannot be meant; `{data}` is a folder.
LINES = [
    "doctor --data /dev/null",
    "doctor --data /proc/self/x",
    "doctor --data /etc/passwd",
    "doctor --data ~nobodyhere/x",
    "doctor --data {data}/x\udcff",
    "report --data {data}/" + "x" * 300,
    "serve --port 70000",
    "serve --port x",
    "serve --port 0 --host 999.1.1.1 --data {data}",
    "serve --port 0 --host localhost:80 --data {data}",
    "serve --port 0 --host a\udcff --data {data}",
    "serve --port 0 --host " + "a" * 300 + " --data {data}",
    "query",
    "query --measure nonsense --data {data}",
    "query --measure calls.cost --order time --data {data}",
    "query --measure calls.\udcff --data {data}",
    "query --measure calls.cost --where calls.model=\udcff --data {data}",
    "query --measure calls.cost --where calls.model --data {data}",
    "query --measure calls.cost --since 9999-99-99 --data {data}",
    "query --measure calls.cost --tz /etc/passwd --data {data}",
    "query --measure calls.cost --tz \udcff --data {data}",
    "query --measure calls.cost --limit 99999999999999999999 --data {data}",
    "query --measure calls.cost --json --csv --data {data}",
    "import /nowhere/at/all --data {data}",
    "import {data}/x\udcff --data {data}",
    "import --source nonsense --data {data}",
    "report nonsense --data {data}",
    "report --since nonsense --data {data}",
    "report --tz nonsense --data {data}",
    "report --since 2026-01-02 --until 2026-01-01 --data {data}",
    "demo --days 0",
    "nonsense",
    "\udcff",
    "--nonsense",
]


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    said = capsys.readouterr().err
    assert "Traceback" not in said
    lines = said.strip().splitlines()
    assert len(lines) == 1, said
    return lines[0]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TOKOMETER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("name", "value"), VARIABLES)
def test_a_variable_that_cannot_be_meant(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It is named, with what would be right, and nothing is begun."""
    monkeypatch.setenv(name, value)
    folder = [] if name == "TOKOMETER_DATA" else ["--data", str(tmp_path / "data")]
    command = ["serve", "--no-discover", "--port", "0"] if "KEEP" in name else ["doctor"]
    assert run([*command, *folder]) == 2
    assert name in complaint(capsys)


@pytest.mark.parametrize("line", LINES, ids=lambda line: ascii(line)[:60])
def test_a_command_line_that_cannot_be_meant(line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line says what is wrong with it; the exit code is that of a mistake or of what cannot be done."""
    words = line.replace("{data}", str(tmp_path / "data")).split(" ")
    assert run(words) in (2, 3)
    said = complaint(capsys)
    assert said.startswith("Error: ")
    assert said.isprintable()


#: Each is tried with each stream; most only in the long form.
COMMANDS = ["doctor", "--version"]
if Budget.from_environment().long:
    COMMANDS += ["import", "query --measure calls.cost", "--help"]
TOKOMETER = [sys.executable, "-c", "import sys; from tokometer.cli import main; sys.exit(main())"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "redirected", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", ">/dev/full", ">/dev/full 2>/dev/full", "| true"]
)
def test_streams_that_are_closed_or_full(command: str, redirected: str, tmp_path: Path) -> None:
    """Nothing is written into a file that has a closed stream's number, and nobody sees a traceback."""
    home = tmp_path / "home"
    home.mkdir()
    env = environment(home) | {"TOKOMETER_DATA": str(tmp_path / "data"), "PYTHONIOENCODING": "ascii"}
    words = " ".join(f"'{word}'" for word in [*TOKOMETER, *command.split()])
    done = subprocess.run(["sh", "-c", f"{words} {redirected}"], env=env, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    if redirected in (">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| true"):
        assert done.returncode == 0
    # A ledger could only be hurt by what was written into a stream that took the number of its file.
    if command != "doctor" or not ("&-" in redirected or Budget.from_environment().long):
        return
    again = subprocess.run([*TOKOMETER, "doctor", "--audit"], env=env, capture_output=True, timeout=60, check=False)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("columns", ["5", "0", "abc", "-1", "99999999999"])
def test_terminals_of_any_width(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """However narrow it says it is, there is a table."""
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["doctor", "--data", str(tmp_path / "data")]) == 0
    assert "Claude" in capsys.readouterr().out
