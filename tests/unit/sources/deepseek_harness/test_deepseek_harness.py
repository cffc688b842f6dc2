"""Sessions of DeepSeek Harness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generators.left import lines
from generators.sources.deepseek_harness import (
    BEGAN,
    BEGUN,
    FIRST,
    FORK,
    PARENT,
    SECOND,
    SUMMARY,
    answered,
    event,
    header,
    packed,
    stream,
    used,
    where,
)
from tokometer.records import ModelCall
from tokometer.sources.deepseek_harness.found import FOUND
from tokometer.sources.protocol import Reading

STEP = (1, 1)


def read(home: Path, *values: Any, session: str = PARENT) -> Reading:
    """Write a session and read it from its start."""
    lines(where(session), *values)(home)
    return FOUND.read(home / where(session), b"")


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls as the ledger keeps them: of one id the later word."""
    found = {record.native_id: record for record in reading.records if isinstance(record, ModelCall)}
    return list(found.values())


def test_an_answer_has_its_tokens_and_what_it_ran_under(tmp_path: Path) -> None:
    """The cache stands beside the input, reasoning inside the output; a step lasts until its usage is stated."""
    [one, two] = calls(read(tmp_path, header(), *BEGUN, SECOND))
    assert (one.input_tokens, one.cache_read_tokens, one.output_tokens, one.reasoning_tokens) == (130, 13_824, 159, 50)
    assert (one.provider, one.model, one.session_id) == ("deepseek", "deepseek-v4-flash", PARENT)
    assert (one.started_at, one.latency_us) == ((BEGAN + 2_000) * 1_000, 2_000_000)
    assert (one.user_messages, two.user_messages) == (1, 0)


def test_of_one_step_the_later_word_holds_and_a_retry_is_another_request(tmp_path: Path) -> None:
    """An attempt states its use in its stream only, of which the newest counts."""
    attempt = event(
        3, 3, "assistant/attempt", turn=1, step=1, stream=stream(3, used(1, 1), used(20, 5), reason="error")
    )
    again = event(4, 4, "llm/retry-started", turn=1, step=1, retry=1, retryId="r-1")
    early, late = answered(5, 5, STEP, used(10, 1), name="m-1"), answered(6, 6, STEP, used(30, 7), name="m-1b")
    [failed, done] = calls(read(tmp_path, header(), attempt, again, early, late))
    assert (failed.input_tokens, failed.output_tokens, failed.status, failed.attempt) == (20, 5, "server_error", 1)
    assert (done.input_tokens, done.output_tokens, done.status, done.attempt) == (30, 7, "ok", 2)


def test_an_answer_can_state_its_use_in_its_stream_alone(tmp_path: Path) -> None:
    """What it states itself goes before that."""
    alone = answered(3, 3, (1, 1), None, name="a", stream=stream(3, used(41, 9)))
    both = answered(5, 5, (1, 2), used(30, 7), name="b", stream=stream(5, used(999, 999)))
    [one, two] = calls(read(tmp_path, header(), alone, both))
    assert (one.input_tokens, one.stop_reason, two.input_tokens) == (41, "stop", 30)


def test_the_model_that_served_goes_before_the_one_that_was_asked(tmp_path: Path) -> None:
    """And what the request's header said holds where the answer says nothing."""
    response = {"responseModel": "glm-5.3", "model": "glm-5.2"}
    source = {"provider": "openrouter", "model": "glm-5.2", "replayState": {"response": response}}
    served = event(2, 2, "assistant/message", turn=1, message={"id": "a", "source": source}, usage=used(1, 1))
    config = {"provider": "minimax", "model": "MiniMax-M3"}
    asked = event(3, 3, "request/header", header={"config": config})
    bare = event(4, 4, "assistant/message", turn=2, usage=used(2, 2))
    [one, two] = calls(read(tmp_path, header(), served, asked, bare))
    assert (one.provider, one.model) == ("openrouter", "glm-5.3")
    assert (two.provider, two.model) == ("minimax", "MiniMax-M3")


def test_a_fork_has_its_parents_calls_under_their_ids(tmp_path: Path) -> None:
    """Whether or not it says how much it inherited; they belong to the session that was there first."""
    copied = [*BEGUN, SECOND, SUMMARY, answered(8, 8, (1, 3), used(3, 3))]
    parent = {call.native_id: call for call in calls(read(tmp_path, header(), *copied))}
    fork = {call.native_id: call for call in calls(read(tmp_path, header(FORK, 60), *copied, session=FORK))}
    assert parent.keys() == fork.keys()
    assert all(parent[name].origin < fork[name].origin for name in parent)


def test_a_file_whose_last_frame_is_being_written_is_read_up_to_it(tmp_path: Path) -> None:
    """Nothing is refused: the rest will come."""
    name = where(name="session.jsonl.zstd")
    packed(name, header(), FIRST, SECOND, torn=9)(tmp_path)
    torn = FOUND.read(tmp_path / name, b"")
    assert ([call.native_id for call in calls(torn)], torn.refusals) == (["request|m-1"], [])
    (tmp_path / name).unlink()
    packed(name, header(), FIRST, SECOND)(tmp_path)
    assert [call.native_id for call in calls(FOUND.read(tmp_path / name, torn.state))] == ["request|m-1", "request|m-2"]


def test_it_is_found_below_its_folder(tmp_path: Path) -> None:
    """Compressed or not; whatever else is called so is not ours."""
    lines(where(), header())(tmp_path)
    packed(where(FORK, "session.jsonl.zstd"), header(FORK))(tmp_path)
    lines(where("other"), {"type": "message"})(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    assert {path.parent.name for path in FOUND.files(root)} == {PARENT, FORK}
    assert FOUND.roots(tmp_path, {"DSH_HOME": "~/harness"}) == [tmp_path / "harness/sessions"]


def test_usage_that_no_rule_reads_is_noticed(tmp_path: Path) -> None:
    """A key of it, and an event that has some."""
    strange = event(9, 9, "guard/verdict", usage=used(1, 1))
    reading = read(tmp_path, header(), answered(1, 1, STEP, used(1, 1) | {"audioTokens": 5}), strange)
    assert {(notice.topic, notice.name) for notice in reading.notices} == {
        ("usage", "usage.audioTokens"),
        ("line", "guard/verdict"),
    }
