"""`tokometer query`."""

from __future__ import annotations

import csv
import io
import json

from generators.claude_tree import Truth

from .conftest import Shell

Used = tuple[Shell, Truth]
ALL = ("--since", "all")


def test_json_shape(used: Used) -> None:
    """JSON has typed columns and rows; money is decimal text."""
    shell, truth = used
    done = shell.run(
        "query", "--measure", "calls.requests", "--measure", "calls.cost", "--by", "calls.model", *ALL, "--json"
    )
    answer = json.loads(done.stdout)
    assert [column["name"] for column in answer["columns"]] == ["model", "requests", "cost"]
    assert [column["type"] for column in answer["columns"]] == ["text", "integer", "money"]
    assert sum(row["requests"] for row in answer["rows"]) == len(truth.calls) + len(truth.failures)
    assert all(isinstance(row["cost"], str | None) for row in answer["rows"])


def test_filters_and_order(used: Used) -> None:
    """Filters keep what they say, order and limit cut."""
    shell, _ = used
    words = ("query", "--measure", "calls.total_tokens", "--by", "calls.model", *ALL, "--json")
    answer = json.loads(shell.run(*words, "--order", "-calls.total_tokens", "--limit", "2").stdout)
    [first, second] = answer["rows"]
    assert first["total_tokens"] >= second["total_tokens"]
    only = json.loads(shell.run(*words, "--where", f"calls.model={first['model']}").stdout)["rows"]
    assert only == [first]
    without = json.loads(shell.run(*words, "--where", f"calls.model!={first['model']}").stdout)["rows"]
    assert first["model"] not in [row["model"] for row in without]


def test_table_and_csv_agree(used: Used) -> None:
    """The table and CSV show the same rows."""
    shell, _ = used
    words = ("query", "--measure", "calls.requests", "--by", "calls.day", *ALL)
    lines = shell.run(*words).stdout.splitlines()[2:]
    rows = list(csv.reader(io.StringIO(shell.run(*words, "--csv").stdout, newline="")))[1:]
    assert [line.split() for line in lines] == rows


def test_grain_makes_a_series(used: Used) -> None:
    """`--grain` adds a time column."""
    done = used[0].run("query", "--measure", "calls.requests", "--grain", "month", *ALL, "--json")
    assert json.loads(done.stdout)["columns"][0]["name"] == "time"


def test_misspelt_measure(used: Used) -> None:
    """A measure that does not exist is one line with the one that may have been meant, and exit code 2."""
    error = used[0].run("query", "--measure", "calls.cots", code=2).stderr
    assert "did you mean 'calls.cost'" in error
    assert error.count("\n") == 1


def test_bad_filter(used: Used) -> None:
    """A filter that is none says how to write one."""
    error = used[0].run("query", "--measure", "calls.cost", "--where", "nonsense", code=2).stderr
    assert "<dimension> <operator> <value>" in error


def test_judgement(used: Used) -> None:
    """A judgement is asked like a measure; what is unknown is a dash in the table and nothing in CSV."""
    shell, _ = used
    words = ("query", "--measure", "judgement.profit", "--by", "calls.model", *ALL)
    [row, *_] = json.loads(shell.run(*words, "--json").stdout)["rows"]
    assert row["profit"] is None
    assert row["basis"] == "no revenue configured"
    assert row["standing"] == "none"
    assert "no revenue configured" in shell.run(*words).stdout
    rows = list(csv.DictReader(io.StringIO(shell.run(*words, "--csv").stdout, newline="")))
    assert {row["Profit (USD)"] for row in rows} == {""}


def test_misspelt_judgement(used: Used) -> None:
    """A judgement that does not exist is one line with the one that may have been meant."""
    error = used[0].run("query", "--measure", "judgement.profits", code=2).stderr
    assert "did you mean 'judgement.profit'" in error


def test_a_value_that_nothing_has(used: Used) -> None:
    """It is said with the one that may have been meant, whatever the form of the answer."""
    shell, _ = used
    words = ("query", "--measure", "calls.cost", "--where", "calls.provider=anthropc")
    for form in ((), ("--json",), ("--csv",), ("--by", "calls.model")):
        done = shell.run(*words, *form)
        assert "Nothing has calls.provider 'anthropc'; did you mean 'anthropic'?" in done.stderr
    done = shell.run("query", "--measure", "calls.cost", "--where", "calls.provider=zzz")
    assert "Nothing has calls.provider 'zzz'; there are anthropic" in done.stderr


def test_nothing_in_the_window(used: Used) -> None:
    """No rows come with when there was something last; an answer of zeros that is one does not."""
    shell, _ = used
    done = shell.run("query", "--measure", "calls.cost", "--by", "calls.model", "--since", "15m")
    assert "There is nothing in this window. Last use: " in done.stderr
    assert "--since all shows it" in done.stderr
    none = shell.run("query", "--measure", "calls.audio_tokens")
    assert none.stderr.startswith("Window: ")


def test_a_judgement_keeps_its_own_window(used: Used) -> None:
    """It says which that is; one that has none is about all time, like everything else."""
    shell, _ = used
    own = shell.run("query", "--measure", "judgement.health_score", "--json")
    assert "Window: all time" not in own.stderr
    assert "Window: all time" in shell.run("query", "--measure", "judgement.profit").stderr
