"""`tokometer doctor`."""

from __future__ import annotations

import json
import re
from contextlib import closing
from importlib import import_module

import duckdb
import msgspec

from generators.claude_tree import Size, Tree, Truth
from tokometer.conformance import Files
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.records import Commit, ModelCall, Notice, Refusal, Status
from tokometer.sources.registry import FILE_SOURCES

from .conftest import Shell

Used = tuple[Shell, Truth]


def test_check_up(used: Used) -> None:
    """It says what was found where, how much has a price, and how large the ledger is."""
    shell, truth = used
    found = json.loads(shell.run("doctor", "--json").stdout)
    claude = next(one for one in found["sources"] if one["name"] == "claude_code")
    assert claude["calls"] == len(truth.calls) + len(truth.failures)
    assert claude["files"] > 0
    assert claude["folders"] == [str(shell.home / ".claude" / "projects")]
    assert found["prices"]["calls"] == len(truth.calls) + len(truth.failures)
    assert found["ledger"]["rows"]["calls"] == len(truth.calls) + len(truth.failures)
    assert found["ledger"]["engine"] == "duckdb"
    assert found["audit"] is None
    text = shell.run("doctor").stdout
    assert "Claude Code" in text
    assert str(shell.data) in text


def test_empty_machine(shell: Shell) -> None:
    """On an empty machine it says that nothing was found, and that is no failure."""
    text = shell.run("doctor", "--audit").stdout
    for folder in (".claude/projects", ".config/claude/projects", ".codex/sessions"):
        assert f"{shell.home / folder} (not there)" in text
    assert "no calls yet" in text
    assert "every rollup equals its records" in text


def test_models_without_a_price(shell: Shell) -> None:
    """Models that nobody has a price for are listed with their calls."""
    project = shell.home / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    (project / "s.jsonl").write_text(
        '{"type":"assistant","timestamp":"2026-11-20T10:00:00.000Z","sessionId":"s","uuid":"u","requestId":"r1",'
        '"message":{"id":"m1","role":"assistant","model":"made-up-model-9",'
        '"usage":{"input_tokens":10,"output_tokens":5}}}\n'
    )
    shell.run("import")
    text = shell.run("doctor").stdout
    assert "made-up-model-9" in text
    assert "0.00% of 1 call has a price" in text
    assert "1 call of a model without a price" in text
    assert "unknown usage" not in text


def test_what_was_not_understood(shell: Shell) -> None:
    """Names that no rule read are listed with their count, an example, and what would mend them."""
    with closing(open_ledger(shell.data)) as ledger:
        ledger.commit(Batch(notices=[Notice("codex", "tier", f"t{n:02}", f"/x/{n}.jsonl:7", n + 1) for n in range(12)]))
    found = json.loads(shell.run("doctor", "--json").stdout)["notices"]
    assert (found["count"], found["names"], found["by_source"]) == (78, 12, {"codex": 78})
    assert found["listed"][0]["name"] == "t11"
    text = shell.run("doctor").stdout
    assert "12 names that no rule understood, met 78 times" in text
    assert "codex, tier t11: 12 times, as in /x/11.jsonl:7" in text
    assert "and 2 more" in text
    assert "service_tier" in text


def test_what_is_priced_on_an_assumption(shell: Shell) -> None:
    """How many calls, at what cost, on which assumption, and what would mend it."""
    with closing(open_ledger(shell.data)) as ledger:
        ledger.commit(
            Batch(
                [
                    ModelCall(
                        source="api",
                        native_id=f"{n}",
                        started_at=1_790_000_000_000_000,
                        provider="openai",
                        model="gpt-5",
                        input_tokens=1,
                        cost_priced=2_000_000_000,
                        price_basis="assumed:tier",
                    )
                    for n in range(3)
                ]
            )
        )
    found = json.loads(shell.run("doctor", "--json").stdout)["prices"]
    assert (found["assumed"], found["cost_assumed"], found["unpriced"]) == (3, "6.000000000", 0)
    assert [(one["words"], one["calls"], one["cost"]) for one in found["uncertain"]] == [(["tier"], 3, "6.000000000")]
    text = shell.run("doctor").stdout
    assert "3 are priced on an assumption, $6.00 of the cost" in text
    assert "assumed (tier): gpt-5 (openai), 3 calls, $6.00" in text
    assert "tier: Add a [[price]] with this service_tier" in text
    reported = shell.run("report", "--no-import")
    assert "≈$6.00" in reported.stdout
    assert "≈ 3 calls have an assumed price, $6.00 of the cost" in reported.stderr
    totals = json.loads(shell.run("report", "--no-import", "--json").stdout)["totals"]
    assert (totals["assumed"], totals["cost_assumed"]) == (3, "6.000000000")


