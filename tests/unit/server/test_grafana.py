"""Grafana's questions are answered with the numbers of our own pages."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from servers.grafana import Grafana, infinity, organised
from servers.whole import Running
from tokometer.dashboards import DASHBOARDS, Panel
from tokometer.measures import CUBES
from tokometer.reports.grafana.board import board_of, number_of
from tokometer.reports.grafana.columns import field_of
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.target import CHOSEN, WINDOW

#: Sentences ask for nothing.
#: Kinds of panel that are a text with a link to our page there.
_IN_WORDS: Final = ("brief", "balance", "gapmap")
PANELS: Final = [panel for board in DASHBOARDS.values() for panel in board.panels if panel.kind not in _IN_WORDS]
BOARDS: Final = {name: board_of(board, Sight()) for name, board in DASHBOARDS.items()}
NOBODY: Final[Mapping[str, None]] = dict.fromkeys(("provider", "model", "team", "environment"))


def _week(**chosen: Any) -> Grafana:
    """Seven days that end at a quarter hour, which are over."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return Grafana(until - timedelta(days=7), until, "Europe/Berlin", {**NOBODY, **chosen})


def _drawn(panel: Panel) -> dict[str, Any]:
    board = BOARDS[panel.id.partition(".")[0]]
    return next(one for one in board["panels"] if one["id"] == number_of(panel.id))


def _target(panel: Panel) -> dict[str, Any]:
    (target,) = _drawn(panel)["targets"]
    return dict(target)


def _page(server: Running, panel: Panel, seen: Grafana) -> dict[str, Any]:
    """What our own page is told of a panel."""
    filters = "".join(f"&{name}={value}" for name, values in seen.chosen.items() for value in values or ())
    window = f"range=custom&since={seen.since:%Y-%m-%dT%H:%M:%SZ}&until={seen.until:%Y-%m-%dT%H:%M:%SZ}"
    reply = server.get(f"/api/panels/{panel.id}?{window}&tz={seen.zone}{filters}")
    assert reply.status == 200, reply.text
    found: dict[str, Any] = json.loads(reply.body, parse_float=Decimal)
    return found


def _plain(value: Any) -> Any:
    """A value of either as one thing: numbers as decimals, times as moments."""
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    for read in (Decimal, datetime.fromisoformat):
        try:
            return _plain(read(value))
        except (ArithmeticError, ValueError):
            continue
    return value


def _expected(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The page's rows under the names of flat rows."""
    columns, rows = page["columns"], page["rows"]
    if columns[:1] == ["measure"] and set(columns) <= {"measure", "value", "previous"}:
        found: dict[str, Any] = {}
        for name, value, *_ in rows:
            same = sum(field_of(name) == field.rstrip("_0123456789") for field in found)
            found[f"{field_of(name)}_{same + 1}" if same else field_of(name)] = value
        return [found]
    return [{field_of(name): value for name, value in zip(columns, row, strict=True)} for row in rows]


def _told(server: Running, panel: Panel, seen: Grafana) -> tuple[list[Any], list[Any], list[Any]]:
    """What the page has of a panel, what Grafana has after that, and what the page has then."""
    target = _target(panel)
    selectors = [column["selector"] for column in target["columns"]]

    def page() -> list[Any]:
        return [[_plain(row[selector]) for selector in selectors] for row in _expected(_page(server, panel, seen))]

    before = page()
    reply = server.get(seen.fill(target["url"]))
    assert reply.status == 200, reply.text
    rows = infinity(reply.body, target)
    if target["format"] == "table":
        rows = organised(rows, _drawn(panel))
    else:
        rows = [{column["text"]: row[column["text"]] for column in target["columns"]} for row in rows]
    got = [[_plain(value) for value in row.values()] for row in rows]
    return before, got, page()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_grafana_has_the_numbers_of_our_page(server: Running, panel: Panel) -> None:
    """Every column that a dashboard asks for is there, and has what our own page has, to the last digit."""
    before, got, after = _told(server, panel, _week())
    # Should the page's answer have been made anew meanwhile, it is one or the other.
    assert got in (before, after) or any(_alike(got, page) for page in (before, after))


def _alike(got: list[Any], page: list[Any]) -> bool:
    """Whether rows differ by no more than a forecast moves in a moment."""
    pairs = [(one, other) for row, told in zip(got, page, strict=True) for one, other in zip(row, told, strict=True)]
    return all(_near(one, other) for one, other in pairs)


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) < timedelta(minutes=5)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) <= abs(other) / 10_000
    return bool(one == other)


@pytest.mark.parametrize("panel_id", ["overview.volume", "providers.matrix", "business.cost", "incidents.errors"])
def test_variables_narrow_a_panel_as_filters_do(server: Running, panel_id: str) -> None:
    """Several values of several variables are the filters of our page."""
    panel = next(one for one in PANELS if one.id == panel_id)
    before, got, after = _told(server, panel, _week(provider=["anthropic", "openai"], team=["research"]))
    assert got in (before, after)
    assert got != _told(server, panel, _week())[1]


