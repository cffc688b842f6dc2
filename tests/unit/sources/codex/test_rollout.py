"""What lines amount to: calls, tools, turns, failures and limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generators.codex_lines import THREAD, count, event, item, line, meta, of_kind, usage, usage_record
from tokometer.records.texts import mend
from tokometer.records.time import to_datetime
from tokometer.sources.protocol import Reading

Read = Callable[..., Reading]

CONTEXT = line("turn_context", {"turn_id": "t", "model": "gpt-5.2", "cwd": "/w/shop"})
PARENT = "019caeff-0000-7000-8000-000000000001"


def test_a_count_is_a_call_with_everything_known_about_it(read: Read) -> None:
    """Who, where, which model, and tokens in disjoint buckets."""
    git = {"branch": "fix/tax"}
    (call,) = of_kind(read(meta(git=git), CONTEXT, count(usage(100, 20, 60), usage(100, 20, 60), 4)), "calls")
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (40, 60, 20)
    assert (call.provider, call.model, call.session_id, call.project) == ("openai", "gpt-5.2", THREAD, "/w/shop")
    assert (call.git_branch, call.agent, call.subagent) == ("fix/tax", "codex", "")
    assert to_datetime(call.started_at).isoformat() == "2026-03-02T09:00:04+00:00"
    assert (call.latency_us, call.latency_estimated) == (4_000_000, True)


def test_a_repeated_row_is_no_new_call(read: Read) -> None:
    """Limits are refreshed by writing the last count again."""
    row = count(usage(100, 20), usage(100, 20))
    assert len(of_kind(read(meta(), row, row, event("token_count", 3, info=None), row), "calls")) == 1


def test_without_last_usage_the_difference_counts(read: Read) -> None:
    """Totals alone say what each request used."""
    calls = of_kind(read(meta(), count(usage(100, 20), None), count(usage(250, 50), None)), "calls")
    assert [(call.input_tokens, call.output_tokens) for call in calls] == [(100, 20), (150, 30)]


def test_a_total_that_falls_begins_anew(read: Read) -> None:
    """After a compaction the last usage counts, and later differences are taken from the new total."""
    rows = (
        count(usage(1000, 20), usage(1000, 20)),
        count(usage(400, 10), usage(90, 10)),
        count(usage(500, 15), None),
    )
    calls = of_kind(read(meta(), *rows), "calls")
    assert [call.input_tokens for call in calls] == [1000, 90, 100]


def test_equal_counts_on_both_sides_of_a_reset_are_two_calls(read: Read) -> None:
    """A counter that starts over can show the same numbers again."""
    first, second = count(usage(10, 1), usage(10, 1)), count(usage(30, 3), usage(20, 2))
    calls = of_kind(read(meta(), first, second, first, second), "calls")
    assert [call.input_tokens for call in calls] == [10, 20, 10, 20]
    assert len({call.native_id for call in calls}) == 4


def test_usage_records_replace_counts(read: Read) -> None:
    """From the first record on counts are ignored; what was counted before stays."""
    rows = (
        count(usage(50, 5), usage(50, 5)),
        usage_record("resp_1", usage(100, 20, cache_write_input_tokens=30), root_turn_id="r"),
        count(usage(150, 25), usage(100, 20)),
    )
    early, late = of_kind(read(meta(), *rows), "calls")
    assert (early.input_tokens, late.input_tokens) == (50, 70)
    assert (late.native_id, late.request_id, late.trace_id) == ("resp_1", "resp_1", "r")
    assert late.cache_write_unknown_tokens == 30


def test_the_record_inside_a_compaction_is_a_copy(read: Read) -> None:
    """`compacted.latest_token_usage_record` is not a new response."""
    record = usage_record("resp_1", usage(100, 20))
    compacted = line(
        "compacted", {"message": "", "latest_token_usage_record": record["payload"] | {"response_id": "x"}}
    )
    assert len(of_kind(read(meta(), record, compacted), "calls")) == 1


def test_records_without_a_response_id_are_told_apart_by_their_totals(read: Read) -> None:
    """The same usage twice is two calls where the thread's total moved."""
    first = usage_record(None, usage(10, 1), thread_token_usage=usage(10, 1))
    second = usage_record(None, usage(10, 1), thread_token_usage=usage(20, 2))
    calls = of_kind(read(meta(), first, second, second), "calls")
    assert len({call.native_id for call in calls}) == 2


