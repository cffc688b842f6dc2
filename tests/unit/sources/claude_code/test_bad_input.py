"""What cannot be believed is refused with the field and the place, and stops nothing around it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tokometer.records import ModelCall
from tokometer.sources.claude_code import FOUND as SOURCE
from tokometer.sources.claude_code.places import place_of, project_of, roots

GOOD = (
    b'{"type":"assistant","uuid":"%d","timestamp":"2026-09-01T10:00:00Z","requestId":"req_%d","message":{"id":"msg_%d",'
    b'"model":"claude-opus-4-5","content":[],"usage":{"input_tokens":1,"output_tokens":2}}}\n'
)


def spoiled(path: str, value: Any) -> bytes:
    """A good line with one field set to something else."""
    line = json.loads(GOOD % (9, 9, 9))
    holder = line
    *above, last = path.split(".")
    for name in above:
        holder = holder.setdefault(name, {})
    holder[last] = value
    return json.dumps(line).encode() + b"\n"


def read(tmp_path: Path, *lines: bytes) -> tuple[list[ModelCall], list[tuple[int, str, str]]]:
    """The calls and refusals of a file with these lines."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"".join(lines))
    reading = SOURCE.read(path, b"")
    assert all(refusal.place == str(path) and refusal.source == "claude_code" for refusal in reading.refusals)
    calls = [record for record in reading.records if isinstance(record, ModelCall)]
    return calls, [(refusal.position, refusal.field, refusal.reason) for refusal in reading.refusals]


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"not json\n", "", "not JSON"),
        (b'{"type":"assistant","message":{"usage":{"input_tokens":1\n', "", "not JSON"),
        (b"[1, 2]\n", "", "not a JSON object"),
        (b'"text"\n', "", "not a JSON object"),
        (b"\xff\xfe\x00\x01\n", "", "not JSON"),
        (b'{"type":"assistant","x":NaN}\n', "", "NaN"),
        (b"[" * 200_000 + b"\n", "", "nested too deeply"),
        (spoiled("message.usage.input_tokens", "12k"), "message.usage.input_tokens", "int"),
        (spoiled("message.usage.input_tokens", -1), "message.usage.input_tokens", ">= 0"),
        (spoiled("message.usage.output_tokens", 2**53 + 1), "message.usage.output_tokens", "<= 9007199254740992"),
        (spoiled("message.usage.output_tokens", 2**70), "message.usage.output_tokens", "<= 9007199254740992"),
        (spoiled("message.usage.output_tokens", 1.5), "message.usage.output_tokens", "int"),
        (spoiled("message.usage.output_tokens", True), "message.usage.output_tokens", "int"),
        (spoiled("message.usage.cache_creation", 5), "message.usage.cache_creation", "object"),
        (spoiled("message.usage", [1]), "message.usage", "object"),
        (spoiled("message.id", 5), "message.id", "str"),
        (spoiled("message", "text"), "message", "object"),
        (spoiled("requestId", {}), "requestId", "str"),
        (spoiled("timestamp", "yesterday"), "timestamp", "datetime"),
        (spoiled("timestamp", 5), "timestamp", "before 2015"),
        (spoiled("timestamp", None), "timestamp", "missing"),
        (spoiled("timestamp", "1970-01-01T00:00:00Z"), "timestamp", "before 2015"),
        (spoiled("timestamp", "2999-01-01T00:00:00Z"), "timestamp", "in the future"),
        (spoiled("costUSD", -1), "costUSD", "amount"),
        (spoiled("costUSD", 1e300), "costUSD", "amount"),
    ],
)
def test_a_broken_line_is_refused_by_field(tmp_path: Path, line: bytes, field: str, reason: str) -> None:
    """The lines before and after it are counted."""
    before = GOOD % (1, 1, 1)
    calls, refusals = read(tmp_path, before, line, GOOD % (2, 2, 2))
    assert [call.request_id for call in calls] == ["req_1", "req_2"]
    ((position, found_field, found_reason),) = refusals
    assert (position, found_field) == (len(before), field)
    assert reason in found_reason
    assert len(found_reason) < 200


@pytest.mark.parametrize(
    "line",
    [
        spoiled("cwd", 5),
        spoiled("gitBranch", ["a"]),
        spoiled("isSidechain", "no"),
        spoiled("message.model", 7),
        spoiled("message.stop_reason", {}),
        spoiled("message.content", 9),
        spoiled("message.content", [1, {"type": 5}, None]),
        spoiled("message.usage.service_tier", 3),
        spoiled("message.usage.output_tokens_details", "many"),
        spoiled("toolUseResult", 5),
        spoiled("costUSD", "free"),
        spoiled("message.usage.output_tokens", 2.0),
        spoiled("message.usage.output_tokens", "2"),
        spoiled("timestamp", 1_772_442_000_000),
        spoiled("timestamp", "1772442000"),
        spoiled("message.usage.iterations", [{"deep": "\ud800"}]),
        spoiled("cwd", "/home/\udcff/x"),
    ],
)
def test_what_can_be_done_without_is(tmp_path: Path, line: bytes) -> None:
    """A field that the count does not rest on costs nothing but itself; what says the same in another form nothing."""
    calls, refusals = read(tmp_path, line)
    assert refusals == []
    assert [(call.native_id, call.output_tokens) for call in calls] == [("msg_9|req_9", 2)]


def test_a_lone_surrogate_does_not_reach_the_ledger(tmp_path: Path) -> None:
    """No store takes half of a character."""
    calls, _ = read(tmp_path, spoiled("gitBranch", "a\ud800b"), spoiled("message.id", "msg\udc00"))
    for call in calls:
        for text in (call.git_branch, call.native_id, call.group):
            text.encode()
    assert len(calls) == 2


