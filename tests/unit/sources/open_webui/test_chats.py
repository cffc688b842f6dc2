"""What the conformance kit does not see of Open WebUI: facts of an answer beside its tokens."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.open_webui import ABOVE, ANSWERS, FILE, KNOWN, MESSAGES, SCHEMA, chat, row
from tokometer.records import ModelCall, Score
from tokometer.sources.open_webui import chats
from tokometer.sources.open_webui.found import FOUND


def calls(home: Path, *tables: dict[str, object]) -> dict[str, ModelCall]:
    """The calls of a database with these rows, by their ids."""
    rows = {name: values for table in tables for name, values in table.items()}
    database(FILE, SCHEMA + MESSAGES, {**ABOVE, **rows})(home)  # type: ignore[dict-item]
    found = FOUND.read(home / FILE, b"")
    assert not found.refusals
    return {record.native_id: record for record in found.records if isinstance(record, ModelCall)}


def test_both_places_tell_the_same(tmp_path: Path) -> None:
    """An answer has the same id and facts whether it stands in the chat or in the table of messages."""
    first = calls(tmp_path / "a", {"chat": [chat("chat-1", chats._SLACK, *ANSWERS)]})
    second = calls(
        tmp_path / "b",
        {"chat": [chat("chat-1", 1, *ANSWERS)], "chat_message": [row("chat-1", one) for one in ANSWERS]},
    )
    for call in first.values():
        call.labels = {name: value for name, value in (call.labels or {}).items() if name != "tag.garden"} or None
    assert first == second


def test_facts_of_an_answer(tmp_path: Path) -> None:
    """Ollama's times, the model below a custom one, the user's address, and what went wrong."""
    found = calls(tmp_path, {"chat": [chat("chat-1", 1, *ANSWERS)]})
    local, _, custom, silent, failed = (found[one["id"]] for one in ANSWERS)
    assert (local.provider, local.latency_us, local.ttft_us) == ("ollama", 2_500_000, 300_000)
    assert (custom.model, custom.labels) == ("gpt-4o", {"tag.garden": "true", "custom_model": "gardener"})
    assert {call.user for call in found.values()} == {"ada@example.org"}
    assert {call.session_id for call in found.values()} == {"chat-1"}
    assert (silent.input_tokens, silent.output_tokens, silent.status) == (None, None, "ok")
    assert (failed.status, failed.error_message) == ("rate_limit", "Rate limit reached")


def test_a_rating_is_a_score_of_its_answer(tmp_path: Path) -> None:
    """The score names the call that it is of, and who gave it."""
    database(FILE, SCHEMA, {**ABOVE, **KNOWN})(tmp_path)
    [score] = [one for one in FOUND.read(tmp_path / FILE, b"").records if isinstance(one, Score)]
    assert (score.value, score.call_id, score.author) == (-1.0, ANSWERS[1]["id"], "ada@example.org")


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    """A later reading begins a little before the last change that was seen."""
    many = [chat(f"chat-{number}", 1_772_442_000 + number * 1_000, ANSWERS[0]) for number in range(20)]
    database(FILE, SCHEMA, {**ABOVE, "chat": many})(tmp_path)
    first = FOUND.read(tmp_path / FILE, b"")
    database(FILE, SCHEMA, {"chat": [chat("chat-20", 1_772_442_000 + 20_000, *ANSWERS[1:3])]})(tmp_path)
    again = [one for one in FOUND.read(tmp_path / FILE, first.state).records if isinstance(one, ModelCall)]
    assert len(again) == 3
