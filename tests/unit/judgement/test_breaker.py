"""Tests of tokometer.judgement.breaker and tokometer.judgement.circuit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.told_answers import NOW
from tokometer.judgement import breaker
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.circuit import Circuit, Outcome, Rules
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Feed, Filter, Meta, Query, Question, Result
from tokometer.settings import Breaker, Settings

SECOND = timedelta(seconds=1)
START = NOW - timedelta(hours=24)
RULES = Rules(10, 60 * SECOND, 30 * SECOND, 3)


class Calls:
    """Answers what the breaker asks, of calls kept in a list: (seconds after the start, provider, status)."""

    def __init__(self, calls: Sequence[tuple[float, str, str]], reports: Sequence[tuple[float, str, int]] = ()) -> None:
        self.calls = [(START + at * SECOND, provider, status) for at, provider, status in calls]
        self.reports = [
            (START + at * SECOND, provider.partition("/")[0], value, provider.partition("/")[2])
            for at, provider, value in reports
        ]
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Result:
        """The answer to a question."""
        self.asked.append(question)
        assert isinstance(question, Query | Feed)
        since = START if question.since in ("24h", "30d") else datetime.fromisoformat(question.since)
        until = NOW if question.until in ("", "now") else datetime.fromisoformat(question.until)
        rows = self._feed(question, since, until) if isinstance(question, Feed) else self._query(question, since)
        return Result([], rows, Meta(since, until, "UTC"))

    def _query(self, question: Query, since: datetime) -> list[Mapping[str, Any]]:
        if question.measures == ("calls.requests",):
            return [{"provider": name, "requests": 1} for name in dict.fromkeys(call[1] for call in self.calls)]
        found = [
            status in ("ok", "cancelled") for at, name, status in self.calls if at >= since and _lets(question, name)
        ]
        return [{"success_rate": sum(found) / len(found)}]

    def _feed(self, question: Feed, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
        if question.cube == "samples":
            found: list[Mapping[str, Any]] = [
                {"at": at, "provider": p, "value": v, "model": "m", "label.deployment": d, "label.instance": ""}
                for at, p, v, d in self.reports
            ]
            return found[::-1]
        statuses = next((given.values for given in question.where if given.dimension == "calls.status"), None)
        rows: list[Mapping[str, Any]] = [
            {"at": at, "provider": name, "status": status}
            for at, name, status in self.calls
            if since <= at < until and (statuses is None or status in statuses) and _lets(question, name)
        ]
        return (rows[::-1] if question.newest else rows)[: question.limit]


def _lets(question: Query | Feed, provider: str) -> bool:
    return all(provider in given.values for given in question.where if given.dimension == "calls.provider")


def _judge(calls: Calls, **matter: Any) -> dict[str, Mapping[str, Any]]:
    result = judge(JUDGEMENTS["breaker"], Matter(by="provider", now=NOW, **matter), Settings(), calls)
    return {row["provider"]: row for row in result.rows}


def _naive(outcomes: Sequence[Outcome], rules: Rules, now: datetime) -> tuple[str, datetime | None, int, int]:
    """State, since when, failures counted and trips: every outcome looked at, one after the other."""
    state, since, counted, trips, tried = "CLOSED", None, 0, 0, 0
    window: list[datetime] = []
    for outcome in outcomes:
        if state == "OPEN" and since is not None and outcome.at >= since + rules.open_for:
            state, since, tried = "HALF_OPEN", since + rules.open_for, 0
        if state == "CLOSED" and not outcome.ok:
            window = [at for at in window if outcome.at - at < rules.within] + [outcome.at]
            if len(window) >= rules.failures:
                state, since, counted, trips, window = "OPEN", outcome.at, len(window), trips + 1, []
        elif state == "HALF_OPEN" and not outcome.ok:
            state, since, counted, trips = "OPEN", outcome.at, counted + 1, trips + 1
        elif state == "HALF_OPEN":
            tried += 1
            if tried == rules.probes:
                state, since = "CLOSED", outcome.at
    if state == "OPEN" and since is not None and now >= since + rules.open_for:
        state, since = "HALF_OPEN", since + rules.open_for
    if state == "CLOSED":
        counted = len([at for at in window if now - at < rules.within])
    return state, since, counted, trips


#: Bursts: how many calls, how far apart in seconds, and how many of ten fail.
_BURSTS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([0.0, 0.5, 2.0, 6.0, 29.0, 61.0]), st.integers(0, 10)),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=80)
@given(
    _BURSTS,
    st.randoms(use_true_random=False),
    st.integers(1, 300),
    st.sampled_from([5, 17, 5000]),
    st.builds(
        Breaker,
        failures=st.integers(1, 12),
        within_seconds=st.sampled_from([10.0, 60.0]),
        open_seconds=st.sampled_from([5.0, 30.0]),
        probes=st.integers(1, 4),
    ),
)
def test_equals_a_naive_simulation(
    bursts: list[tuple[int, float, int]], rng: Any, after: int, most: int, given_rules: Breaker
) -> None:
    """Whatever the outcomes, the state is that of a breaker that sees every one of them."""
    calls: list[tuple[float, str, str]] = []
    at = 0.0
    for number, apart, bad in bursts:
        for _ in range(number):
            at += apart if most == 5000 else apart + 0.001
            status = (
                rng.choice(["timeout", "server_error"]) if rng.randrange(10) < bad else rng.choice(["ok", "cancelled"])
            )
            calls.append((at, "a", status))
    shift = 86_400 - at - after
    ledger = Calls([(at + shift, name, status) for at, name, status in calls if at + shift >= 0])
    rules = Rules(
        given_rules.failures,
        given_rules.within_seconds * SECOND,
        given_rules.open_seconds * SECOND,
        given_rules.probes,
    )
    outcomes = [Outcome(at, status in ("ok", "cancelled")) for at, _, status in ledger.calls]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(breaker, "MOST_OUTCOMES", most)
        patch.setattr(breaker, "_SPAN", timedelta(seconds=20))
        matter = Matter(by="provider", now=NOW)
        result = judge(JUDGEMENTS["breaker"], matter, Settings(breaker=given_rules), ledger)
    [row] = result.rows
    assert (row["breaker"], row["since"], row["failure_count"], row["trips"]) == _naive(outcomes, rules, NOW)


@pytest.mark.parametrize(
    ("seconds", "state", "counted"),
    [
        ([0, 7, 14, 21, 28, 35, 42, 49, 56], "CLOSED", 9),
        ([0, 7, 14, 21, 28, 35, 42, 49, 56, 59], "OPEN", 10),
        # The first is a minute old when the tenth fails.
        ([0, 7, 14, 21, 28, 35, 42, 49, 56, 60], "CLOSED", 9),
    ],
)
def test_opens_with_the_tenth_failure_in_a_minute(seconds: list[int], state: str, counted: int) -> None:
    """Ten failures within 60 s open it; one that is a minute old does not count."""
    circuit = Circuit(RULES, [START + place * SECOND for place in seconds], START + seconds[-1] * SECOND)
    circuit.run()
    assert (circuit.state, circuit.counted) == (state, counted)


def test_course_of_an_outage() -> None:
    """Open for 30 s, half-open until three calls have succeeded, open again where one fails, then closed."""
    outage = [(100.0 + place, "a", "timeout") for place in range(10)]
    # Open at 109, half-open at 139; the second call on trial fails at 141: open, half-open at 171, closed at 174.
    trial = [(120.0, "a", "timeout"), (140.0, "a", "ok"), (141.0, "a", "server_error"), (150.0, "a", "ok")]
    trial += [(172.0, "a", "ok"), (173.0, "a", "cancelled"), (174.0, "a", "ok"), (175.0, "a", "ok")]
    row = _judge(Calls([*outage, *trial]))["a"]
    assert (row["breaker"], row["since"], row["trips"]) == ("CLOSED", START + 174 * SECOND, 2)
    assert (row["failure_count"], row["failure_threshold"], row["origin"]) == (0, 10, "simulated")
    assert (row["last_failure"], row["time_in_state"]) == (START + 141 * SECOND, 86_400 - 174)
    # Of the calls from the last failure on, that one failed and five did not.
    assert row["success_rate"] == pytest.approx(5 / 6)
    assert row["standing"] == "good"
    half = _judge(Calls([*outage, (140.0, "a", "ok"), (141.0, "a", "ok")]))["a"]
    assert (half["breaker"], half["since"], half["standing"]) == ("HALF_OPEN", START + 139 * SECOND, "warning")
    late = [(86_390.0 + place / 10, "a", "timeout") for place in range(10)]
    now_open = _judge(Calls(late))["a"]
    assert (now_open["breaker"], now_open["failure_count"], now_open["standing"]) == ("OPEN", 10, "critical")


def test_few_questions() -> None:
    """Providers that never trip are told from their failures alone, whatever else they do."""
    ledger = Calls([(place * 300.0, f"p{place % 3}", "ok" if place % 9 else "timeout") for place in range(280)])
    rows = _judge(ledger)
    assert {row["breaker"] for row in rows.values()} == {"CLOSED"}
    # Two lists of providers, failures, reports, and one success rate for each provider with failures.
    assert len(ledger.asked) == 4 + sum(row["last_failure"] is not None for row in rows.values())


def test_reported_state_wins() -> None:
    """What a gateway reports wins over the simulation, since the first report of that state in a row."""
    ledger = Calls(
        [(86_000.0, "a", "ok"), (86_000.0, "b", "ok")],
        [(100.0, "a", 2), (200.0, "a", 0), (86_100.0, "a", 2), (86_200.0, "a", 2), (50.0, "c", 1)],
    )
    rows = _judge(ledger)
    assert (rows["a"]["breaker"], rows["a"]["since"]) == ("OPEN", START + 86_100 * SECOND)
    assert (rows["a"]["origin"], rows["a"]["time_in_state"]) == ("reported", 300)
    assert (rows["b"]["breaker"], rows["b"]["origin"]) == ("CLOSED", "simulated")
    assert (rows["c"]["breaker"], rows["c"]["standing"]) == ("HALF_OPEN", "warning")


def test_some_deployments_are_out() -> None:
    """A provider is out where all of its deployments are, partly out where some are, and well where none is."""
    reports = [
        (86_000.0 + at, f"a/{name}", state) for at, name, state in ((0, 1, 0), (0, 2, 0), (60, 1, 2), (60, 2, 0))
    ]
    assert _judge(Calls([], reports))["a"]["breaker"] == "HALF_OPEN"
    rows = _judge(Calls([], [*reports, (86_120.0, "a/2", 2), (86_180.0, "a/1", 2)]))
    assert (rows["a"]["breaker"], rows["a"]["time_in_state"]) == ("OPEN", 280)


def test_reports_that_cannot_be_told() -> None:
    """A filter that reports know nothing of leaves the simulation."""
    ledger = Calls([(86_000.0, "a", "ok")], [(86_100.0, "a", 2)])
    rows = _judge(ledger, where=(Filter("calls.team", "=", ("search",)),))
    assert rows["a"]["breaker"] == "CLOSED"
