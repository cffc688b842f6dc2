"""Copilot CLI: what is stated at the end, what the store knows better, and what is no money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.left import database, lines
from generators.sources.copilot_cli import (
    MINI,
    RESUMED,
    RESUMED_EVENTS,
    ROWS,
    RUNNING,
    RUNNING_EVENTS,
    SCHEMA,
    SESSIONS,
    SO_FAR,
    SO_FAR_EVENTS,
    SONNET,
    SPANS,
    START,
    STORE,
    TELEMETRY,
    A,
    B,
    D,
    E,
    F,
    Used,
    chat,
    ended,
    event,
    events_of,
    row,
    said,
    start,
)
from tokometer.records import AgentRun, ModelCall, Record, Sample, ToolCall
from tokometer.sources.copilot_cli.found import FOUND
from tokometer.sources.plans import CREDITS_USED, PREMIUM_USED
from tokometer.sources.protocol import Reading

MS = 1_000


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Write a session's events and read them from their start."""

    def go(session: str, *events: dict[str, Any]) -> Reading:
        lines(events_of(session), *events)(tmp_path)
        return FOUND.read(tmp_path / events_of(session), b"")

    return go


Read = Callable[..., Reading]


def of(kind: type[Record], reading: Reading) -> list[Any]:
    """The records of a kind."""
    return [record for record in reading.records if isinstance(record, kind)]


def used(reading: Reading) -> list[tuple[str, int | None, int | None]]:
    """Model, input and output of calls that were made."""
    return [(call.model, call.input_tokens, call.output_tokens) for call in of(ModelCall, reading) if call.shadow]


def test_what_a_process_used_is_stated_at_its_end(read: Read) -> None:
    """A session that was resumed ends twice, and each end states what its own process used."""
    reading = read(RESUMED, *RESUMED_EVENTS)
    assert used(reading) == [(SONNET, A.fresh, A.output), (MINI, 900, 40), (SONNET, B.fresh, B.output)]


def test_what_the_session_used_so_far_is_known_by_its_answers(read: Read) -> None:
    """Where an end states what all answers used, what was stated before is taken off."""
    reading = read(SO_FAR, *SO_FAR_EVENTS)
    assert used(reading) == [(SONNET, D.fresh, D.output), (SONNET, E.fresh, E.output)]
    assert [notice.name for notice in reading.notices] == ["shutdowns that state what the session used so far"]


def test_the_number_of_answers_tells_where_their_tokens_do_not(read: Read) -> None:
    """Answers without tokens are counted."""
    events = [
        start(SO_FAR, START),
        said(START + 1, Used(0, 0)),
        ended(START + 2, {SONNET: (1, D)}),
        event("session.resume", START + 10),
        said(START + 11, Used(0, 0)),
        ended(START + 12, {SONNET: (2, D + E)}),
    ]
    assert used(read(SO_FAR, *events))[-1] == (SONNET, E.fresh, E.output)


def test_a_process_that_ends_twice_states_what_it_used_so_far(read: Read) -> None:
    """After an error, say: nothing began in between, so that nothing was counted anew."""
    failed = ended(START + 2, {SONNET: (1, D)}, shutdownType="error", errorReason="lost")
    reading = read(SO_FAR, start(SO_FAR, START), failed, ended(START + 12, {SONNET: (2, D + E)}))
    assert used(reading) == [(SONNET, D.fresh, D.output), (SONNET, E.fresh, E.output)]


def test_a_later_end_can_be_larger_by_itself(read: Read) -> None:
    """A process that used more than the one before it states no sum: its answers say so."""
    more = Used(90_000, 900, 80_000)
    events = [*SO_FAR_EVENTS[:4], said(START + 111_000, more), ended(START + 112_000, {SONNET: (1, more)})]
    assert used(read(SO_FAR, *events))[-1] == (SONNET, more.fresh, 900)


def test_a_session_that_runs_has_the_tokens_of_its_answers(read: Read) -> None:
    """They are marked, noticed, and give way to what the end states, under the same name."""
    reading = read(RUNNING, *RUNNING_EVENTS)
    [partial] = of(ModelCall, reading)
    assert (partial.input_tokens, partial.output_tokens, partial.labels["partial"]) == (None, F.output, "answers only")
    assert [notice.topic for notice in reading.notices] == ["usage"]
    [whole] = of(ModelCall, read(RUNNING, ended(START + 300_000, {SONNET: (1, F)})))
    assert (whole.native_id, whole.input_tokens) == (partial.native_id, F.fresh)
    assert whole.revision > partial.revision


