"""The command as a whole: what it imports, what it calls its mistakes, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from tokometer import __version__
from tokometer.cli.app import COMMANDS, run, tokometer

from .conftest import COMMAND, Shell


def imported(*arguments: str) -> set[str]:
    """The modules that a command line imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", COMMAND, *arguments], capture_output=True, text=True, check=True
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_version_imports_nothing(shell: Shell) -> None:
    """`--version` prints it and imports none of our dependencies."""
    assert shell.run("--version").stdout == f"tokometer {__version__}\n"
    assert not imported("--version") & {"click", "duckdb", "msgspec", "rich", "fastapi", "json", "tokometer.cli.app"}


def test_help_imports_no_command() -> None:
    """`--help` lists the commands without importing what they need."""
    modules = imported("--help")
    assert "click" in modules
    assert not modules & {"duckdb", "msgspec", "rich", "fastapi", "tokometer.ledger", "tokometer.cli.report"}


def test_help_lists_commands(shell: Shell) -> None:
    """Every command is in the help with its line."""
    text = shell.run("--help").stdout
    for name, (_, words) in COMMANDS.items():
        assert f"{name} " in text
        assert words in text


@pytest.mark.parametrize("name", COMMANDS)
def test_command_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself and its options."""
    command = tokometer.get_command(click.Context(tokometer), name)
    below = [[one] for one in command.commands] if isinstance(command, click.Group) else [[]]
    for words in below:
        assert run([name, *words, "--help"]) == 0
        text = capsys.readouterr().out
        assert f"tokometer {' '.join([name, *words])}" in text
        assert "--data DIR" in text


def test_query_ledger_is_not_needed_for_report_help() -> None:
    """The help of a command imports no engine."""
    assert not imported("report", "--help") & {"duckdb", "rich", "fastapi"}


def test_unknown_command_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt command is one line with what may have been meant, and exit code 2."""
    assert run(["reprot"]) == 2
    error = capsys.readouterr().err
    assert "did you mean 'report'?" in error
    assert error.count("\n") == 1


def test_misspelt_version_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    """Options of the command itself are suggested, too, and those of `serve` by `serve`."""
    assert run(["--verison"]) == 2
    assert "Did you mean '--version'?" in capsys.readouterr().err
    assert run(["--prot", "7421"]) == 2
    assert "--port" in capsys.readouterr().err


def test_usage_errors_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing option is one line that names the command's help."""
    assert run(["query"]) == 2
    error = capsys.readouterr().err
    assert "--measure" in error
    assert "tokometer query --help" in error
    assert error.count("\n") == 1


def test_options_without_a_command_are_for_serve(capsys: pytest.CaptureFixture[str]) -> None:
    """`tokometer --port x` is `tokometer serve --port x`."""
    assert run(["--port", "x"]) == 2
    assert "tokometer serve --help" in capsys.readouterr().err


def test_reader_that_has_gone(shell: Shell) -> None:
    """Writing to a pipe that nobody reads ends quietly with exit code 141."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [COMMAND, "query", "--help"], env=shell.env, stdout=writing, stderr=subprocess.PIPE
    ) as process:
        os.close(writing)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 141
    assert error == b""


def test_a_folder_that_cannot_be_made(shell: Shell) -> None:
    """A data folder that cannot be made is one line, not a traceback."""
    (shell.home / "file").write_text("")
    error = shell.run("query", "--measure", "calls.cost", "--data", str(shell.home / "file" / "data"), code=3).stderr
    assert "file" in error
    assert error.count("\n") == 1