def test_audit_finds_a_wrong_rollup(shell: Shell) -> None:
    """A rollup that differs from its records is named, and the exit code is 1."""
    Tree(3, Size(sessions=1, calls=4)).write(shell.home / ".claude" / "projects")
    shell.run("report")
    assert "every rollup equals its records" in shell.run("doctor", "--audit").stdout
    with duckdb.connect(str(shell.data / "ledger.duckdb")) as connection:
        connection.execute("UPDATE cells SET output_tokens = output_tokens + 1")
    done = shell.run("doctor", "--audit", code=1)
    assert "cells.output_tokens" in done.stdout
    assert json.loads(shell.run("doctor", "--audit", "--json", code=1).stdout)["audit"]["count"] > 0


def test_what_has_no_price_and_what_nobody_knows_the_usage_of(shell: Shell) -> None:
    """A timeout of a model with a price is no model without a price: each is counted, named and mended by itself."""
    with closing(open_ledger(shell.data)) as ledger:
        ledger.commit(Batch([call("1", "gpt-5", "unpriced:no-usage", status="timeout"), *of_unknown_model(2)]))
    found = json.loads(shell.run("doctor", "--json").stdout)["prices"]
    assert (found["unpriced"], found["no_price"], found["usage_unknown"]) == (3, 2, 1)
    assert found["unpriced_models"] == [
        {"provider": "openai", "model": "made-up-9", "calls": 2, "no_price": 2, "usage_unknown": 0},
        {"provider": "openai", "model": "gpt-5", "calls": 1, "no_price": 0, "usage_unknown": 1},
    ]
    text = shell.run("doctor").stdout
    assert "2 calls of models without a price" in text
    assert "1 call of unknown usage, whatever the model costs" in text
    assert "no price (no-price): made-up-9 (openai), 2 calls" in text
    assert "unknown usage (no-usage): gpt-5 (openai), 1 call" in text
    reported = shell.run("report", "model", "--no-import")
    assert "2 calls of models without a price: made-up-9 and 1 call of unknown usage" in reported.stderr


def test_successes_without_a_price_beside_errors_that_cost_nothing(shell: Shell) -> None:
    """Their cost is unknown, not $0, in the report, in a query's table, in JSON and in CSV."""
    refused = call("9", "made-up-9", "", status="rate_limit")
    with closing(open_ledger(shell.data)) as ledger:
        ledger.commit(Batch([*of_unknown_model(2), msgspec.structs.replace(refused, cost_priced=0)]))
    report = shell.run("report", "model", "--no-import").stdout
    assert "$0" not in report
    assert "unpriced" in report
    totals = json.loads(shell.run("report", "--no-import", "--json").stdout)["totals"]
    assert (totals["cost"], totals["unpriced"], totals["no_price"], totals["requests"]) == (None, 2, 2, 3)
    asked = ("query", "--measure", "calls.cost", "--by", "calls.model")
    table = shell.run(*asked)
    assert "$0" not in table.stdout
    assert "2 calls of models without a price are not in the cost" in table.stderr
    answer = json.loads(shell.run(*asked, "--json").stdout)
    assert [row["cost"] for row in answer["rows"]] == [None]
    assert answer["unpriced"] == {"no_price": 2, "usage_unknown": 0}
    assert shell.run(*asked, "--csv").stdout.splitlines()[1:] == ["made-up-9,"]


def of_unknown_model(several: int) -> list[ModelCall]:
    """Calls of a model that no price is known for."""
    return [call(f"u{n}", "made-up-9", "unpriced:no-price", tokens=100) for n in range(several)]


def call(name: str, model: str, basis: str, *, status: Status = "ok", tokens: int | None = None) -> ModelCall:
    """A call without a price."""
    return ModelCall(
        source="api",
        native_id=name,
        started_at=1_790_000_000_000_000,
        provider="openai",
        model=model,
        status=status,
        input_tokens=tokens,
        price_basis=basis,
    )