def test_answers_can_state_what_their_prompts_were(read: Read) -> None:
    """Of a session that has not ended that is counted as well, by model, over readings and until it is resumed."""
    usage = {
        "inputTokens": F.prompt,
        "outputTokens": F.output,
        "cacheReadTokens": F.read,
        "cacheWriteTokens": F.written,
    }
    told = event("assistant.message", START + 9_000, messageId="m", model=MINI, usage=usage)
    answers = [start(RUNNING, START), told, told, said(START + 12_000, F)]
    sums = {call.model: (call.input_tokens, call.output_tokens) for call in of(ModelCall, read(RUNNING, *answers))}
    assert sums == {MINI: (2 * F.fresh, 2 * F.output), SONNET: (None, F.output)}


def test_the_store_goes_before_the_events(tmp_path: Path, read: Read) -> None:
    """Of a session that the store has rows of, the events tell everything but what was used."""
    database(STORE, SCHEMA, {"sessions": SESSIONS, "assistant_usage_events": ROWS[:3]})(tmp_path)
    reading = read(RESUMED, *RESUMED_EVENTS)
    assert not used(reading)
    assert not of(Sample, reading)
    assert len(of(ToolCall, reading)) == 4
    assert used(read(SO_FAR, *SO_FAR_EVENTS))


def test_a_row_of_the_store_is_a_call(tmp_path: Path) -> None:
    """Input without the cache, times that were measured, whose it is; moments are in UTC without saying so."""
    database(STORE, SCHEMA, {"sessions": SESSIONS, "assistant_usage_events": ROWS})(tmp_path)
    first, second, *_ = of(ModelCall, FOUND.read(tmp_path / STORE, b""))
    assert (first.input_tokens, first.cache_write_unknown_tokens, first.reasoning_tokens) == (A.fresh, 8_000, 20)
    assert (first.started_at, first.latency_us) == ((START + 2_000) * MS - 1_800_500, 1_800_500)
    assert (first.provider, first.git_branch, first.stop_reason) == ("copilot", "main", "tool_calls")
    assert (first.subagent, second.subagent, second.model) == ("", "subagent", MINI)


def test_credits_are_amounts_and_no_cost(tmp_path: Path) -> None:
    """AI credits and premium requests are taken off a plan; they add up, and are not money."""
    database(STORE, SCHEMA, {"sessions": SESSIONS, "assistant_usage_events": ROWS[:1]})(tmp_path)
    reading = FOUND.read(tmp_path / STORE, b"")
    assert {(one.metric, one.value, one.unit, one.mode) for one in of(Sample, reading)} == {
        (CREDITS_USED, 1.25, "credits", "delta"),
        (PREMIUM_USED, 1.0, "requests", "delta"),
    }
    assert of(ModelCall, reading)[0].cost_reported is None


def test_a_store_that_was_made_anew_is_read(tmp_path: Path) -> None:
    """Fewer rows than were read mean another store."""
    database(STORE, SCHEMA, {"assistant_usage_events": ROWS})(tmp_path)
    state = FOUND.read(tmp_path / STORE, b"").state
    (tmp_path / STORE).unlink()
    database(STORE, SCHEMA, {"assistant_usage_events": [row(1, "other", START, A)]})(tmp_path)
    assert len(of(ModelCall, FOUND.read(tmp_path / STORE, state))) == 1


def test_a_span_is_a_call_and_its_agents_is_none(tmp_path: Path) -> None:
    """`chat` spans have the answer's id and were measured; what agents sum up and tools is passed over."""
    lines(TELEMETRY, *SPANS)(tmp_path)
    calls = of(ModelCall, FOUND.read(tmp_path / TELEMETRY, b""))
    assert [call.output_tokens for call in calls] == [A.output, 40, 1, B.output]
    assert (calls[0].latency_us, calls[0].ttft_us, calls[0].response_id[:9]) == (1_900 * MS, 300 * MS, "msg_bdrk_")
    assert calls[2].native_id == calls[3].native_id
    assert calls[3].revision > calls[2].revision