def test_a_copied_record_goes_to_the_thread_that_it_names(read: Read) -> None:
    """A record of another thread is that thread's call, whoever holds the copy, and gives way to the original."""
    copied = usage_record("resp_1", usage(10, 1), thread_id=PARENT)
    (call,) = of_kind(read(meta(forked_from_id=PARENT), copied), "calls")
    assert (call.session_id, call.revision, call.parent_session_id) == (PARENT, 0, "")


def test_the_reviewers_alias_is_kept_as_it_is(read: Read) -> None:
    """Which model stands behind `codex-auto-review` changes with time, and nothing in the file says it."""
    context = line("turn_context", {"model": "codex-auto-review"})
    (call,) = of_kind(read(meta(), context, count(usage(1, 1), usage(1, 1))), "calls")
    assert call.model == "codex-auto-review"


def test_a_spawned_agents_calls_name_it_and_its_parent(read: Read) -> None:
    """A subagent is a session of its own with a parent."""
    spawn = {"thread_spawn": {"parent_thread_id": PARENT, "agent_role": "worker", "depth": 1}}
    own = line("turn_context", {"turn_id": "019caf00-0001-7000-8000-000000000000", "model": "gpt-5.2"})
    reading = read(
        meta(source={"subagent": spawn}, forked_from_id=PARENT, thread_source="subagent"),
        line("session_meta", {"id": PARENT}),
        own,
        event("user_message", message="look around"),
        count(usage(100, 20), usage(100, 20)),
    )
    (call,) = of_kind(reading, "calls")
    assert (call.session_id, call.parent_session_id, call.subagent, call.user_messages) == (THREAD, PARENT, "worker", 0)


def test_inherited_totals_before_the_first_turn_are_only_a_baseline(read: Read) -> None:
    """A child that starts from its parent's total has not used it."""
    reading = read(
        meta(forked_from_id=PARENT, thread_source="subagent", history_base={"thread_id": PARENT}),
        count(usage(3_000_000, 9_000), usage(9_000, 35)),
        event("task_started", turn_id="019caf00-0001-7000-8000-000000000000"),
        count(usage(3_000_100, 9_010), None),
    )
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [100]


@pytest.mark.parametrize("turn", ["4711", None])
def test_a_turn_without_a_telling_id_is_known_by_its_start(read: Read, turn: str | None) -> None:
    """`started_at` is copied with its turn, so that it tells a replayed one."""
    began = 0x019CAF000000 // 1000
    replayed = event("task_started", turn_id=turn, started_at=began - 60)
    own = event("task_started", turn_id=turn, started_at=began + 1)
    reading = read(
        meta(forked_from_id=PARENT),
        line("session_meta", {"id": PARENT}),
        replayed,
        count(usage(70, 7), usage(70, 7)),
        own,
        count(usage(100, 8), usage(30, 1)),
    )
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [30]


def test_messages_of_people_are_counted_once(read: Read) -> None:
    """Some releases write each message down twice, as an event and as an item."""
    said = (event("user_message", message="a"), event("item_completed", item={"type": "UserMessage", "id": "i"}))
    reading = read(meta(), *said, *said, count(usage(1, 1), usage(1, 1)), *said, count(usage(3, 3), usage(2, 2)))
    assert [call.user_messages for call in of_kind(reading, "calls")] == [2, 1]


def test_a_tool_call_and_its_output_are_one_record(read: Read) -> None:
    """The exit code says how it ended, the wall time how long it took."""
    use = item("function_call", 2, name="shell", arguments="{}", call_id="call_0123456789ab")
    text = "Exit code: 2\nWall time: 1.5 seconds\nOutput:\nExit code: 0"
    output = item("function_call_output", 9, call_id="call_0123456789ab", output=text)
    (tool,) = of_kind(read(meta(), CONTEXT, use, output), "tools")
    assert (tool.name, tool.status, tool.error_message, tool.duration_us) == (
        "shell",
        "error",
        "exit code 2",
        1_500_000,
    )
    assert (tool.session_id, tool.project, tool.agent) == (THREAD, "/w/shop", "codex")


