"""Judgements over a ledger, against the same worked out from every single record, without any of our code between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators import demo_history
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Filter, Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, to_datetime
from tokometer.settings import RateCard, Settings

NOW: datetime = to_datetime(demo_history.NOW)
FINE = ("ok", "cancelled")
NANO = Decimal("0.000000001")
CARDS = (RateCard(markup=Decimal("0.3")), RateCard(team="product", per_mtok=Decimal(4)))
SETTINGS = Settings(rate_cards=CARDS)


@pytest.fixture(scope="module")
def calls() -> list[ModelCall]:
    """The calls of a demo history of three days, the oldest first."""
    records = demo_history.records(PriceBook.open(None, None), calls=9_000, days=3)
    found = [record for record in records if isinstance(record, ModelCall)]
    return sorted(found, key=lambda call: (call.started_at, call.source, call.native_id))


@pytest.fixture(scope="module")
def ledger(calls: list[ModelCall], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with nothing but these calls."""
    opened = DuckDBLedger(tmp_path_factory.mktemp("brute") / "ledger.duckdb")
    opened.commit(Batch(records=list(calls)))
    yield opened
    opened.close()


def _judge(ledger: Ledger, name: str, **matter: Any) -> Result:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=NOW)

    return judge(JUDGEMENTS[name], Matter(now=NOW, **matter), SETTINGS, ask)


def _by_provider(calls: Sequence[ModelCall]) -> dict[str, list[ModelCall]]:
    found: dict[str, list[ModelCall]] = defaultdict(list)
    for call in calls:
        found[call.provider].append(call)
    return found


def _breaker(outcomes: Sequence[tuple[datetime, bool]]) -> tuple[str, datetime | None]:
    """The state of a breaker that sees every outcome: ten failures in 60 s, 30 s open, three on trial."""
    state, since, tried = "CLOSED", None, 0
    failures: list[datetime] = []
    for at, fine in outcomes:
        if state == "OPEN" and since is not None and at >= since + timedelta(seconds=30):
            state, since, tried = "HALF_OPEN", since + timedelta(seconds=30), 0
        if state == "CLOSED" and not fine:
            failures = [one for one in failures if at - one < timedelta(seconds=60)] + [at]
            if len(failures) >= 10:
                state, since, failures = "OPEN", at, []
        elif state == "HALF_OPEN" and not fine:
            state, since = "OPEN", at
        elif state == "HALF_OPEN":
            tried += 1
            if tried == 3:
                state, since = "CLOSED", at
    if state == "OPEN" and since is not None and since + timedelta(seconds=30) <= NOW:
        state, since = "HALF_OPEN", since + timedelta(seconds=30)
    return state, since


def test_breaker(ledger: Ledger, calls: list[ModelCall]) -> None:
    """The state of every provider is that of a breaker that saw all of the day's outcomes; some have been open."""
    day = [call for call in calls if to_datetime(call.started_at) >= NOW - timedelta(hours=24)]
    rows = {row["provider"]: row for row in _judge(ledger, "breaker", by="provider").rows}
    for provider, its in _by_provider(day).items():
        outcomes = [(to_datetime(call.started_at), call.status in FINE) for call in its]
        row = rows[provider]
        assert (row["breaker"], row["since"]) == _breaker(outcomes), provider
        failed = [place for place, (_, fine) in enumerate(outcomes) if not fine]
        if failed:
            assert row["last_failure"] == outcomes[failed[-1]][0]
            rest = len(outcomes) - failed[-1]
            assert row["success_rate"] == pytest.approx((rest - 1) / rest)
    assert any(row["trips"] for row in rows.values())