def log(number: int, at: int, used: Used, response_id: str) -> dict[str, Any]:
    """The log record of a request."""
    attributes = {
        "event.name": "gen_ai.client.inference.operation.details",
        "gen_ai.response.model": SONNET,
        "gen_ai.response.id": response_id,
        "gen_ai.conversation.id": RESUMED,
        "gen_ai.usage.input_tokens": used.prompt,
        "gen_ai.usage.output_tokens": used.output,
        "gen_ai.usage.cache_read.input_tokens": used.read,
        "gen_ai.usage.cache_write.input_tokens": used.written,
    }
    context = {"traceId": f"{number:032x}", "spanId": f"{number + 100:016x}"}
    return {
        "hrTime": [at // 1000, 0],
        "spanContext": context,
        "_body": "GenAI inference: chat",
        "attributes": attributes,
    }


def told(tmp_path: Path, *told: dict[str, Any]) -> list[ModelCall]:
    """The calls of a file of telemetry, the last version of each."""
    lines(TELEMETRY, *told)(tmp_path)
    return list({call.native_id: call for call in of(ModelCall, FOUND.read(tmp_path / TELEMETRY, b""))}.values())


def test_a_span_that_is_told_under_another_id_counts_once(tmp_path: Path) -> None:
    """The same answer and the same tokens are the same request."""
    again = chat(1, RESUMED, START + 100, A) | {"spanId": f"{77:016x}"}
    assert len(told(tmp_path, chat(1, RESUMED, START + 100, A), again)) == 1


def test_equal_spans_without_an_answers_id_are_requests_of_their_own(tmp_path: Path) -> None:
    """Nothing says that they are one."""
    spans = [chat(1, RESUMED, START + n, A, **{"gen_ai.response.id": ""}) | {"spanId": f"{n:016x}"} for n in (1, 2)]
    assert len(told(tmp_path, *spans)) == 2


def test_a_log_record_is_a_call_where_no_span_is(tmp_path: Path) -> None:
    """It has the names of either draft of the conventions."""
    [call] = told(tmp_path, log(1, START, A, "msg_1"))
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (A.fresh, A.read, A.written)
    assert (call.output_tokens, call.session_id, call.model) == (A.output, RESUMED, SONNET)


@pytest.mark.parametrize("response_id", ["msg_1", ""])
@pytest.mark.parametrize("order", [1, -1])
def test_a_log_record_and_its_span_are_one_call(tmp_path: Path, response_id: str, order: int) -> None:
    """Whichever is written first."""
    span = chat(1, RESUMED, START + 100, A, **{"gen_ai.response.id": response_id})
    [call] = told(tmp_path, *[span, log(1, START + 100, A, response_id)][::order])
    assert (call.latency_us, call.output_tokens) == (1_900 * MS, A.output)


def test_equal_spans_after_the_log_records_of_both_are_two(tmp_path: Path) -> None:
    """One takes the place of what the log told, the other is beside it."""
    logs = [log(1, START + n, A, "") for n in (1, 2)]
    spans = [chat(1, RESUMED, START + n, A, **{"gen_ai.response.id": ""}) | {"spanId": f"{n:016x}"} for n in (1, 2)]
    assert len(told(tmp_path, *logs, *spans)) == 2


def test_credits_of_no_model_are_the_sessions(read: Read) -> None:
    """A compaction is in what the session cost and in no model's figures."""
    reading = read(RESUMED, start(RESUMED, START), ended(START + 2, {SONNET: (1, A)}, totalNanoAiu=4_000_000_000))
    credits_ = [(one.model, one.value) for one in of(Sample, reading) if one.metric == CREDITS_USED]
    assert credits_ == [(SONNET, 2.5), ("", 1.5)]


def test_tools_subagents_and_errors_are_told(read: Read) -> None:
    """Tools end well or not, subagents are runs, a failed request is a call that failed."""
    reading = read(RESUMED, *RESUMED_EVENTS)
    tools = {tool.use_id: tool for tool in of(ToolCall, reading)}
    assert (tools["call_1"].status, tools["call_1"].duration_us) == ("ok", 400 * MS)
    assert (tools["call_2"].status, tools["call_2"].error_message) == ("error", "no such file")
    runs = {run.role: run for run in of(AgentRun, reading)}
    assert (runs["subagent"].agent, runs["subagent"].status, runs["subagent"].task) == ("explore", "ok", "Look around")
    assert (runs["main"].status, runs["main"].project) == ("ok", "/home/ada/code/app")
    [failed] = [call for call in of(ModelCall, reading) if call.status != "ok"]
    assert (failed.status, failed.http_status, failed.group) == ("rate_limit", 429, "")


def test_an_event_that_looks_like_usage_is_noticed(read: Read) -> None:
    """Most events say nothing of tokens, and are passed over; one that does, and that no rule reads, is counted."""
    reading = read(RUNNING, event("assistant.dreamed", START, dreamTokens=5), event("hook.start", START, name="x"))
    assert [(notice.topic, notice.name) for notice in reading.notices] == [("line", "assistant.dreamed")]