@pytest.mark.parametrize(
    ("output", "status", "duration"),
    [
        ("Plan updated", "ok", 7_000_000),
        ("failed to parse function arguments: x", "error", 7_000_000),
        ("aborted by user after 2.0s", "cancelled", 7_000_000),
        ({"content": "x", "success": False}, "error", 7_000_000),
        ([{"type": "input_text", "text": "Script completed\nWall time 0.9 seconds\nOutput:\n"}], "ok", 900_000),
        ("Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n", "ok", 100_000),
        ('{"output":"x","metadata":{"exit_code":1,"duration_seconds":0.25}}', "error", 250_000),
        (None, "ok", 7_000_000),
    ],
)
def test_outputs_of_every_release_are_understood(read: Read, output: object, status: str, duration: int) -> None:
    """Text with a head, JSON as text, objects and lists."""
    use = item("custom_tool_call", 2, name="exec", input="", call_id="call_0123456789ab")
    said = item("custom_tool_call_output", 9, call_id="call_0123456789ab", output=output)
    (tool,) = of_kind(read(meta(), use, said), "tools")
    assert (tool.status, tool.duration_us) == (status, duration)


def test_events_refine_a_tool_call(read: Read) -> None:
    """`exec_command_end` and `mcp_tool_call_end` carry exact figures."""
    rows = (
        item("local_shell_call", 1, call_id="call_0123456789ab", status="completed", action={"type": "exec"}),
        event(
            "exec_command_end", 2, call_id="call_0123456789ab", exit_code=0, duration={"secs": 0, "nanos": 5_000_000}
        ),
        item("function_call", 3, name="mcp__github__search", call_id="call_0123456789cd", arguments="{}"),
        event(
            "mcp_tool_call_end",
            4,
            call_id="call_0123456789cd",
            invocation={"server": "github", "tool": "search"},
            duration="12ms",
            result={"Err": "no"},
        ),
        item("web_search_call", 5, id=None, status="completed", action={"type": "search"}),
    )
    shell, mcp, web = of_kind(read(meta(), *rows), "tools")
    assert (shell.name, shell.status, shell.duration_us) == ("local_shell", "ok", 5_000)
    assert (mcp.name, mcp.server, mcp.status, mcp.duration_us) == ("mcp__github__search", "github", "error", 12_000)
    assert (web.name, web.status) == ("web_search", "ok")


def test_tool_ids_that_every_response_uses_again_stay_apart(read: Read) -> None:
    """Other providers number their calls from zero in each answer."""
    rows = [
        item(kind, second, call_id="call_0", **more)
        for second in (1, 3)
        for kind, more in (
            ("function_call", {"name": "shell", "arguments": "{}"}),
            ("function_call_output", {"output": "Exit code: 0\nOutput:\n"}),
        )
    ]
    tools = of_kind(read(meta(), *rows), "tools")
    assert [tool.status for tool in tools] == ["ok", "ok"]


def test_a_turn_is_a_run_from_start_to_end(read: Read) -> None:
    """How it ended, and the total that Codex states for it."""
    own = usage_record("resp_1", usage(100, 20), 5, turn_token_usage=usage(300, 60))
    rows = (event("task_started", 1, turn_id="t"), CONTEXT, own, event("task_complete", 9, turn_id="t"))
    (run,) = of_kind(read(meta(), *rows), "runs")
    assert (run.status, run.role, run.agent, run.model) == ("ok", "main", "codex", "gpt-5.2")
    assert (run.ended_at - run.started_at, run.stated_tokens) == (8_000_000, 360)


def test_turns_end_in_several_ways(read: Read) -> None:
    """Interrupted, failed, overtaken by the next, and still running."""
    rows = (
        event("task_started", 1, turn_id="a"),
        event("turn_aborted", 2, turn_id="a", reason="interrupted"),
        event("turn_started", 3, turn_id="b"),
        event("error", 4, message="boom", codex_error_info="internal_server_error"),
        event("turn_complete", 5, turn_id="b"),
        event("task_started", 6, turn_id="c"),
        event("task_started", 7, turn_id="d"),
        event("task_started", 7, turn_id="d"),
    )
    runs = of_kind(read(meta(), *rows), "runs")
    assert [run.status for run in runs] == ["cancelled", "error", "unknown", "running"]


