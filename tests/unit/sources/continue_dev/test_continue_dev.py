"""Development data of Continue."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.continue_dev import BEFORE, CHAT, FILE, FORMER, GENERATIONS, LOCAL, NOTHING, OLD
from tokometer.records import ModelCall
from tokometer.sources.continue_dev.found import FOUND


def calls(home: Path, name: str, *generations: object) -> list[ModelCall]:
    """The calls of a file."""
    lines(name, *generations)(home)
    return [record for record in FOUND.read(home / name, b"").records if isinstance(record, ModelCall)]


def test_a_generation_is_a_call(tmp_path: Path) -> None:
    """One of nothing is none."""
    chat, local = calls(tmp_path, FILE, CHAT, NOTHING, LOCAL)
    assert (chat.input_tokens, chat.cache_read_tokens, chat.output_tokens) == (1_000, None, 80)
    assert (chat.provider, chat.user, chat.labels) == ("anthropic", "ada", {"editor": "Visual Studio Code"})
    assert (local.provider, local.model) == ("ollama", "qwen2.5-coder:7b")


def test_an_event_of_two_schemas_is_one(tmp_path: Path) -> None:
    """Continue writes an event once for every version of its schema."""
    [new] = calls(tmp_path, FILE, CHAT)
    [old] = calls(tmp_path, BEFORE, {**CHAT, "schema": "0.1.0"})
    assert new.native_id == old.native_id


def test_all_schemas_are_looked_at(tmp_path: Path) -> None:
    """Each has a folder; other events have files of other names."""
    for example in (GENERATIONS, FORMER):
        for step in example.steps:
            step(tmp_path)
    lines(".continue/dev_data/0.2.0/chatInteraction.jsonl", OLD)(tmp_path)
    found = sorted(path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root))
    assert found == sorted([tmp_path / FILE, tmp_path / BEFORE])
    assert FOUND.roots(tmp_path, {"CONTINUE_GLOBAL_DIR": "~/c"}) == [tmp_path / "c/dev_data"]
