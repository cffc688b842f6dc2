"""Sessions of pi: forks, subagents of descendants, and what is money."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.left import lines
from generators.sources.pi import FIRST, OMP, PI, SESSION, header
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.pi.found import FOUND


def read(home: Path) -> list[Record]:
    """All that is found below a home folder."""
    files = [path for root in FOUND.roots(home, {}) for path in FOUND.files(root)]
    return [record for path in sorted(files) for record in FOUND.read(path, b"").records]


def test_a_fork_counts_what_is_new(tmp_path: Path) -> None:
    """Copied entries are the same calls and tools."""
    for step in PI.steps:
        step(tmp_path)
    records = read(tmp_path)
    assert len({record.id for record in records if isinstance(record, ModelCall)}) == 4
    assert len({record.id for record in records if isinstance(record, ToolCall)}) == 1


def test_a_call_has_what_pi_knows_of_it(tmp_path: Path) -> None:
    """Its session, its project, who asked, and no price where the price book has one."""
    for step in PI.steps[:2]:
        step(tmp_path)
    first, local, failed = [record for record in read(tmp_path) if isinstance(record, ModelCall)]
    assert (first.session_id, first.project, first.agent, first.user_messages) == (
        SESSION,
        "/home/ada/code/engine",
        "pi",
        1,
    )
    assert (first.cost_reported, local.cost_reported) == (None, 10_000_000)
    assert (failed.status, failed.http_status) == ("rate_limit", 429)


def test_a_descendants_subagent_has_a_parent(tmp_path: Path) -> None:
    """It is in a folder that is named after the session."""
    for step in OMP.steps:
        step(tmp_path)
    records = read(tmp_path)
    [child] = [call for call in records if isinstance(call, ModelCall) and call.session_id == "child"]
    assert (child.agent, child.subagent, child.parent_session_id) == ("omp", "Explore", SESSION)
    assert {run.role for run in records if isinstance(run, AgentRun)} == {"", "subagent"}


def test_openclaws_transcripts_are_its_own(tmp_path: Path) -> None:
    """They have the same entries, and another place."""
    lines(".openclaw/agents/main/sessions/a.jsonl", header(), FIRST)(tmp_path)
    lines("copies/b.jsonl", header(), FIRST)(tmp_path)
    assert list(FOUND.files(tmp_path)) == [tmp_path / "copies/b.jsonl"]


def test_another_folder_can_be_named(tmp_path: Path) -> None:
    """Pi's variable is not its descendants'."""
    roots = FOUND.roots(tmp_path, {"PI_CODING_AGENT_DIR": "~/p"})
    assert roots[0] == tmp_path / "p/sessions"
    assert tmp_path / ".omp/agent/sessions" in roots


@pytest.mark.parametrize(
    ("place", "program"),
    [
        (".gjc/agent/sessions/-code", "gjc"),
        (".local/share/gjc/sessions/-code", "gjc"),
        (".prime/agent/sessions", "prime-agent"),
        (".prime/agent/session-artifacts/a1", "prime-agent"),
    ],
)
def test_descendants_are_found_in_their_folders(tmp_path: Path, place: str, program: str) -> None:
    """Each has its own; what a child used is in its own transcript, and no line that tells of it adds to that."""
    attributed = {"type": "child_usage_attributed", "id": "x", "targetId": "b2", "childUsage": {"input": 9}}
    lines(f"{place}/2026-03-02T09-00-00-000Z_{SESSION}.jsonl", header(), FIRST, attributed)(tmp_path)
    [call] = [record for record in read(tmp_path) if isinstance(record, ModelCall)]
    assert (call.agent, call.input_tokens) == (program, 100)
