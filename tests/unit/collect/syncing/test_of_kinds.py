"""Kinds of account beside OpenAI and Anthropic, synced into a ledger while a fifth of the questions goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.cursor import Cursor
from providers.google import TOKEN, Google
from providers.serving import FAULTS, Faults, serving
from providers.synced import Scene, scene
from tokometer.ledger.opening import open_ledger
from tokometer.statements import KINDS

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
#: Not those that tell a date: our clock stands at another.
_KINDS: tuple[str, ...] = tuple(kind for kind in FAULTS if kind != "429 date")

#: What is asked for here, so that a sync is quick.
_REPORTS = ("events", "usage")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Syncing of a ledger."""
    data = tmp_path_factory.mktemp("ledger")
    ledger = open_ledger(data)
    kinds = {
        name: replace(KINDS[name], reports=tuple(one for one in KINDS[name].reports if one.name in _REPORTS))
        for name in ("cursor", "google")
    }
    with scene(ledger, data, now=NOW, kinds=kinds) as made:
        yield made
    ledger.close()


def _event(day: int, kind: str, cents: float) -> dict[str, Any]:
    at = int(datetime(2026, 11, day, 12, tzinfo=UTC).timestamp() * 1_000)
    tokens = {"inputTokens": 10, "outputTokens": 5, "cacheReadTokens": 100, "totalCents": cents}
    return {
        "timestamp": str(at),
        "model": "gpt-5.5",
        "kind": kind,
        "tokenUsage": tokens,
        "userEmail": "ada@example.com",
    }


def test_a_team_of_cursor_is_kept_once_and_corrected(found: Scene) -> None:
    """Through faults nothing is lost or doubled; another charge changes its line, one that is taken back ends it."""
    cursor = Cursor(Faults(0.2, seed=3, kinds=_KINDS))
    cursor.members = [{"email": "ada@example.com", "role": "owner"}]
    cursor.events = [_event(day, "Usage-based", 12.5) for day in range(1, 20) for _ in range(3)]
    with serving(cursor) as url:
        account = found.account("cursor", url, cursor.key, title="Team")
        run = found.sync(account.id)
        assert (run.state, run.error) == ("done", "")
        assert cursor.faults.count
        assert found.sums("bills", "amount", where="account = 'Team'") == (Decimal("7.125"),)
        assert found.sums("reported", "requests", "input_tokens", where="account = 'Team'") == (57, 570)
        cursor.events[-1]["tokenUsage"]["totalCents"] = 2.5
        cursor.events = [event for event in cursor.events if event not in cursor.events[-6:-3]]
        found.clock.pass_by(hours=1)
        again = found.sync(account.id)
        assert again.state == "done"
        assert again.withdrawn
        assert found.sums("bills", "amount", where="account = 'Team'") == (Decimal("6.65"),)


def test_a_project_of_google_leaves_no_key_behind(found: Scene) -> None:
    """A service account's key is exchanged through faults; neither it nor the token is in any file."""
    google = Google(Faults(0.2, seed=5, kinds=_KINDS))
    metric = "aiplatform.googleapis.com/publisher/online_serving/token_count"
    google.descriptors = [{"type": metric, "metricKind": "DELTA", "valueType": "INT64"}]
    series = {
        "metric": {"labels": {"type": "input"}},
        "resource": {"labels": {"model_user_id": "gemini-2.5-pro"}},
        "points": [{"value": {"int64Value": "1234"}}],
    }
    google.series = {(metric, f"2026-11-{day}"): [series] for day in range(10, 20)}
    with serving(google) as url:
        elsewhere = url.replace("127.0.0.1", "localhost")
        key = google.key_file(elsewhere)
        account = found.account("google", url, key, title="Cloud", project="p1", bigquery=elsewhere)
        run = found.sync(account.id)
    assert (run.state, run.error) == ("done", "")
    assert google.tokens
    assert found.sums("reported", "input_tokens", where="account = 'Cloud'") == (12_340,)
    planted = [TOKEN.encode(), key.split("\\n")[5].encode()]
    files = [path for path in Path(found.data).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files for one in planted if one in path.read_bytes()]
