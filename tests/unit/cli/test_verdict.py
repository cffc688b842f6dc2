"""`tokometer verdict` and `tokometer hook`: what a running server says, as agents take it; and nothing without one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servers import forked
from servers.whole import Running, running
from tokometer.cli.hook import answer_of

from .conftest import COMMAND, Shell

#: The fields that Claude Code and Codex document for the answers of their hooks: of all of them, of each event's own.
COMMON = {"continue", "stopReason", "suppressOutput", "systemMessage", "decision", "reason", "hookSpecificOutput"}
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a budget of Claude Code's that is used up, and one of Codex' that nearly is."""
    with running(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("home")) as found:
        for agent, cost in (("claude-code", 6), ("codex", 4.5)):
            assert (
                found.post("/api/budgets", {"amount": 5, "filters": {"agent": [agent]}, "period": "day"}).status == 201
            )
            call = {
                "id": agent,
                "started_at": time.time(),
                "provider": "p",
                "model": "m",
                "agent": agent,
                "cost_usd": cost,
            }
            assert found.post("/api/calls", [call]).status == 200
        until = time.monotonic() + 20
        while b'"stop"' not in found.get("/api/verdict?agent=claude-code").body and time.monotonic() < until:
            time.sleep(0.2)
        yield found


def told(event: str, **more: Any) -> bytes:
    """What an agent tells its hook."""
    return json.dumps(
        {"hook_event_name": event, "session_id": "s", "cwd": "/work/app", "transcript_path": None, **more}
    ).encode()


def run(shell: Shell, text: bytes, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a hook, and what it answers."""
    done = forked.run([COMMAND, "hook", *arguments], env=shell.env, input=text, timeout=60)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}


def test_a_prompt_is_refused(shell: Shell, server: Running) -> None:
    """Where a budget is used up, a prompt is blocked and a tool denied, in the agents' words, with exit code 0."""
    code, said = run(shell, told("UserPromptSubmit", prompt="hi"), "claude-code", "--url", server.url)
    assert (code, said["decision"]) == (0, "block")
    assert "used up: $6.00 of $5.00 today" in said["reason"]
    code, said = run(shell, told("PreToolUse", tool_name="Bash"), "claude-code", "--url", server.url)
    assert (code, said["hookSpecificOutput"]["permissionDecision"]) == (0, "deny")
    assert said["hookSpecificOutput"]["hookEventName"] == "PreToolUse"
    code, said = run(shell, told("UserPromptSubmit", model="gpt-5.2", turn_id="t"), "codex", "--url", server.url)
    assert (code, list(said)) == (0, ["systemMessage"])
    assert "90 %" in said["systemMessage"]


def test_without_a_server_all_goes_on(shell: Shell) -> None:
    """A server that is down, none at all, and input that is none hold up nothing."""
    for text in (told("UserPromptSubmit"), b"", b"[]", b"\xff"):
        assert run(shell, text, "claude-code", "--url", NOBODY) == (0, {})
    assert run(shell, told("UserPromptSubmit"), "codex") == (0, {})


def test_answers_have_only_documented_fields() -> None:
    """Codex refuses fields that it does not know; what is near its end is not said before each tool."""
    for word in ("allow", "warn", "stop"):
        for event in ("UserPromptSubmit", "PreToolUse", "SessionStart", "Stop", ""):
            said = answer_of(event, {"verdict": word, "reason": "why"})
            assert set(said) <= COMMON
            assert ("decision" in said) == (word == "stop" and event == "UserPromptSubmit")
            assert bool(said) == (word == "stop" or (word == "warn" and event != "PreToolUse"))


def test_verdict(shell: Shell, server: Running, tmp_path: Path) -> None:
    """The command prints the verdict and ends with 1 where it is stop; with 0 where nobody answers."""

    def ask(*arguments: str) -> tuple[int, str]:
        done = forked.run([COMMAND, "verdict", *arguments], env=shell.env, timeout=60, text=True)
        return done.returncode, done.stdout

    assert ask("--agent", "claude-code", "--url", server.url)[0] == 1
    code, said = ask("--where", "agent=codex", "--json", "--url", server.url)
    assert (code, json.loads(said)["verdict"]) == (0, "warn")
    code, said = ask("--agent", "claude-code", "--url", NOBODY, "--json")
    assert (code, json.loads(said)["failed_open"]) == (0, True)
    assert ask("--data", str(tmp_path))[0] == 0
    assert ask("--where", "agent")[0] == 2


def test_the_model_is_the_sessions(shell: Shell, server: Running, tmp_path: Path) -> None:
    """Where an agent does not tell its model, the end of the session's transcript does."""
    assert server.post("/api/budgets", {"amount": 1, "filters": {"model": ["m-9"]}, "title": "M"}).status == 201
    call = {"id": "m9", "started_at": time.time(), "provider": "p", "model": "m-9", "cost_usd": 2}
    assert server.post("/api/calls", [call]).status == 200
    transcript = tmp_path / "s.jsonl"
    transcript.write_text('{"message":{"model":"m-1"}}\n{"message":{"model":"m-9"}}\n')
    text = told("UserPromptSubmit").replace(b"null", json.dumps(str(transcript)).encode())
    until = time.monotonic() + 20
    said: dict[str, Any] = {}
    while "The budget M" not in said.get("systemMessage", "") + said.get("reason", "") and time.monotonic() < until:
        time.sleep(0.2)
        said = run(shell, text, "codex", "--url", server.url)[1]
    assert said["decision"] == "block"
