"""How a panel is computed, in words, and what its file is called."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from servers.whole import Running

BERLIN = ZoneInfo("Europe/Berlin")
ASKED = "tz=Europe/Berlin&range=7d"


def window_of(server: Running, panel: str) -> str:
    """What the explanation says of the window."""
    html = server.get(f"/api/panels/{panel}/explain?{ASKED}").text
    found = re.search(r"<dt>Window</dt>\s*<dd>(.*?)</dd>", html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ("usage.models", r"\d+ (\w+ (\d+ )?)?– \d+ \w+ \d{4}, in Europe/Berlin; compared with the 7 days before\."),
        ("usage.periods", r"Several: Today, This week, This month, All time, in Europe/Berlin; compared .*"),
        ("usage.outlook", r"This month: 1 – \d+ \w+ \d{4}, in Europe/Berlin\."),
        ("overview.latency", r"Last 15 min: .*\d\d:\d\d – .*\d\d:\d\d, .*; compared with the period before it\."),
        ("overview.cost", r"Today: \d+ \w+ \d{4}, in Europe/Berlin; compared with the period before it\."),
        ("models.available", r"All time, in Europe/Berlin.*"),
    ],
)
def test_the_window_is_the_panels_own(server: Running, panel: str, said: str) -> None:
    """What is said of the window is true of the panel, whatever the page's range, and no word of a query."""
    assert re.fullmatch(said, window_of(server, panel))


@pytest.mark.parametrize(
    ("panel", "days"), [("usage.models", 6), ("usage.outlook", None), ("usage.periods", -1), ("models.available", -1)]
)
def test_files_are_named_with_both_days(server: Running, panel: str, days: int | None) -> None:
    """The first and the last day that the rows are about: the window's, the month's, or all that there is."""
    now = datetime.now(BERLIN)
    name = server.get(f"/api/panels/{panel}.csv?{ASKED}").headers["content-disposition"]
    found = re.search(r'="([a-z-]+)_(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)\.csv"', name)
    assert found is not None, name
    assert found[1] == panel.replace(".", "-")
    first, last = (datetime.fromisoformat(day).date() for day in found.groups()[1:])
    assert last == now.date()
    if days is None:
        assert first == now.date().replace(day=1)
    elif days < 0:
        assert timedelta(days=35) < last - first < timedelta(days=45)
    else:
        assert last - first == timedelta(days=days)
