"""Accounts are synced: what their providers state is in the ledger, once, as they state it now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from providers.openai import OpenAI
from providers.serving import serving
from providers.synced import Scene, scene
from tokometer.ledger.opening import open_ledger

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TODAY = NOW.date()


def ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Scene]:
    """Syncing of a ledger of its own."""
    ledger = open_ledger(tmp_path)
    with scene(ledger, tmp_path, now=NOW) as made:
        yield made
    ledger.close()


def test_what_a_provider_states_is_in_the_ledger(found: Scene) -> None:
    """Usage and costs of the last 90 days, by day, model, project and key."""
    provider = OpenAI()
    provider.add(
        "completions",
        ago(2),
        project_id="proj_a",
        api_key_id="key_1",
        model="gpt-5.2",
        input_tokens=1_000,
        input_cached_tokens=400,
        output_tokens=50,
        num_model_requests=3,
    )
    provider.charge(ago(2), "1.50", project_id="proj_a", line_item="gpt-5.2, input")
    provider.charge(ago(40), 0.06, project_id="proj_a", line_item="gpt-5.2, cached input")
    with serving(provider) as url:
        account = found.account("openai", url + "/v1", provider.key)
        run = found.sync(account.id)
    assert (run.state, run.error, run.new) == ("done", "", 3), run
    assert found.sums("reported", "input_tokens", "cache_read_tokens", "output_tokens") == (600, 400, 50)
    assert found.sums("bills", "amount") == (Decimal("1.560000000"),)
    [state] = found.syncing.states().values()
    assert (state.synced, state.error, state.holder) == (found.clock.now(), "", "")
