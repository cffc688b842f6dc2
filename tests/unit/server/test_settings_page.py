"""The Settings page and /api/config/dashboard, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.whole import Running, running
from tokometer.charts.colours import PALETTE
from tokometer.cli.doctor import _words
from tokometer.records import PROVIDERS
from tokometer.settings.sections import SECTIONS, example


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Running]:
    """A server with a folder of its own, whose settings a test may change."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


def settle(server: Running, text: str) -> None:
    """Write the settings' file."""
    fresh = server.data / "tokometer.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(server.data / "tokometer.toml")


def test_defaults(alone: Running) -> None:
    """Without a file everything has its default, and what nobody configured says so."""
    found = alone.get("/api/config/dashboard").json()
    assert found["given"] == []
    assert found["file"]["error"] is None
    assert not found["file"]["exists"]
    assert found["budget_limits"]["configured"] is False
    assert found["budget_limits"]["monthly"] is None
    assert found["slo_targets"]["availability"] == 0.999
    assert found["alert_thresholds"]["cost_spike"] == 2
    assert found["color_scheme"]["palette"] == list(PALETTE)
    assert found["color_scheme"]["providers"]["openai"] == PROVIDERS["openai"].colour
    assert found["circuit_breaker"] == {"failures": 10, "within_seconds": 60, "open_seconds": 30, "probes": 3}
    assert any(device["match"] == "H100" and device["built_in"] for device in found["devices"])
    assert all(found["refresh_rates"].values())
    dashboards = alone.get("/api/dashboards").json()["dashboards"]
    assert [list(found["refresh_rates"][one["id"]]) for one in dashboards] == [
        [panel["id"] for panel in one["panels"]] for one in dashboards
    ]


def test_teams(server: Running) -> None:
    """Teams are told with their keys, masked, and what they may spend."""
    found = server.get("/api/config/dashboard").json()
    teams = {team["name"]: team for team in found["teams"]}
    assert set(found["budget_limits"]["by_team"]) <= set(teams)
    for name, limit in found["budget_limits"]["by_team"].items():
        assert teams[name]["monthly_budget"] == limit
    assert any(team["api_keys"] for team in teams.values())
    assert all(key.startswith("…") for team in teams.values() for key in team["api_keys"])


def test_colours_are_those_of_the_theme(server: Running) -> None:
    """Of the theme that the asker has chosen, and of both."""
    found = server.get("/api/config/dashboard", {"Cookie": "theme=dark"}).json()["color_scheme"]
    assert found["theme"] == "dark"
    assert found["themes"]["light"]["card"] != found["themes"]["dark"]["card"]
    assert server.get("/api/config/dashboard", {"Cookie": "theme=pink"}).json()["color_scheme"]["theme"] == "system"


def test_a_changed_file_is_taken_into_use(alone: Running) -> None:
    """Without a start, exactly as written; a mistake is told, and changes nothing."""
    settle(alone, example())
    found = alone.get("/api/config/dashboard").json()
    assert found["budget_limits"]["by_team"] == {"research": "250.50"}
    assert found["rate_cards"][0]["markup"] == "0.3"
    assert "slo.availability" in found["given"]
    assert set(found["refresh_rates"]["overview"].values()) == {30}
    assert found["refresh_rates"]["usage"]["usage.outlook"] == 120
    assert found["file"]["unknown"] == {}
    assert found["devices"][0] == {
        "match": "H100",
        "peak_tflops": 989.4,
        "power_watts": 700,
        "price_per_hour": "2.50",
        "source": "",
        "checked": "",
        "built_in": False,
    }
    settle(alone, example().replace("availability = 0.999", "availability = 2"))
    found = alone.get("/api/config/dashboard").json()
    assert found["file"]["error"]["key"] == "slo.availability"
    assert found["slo_targets"]["availability"] == 0.999
    page = alone.get("/settings").text
    assert "The file has a mistake" in page
    assert "has to be above 0 and below 1, not 2" in page
    settle(alone, "")
    assert alone.get("/api/config/dashboard").json()["file"]["error"] is None


def test_rules_that_name_what_there_is_not_are_a_mistake(alone: Running) -> None:
    """Though only the measures know it; dimensions that can be made are there at once."""
    rule = '[dimension.product]\nrule = [{ value = "x", where = "%s" }]\n'
    settle(alone, rule % "calls.projct = y")
    assert alone.get("/api/config/dashboard").json()["file"]["error"]["key"] == "dimension.product.rule[1].where[1]"
    settle(alone, rule % "calls.project = y")
    assert [one["name"] for one in alone.get("/api/config/dashboard").json()["dimensions"]] == ["product"]
    assert alone.get("/api/query?measure=calls.cost&by=calls.product").status == 200


def test_a_refresh_of_nothing_is_told(alone: Running) -> None:
    """With the nearest dashboard or panel that there is."""
    settle(alone, '[refresh]\n"usage.outlok" = 5\n')
    assert alone.get("/api/config/dashboard").json()["file"]["unknown"] == {"refresh.usage.outlok": "usage.outlook"}
    assert "did you mean usage.outlook?" in alone.get("/settings").text


def test_the_page_has_every_section(alone: Running) -> None:
    """With its values, their meanings and where they come from, and nothing that looks like a figure without one."""
    page = alone.get("/settings").text
    for section in SECTIONS:
        assert f'id="{section.name}"' in page
    assert "99.9 %" in page
    assert "No budget is configured." in page
    assert "tokometer.toml</span>" not in page


def test_names_from_the_file_cannot_break_the_page(alone: Running) -> None:
    """Markup in a name is text, and so is a name of 500 characters."""
    settle(alone, f'[budget.teams]\n"<script>alert(1)</script>" = 5\n"{"x" * 500}" = 6\n')
    page = alone.get("/settings").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_labels_wait_for_the_next_start(alone: Running) -> None:
    """The page says so."""
    assert "taken into use when it starts again" not in alone.get("/settings").text
    settle(alone, '[labels]\nrollup = ["customer"]\n')
    assert "taken into use when it starts again" in alone.get("/settings").text


def test_a_provider_that_nobody_knows_is_told(alone: Running) -> None:
    """It may be a slip of the pen, so the page says it, and it may be somebody's own gateway, so it is taken."""
    settle(alone, "[budget.providers]\nopenia = 5\n")
    assert alone.get("/api/config/dashboard").json()["budget_limits"]["by_provider"] == {"openia": "5"}
    assert "did you mean openai?" in alone.get("/settings").text


def test_the_check_up_tells_of_a_mistake(alone: Running) -> None:
    """`tokometer doctor` asks the server, which stays with what it had."""
    settle(alone, "[breaker]\nfailures = 0\n")
    token = json.loads((alone.data / "server.json").read_text(encoding="utf-8"))["token"]
    found = alone.get("/api/control/doctor", {"Authorization": f"Bearer {token}"}).json()
    assert found["settings"]["path"] == str(alone.data / "tokometer.toml")
    assert "breaker.failures: has to be at least 1" in found["settings"]["error"]
    assert "Settings " in "\n".join(map(str, _words(found, "the server")))
