"""Tests of tokometer.judgement.inventory and tokometer.judgement.connection."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import NOW, judged
from tokometer.judgement.inventory import ages_of
from tokometer.measures import Filter
from tokometer.settings import Settings, Slo

SETTINGS = Settings(slo=Slo(error_rate=0.01, p95_latency_ms=1000.0))


def _measured(name: str, requests: int = 200, error_rate: float = 0.0) -> dict[str, Any]:
    return {
        "model": name,
        "requests": requests,
        "error_rate": error_rate,
        "p95_latency": 500.0,
    }


def _offer(name: str, provider: str, **values: Any) -> dict[str, Any]:
    return {
        "model": name,
        "provider": provider,
        "tools": "",
        "installed": "",
        "family": "",
        "models": 1,
        "size": 0,
        "largest_context": None,
    } | values


def test_models() -> None:
    """Used models and offered ones stand side by side, with what is known of each."""
    rows = judged(
        "inventory",
        [_measured("llama3.1:8b"), _measured("gpt-x", error_rate=0.06), _measured("rare", requests=19)],
        [
            {"model": "llama3.1:8b", "provider": "ollama", "requests": 150},
            {"model": "llama3.1:8b", "provider": "groq", "requests": 50},
            {"model": "gpt-x", "provider": "openai", "requests": 200},
            {"model": "rare", "provider": "", "requests": 19},
        ],
        [
            _offer("llama3.1:8b", "ollama", size=4_700_000_000, tools="yes", installed="yes"),
            _offer("unused", "openai", tools="no", largest_context=128_000),
        ],
        [{"model": "llama3.1:8b", "time": NOW - timedelta(days=40), "requests": 9}],
        [
            {"model": "llama3.1:8b", "time": NOW - timedelta(days=1, hours=12), "requests": 9},
            {"model": "gpt-x", "time": NOW - timedelta(days=3, hours=12), "requests": 9},
            {"model": "gpt-x", "time": NOW - timedelta(hours=12), "requests": 0},
        ],
        [{"model": "llama3.1:8b", "time": NOW - timedelta(hours=3), "requests": 3}],
        by="model",
        settings=SETTINGS,
    )
    found = {row["model"]: row for row in rows}
    assert found["llama3.1:8b"]["inventory"] == pytest.approx(100)
    assert found["llama3.1:8b"]["stars"] == "★★★★★"
    assert found["llama3.1:8b"]["provider"] == "ollama +1"
    assert found["llama3.1:8b"]["size"] == 4_700_000_000
    assert found["llama3.1:8b"]["age"] == 2 * 3600
    # 100 × (0.5 × 0.4 + 0.3) / 0.8
    assert found["gpt-x"]["inventory"] == pytest.approx(62.5)
    assert (found["gpt-x"]["stars"], found["gpt-x"]["standing"]) == ("★★★☆☆", "critical")
    assert found["gpt-x"]["age"] == pytest.approx(2.5 * 86_400)
    # Nineteen calls say nothing.
    assert (found["rare"]["inventory"], found["rare"]["provider"]) == (None, "unknown")
    assert not found["rare"]["stars"]
    assert found["unused"]["requests"] == 0
    assert (found["unused"]["tools"], found["unused"]["context_window"]) == ("no", 128_000)
    assert found["unused"]["size"] is None


def test_filtered() -> None:
    """With a filter, models that nobody used are left out."""
    rows = judged(
        "inventory", [], [], [_offer("unused", "openai")], [], [], [], by="model",
        where=(Filter("calls.team", "=", ("a",)),),
    )  # fmt: skip
    assert rows == []


def test_ages() -> None:
    """Who was used in the running period was used now."""
    rows = [{"model": "m", "time": NOW - timedelta(hours=3), "requests": 1}]
    assert ages_of(rows, "model", timedelta(days=1), NOW) == {"m": 0.0}


def test_connections() -> None:
    """Each provider says whether usage arrives and from where; a balance stands there only if somebody told it."""
    rows = judged(
        "connection",
        [
            {"provider": "openai", "source": "otlp", "requests": 5},
            {"provider": "openai", "source": "codex", "requests": 2},
            {"provider": "ollama", "source": "api", "requests": 0},
        ],
        [{"provider": "ollama", "time": NOW - timedelta(days=19), "requests": 1}],
        [],
        [{"provider": "openai", "time": NOW - timedelta(minutes=5), "requests": 1}],
        [{"provider": "openai", "lines": 3, "amount": Decimal("12.50")}],
        [
            {"at": NOW, "provider": "openai", "amount": Decimal("7.25")},
            {"at": NOW - timedelta(days=1), "provider": "openai", "amount": Decimal(9)},
        ],
        by="provider",
    )
    openai, ollama = rows
    assert (openai["connection"], openai["account"]) == ("usage arrives", "bills received")
    assert openai["sources"] == "codex, otlp"
    assert (openai["requests"], openai["age"]) == (7, 0.0)
    assert (openai["billed"], openai["balance"]) == (Decimal("12.50"), Decimal("7.25"))
    assert openai["standing"] == "good"
    assert (ollama["connection"], ollama["account"]) == ("no usage in this window", "not connected")
    assert (ollama["billed"], ollama["balance"], ollama["standing"]) == (None, None, "none")
