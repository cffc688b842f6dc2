"""`tokometer report`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators.claude_tree import Truth
from tokometer.measures.windows import NAMED

from .conftest import Shell

Used = tuple[Shell, Truth]
KINDS = ("daily", "weekly", "monthly", "session", "model", "agent")


def report(shell: Shell, *arguments: str) -> dict[str, Any]:
    """A report as JSON."""
    found: dict[str, Any] = json.loads(shell.run("report", *arguments, "--json").stdout)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_totals_are_the_truth(used: Used, kind: str) -> None:
    """Whatever the rows stand for, the totals are what was used, and the rows add up to them."""
    shell, truth = used
    found = report(shell, kind)
    assert found["totals"]["requests"] == len(truth.calls) + len(truth.failures)
    assert found["totals"]["total_tokens"] == sum(call.usage.total for call in truth.calls)
    for name in ("requests", "total_tokens", "output_tokens"):
        assert sum(row[name] for row in found[kind]) == found["totals"][name]
    costs = [row["cost"] for row in found[kind] if row["cost"] is not None]
    assert sum(map(Decimal, costs)) == Decimal(found["totals"]["cost"])


def test_money_is_exact_text(used: Used) -> None:
    """JSON has money as a decimal string with nine places."""
    cost = report(used[0])["totals"]["cost"]
    assert isinstance(cost, str)
    assert len(cost.partition(".")[2]) == 9


def test_models_of_a_row_add_up(used: Used) -> None:
    """A day's models make up the day."""
    for row in report(used[0])["daily"]:
        assert sum(amount["total_tokens"] for amount in row["models"].values()) == row["total_tokens"]


def test_table(used: Used) -> None:
    """The table has a row per day and ends with a total."""
    shell, _ = used
    found = report(shell)
    lines = shell.run("report").stdout.splitlines()
    assert lines[0].split()[0] == "Date"
    assert "Cost (USD)" in lines[0]
    assert lines[-1].startswith("Total")
    assert f"{found['totals']['total_tokens']:,}" in lines[-1]
    for row in found["daily"]:
        assert any(line.startswith(row["date"]) for line in lines)


def test_narrow_terminal(used: Used) -> None:
    """A narrow terminal gets fewer columns, and no line wider than it."""
    lines = used[0].run("report", COLUMNS="70").stdout.splitlines()
    assert "Cache Read" not in lines[0]
    assert max(map(len, lines)) <= 70


def test_breakdown(used: Used) -> None:
    """`--breakdown` adds a line per model, without the date of its release."""
    text = used[0].run("report", "--breakdown").stdout
    assert "└ claude-" in text
    assert "20250929" not in text


def test_csv(used: Used) -> None:
    """CSV has a header, a line per row, and exact money."""
    shell, _ = used
    found = report(shell)
    rows = list(csv.DictReader(io.StringIO(shell.run("report", "--csv").stdout, newline="")))
    assert [row["date"] for row in rows] == [row["date"] for row in found["daily"]]
    assert sum(int(row["total_tokens"]) for row in rows) == found["totals"]["total_tokens"]
    assert sum(Decimal(row["cost"] or 0) for row in rows) == Decimal(found["totals"]["cost"])


def test_window_and_zone(used: Used) -> None:
    """`--since` and `--until` count both days, in the zone that is asked for."""
    shell, truth = used
    first = min(truth.total_by_day())
    day = (date(1970, 1, 1) + timedelta(days=first)).isoformat()
    [only] = report(shell, "--since", day, "--until", day)["daily"]
    assert only["date"] == day
    assert only["total_tokens"] == truth.total_by_day()[first]
    assert report(shell, "--tz", "Pacific/Kiritimati")["totals"] == report(shell)["totals"]


def test_new_usage_is_imported_first(shell: Shell) -> None:
    """A report finds usage that was never imported, and `--no-import` leaves it out."""
    project = shell.home / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    (project / "s.jsonl").write_text(
        '{"type":"assistant","timestamp":"2026-11-20T10:00:00.000Z","sessionId":"s","uuid":"u","requestId":"r1",'
        '"message":{"id":"m1","role":"assistant","model":"made-up-model-9",'
        '"usage":{"input_tokens":10,"output_tokens":5}}}\n'
    )
    before = shell.run("report", "--no-import")
    assert before.stdout == ""
    assert "No usage found" in before.stderr
    done = shell.run("report")
    assert "unpriced" in done.stdout
    assert "$0" not in done.stdout.splitlines()[2]
    assert "made-up-model-9" in done.stderr
    assert report(shell)["totals"]["cost"] is None