def test_courses_can_be_made_wide(server: Running) -> None:
    """What is asked as a time series has times that never go back and are always known."""
    for panel in PANELS:
        target = _target(panel)
        if target["format"] != "timeseries":
            continue
        reply = server.get(_week().fill(target["url"]))
        times = [row[target["columns"][0]["text"]] for row in infinity(reply.body, target)]
        kinds = [column["type"] for column in target["columns"]]
        assert kinds.count("timestamp_epoch") == 1, panel.id
        assert None not in times, panel.id
        assert panel.kind == "heatmap" or times == sorted(times), panel.id


@pytest.mark.parametrize("variable", ["provider", "model", "team", "environment"])
def test_variables_offer_what_was_used(server: Running, variable: str) -> None:
    """A variable has the values of its dimension, the most used first, and each of them narrows something."""
    board = BOARDS["overview"]
    (found,) = (one for one in board["templating"]["list"] if one["name"] == variable)
    query = found["query"]["infinityQuery"]
    rows = infinity(server.get(_week().fill(query["url"])).body, query)
    asked = f"/api/query?measure=calls.requests&by=calls.{variable}&since={_week().since:%Y-%m-%dT%H:%M:%SZ}"
    told = server.get(f"{asked}&until={_week().until:%Y-%m-%dT%H:%M:%SZ}").json()["rows"]
    used = sorted((row for row in told if row[variable]), key=lambda row: -row["requests"])
    assert {row["__value"] for row in rows} == {row[variable] for row in used}
    assert rows[0]["__value"] in {row[variable] for row in used if row["requests"] == used[0]["requests"]}


def test_a_value_with_commas_is_one_value(server: Running) -> None:
    """`var-…` holds one value whatever is in it; what is written by hand can be a list."""
    window = "from=1700000000000&to=1700086400000"
    for path in (f"{window}&var-model=a%2Cb", f"{window}&model=a,b", f"{window}&model=%7Ba,b%7D", f"{window}&model="):
        assert server.get(f"/api/grafana/panels/overview.volume?{path}").status == 200
    link = server.get(f"/api/grafana/values/model?{window}&var-model=a%2Cb")
    assert link.json() == {"rows": []}


@pytest.mark.parametrize("name", ["overview", "overview.volume"])
def test_a_link_leads_to_our_page(server: Running, name: str) -> None:
    """Our page opens with Grafana's window and filters."""
    seen = _week(provider=["anthropic"])
    link = seen.fill(f"/api/grafana/open/{name}?{WINDOW}&{CHOSEN}")
    page = server.get(link)
    assert page.status == 200
    assert "Executive Overview" in page.text
    assert _leads_to(server, link) == (
        "/overview",
        {
            "range": ["custom"],
            "since": [seen.since.isoformat()],
            "until": [seen.until.isoformat()],
            "tz": ["Europe/Berlin"],
            "provider": ["anthropic"],
        },
    )


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_a_link_leads_to_the_records_behind_a_panel(server: Running, panel: Panel) -> None:
    """The explorer is asked for what the panel counts, narrowed as it was."""
    path, asked = _leads_to(
        server, _week(provider=["anthropic"]).fill(f"/api/grafana/records/{panel.id}?{WINDOW}&{CHOSEN}")
    )
    assert path == "/explore"
    cube = CUBES[asked["measure"][0].partition(".")[0]]
    narrowed = any("provider" in one and "anthropic" in one for one in asked.get("where", ()))
    assert narrowed == ("provider" in cube.dimensions)
    assert asked["since"]


def _leads_to(server: Running, link: str) -> tuple[str, dict[str, list[str]]]:
    """Where a redirect leads, without going there."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("GET", link)
        reply = connection.getresponse()
        assert reply.status == 307, reply.read()
        place = urlsplit(reply.headers["location"])
    finally:
        connection.close()
    return place.path, parse_qs(place.query)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/grafana/panels/nothing", 404, "no panel"),
        ("/api/grafana/values/nothing", 404, "no dimension"),
        ("/api/grafana/open/nothing", 404, "no dashboard"),
        ("/api/grafana/panels/overview.volume?from=1&to=soon", 422, "to: 'soon'"),
        ("/api/grafana/panels/overview.volume?from=1", 422, "come together"),
        ("/api/grafana/panels/overview.volume?from=9&to=1", 422, "before from"),
        ("/api/grafana/panels/overview.volume?from=1&to=99999999999999999999", 422, "further than"),
        ("/api/grafana/panels/overview.volume?var-colour=red", 422, "var-colour"),
        ("/api/grafana/panels/overview.volume?tz=Mars", 422, "tz"),
    ],
)
def test_what_cannot_be_understood_is_said(server: Running, path: str, status: int, said: str) -> None:
    """A mistake in an address is an error that names it, and not an answer to something else."""
    reply = server.get(path)
    assert (reply.status, said in reply.text) == (status, True), reply.text