@pytest.mark.parametrize(
    ("info", "message", "status", "http"),
    [
        ("usage_limit_exceeded", "You've hit your usage limit.", "rate_limit", None),
        ("context_window_exceeded", "too long", "invalid_request", None),
        ({"http_connection_failed": {"http_status_code": 429}}, "no", "rate_limit", 429),
        ({"response_stream_disconnected": {"http_status_code": 200}}, "gone", "server_error", None),
        ({"responseTooManyFailedAttempts": {"httpStatusCode": 503}}, "gone", "server_error", 503),
        ("unauthorized", "no", "auth_error", None),
        ("other", "timed out", "timeout", None),
        (None, "stream disconnected", "server_error", None),
    ],
)
def test_a_failed_request_is_a_call_with_its_status(
    read: Read, info: object, message: str, status: str, http: int | None
) -> None:
    """It has a status and no tokens: nobody said how many."""
    (call,) = of_kind(read(meta(), CONTEXT, event("error", 3, message=message, codex_error_info=info)), "calls")
    assert (call.status, call.http_status, call.input_tokens, call.model) == (status, http, None, "gpt-5.2")


def test_retries_are_attempts(read: Read) -> None:
    """A stream that broke is a failed call; the one that then works is the next attempt."""
    broken = event("stream_error", 2, message="Reconnecting... 1/5")
    rows = (event("task_started", 1, turn_id="t"), broken, broken, count(usage(1, 1), usage(1, 1)))
    assert [call.attempt for call in of_kind(read(meta(), *rows), "calls")] == [1, 2, 3]


def test_errors_of_codex_itself_are_no_requests_and_secrets_are_not_kept(read: Read) -> None:
    """A sandbox that failed asked no model; a key in a message is blotted out."""
    ours = event("error", 2, message="denied", codex_error_info="sandbox_error")
    leak = event(
        "error", 3, message="Incorrect API key provided: sk-proj-abc123def456.", codex_error_info="unauthorized"
    )
    (call,) = of_kind(read(meta(), ours, leak), "calls")
    assert mend(call.error_message, "message") == "Incorrect API key provided: …."


def test_limits_are_gauges_written_when_they_move(read: Read) -> None:
    """Each window of a plan's limits, and the credits left."""
    limits = {
        "limit_id": "codex",
        "plan_type": "pro",
        "primary": {"used_percent": 12.0, "window_minutes": 300, "resets_at": 1_772_450_000},
        "secondary": {"used_percent": 40.5, "window_minutes": 10_080},
        "credits": {"has_credits": True, "unlimited": False, "balance": "12.50"},
    }
    moved = limits | {"primary": limits["primary"] | {"used_percent": 13.0}}
    rows = [
        event("token_count", second, info=None, rate_limits=limit)
        for second, limit in enumerate((limits, limits, moved))
    ]
    samples = of_kind(read(meta(), *rows), "samples")
    assert [(sample.metric, sample.value) for sample in samples] == [
        ("plan.limit.used", 12.0),
        ("plan.limit.used", 40.5),
        ("plan.credits.balance", 12.5),
        ("plan.limit.used", 13.0),
    ]
    labels = {"limit": "codex", "plan": "pro", "window": "primary", "window_minutes": "300", "resets_at": "1772450000"}
    assert samples[0].labels == labels


def test_limits_that_cannot_be_read_leave_the_usage_alone(read: Read) -> None:
    """The call is kept, the limits are refused by name."""
    reading = read(meta(), count(usage(1, 1), usage(1, 1), limits={"primary": {"used_percent": "x"}}))
    assert len(of_kind(reading, "calls")) == 1
    assert [refusal.field for refusal in reading.refusals] == ["payload.rate_limits.primary.used_percent"]


def test_the_tier_comes_from_the_threads_settings_else_from_the_configuration(read: Read, home: Path) -> None:
    """`fast` is what price lists call `priority`."""
    home.mkdir()
    (home / "config.toml").write_text('service_tier = "fast"\n')
    rows = (meta(), count(usage(1, 1), usage(1, 1)))
    applied = event("thread_settings_applied", thread_settings={"service_tier": "flex", "model": "gpt-5.1"})
    reading = read(*rows, applied, count(usage(3, 3), usage(2, 2)))
    assert [(call.service_tier, call.model) for call in of_kind(reading, "calls")] == [
        ("priority", ""),
        ("flex", "gpt-5.1"),
    ]
    (home / "config.toml").write_text("service_tier = [broken")
    assert of_kind(read(*rows), "calls")[0].service_tier == ""


def test_a_tool_call_written_again_keeps_its_outcome(read: Read) -> None:
    """What is known is not forgotten because the question is repeated."""
    use = item("function_call", 2, name="shell", arguments="{}", call_id="call_0123456789ab")
    output = item("function_call_output", 3, call_id="call_0123456789ab", output="Exit code: 1\nOutput:\n")
    (tool,) = of_kind(read(meta(), use, output, use), "tools")
    assert tool.status == "error"
