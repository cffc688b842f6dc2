"""`tokometer import`."""

from __future__ import annotations

import json
from shutil import rmtree

from generators.claude_tree import Size, Tree, Truth

from .conftest import Shell

Used = tuple[Shell, Truth]


def test_a_second_import_finds_nothing_new(used: Used) -> None:
    """What was imported is not read again."""
    shell, _ = used
    assert "Nothing new in " in shell.run("import").stdout


def test_json_summary(used: Used) -> None:
    """`--json` prints the summary as numbers."""
    shell, _ = used
    data = shell.home / "fresh"
    summary = json.loads(shell.run("import", "--json", "--data", str(data)).stdout)
    assert summary["accepted"] > 0
    assert summary["files"] == summary["all_files"] > 0
    assert summary["refused"] == 0


def test_the_price_catalogue_is_asked_once_per_user(shell: Shell) -> None:
    """A new data folder finds what the catalogue said before; without that, it is asked again."""
    Tree(7, Size(sessions=1, calls=5)).write(shell.home / ".claude" / "projects")
    told = [
        "genai_prices.data" in shell.run("import", "--data", str(shell.home / name), PYTHONPROFILEIMPORTTIME="1").stderr
        for name in ("one", "two")
    ]
    assert told == [True, False]
    rmtree(shell.home / ".cache" / "tokometer")
    again = shell.run("import", "--data", str(shell.home / "three"), PYTHONPROFILEIMPORTTIME="1")
    assert "genai_prices.data" in again.stderr


def test_no_files(shell: Shell) -> None:
    """Where no tool left anything, the summary says how to find out more."""
    assert "tokometer doctor" in shell.run("import").stdout


def test_named_paths(used: Used) -> None:
    """Named folders are read instead of the home's."""
    shell, _ = used
    elsewhere = shell.home / "elsewhere"
    source = next((shell.home / ".claude" / "projects").rglob("*.jsonl"))
    elsewhere.mkdir()
    (elsewhere / source.name).write_bytes(source.read_bytes())
    data = shell.home / "named"
    done = shell.run("import", "--json", "--source", "claude_code", "--data", str(data), str(elsewhere))
    assert json.loads(done.stdout)["all_files"] == 1


def test_broken_lines_are_shown(shell: Shell) -> None:
    """A line that cannot be believed is counted and shown with place and reason; the others are kept."""
    project = shell.home / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    good = (
        '{"type":"assistant","timestamp":"2026-11-20T10:00:00.000Z","sessionId":"s","uuid":"u","requestId":"r1",'
        '"message":{"id":"m1","role":"assistant","model":"claude-sonnet-4-5-20250929",'
        '"usage":{"input_tokens":%s,"output_tokens":5}}}\n'
    )
    (project / "s.jsonl").write_text(good % 10 + (good % -3).replace("m1", "m2").replace("r1", "r2"))
    text = shell.run("import").stdout
    assert "1  refused" in text
    assert "s.jsonl:" in text
    assert "input_tokens" in text


def test_unknown_source_is_suggested(shell: Shell) -> None:
    """A misspelt source gets the one that may have been meant."""
    error = shell.run("import", "--source", "claude-code", code=2).stderr
    assert "did you mean 'claude_code'?" in error


def test_missing_path(shell: Shell) -> None:
    """A path that is not there is named."""
    assert "there is no /nowhere" in shell.run("import", "/nowhere", code=2).stderr
