"""Status grids: who has a tile, what it says, and in which order they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import Also, StatusGrid
from tokometer.dashboards.panel import View
from tokometer.records import Record

_MINUTE = timedelta(minutes=1)
_HEALTH = StatusGrid(
    id="x.health",
    title="Health",
    of="judgement.health_score",
    word="judgement.health_score.status",
    also=(Also("judgement.health_score.error_rate", "errors"), Also("calls.requests", "requests")),
    window="15m",
)
_BREAKERS = StatusGrid(id="x.breakers", title="Breakers", of="judgement.breaker", window="15m")


def _calls(provider: str, count: int = 10, failed: int = 0, ago: timedelta = 5 * _MINUTE) -> list[Record]:
    return [
        call(NOW - ago + at * timedelta(seconds=1), provider=provider, status="server_error" if at < failed else "ok")
        for at in range(count)
    ]


def _see(folder: Path, records: Iterable[Record], panel: StatusGrid = _HEALTH) -> View:
    with looking(folder, records) as context:
        return panel.view(context)


def test_every_known_provider_has_a_tile(tmp_path: Path) -> None:
    """Who is well, who is not, and who was used this month but has no traffic now, by name and not by size."""
    records = [
        *_calls("openai", 20),
        *_calls("anthropic", 10, failed=9),
        *_calls("mistral", ago=timedelta(days=10)),
        *_calls("xai", ago=timedelta(days=40)),
    ]
    view = _see(tmp_path, records)
    tiles = view.shown["tiles"]
    assert [(tile["label"], tile["word"], tile["standing"]) for tile in tiles] == [
        ("Anthropic", "Critical", "critical"),
        ("Mistral AI", "No data", "none"),
        ("OpenAI", "Healthy", "good"),
    ]
    assert view.shown["sub"] == "1 critical · 1 healthy · 1 no data"
    openai = tiles[2]
    assert openai["figure"].text == "100"
    assert [(cell.text, words) for cell, words in openai["small"]] == [("0 %", "errors"), ("20", "requests")]


def test_nothing_is_no_zero(tmp_path: Path) -> None:
    """Who has no traffic has no figure, in the tile as in the rows behind it."""
    view = _see(tmp_path, _calls("mistral", ago=timedelta(days=3)))
    [row] = view.table.rows
    assert dict(zip(view.table.columns, row, strict=True))["judgement.health_score"] is None
    html = fragment(_HEALTH, view)
    assert "No data" in html
    assert 'class="figure' not in html


def test_a_state_in_words_is_the_whole_tile(tmp_path: Path) -> None:
    """A breaker has no number: its state is said in a word."""
    view = _see(tmp_path, [*_calls("openai"), *_calls("groq", 12, failed=12, ago=timedelta(seconds=20))], _BREAKERS)
    tiles = {tile["label"]: tile for tile in view.shown["tiles"]}
    assert (tiles["Groq"]["word"], tiles["Groq"]["standing"]) == ("Open", "critical")
    assert (tiles["OpenAI"]["word"], tiles["OpenAI"]["figure"]) == ("Closed", None)


def test_without_records_it_says_so(tmp_path: Path) -> None:
    """An empty ledger has no tiles, and says what is missing."""
    view = _see(tmp_path, [])
    assert view.empty
    assert "Nothing was used" in fragment(_HEALTH, view)


def test_the_worst_are_among_many(tmp_path: Path) -> None:
    """Where there are more than fit, whoever is unwell is shown, and the rest is counted."""
    records = [record for at in range(70) for record in _calls(f"in-house-{at:02d}", 2)]
    view = _see(tmp_path, [*records, *_calls("zzz", 10, failed=10)])
    assert len(view.shown["tiles"]) == 60
    assert view.shown["tiles"][-1]["name"] == "zzz"
    assert view.shown["beyond"] == 11
    assert len(view.table.rows) == 71


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_only_text(tmp_path: Path, name: str) -> None:
    """A provider may be called anything; a page shows it as text, isolated from what stands around it."""
    view = _see(tmp_path, _calls(name))
    assert [tile["label"] for tile in view.shown["tiles"]] == [name]
    html = fragment(_HEALTH, view)
    assert "<script" not in html
    assert "<bdi>" in html