def test_every_field_can_be_null(tmp_path: Path) -> None:
    """Null says as much as nothing."""
    line = json.loads(GOOD % (1, 1, 1))
    for name in line:
        nulled = json.dumps(line | {name: None}).encode() + b"\n"
        calls, refusals = read(tmp_path, nulled, GOOD % (2, 2, 2))
        assert calls[-1].request_id == "req_2"
        assert [field for _, field, _ in refusals] == (["timestamp"] if name == "timestamp" else [])


def test_broken_lines_of_kinds_that_we_do_not_read_are_passed_over(tmp_path: Path) -> None:
    """A summary may look like anything."""
    lines = [b'{"type":"summary","message":5,"timestamp":7}\n', b'{"type":"progress","message":"x"}\n', b"{}\n", b"\n"]
    assert read(tmp_path, *lines) == ([], [])


def test_a_line_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    """A tool may have answered with a whole file."""
    line = spoiled("toolUseResult", {"stdout": "x" * (10 << 20)})
    calls, refusals = read(tmp_path, GOOD % (1, 1, 1), line)
    assert (len(calls), refusals) == (2, [])


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """And it may grow."""
    assert read(tmp_path) == ([], [])


def test_a_file_of_something_else_is_not_listed_line_by_line(tmp_path: Path) -> None:
    """A thousand refusals say enough."""
    _, refusals = read(tmp_path, b"x\n" * 5000)
    assert len(refusals) == 1001
    assert refusals[-1][2] == "and 4000 more lines of this file"


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    """Who asked for it decides what that means."""
    with pytest.raises(FileNotFoundError):
        SOURCE.read(tmp_path / "s.jsonl", b"")


def test_transcripts_are_found_at_any_depth_and_links_in_circles_are_not_followed(tmp_path: Path) -> None:
    """Sessions, subagents and nothing else; a file that the user names is one as well."""
    project = tmp_path / "projects" / "-a"
    (project / "s" / "subagents").mkdir(parents=True)
    for name in ("s.jsonl", "s/subagents/agent-1.jsonl", "s/subagents/agent-1.meta.json", "s/a.txt"):
        (project / name).touch()
    (project / "circle").symlink_to(tmp_path, target_is_directory=True)
    (project / "loop.jsonl").symlink_to("loop.jsonl")
    (project / "gone.jsonl").symlink_to("nowhere")
    expected = {"s.jsonl", "agent-1.jsonl", "loop.jsonl", "gone.jsonl"}
    assert {path.name for path in SOURCE.files(tmp_path / "projects")} == expected
    assert {path.name for path in SOURCE.files(tmp_path)} == expected
    assert list(SOURCE.files(project / "s.jsonl")) == [project / "s.jsonl"]
    assert list(SOURCE.files(project / "s" / "a.txt")) == []
    assert list(SOURCE.files(tmp_path / "nowhere")) == []
    with pytest.raises(OSError, match="symbolic links"):
        SOURCE.read(project / "loop.jsonl", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_listed_is_passed_over(tmp_path: Path) -> None:
    """The folders beside it are found."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s.jsonl").touch()
    (tmp_path / "a").chmod(0)
    assert [path.parent.name for path in SOURCE.files(tmp_path)] == ["b"]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, ["/home/ada/.config/claude/projects", "/home/ada/.claude/projects"]),
        ({"XDG_CONFIG_HOME": "/cfg"}, ["/cfg/claude/projects", "/home/ada/.claude/projects"]),
        ({"CLAUDE_CONFIG_DIR": "/a, /b/projects ,"}, ["/a/projects", "/b/projects"]),
        ({"CLAUDE_CONFIG_DIR": "~/x", "XDG_CONFIG_HOME": "/cfg"}, ["/home/ada/x/projects"]),
        ({"CLAUDE_CONFIG_DIR": "  "}, ["/home/ada/.config/claude/projects", "/home/ada/.claude/projects"]),
    ],
)
def test_roots_follow_the_tools_own_settings(env: dict[str, str], expected: list[str]) -> None:
    """Where the tool would write is where we look, and where Cowork does."""
    *found, cowork = [path for path in roots(Path("/home/ada"), env) if "CherryStudio" not in path.parts]
    assert [str(path) for path in found if path.name == "projects"] == expected
    wrapped = [str(path.with_name("projects")) for path in found if path.name == "transcripts"]
    assert wrapped == [path for path in expected if path != "/b/projects"]
    assert str(cowork) == "/home/ada/Library/Application Support/Claude/local-agent-mode-sessions"


@pytest.mark.parametrize(
    ("cwd", "folder", "project"),
    [
        ("/home/ada/code/app", "-home-ada-code-app", "~/code/app"),
        ("/home/ada/code/app/src/deep", "-home-ada-code-app", "~/code/app"),
        ("/srv/app", "-srv-app", "/srv/app"),
        ("/home/adams/app", "-home-adams-app", "/home/adams/app"),
        ("/somewhere/else", "-home-ada-code-app", "/somewhere/else"),
        ("", "-home-ada-code-app", "-home-ada-code-app"),
        ("/home/ada", "-home-ada", "~"),
    ],
)
def test_a_project_is_the_folder_that_the_session_began_in(cwd: str, folder: str, project: str) -> None:
    """Written as people write it, and two folders of one name stay two projects."""
    for base in ("/home/ada/.claude", "/home/ada/.config/claude"):
        assert project_of(cwd, place_of(Path(base) / "projects" / folder / "s.jsonl")) == project
