"""Sessions of Mistral Vibe."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.mistral_vibe import BEFORE, FILES, FOLDERS, GROWN, NOW, OLD, YOUNG
from tokometer.records import AgentRun, ModelCall
from tokometer.sources.mistral_vibe.found import FOUND


def read(home: Path, name: str, value: object) -> tuple[ModelCall, AgentRun]:
    """The call and the run of a session."""
    document(name, value)(home)
    call, run = FOUND.read(home / name, b"").records
    assert isinstance(call, ModelCall)
    assert isinstance(run, AgentRun)
    return call, run


def test_a_session_is_one_call_that_grows(tmp_path: Path) -> None:
    """Only totals are kept of it: the cache is inside the prompt, and the larger total is the later."""
    young, _ = read(tmp_path, NOW, YOUNG)
    grown, run = read(tmp_path, NOW, GROWN)
    assert (young.native_id, young.input_tokens, young.cache_read_tokens) == (grown.native_id, 800, 200)
    assert grown.revision > young.revision
    assert grown.labels == {"covers": "session", "requests": "4"}
    assert (grown.model, grown.provider, grown.parent_session_id) == ("devstral-2", "mistral", "s-parent")
    assert (run.role, run.ended_at, run.user) == ("main", 1_772_442_600_000_000, "ada")


def test_before_a_session_was_one_file(tmp_path: Path) -> None:
    """Its times name no zone; nothing was said about the cache."""
    call, _ = read(tmp_path, BEFORE, {"metadata": OLD, "messages": []})
    assert (call.started_at, call.input_tokens, call.model) == (1_765_357_200_123_456, 700, "devstral-small")
    assert (call.project, call.git_branch) == ("/home/ada/code/engine", "main")


def test_only_sessions_are_found(tmp_path: Path) -> None:
    """Messages lie beside them."""
    for example in (FOLDERS, FILES):
        for step in example.steps:
            step(tmp_path)
    document(".vibe/logs/session/session_x/messages.json", {"session_prompt_tokens": 1})(tmp_path)
    found = sorted(path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root))
    assert found == sorted([tmp_path / NOW, tmp_path / BEFORE])
    assert FOUND.roots(tmp_path, {"VIBE_HOME": "~/v"}) == [tmp_path / "v/logs/session"]
