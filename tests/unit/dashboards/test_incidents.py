"""The timeline of incidents and their list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.kinds import Incidents
from tokometer.dashboards.panel import View
from tokometer.records import Record

_PANEL = Incidents(id="x.incidents", title="Incidents")


def _down(minutes_ago: int, minutes: int, provider: str = "openai", ok: int = 0) -> list[Record]:
    """A provider that failed for so many minutes, all calls but `ok` of ten each minute."""
    return [
        call(NOW - timedelta(minutes=minutes_ago - at), n, provider=provider, status="ok" if n < ok else "server_error")
        for at in range(minutes)
        for n in range(10)
    ]


def _up(minutes_ago: int, minutes: int, provider: str = "openai") -> list[Record]:
    return [call(NOW - timedelta(minutes=minutes_ago - at), 99, provider=provider) for at in range(minutes)]


def _see(folder: Path, records: Iterable[Record], **chosen: str) -> View:
    with looking(folder, records, range="24h", **chosen) as context:
        return _PANEL.view(context)


def test_over_and_going_on(tmp_path: Path) -> None:
    """What is over has its duration; what is not says so, and lasts until now."""
    records = [*_down(300, 6), *_up(294, 5), *_down(20, 20, "anthropic", ok=2)]
    view = _see(tmp_path, records)
    ongoing, over = view.shown["rows"]
    assert (ongoing["label"], ongoing["severity"], ongoing["ongoing"]) == ("Anthropic", "Major", True)
    assert (ongoing["duration"], ongoing["failed"]) == ("20 min", "80 %")
    assert (over["label"], over["severity"], over["ongoing"]) == ("OpenAI", "Critical", False)
    assert (over["duration"], over["start"]["text"]) == ("6 min", "07:07")
    assert over["failed_exact"] == "60 of 60 calls in 6 bad minutes"
    assert view.shown["sub"] == "2 in this window, 1 going on"


def test_lanes_are_to_scale(tmp_path: Path) -> None:
    """An incident stands where it was in the window, as long as it was; severity is its height, too."""
    [lane] = _see(tmp_path, [*_down(12 * 60, 120, ok=4), *_up(600, 5)]).shown["lanes"]
    [bar] = lane["bars"]
    # The window ends at 12:15; the incident began at 00:07.
    assert bar["x"] == round(100 * (24 * 60 - 12 * 60 - 8) / (24 * 60), 2)
    assert bar["width"] == round(100 * 120 / (24 * 60), 2)
    assert bar["height"] == 40
    assert bar["title"] == "Minor: 00:07 – 02:07, 2 h, 60 % of the calls failed"


def test_the_shortest_can_be_seen(tmp_path: Path) -> None:
    """Two minutes of a day are wide enough for an eye, and do not leave the lane."""
    [lane] = _see(tmp_path, [*_down(2, 2), *_up(0, 1)]).shown["lanes"]
    [bar] = lane["bars"]
    assert bar["width"] >= 0.35
    assert bar["x"] + bar["width"] <= 100


def test_table_has_the_judgement(tmp_path: Path) -> None:
    """Whatever is listed is in the table under the judgement's names."""
    view = _see(tmp_path, [*_down(300, 6), *_up(294, 5)])
    row = dict(zip(view.table.columns, view.table.rows[0], strict=True))
    assert (row["provider"], row["judgement.incidents"], row["judgement.incidents.errors"]) == ("openai", 1.0, 60)
    assert row["judgement.incidents.duration"] == 360


def test_no_incident_is_good_news(tmp_path: Path) -> None:
    """Where nothing was down there is nothing to list."""
    assert _see(tmp_path, _up(300, 50)).empty
    assert _see(tmp_path, []).empty


def test_names_are_only_text(tmp_path: Path) -> None:
    """A provider may be called anything."""
    view = _see(tmp_path, [record for name in HOSTILE for record in _down(60, 3, name)])
    assert {lane["label"] for lane in view.shown["lanes"]} == set(HOSTILE)
    assert {row["name"] for row in view.shown["rows"]} == set(HOSTILE)
