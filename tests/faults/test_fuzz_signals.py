"""Log records and data points with anything wrong in any of them: each is kept or refused, its neighbours are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import Budget, corpus
from faults.test_fuzz_otlp import a_value, check_any
from generators import otlp_logs, otlp_metrics
from generators.mutations import encoded, mutated, spoiled
from generators.otlp_logs import NOW_NS, api_request, claude, codex, gemini, log
from generators.otlp_metrics import gauge, histogram, sum_of
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.sources.otlp import OtlpError, decode
from tokometer.sources.otlp.events import EVENT_DIALECTS

MANY = 20
#: Every fifth is ours.
EVERY = 5
COMMIT_EVERY = 5
_EVENTS = [f"{dialect.prefix}{name}" for dialect in EVENT_DIALECTS for name in dialect.events]
_NAMES = sorted({name for dialect in EVENT_DIALECTS for name in dialect.table})
_NUMBERS = (0, 1, -1, 2**31 - 1, 2**63 - 1, -(2**63), 5)
_FLOATS = (0.0, -0.0, 1.5, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
#: The scope of our own: nothing hostile has it.
MINE = "com.anthropic.claude_code.events"


def our_log(number: int, salt: int) -> dict[str, Any]:
    """An event of which nothing may be lost."""
    return api_request(number, at=NOW_NS + salt * 1_000_000 + number, request_id=f"req_mine{salt:08d}{number:04d}")


def other_log(chance: Random) -> dict[str, Any]:
    """An event of some dialect, or a line, with a few more attributes."""
    given = chance.choice(
        (
            lambda: api_request(chance.randrange(100)),
            lambda: claude("tool_result", tool_name="Bash", tool_use_id="t", success="true", duration_ms=5),
            lambda: codex("sse_event", event__kind="response.completed", input_token_count=5, output_token_count=1),
            lambda: gemini("api_response", model="m", input_token_count=5, total_token_count=9),
            lambda: log("a line", {"event.name": chance.choice(_EVENTS)}, severityNumber=chance.randrange(25)),
        )
    )()
    for _ in range(3):
        given["attributes"][chance.choice(_NAMES)] = chance.choice(("text", 5, 0.5, "7"))
    return given


def our_metric(number: int, salt: int) -> dict[str, Any]:
    """A data point of which nothing may be lost."""
    point = {"as_double": 1.0, "at": NOW_NS + number * 1_000, "attributes": {"n": f"{salt}"}}
    return sum_of("mine.tokens", point)


def other_metric(chance: Random, x: Any = "x") -> dict[str, Any]:
    """A metric of some kind, with numbers that exporters can send; `x` is an attribute of it."""
    said = {"type": chance.choice(("input", "output")), "session.id": "s", "x": x}
    at = chance.choice((0, 1, NOW_NS, 2**63, 2**64 - 1))
    point: dict[str, Any] = {"attributes": said, "at": at, "start": chance.choice((0, at, 1))}
    kind = chance.randrange(5)
    if kind == 0:
        return gauge("g", {**point, "as_double": chance.choice(_FLOATS)})
    if kind == 1:
        return sum_of("s", {**point, "as_int": chance.choice(_NUMBERS)}, temporality=chance.randrange(4))
    if kind == 2:
        counts = [chance.randrange(9) for _ in range(chance.randrange(6))]
        bounds = [chance.choice(_FLOATS) for _ in range(chance.randrange(6))]
        told = {"count": chance.randrange(99), "bucket_counts": counts, "explicit_bounds": bounds}
        return histogram("h", {**point, **told, "sum": chance.choice(_FLOATS)}, temporality=chance.randrange(4))
    if kind == 3:
        sides = {
            side: (chance.choice(_NUMBERS[:4]), [chance.choice((0, 1, 2**63)) for _ in range(chance.randrange(40))])
            for side in ("positive", "negative")
        }
        told = {"scale": chance.choice((-99, -10, 0, 3, 20, 99)), "zero_count": chance.choice((0, 2**63)), **sides}
        point = {**point, **told, "zero_threshold": chance.choice(_FLOATS)}
        return {"name": "e", "kind": "exponential_histogram", "temporality": 2, "points": [point]}
    quantiles = [(chance.choice(_FLOATS), chance.choice(_FLOATS))]
    return {"name": "q", "kind": "summary", "points": [{**point, "count": 3, "sum": 1.0, "quantiles": quantiles}]}


def logs_json(chance: Random, salt: int) -> bytes:
    """Log records in JSON, each spoiled by itself, but for ours."""
    whole = otlp_logs.as_json(*(other_log(chance) for _ in range(MANY)))
    records = whole["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    parts = []
    for number, given in enumerate(records):
        if number % EVERY == EVERY - 1:
            mine = otlp_logs.as_json(our_log(number, salt))
            parts.append(encoded(mine["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]))
        else:
            parts.append(mutated(given, chance, chance.choice(records), bytes_too=False))
    scope = json.dumps({"name": MINE}).encode()
    return b'{"resourceLogs":[{"scopeLogs":[{"scope":' + scope + b',"logRecords":[' + b",".join(parts) + b"]}]}]}"


def logs_protobuf(chance: Random, salt: int) -> bytes:
    """Log records in protobuf with hostile attributes, but for ours."""
    made = []
    for number in range(MANY):
        if number % EVERY == EVERY - 1:
            made.append(our_log(number, salt))
            continue
        given = other_log(chance)
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice((chance.choice(list(given["attributes"])), chance.choice(_NAMES), "x\u0000" * 50))
            given["attributes"][name] = a_value(chance)
        if chance.random() < 0.3:
            given["body"] = a_value(chance)
        if chance.random() < 0.2:
            given["timeUnixNano"] = chance.choice((0, 1, 2**63, 2**64 - 1))
        if chance.random() < 0.1:
            given["traceId"] = chance.choice(("", "00", "ab" * 100))
        made.append(given)
    return otlp_logs.protobuf(*made, scope=MINE)


def metrics_json(chance: Random, salt: int) -> bytes:
    """Metrics in JSON, each spoiled by itself, but for ours."""
    whole = otlp_metrics.as_json(*(other_metric(chance) for _ in range(MANY)))
    metrics = whole["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    parts = []
    for number, given in enumerate(metrics):
        if number % EVERY == EVERY - 1:
            mine = otlp_metrics.as_json(our_metric(number, salt))
            parts.append(encoded(mine["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]))
        else:
            parts.append(mutated(given, chance, chance.choice(metrics), bytes_too=False))
    return b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[' + b",".join(parts) + b"]}]}]}"


def metrics_protobuf(chance: Random, salt: int) -> bytes:
    """Metrics in protobuf with hostile numbers and attributes, but for ours."""
    made = [our_metric(number, salt) if number % EVERY == EVERY - 1 else other_metric(chance) for number in range(MANY)]
    return otlp_metrics.protobuf(*made)


BODIES: dict[tuple[str, str], Callable[[Random, int], bytes]] = {
    ("logs", "json"): logs_json,
    ("logs", "protobuf"): logs_protobuf,
    ("metrics", "json"): metrics_json,
    ("metrics", "protobuf"): metrics_protobuf,
}
WAYS = pytest.mark.parametrize(("signal", "encoding"), BODIES)


def count_ours(ledger: Ledger, signal: str) -> int:
    """How many of ours there are."""
    where = (
        "calls WHERE starts_with(request_id, 'req_mine')"
        if signal == "logs"
        else "samples WHERE metric = 'mine.tokens'"
    )
    ((kept,),) = ledger.fetch(Statement(f"SELECT count(*) FROM {where}"))
    return int(kept)


@WAYS
def test_any_of_them_spoils_itself_at_most(signal: Any, encoding: Any, budget: Budget, ledger: Ledger) -> None:
    """Whatever one holds, it is kept, passed over or refused; ours are kept, and the ledger is sound."""
    batch = Batch()
    mine, before = 0, count_ours(ledger, signal)
    for number, chance in budget.rounds(f"otlp-{signal}-{encoding}", 20, 2_500):
        salt = (1 + (encoding == "json")) * 10_000 + number + 1
        body = BODIES[signal, encoding](chance, salt)
        with budget.tried(f"otlp_{signal}_{encoding}", number, body):
            found = decode(signal, body, encoding)
            check_any(found)  # type: ignore[arg-type] # any signal's
            batch.records += found.records
            batch.refusals += found.refusals
            batch.notices += found.notices
            mine += MANY // EVERY
            if number % COMMIT_EVERY == COMMIT_EVERY - 1:
                ledger.commit(batch)
                ledger.settle()
                batch = Batch()
    ledger.commit(batch)
    assert ledger.audit() == []
    assert count_ours(ledger, signal) == before + mine


@WAYS
def test_any_bytes_are_read_or_refused(signal: Any, encoding: Any, budget: Budget) -> None:
    """A body with bytes cut, flipped or spliced is read as far as it can be, or refused by the one declared error."""
    for number, chance in budget.rounds(f"otlp-bytes-{signal}-{encoding}", 300, 30_000):
        donor = BODIES[signal, encoding](chance, 1)
        body = spoiled(donor[: 4_000 if encoding == "json" else None], chance, donor[:2_000])
        with budget.tried(f"otlp_{signal}_{encoding}", number, body):
            try:
                found = decode(signal, body, encoding)
            except OtlpError as error:
                assert len(str(error)) < 400  # noqa: PT017 - it need not be raised
            else:
                check_any(found)  # type: ignore[arg-type] # any signal's


@pytest.mark.parametrize(
    "given",
    [path for signal, encoding in BODIES for path in corpus(f"otlp_{signal}_{encoding}")],
    ids=lambda path: f"{path.parent.name}: {path.name}",
)
def test_what_once_did_harm(given: Path) -> None:
    """Every input of the corpus is read or refused by the one declared error."""
    _, signal, encoding = given.parent.name.split("_")
    try:
        found = decode(signal, given.read_bytes(), encoding)  # type: ignore[arg-type]
    except OtlpError:
        return
    check_any(found)  # type: ignore[arg-type] # any signal's
