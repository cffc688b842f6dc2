"""However much goes wrong on the way, the ledger says what the provider says now: nothing twice, nothing lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.anthropic import Anthropic
from providers.openai import OpenAI
from providers.serving import Faults, serving
from providers.synced import Scene, scene
from servers.ledgers import place
from tokometer.ledger.opening import open_ledger
from tokometer.statements import KINDS, AccountKind

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RATE = 0.2
SEEDS = 3
ROUNDS = 3
#: What is asked for here, so that a sync is quick: the others are read by the same code.
REPORTS = ("costs", "usage/completions", "usage/images", "usage/messages", "usage/claude_code")


def kinds() -> dict[str, AccountKind]:
    """The two kinds, with fewer reports."""
    return {
        name: replace(KINDS[name], reports=tuple(one for one in KINDS[name].reports if one.name in REPORTS))
        for name in ("openai", "anthropic")
    }


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Syncing of a ledger of each engine."""
    data: Path = tmp_path_factory.mktemp("syncing")
    ledger = open_ledger(data, url=place("syncing_faults") if request.param == "clickhouse" else "")
    with scene(ledger, data, now=NOW, kinds=kinds()) as made:
        yield made
    ledger.close()


class Openai:
    """An organisation of OpenAI's that goes on."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(seed)
        self.provider = OpenAI(Faults(RATE, seed))
        self.provider.page = self.chance.choice([9, 28])
        for _ in range(12):
            self.more(today - timedelta(days=self.chance.randrange(88)))

    def more(self, day: date) -> None:
        """Have something been used and charged on a day."""
        chance, provider = self.chance, self.provider
        who = {"project_id": chance.choice(["proj_a", "proj_b", None]), "api_key_id": chance.choice(["key_1", None])}
        whole = chance.randrange(10_000)
        provider.add(
            "completions",
            day,
            **who,
            model=chance.choice(["gpt-5.2", "gpt-5.2-mini"]),
            batch=chance.random() < 0.3,
            input_tokens=whole,
            input_cached_tokens=chance.randrange(whole + 1),
            output_tokens=chance.randrange(99),
            num_model_requests=chance.randrange(1, 50),
        )
        provider.add("images", day, **who, model="gpt-image-1", images=chance.randrange(9), num_model_requests=1)
        value: Any = f"{chance.randrange(10**6)}.{chance.randrange(10**6):06}"
        provider.charge(day, value if chance.random() < 0.5 else float(value), **who, line_item="gpt-5.2, input")

    def change(self, today: date) -> None:
        """Have what was said of the last days be something else, or be said no more."""
        provider, chance = self.provider, self.chance
        for days in (*provider.usage.values(), provider.costs):
            for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
                for row in list(days.get(day, ())):
                    if chance.random() < 0.3:
                        days[day].remove(row)
                    elif "num_model_requests" in row:
                        row["num_model_requests"] += chance.randrange(5)
        for _ in range(chance.randrange(3)):
            self.more(today - timedelta(days=chance.randrange(3)))

    def truth(self) -> dict[str, Any]:
        """What it adds up to."""
        total = self.provider.total
        return {
            "requests": total("completions", "num_model_requests") + total("images", "num_model_requests"),
            "input": total("completions", "input_tokens"),
            "output": total("completions", "output_tokens"),
            "quantity": total("images", "images"),
            "charged": self.provider.charged,
        }


class Claude:
    """An organisation of Anthropic's that goes on."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(seed)
        self.provider = Anthropic(Faults(RATE, seed))
        self.provider.page = self.chance.choice([9, 28])
        for _ in range(12):
            self.more(today - timedelta(days=self.chance.randrange(88)))

    def more(self, day: date) -> None:
        """Have something been used and charged on a day."""
        chance, provider = self.chance, self.provider
        names = {"workspace_id": chance.choice(["wrkspc_a", None]), "model": chance.choice(["claude-x", "claude-y"])}
        provider.add(
            day,
            **names,
            api_key_id=chance.choice(["apikey_1", None]),
            service_tier="standard",
            uncached_input_tokens=chance.randrange(9_999),
            cache_read_input_tokens=chance.randrange(9_999),
            ephemeral_5m_input_tokens=chance.randrange(99),
            output_tokens=chance.randrange(999),
        )
        amount = f"{chance.randrange(10**5)}.{chance.randrange(10**4):04}"
        provider.charge(day, amount, **names, description="Usage", cost_type="tokens", token_type="output_tokens")
        sessions = chance.randrange(1, 9)
        person = {"type": "user_actor", "email_address": f"{chance.randrange(10**9)}@example.com"}
        provider.claude_code.setdefault(day, []).append(
            {"actor": person, "core_metrics": {"num_sessions": sessions}, "model_breakdown": []}
        )

    def change(self, today: date) -> None:
        """Have what was said of the last days be something else, or be said no more."""
        provider, chance = self.provider, self.chance
        for days in (provider.usage, provider.costs, provider.claude_code):
            for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
                for row in list(days.get(day, ())):
                    if chance.random() < 0.3:
                        days[day].remove(row)
        for _ in range(chance.randrange(3)):
            self.more(today - timedelta(days=chance.randrange(3)))

    def truth(self) -> dict[str, Any]:
        """What it adds up to."""
        total, rows = self.provider.total, self.provider.claude_code.values()
        return {
            "requests": None,
            "input": sum(map(total, ("uncached_input_tokens", "cache_read_input_tokens", "ephemeral_5m_input_tokens"))),
            "output": total("output_tokens"),
            "quantity": sum(row["core_metrics"]["num_sessions"] for day in rows for row in day),
            "charged": self.provider.charged,
        }


WORLDS: dict[str, Callable[[int, date], Openai | Claude]] = {"openai": Openai, "anthropic": Claude}


def kept(found: Scene, title: str) -> dict[str, Any]:
    """What the ledger says of an account."""
    ours = f"account = '{title}'"
    buckets = "coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)"
    requests, whole, output, quantity = found.sums(
        "reported", "requests", buckets, "output_tokens", "quantity", where=ours
    )
    [charged] = found.sums("bills", "amount", where=ours)
    return {"requests": requests, "input": whole, "output": output, "quantity": quantity, "charged": charged}


def test_the_ledger_says_what_the_provider_says(found: Scene) -> None:
    """With a fifth of all questions failing, syncs end well, and sums are exact after each, corrections included."""
    states: list[str] = []
    seeds = SEEDS if found.ledger.engine == "duckdb" else 1
    faults = retries = 0
    for seed in range(seeds):
        for type_, world in WORLDS.items():
            made = world(seed, found.clock.now().date())
            made.provider.faults.now = found.clock.now
            title = f"{type_} {seed}"
            with serving(made.provider) as url:
                account = found.account(type_, f"{url}/v1", made.provider.key, title)
                for _ in range(ROUNDS):
                    run = found.sync(account.id)
                    states.append(run.state)
                    if run.state == "done":
                        assert kept(found, title) == made.truth(), (title, run)
                    found.clock.pass_by(hours=made.chance.randrange(1, 20))
                    made.change(found.clock.now().date())
                run = found.sync(account.id)
                states.append(run.state)
                again = found.sync(account.id)
            faults += made.provider.faults.count
            retries += sum(run.retries for run in found.syncing.runs(account.id))
            assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
    assert faults > 5 * seeds
    assert retries > 4 * seeds
    assert states.count("done") >= 0.99 * len(states), states
