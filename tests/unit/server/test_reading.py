"""Reading aids over HTTP: counts beside filters, changes that add up, windows and filters that are said."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from generators.examples import in_turn
from servers.whole import Running
from tokometer.dashboards import DASHBOARDS, Panel, titled
from tokometer.dashboards.panel import own_window

_PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
_TURNS = in_turn(_PANELS, ("filtered", "chosen"))
_CHOICES = {"show": 'data-set="show"', "per": 'data-set="per"', "complete": 'data-do="complete"'}


def _group(server: Running, name: str, query: str) -> dict[str, dict[str, Any]]:
    groups = {group["name"]: group["values"] for group in server.get(f"/api/filters?range=30d{query}").json()}
    return {value["value"]: value for value in groups.get(name, [])}


def _requests(server: Running, query: str) -> int:
    [row] = server.get(f"/api/query?measure=calls.requests&since=30d{query}").json()["rows"]
    return int(row["requests"])


def test_counts_are_those_under_the_other_filters(server: Running) -> None:
    """Beside a value stands how many requests there will be when it is chosen, in the window and with the filters."""
    provider = next(iter(_group(server, "provider", "")))
    models = _group(server, "model", f"&provider={provider}")
    assert models
    for model, offered in models.items():
        where = f"&where=calls.provider={provider}&where=calls.model={quote(model)}"
        assert int(offered["text"].replace(",", "")) == _requests(server, where)
        assert not offered["chosen"]


def test_what_is_chosen_is_shown_as_chosen(server: Running) -> None:
    """A chosen value comes first with its own count, beside others of its dimension, and also where there is none."""
    first, second, *_ = _group(server, "model", "")
    models = _group(server, "model", f"&model={quote(second)}&model=nobody-calls-this")
    assert [name for name, value in models.items() if value["chosen"]] == sorted(["nobody-calls-this", second])
    assert models["nobody-calls-this"]["text"] == "0"
    assert models[second]["text"] == _group(server, "model", "")[second]["text"]
    assert first in models
    # What is filtered by but not looked through has a place, too.
    assert _group(server, "api_key", "&api_key=none")["none"]["chosen"]


@pytest.mark.parametrize("query", ["range=7d", "range=7d&provider=anthropic", "range=7d&complete=1", "range=30d"])
def test_use_mix_and_price_add_up(server: Running, query: str) -> None:
    """What use, other models and other prices made of the change is the change, to the cent as it is shown."""
    found = server.get(f"/api/panels/business.split?{query}").json()
    told = {name.rpartition(".")[2]: Decimal(value) for name, value in found["rows"] if value is not None}
    parts = told["volume"] + told["mix"] + told["price"]
    assert parts == told["cost_split"] == told["cost"] - told["previous"]
    asked = "&where=calls.provider=anthropic" if "provider" in query else ""
    since = query.partition("&")[0].removeprefix("range=")
    if "complete" not in query:
        [row] = server.get(f"/api/query?measure=calls.cost&since={since}{asked}").json()["rows"]
        assert told["cost"] == Decimal(row["cost"])


def test_movers_follow_filters(server: Running) -> None:
    """A mover's change is its cost less its cost before, and only what is filtered by moves."""
    found = server.get("/api/panels/business.movers?range=7d&provider=anthropic").json()
    rows = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
    assert rows
    models = server.get("/api/query?measure=calls.cost&by=calls.model&since=7d&where=calls.provider=anthropic").json()
    costs = {row["model"]: Decimal(row["cost"] or 0) for row in models["rows"]}
    for row in rows:
        assert Decimal(row["judgement.movers.cost"] or 0) == costs.get(row["name"], 0)


@pytest.mark.parametrize("panel", [panel for panel in _PANELS if panel.window], ids=lambda panel: panel.id)
def test_a_window_of_its_own_is_said(server: Running, panel: Panel) -> None:
    """A panel that is always about the same window says which, in its title, beside it or under its figure."""
    if panel.window == "all":
        pytest.skip("of all there is")
    words = own_window(panel, "")
    assert words
    title = titled(panel)
    text = _text(server, panel, "")
    # A forecast names its month.
    named = f"{datetime.now(UTC):%B %Y}" if panel.window == "month" else words
    said = (named, words, words.removeprefix("Last "), f"({panel.window})")
    assert any(word.casefold() in text.casefold() for word in said), (title, words)


