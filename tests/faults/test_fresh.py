"""What has been acknowledged is in every answer that is asked for afterwards, however it was sent and is asked."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from faults.budget import Budget
from servers.ledgers import place
from servers.whole import Answer, Running, running

#: Where a call of a model of its own has to be found: the model's name in the answer.
NAMED = (
    "/api/query?measure=calls.requests&by=calls.model&since=24h",
    "/api/query?measure=calls.requests,calls.cost&by=calls.model&since=all&calls.model={name}",
    "/api/query?measure=judgement.health_score&by=calls.model&since=24h",
    "/api/models/list?limit=1000",
    "/api/analytics/models?limit=1000&period=24h",
    "/api/tokens/by-model?limit=1000",
    "/api/tokens/stats/{name}",
    "/api/models/{name}/metrics",
    "/api/providers/list?limit=1000&model={name}",
    "/api/filters?q={name}&tz=UTC&range=7d",
    "/api/panels/usage.models?tz=UTC&range=7d&model={name}",
    "/api/panels/usage.models?rows=0&tz=UTC&range=today&model={name}",
    "/api/panels/usage.models.csv?tz=Asia/Tokyo&range=7d&model={name}",
)
#: Where one request has to be counted.
COUNTED = "/api/query?measure=calls.requests,calls.output_tokens&since=24h&calls.model={name}"


def call(name: str, **more: object) -> dict[str, object]:
    """A call of a model of that name."""
    return {
        "native_id": name,
        "started_at": datetime.now(UTC).isoformat(),
        "provider": name,
        "model": name,
        "input_tokens": 5,
        "output_tokens": 1,
        **more,
    }


def send(server: Running, *calls: object) -> None:
    """Calls, acknowledged when this returns."""
    answer = server.post("/api/calls", list(calls))
    assert answer.status == 200, answer.text


@contextmanager
def busy(server: Running) -> Iterator[None]:
    """Others send, and look at pages, all the while: nothing is ever quiet, and every answer is there already."""
    done = threading.Event()

    def sending() -> None:
        number = 0
        while not done.wait(0.1):
            send(server, call("others", native_id=f"others-{number}"))
            number += 1

    def looking() -> None:
        while not done.wait(0.3):
            for path in (NAMED[0], NAMED[3], "/api/panels/usage.models?rows=0&live=1&tz=UTC&range=7d"):
                assert server.get(path).status == 200

    threads = [threading.Thread(target=work) for work in (sending, looking)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own, on either engine."""
    folder: Path = tmp_path_factory.mktemp("fresh")
    env = {"TOKOMETER_LEDGER": place("fresh", folder / "chdb")} if request.param == "clickhouse" else {}
    with running(folder / "data", folder / "home", env=env) as found:
        yield found


def _rows(answer: Answer) -> list[dict[str, object]]:
    assert answer.status == 200, answer.text
    said = answer.json()
    return [row if isinstance(row, dict) else dict(zip(said["columns"], row, strict=True)) for row in said["rows"]]


def test_a_call_is_in_every_answer(server: Running, budget: Budget) -> None:
    """Again and again a call of a new model is sent and asked for at once, in one way or another."""
    chance: Random = budget.random("fresh")
    # The engine inside the server's process takes several times as long for each question.
    slowness = 4 if (server.data.parent / "chdb").exists() else 1
    missing = []
    with busy(server):
        for number in range(budget.of(24, 2_000) // slowness):
            name = f"fresh-{number}"
            send(server, call(name))
            path = chance.choice(NAMED).format(name=name)
            answer = server.get(path)
            if answer.status != 200 or name not in answer.text.replace(f"={name}", ""):
                missing.append((path, answer.status))
    assert not missing


def test_a_correction_is_in_every_answer(server: Running, budget: Budget) -> None:
    """What is sent again with other numbers has these numbers from then on."""
    chance = budget.random("corrected")
    for number in range(budget.of(8, 100)):
        name = f"corrected-{number}"
        for _ in range(3):
            tokens = chance.randrange(1, 10_000)
            send(server, call(name, output_tokens=tokens))
            [row] = _rows(server.get(COUNTED.format(name=name)))
            assert [int(str(value)) for value in row.values()][-2:] == [1, tokens]


def test_what_is_refused_is_listed_at_once(server: Running, budget: Budget) -> None:
    """A refusal that was told is in the list of refusals, and counted on the page of sources."""
    for number in range(budget.of(8, 100)):
        # A refusal is told apart by its place: each time it is another record of the body.
        answer = server.post("/api/calls", [*[call("kept")] * number, call("refused", input_tokens=-1)])
        assert answer.json()["refused"]
        assert len(server.get("/api/refused?limit=1000").json()["refused"]) == number + 1
        assert re.search(rf"\b{number + 1} records? (refused|could not)", server.get("/sources").text)


def test_what_nobody_understood_is_listed_at_once(server: Running, budget: Budget) -> None:
    """A notice is there as soon as the spans that gave it are acknowledged."""
    for number in range(budget.of(5, 50)):
        key = f"gen_ai.usage.fresh_{chr(97 + number % 26)}_tokens"
        now = time.time_ns()
        span = {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "chat",
            "startTimeUnixNano": str(now),
            "endTimeUnixNano": str(now + 1),
            "attributes": [
                {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}},
                {"key": key, "value": {"intValue": "7"}},
            ],
        }
        answer = server.post("/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        assert answer.status == 200
        assert key in server.get("/api/notices?limit=1000").text


def test_other_kinds_are_in_every_answer(server: Running, budget: Budget) -> None:
    """So are tool calls, scores and log lines."""
    for number in range(budget.of(5, 50)):
        now = datetime.now(UTC).isoformat()
        told = {"native_id": f"t{number}", "started_at": now, "name": f"tool-{number}"}
        answer = server.post("/api/records/tools", [told])
        assert answer.json()["accepted"] == 1, answer.text
        assert f"tool-{number}" in server.get("/api/query?measure=tools.calls&by=tools.tool&since=24h").text


def test_settings_hold_at_once(server: Running) -> None:
    """What the settings' file says is so in whatever is asked after it was written."""
    path = server.data / "tokometer.toml"
    for number in range(1, 10):
        path.write_text(f"[budget]\nmonthly = {number}00\n")
        assert json.loads(server.get("/api/financial/budget").body)["monthly_budget"] == number * 100
        assert f"${number}00" in server.get("/settings").text
    path.unlink()


def test_an_import_of_the_command_line_is_in_every_answer(server: Running) -> None:
    """What the server imports for a command is in whatever is asked once the command has its summary."""
    token = json.loads((server.data / "server.json").read_text())["token"]
    projects = server.home / ".claude/projects/-shop"
    projects.mkdir(parents=True)
    for number in range(5):
        line = {
            "type": "assistant",
            "uuid": f"u{number}",
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "requestId": f"r{number}",
            "message": {
                "id": f"m{number}",
                "model": "claude-sonnet-4-5",
                "usage": {"input_tokens": 1, "output_tokens": 1},
            },
        }
        (projects / f"{number}.jsonl").write_text(json.dumps(line) + "\n")
        path = "/api/query?measure=calls.requests&since=24h&calls.model=claude-sonnet-4-5"
        server.get(path)
        answer = server.post("/api/control/import", {}, {"Authorization": f"Bearer {token}"})
        assert json.loads(answer.text.splitlines()[-1])["summary"]["accepted"] == 1
        assert _rows(server.get(path))[0]["requests"] == number + 1
