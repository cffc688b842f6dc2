"""Tests of tokometer.judgement.health."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.health import parts_of, score_of
from tokometer.settings import Health, Settings, Slo, SloOverride

#: 1 % of the calls may fail, 95 % of them take at most a second.
SETTINGS = Settings(slo=Slo(error_rate=0.01, p95_latency_ms=1000.0))


def _measured(
    name: str = "openai",
    requests: int = 200,
    error_rate: float | None = 0.0,
    p95_latency: float | None = 500.0,
    availability: float | None = 1.0,
) -> dict[str, Any]:
    return {
        "provider": name,
        "requests": requests,
        "error_rate": error_rate,
        "p95_latency": p95_latency,
        "availability": availability,
    }


@pytest.mark.parametrize(
    ("error_rate", "p95_latency", "availability", "score", "status"),
    [
        # Nothing fails, all within the target: 100 × (0.5 + 0.3 + 0.2).
        (0.0, 1000.0, 1.0, 100.0, "healthy"),
        # At its target of 1 % the error rate takes a tenth of its part: 100 × (0.5 × 0.9 + 0.3 + 0.2).
        (0.01, 500.0, 1.0, 95.0, "healthy"),
        # 2 % of 10 %: success 0.8. 2 s of 1 to 4 s: latency 2/3. 100 × (0.4 + 0.2 + 0.2 × 0.9).
        (0.02, 2000.0, 0.9, 78.0, "warning"),
        # Ten times the target and four times the target are worth nothing: 100 × 0.2 × 0.5.
        (0.1, 4000.0, 0.5, 10.0, "critical"),
        # Worse than worst is no less than nothing.
        (1.0, 60_000.0, 0.0, 0.0, "critical"),
        # Exactly on the bounds: 100 × (0.5 × 0.8 + 0.3 + 0.2) and 100 × (0.5 × 0.4 + 0.3 + 0.2).
        (0.02, 1000.0, 1.0, 90.0, "healthy"),
        (0.06, 1000.0, 1.0, 70.0, "warning"),
    ],
)
def test_score(error_rate: float, p95_latency: float, availability: float, score: float, status: str) -> None:
    """The score is 100 × (0.5 × success + 0.3 × latency + 0.2 × availability)."""
    told = [_measured(error_rate=error_rate, p95_latency=p95_latency, availability=availability)]
    [row] = judged("health_score", told, [], by="provider", settings=SETTINGS)
    assert row["health_score"] == pytest.approx(score)
    assert row["status"] == status
    assert row["standing"] == {"healthy": "good"}.get(status, status)


def test_unmeasured_part() -> None:
    """Where no call states its latency, the other parts share its weight, and the row says so."""
    told = [_measured(error_rate=0.05, p95_latency=None)]
    [row] = judged("health_score", told, [], by="provider", settings=SETTINGS)
    # (0.5 × 0.5 + 0.2 × 1) / 0.7
    assert row["health_score"] == pytest.approx(100 * 0.45 / 0.7)
    assert row["latency"] is None
    assert row["without"] == "latency"


def test_no_traffic_now() -> None:
    """Who had traffic in the last 30 days and has none now is listed with no data, not with a score of 0."""
    known = [{"provider": "openai", "requests": 9}, {"provider": "mistral", "requests": 5}]
    rows = judged("health_score", [_measured("openai")], known, by="provider", settings=SETTINGS)
    assert [(row["provider"], row["status"], row["standing"]) for row in rows] == [
        ("openai", "healthy", "good"),
        ("mistral", "no data", "none"),
    ]
    assert rows[1]["health_score"] is None


def test_whole_is_the_mean_of_providers() -> None:
    """All calls together have the mean of the providers with traffic, however much each has."""
    told = [
        _measured("openai", requests=1_000_000),
        # success 0, latency 1, availability 0.5: 40
        _measured("mistral", requests=3, error_rate=1.0, availability=0.5),
    ]
    known = [{"provider": name, "requests": 5} for name in ("openai", "mistral", "groq")]
    [row] = judged("health_score", told, known, settings=SETTINGS)
    assert row["health_score"] == pytest.approx((100 + 40) / 2)
    assert (row["success"], row["latency"], row["availability"]) == (0.5, 1.0, 0.75)
    assert (row["status"], row["requests"]) == ("warning", 1_000_003)


def test_nothing_at_all() -> None:
    """Without any traffic there is one row, and no score in it."""
    [row] = judged("health_score", [], [])
    assert (row["health_score"], row["status"], row["standing"]) == (None, "no data", "none")


def test_own_targets() -> None:
    """A provider is held to its own objectives."""
    settings = Settings(slo=SETTINGS.slo, slo_overrides=(SloOverride(provider="ollama", p95_latency_ms=20_000.0),))
    told = [_measured("ollama", p95_latency=20_000.0), _measured("openai", p95_latency=20_000.0)]
    rows = judged("health_score", told, [], by="provider", settings=settings)
    assert [row["latency"] for row in rows] == [1.0, 0.0]


def test_own_window() -> None:
    """It is about the last 15 minutes (or as settled) whatever window is asked, unless the asker insists."""
    for settings, insists, since in (
        (Settings(), False, "15m"),
        (Settings(health=Health(window_minutes=5)), False, "5m"),
        (Settings(), True, "7d"),
    ):
        teller = Teller([[], []])
        matter = Matter(by="provider", since="7d", now=NOW, insists=insists)
        judge(JUDGEMENTS["health_score"], matter, settings, teller)
        assert teller.asked[0].since == since


@given(
    st.floats(0, 1),
    st.floats(0, 1e7),
    st.floats(0, 1),
    st.floats(0.0001, 0.99),
    st.floats(1, 1e6),
)
def test_bounds(error_rate: float, latency: float, availability: float, target: float, target_ms: float) -> None:
    """A score is from 0 to 100, and no better where anything is worse."""
    slo = Slo(error_rate=target, p95_latency_ms=target_ms)
    score = score_of(parts_of(_measured("a", 1, error_rate, latency, availability), slo))
    worse = score_of(parts_of(_measured("a", 1, min(1, error_rate * 2), latency * 2, availability / 2), slo))
    assert score is not None
    assert worse is not None
    assert 0 <= worse <= score + 1e-9
    assert score <= 100 + 1e-9
