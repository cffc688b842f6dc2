"""The database of ZCode."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.zcode import BEGAN, BESIDE, DATABASE, FILE, INSIDE, OLD, SCHEMA, SESSION, request
from tokometer.records import ModelCall
from tokometer.sources.protocol import Reading
from tokometer.sources.zcode.found import FOUND


def read(home: Path, *requests: object, state: bytes = b"") -> Reading:
    """Write requests and read what is new."""
    database(FILE, SCHEMA, {"session": [SESSION], "model_usage": list(requests)})(home)  # type: ignore[dict-item]
    return FOUND.read(home / FILE, state)


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_the_total_proves_what_is_inside(tmp_path: Path) -> None:
    """The cache is inside the prompt and reasoning in the output, where nothing says otherwise."""
    inside, beside, old = calls(read(tmp_path, INSIDE, BESIDE, OLD))
    assert (inside.input_tokens, inside.output_tokens, inside.reasoning_tokens) == (90, 20, 5)
    assert (beside.input_tokens, beside.output_tokens, beside.reasoning_tokens) == (100, 25, 5)
    assert (old.input_tokens, old.cache_read_tokens, old.output_tokens) == (10, 40, 10)


def test_a_request_says_how_long_it_took(tmp_path: Path) -> None:
    """And in which folder it was, as whom."""
    [call] = calls(read(tmp_path, INSIDE))
    assert (call.started_at, call.latency_us) == (BEGAN * 1000, 1_500_000)
    assert (call.model, call.provider, call.project) == ("glm-5.2", "zai", "/home/ada/code/engine")
    assert (call.subagent, call.labels) == ("zcode-agent", {"mode": "yolo"})


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """A request that is finished later is told again."""
    first = read(tmp_path, INSIDE)
    later = read(tmp_path, request("u-2", 60, (10, 2, 0, 0, 0), 12), state=first.state)
    assert [call.native_id for call in calls(later)][-1] == "u-2"


def test_its_folder_can_be_named(tmp_path: Path) -> None:
    """Only databases are read."""
    for step in DATABASE.steps:
        step(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
    assert FOUND.roots(tmp_path, {"ZCODE_HOME": "~/z"}) == [tmp_path / "z/cli/db"]
