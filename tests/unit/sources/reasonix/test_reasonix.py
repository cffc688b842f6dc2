"""Statistics of Reasonix."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.reasonix import COUNTED, FILE, FIRST, NOTHING, STATISTICS, TURN, TWIN, request
from tokometer.records import ModelCall
from tokometer.sources.reasonix.found import FOUND


def calls(home: Path, *told: object) -> list[ModelCall]:
    """The calls of a day."""
    lines(FILE, *told)(home)
    return [record for record in FOUND.read(home / FILE, b"").records if isinstance(record, ModelCall)]


def test_what_missed_the_cache_is_the_input(tmp_path: Path) -> None:
    """Where it is told; else it is what is left of the prompt."""
    first, twin, odd = calls(tmp_path, TURN, FIRST, TWIN, request(9, "deepseek-chat", 100, 20, 30, cache_miss=10))
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (300, 700, 80)
    assert (first.provider, first.model, first.user_messages) == ("deepseek", "deepseek-chat", 1)
    assert (twin.provider, twin.model, twin.input_tokens) == ("openrouter", "google/gemini-2.5-pro", 70)
    assert (odd.provider, odd.input_tokens) == ("deepseek", 10)


def test_two_that_say_the_same_are_two(tmp_path: Path) -> None:
    """There is no id: they are known by where they stand."""
    first, second = calls(tmp_path, TWIN, TWIN)
    assert first.native_id != second.native_id


def test_requests_without_tokens(tmp_path: Path) -> None:
    """They are counted; nothing is not."""
    [call] = calls(tmp_path, COUNTED, NOTHING)
    assert (call.input_tokens, call.labels) == (None, {"covers": "turn", "requests": "4"})


def test_only_days_are_found(tmp_path: Path) -> None:
    """Variables name other folders."""
    for step in STATISTICS.steps:
        step(tmp_path)
    lines(".reasonix/stats/other.jsonl", FIRST)(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) if root.is_dir() for path in FOUND.files(root)] == [
        tmp_path / FILE
    ]
    env = {"REASONIX_HOME": "~/r"}
    assert FOUND.roots(tmp_path, env) == [tmp_path / "r/stats"]
    assert FOUND.roots(tmp_path, env | {"REASONIX_STATE_HOME": "/s"}) == [Path("/s/stats")]