def test_incidents(ledger: Ledger, calls: list[ModelCall]) -> None:
    """Incidents are those that one finds by going through the minutes of each provider."""
    found = []
    for provider, its in _by_provider(calls).items():
        minutes: dict[int, list[bool]] = defaultdict(list)
        for call in its:
            minutes[call.started_at // 60_000_000].append(call.status in FINE)
        bad: list[int] = []
        run: list[int] = []
        good = 0
        for minute, fine in sorted(minutes.items()):
            if 2 * sum(fine) < len(fine):
                good = 0
                run.append(minute)
                if len(run) == 2 and not bad:
                    bad, run = run, []
                elif bad:
                    bad += run
                    run = []
                continue
            run, good = [], good + 1
            if good == 3 and bad:
                found.append((provider, bad[0], bad[-1] + 1, len(bad)))
                bad = []
        if bad:
            found.append((provider, bad[0], None, len(bad)))
    rows = _judge(ledger, "incidents", by="provider", since="4d").rows
    told = [(row["provider"], _minute(row["start"]), _minute(row["end"]), row["bad_minutes"]) for row in rows]
    assert sorted(told, key=str) == sorted(found, key=str)
    assert found


def _minute(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.astimezone(UTC).timestamp()) // 60


@pytest.mark.parametrize("by", ["", "team", "model", "provider"])
def test_revenue(ledger: Ledger, calls: list[ModelCall], by: str) -> None:
    """Every call brings its own revenue or what the card of its team charges, once; whatever it is grouped by."""
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for call in calls:
        revenue[getattr(call, by) if by else ""] += _paid(call)
    rows = {row[by] if by else "": row for row in _judge(ledger, "profit", by=by, since="4d").rows}
    for name, paid in revenue.items():
        # Recorded and rated are each rounded to the nano-dollar.
        assert abs((rows[name]["revenue"] or Decimal(0)) - paid) <= NANO, name
    assert any(row["recorded"] and row["rated"] for row in rows.values())


def _paid(call: ModelCall) -> Decimal:
    if call.revenue:
        return Decimal(call.revenue) * NANO
    if call.team == "product":
        parts = (call.input_tokens, call.cache_read_tokens, call.cache_write_5m_tokens, call.cache_write_1h_tokens)
        parts += (call.cache_write_unknown_tokens, call.output_tokens, call.unsplit_tokens)
        return Decimal(4) * sum(part or 0 for part in parts) / 1_000_000
    return Decimal(call.cost or 0) * NANO * Decimal("1.3")


def test_health(ledger: Ledger, calls: list[ModelCall]) -> None:
    """The score is the formula over the calls of the last 15 minutes."""
    recent = [call for call in calls if to_datetime(call.started_at) >= NOW - timedelta(minutes=15)]
    rows = {row["provider"]: row for row in _judge(ledger, "health_score", by="provider").rows}
    for provider, its in _by_provider(recent).items():
        row = rows[provider]
        failed = sum(call.status not in FINE for call in its)
        minutes: dict[int, list[bool]] = defaultdict(list)
        for call in its:
            minutes[call.started_at // 60_000_000].append(call.status in FINE)
        good = sum(2 * sum(fine) >= len(fine) for fine in minutes.values())
        latencies = sorted(call.latency_us for call in its if call.latency_us is not None)
        p95 = latencies[-(-95 * len(latencies) // 100) - 1] / 1000
        success = max(0.0, 1 - failed / len(its) / 0.1)
        latency = min(1.0, max(0.0, (120_000 - p95) / 90_000))
        score = 100 * (0.5 * success + 0.3 * latency + 0.2 * good / len(minutes))
        # Latencies are known to 1 %.
        assert row["health_score"] == pytest.approx(score, abs=0.5), provider
        assert row["requests"] == len(its)
    assert len({round(row["health_score"]) for row in rows.values() if row["health_score"] is not None}) > 1


def test_filtered_is_a_part(ledger: Ledger) -> None:
    """With a filter, a provider's row is the one that it has among all providers."""
    [only] = [row for row in _judge(ledger, "uptime", by="provider", since="4d").rows if row["provider"] == "together"]
    where = (Filter("calls.provider", "=", ("together",)),)
    assert list(_judge(ledger, "uptime", by="provider", since="4d", where=where).rows) == [only]
