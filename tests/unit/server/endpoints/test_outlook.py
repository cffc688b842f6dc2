"""Tests of tokometer.server.endpoints.outlook."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from servers.whole import Running

_CENT = Decimal("0.01")
_EFFECTS = ("volume", "mix", "cache", "rate")


def _told(server: Running, asked: str) -> Any:
    return json.loads(server.get(f"/api/changes-between?{asked}").text, parse_float=Decimal)


def test_changes_add_up(server: Running) -> None:
    """The parts add up to each owner's change, owners to the whole, and both periods' costs are those of queries."""
    today = datetime.now(UTC).date()
    first, last, since, until = (today - timedelta(days=ago) for ago in (20, 6, 36, 27))
    at = f"from={first}&to={last}&before_from={since}&before_to={until}"
    [whole] = _told(server, at)["changes"]
    told = _told(server, f"{at}&by=team")
    for row in (whole, *told["changes"]):
        assert sum(row[name] for name in _EFFECTS) == row["change"] == row["cost"] - row["previous_cost"]
    assert sum(row["change"] for row in told["changes"]) == whole["change"]
    after = until + timedelta(days=1)
    assert told["before"] == {"since": f"{since}T00:00:00Z", "until": f"{after}T00:00:00Z"}
    for name, begin, end in (("cost", first, last + timedelta(days=1)), ("previous_cost", since, after)):
        [row] = server.get(f"/api/query?measures=calls.cost&since={begin}&until={end}T00:00:00Z").json()["rows"]
        assert Decimal(row["cost"]) == whole[name]
    days = Decimal(365)
    assert whole["yearly"].quantize(_CENT) == (days * whole["cost"] / 15 - days * whole["previous_cost"] / 10).quantize(
        _CENT
    )


def test_forecast(server: Running) -> None:
    """The days to come add up to what is expected beyond what was used, and the interval encloses it."""
    for horizon in ("month", "7d", "30d", "90d"):
        told = server.get(f"/api/forecast?measure=requests&horizon={horizon}").json()
        [row] = told["forecasts"]
        assert row["low"] <= row["estimate"] <= row["high"]
        assert row["so_far"] + sum(day["value"] for day in row["path"]) == pytest.approx(row["estimate"], abs=0.01)
        assert server.get(row["calls"]).status == 200
    assert len(row["path"]) == 90


def test_little_history(server: Running) -> None:
    """What has no history has no estimate, and says why."""
    told = server.get("/api/forecast?model=claude-opus-5-5&team=nobody").json()
    assert told["forecasts"] == [] or told["forecasts"][0]["note"].startswith("not enough history")


def test_anomalies_lead_to_their_calls(server: Running) -> None:
    """Each anomaly was above what is usual, and the list of its calls is there."""
    rows = server.get("/api/anomalies?period=90d").json()["anomalies"]
    for row in rows:
        assert row["value"] > row["usual"]
        assert row["start"] < row["end"]
    for row in rows[:2]:
        assert server.get(row["calls"]).status == 200


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("/api/changes-between?before_from=2026-09-01", "before_to: give both before_from and before_to"),
        ("/api/changes-between?before_from=x&before_to=y", "before_from"),
        ("/api/changes-between?by=weekday", "by: 'weekday' is not one of"),
        ("/api/forecast?measure=errors", "measure: 'errors' is not one of"),
        ("/api/anomalies?by=hour", "by: 'hour' is not one of"),
    ],
)
def test_refused(server: Running, asked: str, said: str) -> None:
    """What cannot be understood is refused, with the parameter's name first."""
    answer = server.get(asked)
    assert answer.status == 422
    assert said in answer.json()["detail"]
