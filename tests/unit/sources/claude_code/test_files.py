"""Which files are read, and what becomes of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.records import ModelCall
from tokometer.sources.claude_code import FOUND as SOURCE

LINE = (
    '{"type":"assistant","timestamp":"2026-09-01T10:00:00Z","requestId":"r","sessionId":"s","isSidechain":%s,'
    '"message":{"id":"m","model":"claude-opus-4-8","usage":{"input_tokens":1,"output_tokens":2}}}\n'
)
COWORK = "Library/Application Support/Claude/local-agent-mode-sessions"


def write(path: Path, text: str = "") -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(home: Path, root: Path | None = None) -> list[str]:
    """What is found below a home folder, or in one place."""
    roots = SOURCE.roots(home, {}) if root is None else [root]
    return sorted(str(path.relative_to(home)) for each in roots for path in SOURCE.files(each))


def test_coworks_sessions_are_found_and_its_audits_are_not(tmp_path: Path) -> None:
    """At any depth below its folder; beside a session lie copies of the lines, and files of the person."""
    session = tmp_path / COWORK / "w" / "g" / "local_1"
    transcript = write(session / ".claude/projects/-sessions-a/s.jsonl")
    agent = write(session / ".claude/projects/-sessions-a/s/subagents/agent-1.jsonl")
    for other in ("audit.jsonl", "outputs/data.jsonl", "outputs/deep/er/data.jsonl", ".claude/history.jsonl"):
        write(session / other)
    write(tmp_path / COWORK / "w" / "index.jsonl")
    deeper = write(tmp_path / COWORK / "a/b/c/.claude/projects/-x/t.jsonl")
    expected = sorted(str(path.relative_to(tmp_path)) for path in (transcript, agent, deeper))
    assert found(tmp_path) == expected
    assert found(tmp_path, session) == expected[1:]
    assert found(tmp_path, transcript) == [str(transcript.relative_to(tmp_path))]
    assert found(tmp_path, transcript.parent) == expected[1:]
    for nothing in ("audit.jsonl", "outputs", "outputs/data.jsonl"):
        assert found(tmp_path, session / nothing) == []


def test_other_programs_that_run_claude_code_have_folders_of_their_own(tmp_path: Path) -> None:
    """Cherry Studio's, on any system; and what wrappers call transcripts, where it is one."""
    agents = "Library/Application Support/CherryStudio/Data/Agents/.claude/projects/-x/s.jsonl"
    before = ".config/CherryStudio/.claude/projects/-x/t.jsonl"
    for name in (agents, before, ".claude/transcripts/u.jsonl"):
        write(tmp_path / name, LINE % "false")
    write(tmp_path / ".claude/transcripts/ses_1.jsonl", '{"type":"user","timestamp":"2026-09-01T10:00:00Z"}\n')
    assert found(tmp_path) == sorted([agents, before, ".claude/transcripts/u.jsonl"])


def test_an_audit_is_no_transcript_wherever_it_lies(tmp_path: Path) -> None:
    """A backup of Cowork's folder has another name."""
    write(tmp_path / "backup/audit.jsonl")
    write(tmp_path / "backup/s.jsonl")
    assert found(tmp_path, tmp_path / "backup") == ["backup/s.jsonl"]


def test_subagents_of_a_workflow_belong_to_their_session(tmp_path: Path) -> None:
    """Their folder lies below the session's subagents."""
    folder = tmp_path / ".claude/projects/-home-ada-app/s7/subagents/workflows/wf_1"
    path = write(folder / "agent-1.jsonl", LINE % "true")
    write(folder / "agent-1.meta.json", '{"agentType":"workflow-subagent"}')
    assert found(tmp_path) == [str(path.relative_to(tmp_path))]
    (call,) = SOURCE.read(path, b"").records
    assert isinstance(call, ModelCall)
    assert (call.session_id, call.subagent, call.project) == ("s7", "workflow-subagent", "-home-ada-app")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("-a/records.ndjson", "*.ndjson"),
        ("-a/s.jsonl.zst", "*.jsonl.zst"),
        ("-a/s.jsonl.gz", "*.jsonl.gz"),
        ("-a/rollout-2026.jsonl", "*.jsonl"),
        ("-a/5e55a000-0000-4000-8000-000000000001/calls/1.json", "calls/*.json"),
        ("-a/5e55a000-0000-4000-8000-000000000001/1.bin", "*.bin"),
        ("-a/noend", "*"),
    ],
)
def test_a_file_that_no_rule_reads_is_noticed_once(tmp_path: Path, name: str, shape: str) -> None:
    """By the shape of its name; it is not opened again when it grows."""
    path = write(tmp_path / ".claude/projects" / name, "x" * 99)
    assert found(tmp_path) == [str(path.relative_to(tmp_path))]
    assert found(tmp_path, path) == [str(path.relative_to(tmp_path))]
    reading = SOURCE.read(path, b"")
    assert (reading.records, reading.refusals) == ([], [])
    (notice,) = reading.notices
    assert (notice.topic, notice.name, notice.place, notice.count) == ("file", shape, str(path), 1)
    write(path, "x" * 999)
    assert SOURCE.read(path, reading.state).notices == []


@pytest.mark.parametrize(
    "name",
    [
        "-a/s/tool-results/t1.txt",
        "-a/s/tool-results/deep/t1.json",
        "-a/memory/MEMORY.md",
        "-a/s/session-memory/summary.md",
        "-a/s/subagents/agent-1.meta.json",
        "-a/sessions-index.json",
        "-a/.DS_Store",
        "-a/s.jsonl.lock",
    ],
)
def test_files_that_are_known_to_hold_no_usage_are_silent(tmp_path: Path, name: str) -> None:
    """Outputs of tools, notes, indexes."""
    write(tmp_path / ".claude/projects" / name)
    assert found(tmp_path) == []


def test_only_claudes_own_folders_are_searched_for_strangers(tmp_path: Path) -> None:
    """A person's own folder can be called `projects`, too."""
    write(tmp_path / "projects/app/main.py")
    write(tmp_path / "projects/app/s.jsonl")
    assert found(tmp_path, tmp_path / "projects") == ["projects/app/s.jsonl"]
    for number in range(300):
        write(tmp_path / ".claude-work/projects/-a" / f"{number}.bin")
    assert len(found(tmp_path, tmp_path / ".claude-work/projects")) == 200