@pytest.mark.parametrize("panel", [one for one, way in _TURNS if way == "filtered"], ids=lambda panel: panel.id)
def test_what_is_not_filtered_says_so(server: Running, panel: Panel) -> None:
    """A panel whose figures stay as they are under a filter says that it is not filtered by it."""
    query = "?range=30d&model=nobody-calls-this"
    plain, filtered = (server.get(f"/api/panels/{panel.id}{chosen}").json() for chosen in ("?range=30d", query))
    held = any(value for row in plain["rows"] for value in row[1:])
    if held and "not filtered by Model" not in filtered["html"]:
        assert filtered["rows"] != plain["rows"]


@pytest.mark.parametrize(
    ("panel", "dimension"), [("analytics.cron", "Project"), ("insights.utilisation", "Team"), ("insights.mfu", "Team")]
)
def test_what_cannot_be_told_under_a_filter(server: Running, panel: str, dimension: str) -> None:
    """Jobs have no project and devices no team: filtered by one, a judgement of them is unknown, and says why."""
    told = server.get(f"/api/panels/{panel}?range=30d").json()
    filtered = server.get(f"/api/panels/{panel}?range=30d&{dimension.lower()}=nobody").json()
    assert not told["empty"]
    assert filtered["empty"]
    assert f"known by {dimension}" in filtered["html"]
    assert "known by" not in told["html"]


@pytest.mark.parametrize("panel", [one for one, way in _TURNS if way == "chosen"], ids=lambda panel: panel.id)
def test_every_choice_at_once(server: Running, panel: Panel) -> None:
    """A panel answers when everything is chosen otherwise than pages open, and its rows are no others for `show`."""
    query = "?range=month&complete=1&per=mtok&trend=month&measure=requests&tz=Asia/Kolkata"
    plain, changed = (server.get(f"/api/panels/{panel.id}{query}&show={show}") for show in ("value", "percent"))
    assert plain.status == changed.status == 200
    if "show" in panel.uses and not panel.window:
        assert _lasting(changed.json()) == _lasting(plain.json())
        assert changed.json()["empty"] or "change against" in changed.json()["html"]


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=lambda dashboard: dashboard.id)
def test_controls_are_those_that_change_something(server: Running, dashboard: Any) -> None:
    """A page offers a choice exactly where one of its panels follows it."""
    page = server.get(f"/{dashboard.id}").text
    used = {choice for panel in dashboard.panels for choice in panel.uses}
    assert {name for name, mark in _CHOICES.items() if mark in page} == used & _CHOICES.keys()


def _lasting(found: dict[str, Any]) -> list[list[Any]]:
    """Its rows without what grows by itself: how long ago something was."""
    kept = [at for at, name in enumerate(found["columns"]) if not name.endswith(".age")]
    return [[row[at] for at in kept] for row in found["rows"]]


def _text(server: Running, panel: Panel, query: str) -> str:
    found = server.get(f"/api/panels/{panel.id}{query}").json()["html"]
    return html.unescape(re.sub(r"<[^>]+>", " ", found))


def test_values_are_left_out_everywhere(server: Running) -> None:
    """What is left out of a page is out of its panels, files, endpoints and definitions, and what is left adds up."""

    def requests(more: str) -> int:
        rows = server.get(f"/api/panels/usage.models?range=30d&by=model{more}").json()["rows"]
        return sum(row[3] for row in rows)

    [model, *_] = [row[0] for row in server.get("/api/panels/usage.models?range=30d&by=model").json()["rows"]]
    chosen = f"&model={model}"
    assert 0 < requests(f"&-model={model}") == requests("") - requests(chosen)
    assert f"\r\n{model}," not in server.get(f"/api/panels/usage.models.csv?range=30d&-model={model}").text
    assert f"is not {model}" in server.get(f"/api/panels/usage.models/explain?range=30d&-model={model}").text
    groups = {group["name"]: group["values"] for group in server.get(f"/api/filters?range=30d&-model={model}").json()}
    assert model not in {one["value"] for one in groups["model"]}
    told = server.get(f"/api/tokens/by-model?period=30d&-model={model}")
    assert told.status == 200
    assert model not in {row["model"] for row in told.json()}
    assert server.get("/api/tokens/by-model?period=30d&-nothing=x").status == 422