def test_colours_follow_the_environment(used: Used) -> None:
    """No colours in a pipe, colours where they are forced, and none whatever else where NO_COLOR is set."""
    shell, _ = used
    assert "\x1b[" not in shell.run("report").stdout
    assert "\x1b[" in shell.run("report", FORCE_COLOR="1").stdout
    assert "\x1b[" not in shell.run("report", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_misspelt_zone(used: Used) -> None:
    """A zone that does not exist is one line with the one that may have been meant."""
    error = used[0].run("report", "--tz", "Europe/Berlln", code=2).stderr
    assert "Europe/Berlin" in error
    assert error.count("\n") == 1


def test_the_windows_own_files_are_reported_before_the_rest_is_read(shell: Shell) -> None:
    """On an empty ledger: the answer is there first, says how far the import is, and everything is in at the end."""
    now = datetime.now(UTC)
    projects = shell.home / ".claude/projects/-shop"
    projects.mkdir(parents=True)
    for number in range(4):
        at = now - timedelta(days=number * 40)
        line = {
            "type": "assistant",
            "uuid": str(number),
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "requestId": f"r{number}",
            "message": {
                "id": f"m{number}",
                "model": "claude-sonnet-4-5",
                "usage": {"input_tokens": 10 ** (number + 1), "output_tokens": 1},
            },
        }
        padding = json.dumps({"type": "user", "message": {"content": "x" * (1 << 20)}})
        path = projects / f"{number}.jsonl"
        path.write_text(f"{padding}\n{json.dumps(line)}\n")
        os.utime(path, (at.timestamp(),) * 2)
    done = shell.run("report", "--since", "7d", "--json")
    found = json.loads(done.stdout)
    assert found["totals"]["input_tokens"] == 10
    assert (found["reading"]["files"], found["reading"]["all_files"]) == (1, 4)
    assert "Read 1 of 4 files, back to " in done.stderr
    assert "importing the rest" in done.stderr
    again = report(shell, "--since", "all", "--no-import")
    assert (again["totals"]["input_tokens"], "reading" in again) == (11_110, False)
    table = shell.run("report", "--since", "today")
    assert "Read " not in table.stderr


def old_usage(shell: Shell) -> None:
    """One session of some months ago."""
    project = shell.home / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    line = {
        "type": "assistant",
        "timestamp": "2026-08-01T10:00:00.000Z",
        "sessionId": SESSION,
        "uuid": "u",
        "requestId": "r1",
        "message": {
            "id": "m1",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 90_000},
        },
    }
    (project / f"{SESSION}.jsonl").write_text(json.dumps(line) + "\n")


SESSION = "0b1c2d3e-4f50-4a6b-8c7d-0123456789ab"


def test_usage_before_the_window_is_not_none(shell: Shell) -> None:
    """A window without usage says when there was some last, and how to see it."""
    old_usage(shell)
    done = shell.run("report", "--since", "7d")
    assert done.stdout == ""
    assert "No usage in this window. Last use: 1 Aug 2026; --since all shows it." in done.stderr
    assert "2026-08-01" in shell.run("report", "--since", "all").stdout


def test_every_answer_says_its_window(shell: Shell) -> None:
    """On stderr and in JSON; without --since it is all time, in reports as in queries."""
    old_usage(shell)
    for words in (
        ("report",),
        ("report", "--csv"),
        ("report", "--json"),
        ("query", "--measure", "calls.cost"),
        ("query", "--measure", "calls.cost", "--json"),
        ("query", "--measure", "calls.cost", "--csv"),
    ):
        done = shell.run(*words)
        assert "Window: all time, from 1 Aug 2026 to now, in UTC" in done.stderr
        assert "Window" not in done.stdout
    assert "Window: 1 Aug 2026 to 2 Aug 2026, in Asia/Tokyo" in (
        shell.run("report", "--since", "2026-08-01", "--until", "2026-08-02", "--tz", "Asia/Tokyo").stderr
    )
    assert "Window: 1 Aug 2026, in UTC" in shell.run("report", "--since", "2026-08-01", "--until", "2026-08-01").stderr
    window = report(shell)["window"]
    assert (window["since"], window["tz"]) == ("2026-08-01T00:00:00Z", "UTC")
    asked = json.loads(shell.run("query", "--measure", "calls.cost", "--json").stdout)
    assert asked["meta"]["since"] == window["since"]
    for command in ("report", "query"):
        assert "[default: all]" in " ".join(shell.run(command, "--help").stdout.split())


def test_a_pipe_gets_whole_names(shell: Shell) -> None:
    """Who reads a pipe has no window to fit in: a session's id is whole, whatever $COLUMNS is."""
    old_usage(shell)
    assert SESSION in shell.run("report", "session", COLUMNS="").stdout
    assert SESSION in shell.run("report", "session", COLUMNS="60").stdout
    assert SESSION in shell.run("query", "--measure", "calls.cost", "--by", "calls.session", COLUMNS="20").stdout


def test_eighty_columns_show_the_total(shell: Shell) -> None:
    """Most tokens are the cache's: whatever is left out, the total is not."""
    old_usage(shell)
    lines = shell.run("report", COLUMNS="80").stdout.splitlines()
    assert "Total Tokens" in lines[0]
    assert "90,015" in lines[-1]
    assert max(map(len, lines)) <= 80


def test_two_forms_at_once_are_refused(shell: Shell) -> None:
    """Whichever was printed, somebody waited for the other one."""
    for command in (("report",), ("query", "--measure", "calls.cost")):
        for words in (("--json", "--csv"), ("--csv", "--json")):
            assert "--json and --csv" in shell.run(*command, *words, code=2).stderr


def test_one_is_no_plural(shell: Shell) -> None:
    """One file is one file."""
    old_usage(shell)
    assert shell.run("import").stdout.startswith("1 file, 1 of them with something new")
    assert "Nothing new in 1 file (" in shell.run("import").stdout
    doctor = shell.run("doctor").stdout
    assert "of 1 call has a price" in doctor
    assert "1 calls" not in doctor


@pytest.mark.parametrize("command", ["report", "query"])
def test_help_names_every_window(command: str, shell: Shell) -> None:
    """What --since takes is what its help says."""
    text = shell.run(command, "--help").stdout
    assert set(NAMED) <= set(re.findall(r"\w+", text))