def test_what_came_by_two_ways(shell: Shell) -> None:
    """It says how many calls were told twice and count once."""
    name = "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"
    with closing(open_ledger(shell.data)) as ledger:
        told = [
            ModelCall(
                source=source, native_id=source, started_at=1_772_928_000_000_000, response_id=name, model="gpt-5"
            )
            for source in ("shop", "litellm")
        ]
        ledger.commit(Batch(told))
    text = shell.run("doctor").stdout
    assert "Twice    LiteLLM and shop: 1 call told by both, counted once; tokens from LiteLLM" in text
    [overlap] = json.loads(shell.run("doctor", "--json").stdout)["overlaps"]
    assert overlap["count"] == 1


def test_tools_that_are_here_stand_with_their_counts_and_others_are_named(shell: Shell) -> None:
    """Of three dozen tools those that left something are listed, with folders that exist."""
    empty = shell.run("doctor").stdout
    assert "Claude Code" in empty.split("Not here")[0]
    assert "(not there)" in empty
    for name in ("amp", "goose", "open_webui"):
        for step in import_module(f"generators.sources.{name}").EXAMPLES[0].steps:
            step(shell.home)
    shell.run("import")
    here, others = shell.run("doctor").stdout.split("Not here")
    assert re.search(r"^Amp +1 +3 +2 +0 +\S+/threads$", here, re.MULTILINE)
    assert re.search(r"^Open WebUI +1 +5 +\d+ +0 +\S+/\.open-webui$", here, re.MULTILINE)
    assert "(not there)" not in here
    assert "Goose" in here
    assert "Claude Code" in others.replace("\n           ", " ")


def test_sources_that_only_send_stand_with_their_counts(shell: Shell) -> None:
    """Whoever leaves no files is named as well, with all that it gave, also where that is no call."""
    at = 1_790_000_000_000_000
    with closing(open_ledger(shell.data)) as ledger:
        told = [
            ModelCall(source=name, native_id=name, started_at=at)
            for name in ("langfuse", "api", "statements", "of-a-plug-in")
        ]
        commit = Commit(source="github", native_id="c", started_at=at, repository="a/b", sha="c0ffee")
        refused = Refusal("helicone", "POST /custom/v1/log", 1, "timing", "has no time", at)
        ledger.commit(Batch([*told, commit], refusals=[refused]))
    text = shell.run("doctor").stdout
    for words in (
        r"Langfuse +– +1 +0 +0 +POST /api/public/ingestion, POST /api/public/scores",
        r"GitHub +– +0 +1 +0 +POST /hooks/github",
        r"Helicone +– +0 +0 +1 +POST /custom/v1/log, .*",
        r"Own API +– +1 +0 +0 +sent to this server",
        r"Statements of accounts +– +1 +0 +0 +accounts",
        r"of-a-plug-in +– +1 +0 +0 +sent to this server",
    ):
        assert re.search(f"^{words}$", text, re.MULTILINE), text
    assert "4 calls, 1 commit" in text
    assert "cells" not in text
    found = {one["name"]: one for one in json.loads(shell.run("doctor", "--json").stdout)["sources"]}
    assert (found["github"]["files"], found["github"]["kept"]) == (None, {"commits": 1})
    assert found["helicone"]["refused"] == 1


def test_a_machine_with_every_tool(shell: Shell) -> None:
    """Each tool of which something is there stands with its files, its calls and what else it gave."""
    named = set()
    for name in FILE_SOURCES:
        examples = import_module(f"generators.sources.{name}").EXAMPLES
        example = next(one for one in examples if isinstance(one, Files) and not one.env)
        if not example.named:
            named.add(name)
            for step in example.steps:
                step(shell.home)
    shell.run("import")
    found = {one["name"]: one for one in json.loads(shell.run("doctor", "--json").stdout)["sources"]}
    text = shell.run("doctor").stdout
    assert len(named) > 40
    for name in named:
        one = found[name]
        others = sum(count for kind, count in one["kept"].items() if kind != "calls")
        assert one["files"], name
        assert one["calls"], name
        counts = f"{one['files']} +{one['calls']} +{others} +{one['refused']}"
        assert re.search(f"^{re.escape(one['title'])} +{counts} +/", text, re.MULTILINE), name
