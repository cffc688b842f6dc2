"""Tests of tokometer.sources.claude_code.filling: what fills prompts, and how large it is."""

from __future__ import annotations

import base64
import json
from functools import reduce
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from generators.claude_json import Read, answer, prompt, tools_of
from tokometer.records import Step, merge
from tokometer.sources import Reading
from tokometer.sources.sizes import size_of, tokens_of_pixels

PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (1500).to_bytes(4) + (500).to_bytes(4) + b"\0" * 40
).decode()


def steps_of(*readings: Reading) -> dict[str, Step]:
    """The steps of some readings by native id, as the ledger would keep them."""
    found: dict[str, list[Step]] = {}
    for reading in readings:
        for record in reading.records:
            if isinstance(record, Step):
                found.setdefault(record.native_id, []).append(record)
    return {native: reduce(merge, versions) for native, versions in found.items()}


def use(tool_id: str, name: str, **given_input: str) -> dict[str, Any]:
    """An answer that uses a tool."""
    block = {"type": "tool_use", "id": tool_id, "name": name, "input": given_input}
    return answer(f"msg_{tool_id}", f"req_{tool_id}", message={"content": [block]}, uuid=f"a{tool_id}")


def result(tool_id: str, content: object, **changes: Any) -> dict[str, Any]:
    """What a tool answered."""
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": content}
    line = {
        "uuid": f"r{tool_id}",
        "timestamp": "2026-09-01T10:00:09.000Z",
        "message": {"role": "user", "content": [block]},
    }
    return prompt("", **(line | changes))


def attachment(uuid: str, **body: Any) -> dict[str, Any]:
    """A line that says what was put beside a message."""
    line = {"type": "attachment", "uuid": uuid, "sessionId": "s1", "timestamp": "2026-09-01T10:00:01.000Z"}
    return line | {"cwd": "/home/ada/code/app", "isSidechain": False, "attachment": body}


def test_results_of_tools_have_a_size(read: Read) -> None:
    """Text counts by its bytes, escapes as what they stand for; a picture by its pixels; what it says is not kept."""
    text = 'three\nlines "and" \\ end'
    blocks = [{"type": "text", "text": "abc"}, {"type": "image", "source": {"type": "base64", "data": PNG}}]
    reading = read(use("t1", "Read"), result("t1", text), use("t2", "mcp__web__shot"), result("t2", blocks))
    one, two = tools_of(reading)
    assert (one.prompt_bytes, one.prompt_image_tokens) == (len(text.encode()), None)
    assert (two.prompt_bytes, two.prompt_image_tokens, two.server) == (3, 1_000, "web")
    assert "three" not in repr(reading.records)


def test_memory_skills_and_attachments(read: Read, tmp_path: Path) -> None:
    """Each file is named within the project, within the home folder, or by its name alone."""
    nested = {"path": "/home/ada/code/app/docs/CLAUDE.md", "type": "Project", "content": "rules"}
    files = [
        {"path": f"{tmp_path}/ada/.claude/CLAUDE.md", "type": "User", "content": "12345"},
        {"path": "/etc/claude-code/CLAUDE.md", "type": "Managed", "content": "123"},
    ]
    reading = read(
        attachment("m1", type="nested_memory", path=nested["path"], content=nested),
        attachment("m2", type="instructions", files=files, reason="session_start"),
        attachment(
            "m3", type="file", filename="/home/ada/x.txt", content={"type": "text", "file": {"content": "abcd"}}
        ),
        attachment("m4", type="hook_success", stdout="not read by the model"),
        use("t1", "Skill", skill="pdf"),
        result("t1", "Launching skill: pdf"),
        prompt("how to read one", uuid="k1", isMeta=True, sourceToolUseID="t1"),
        prompt("Base directory for this skill: /home/ada/.claude/skills/review\n\nLook", uuid="k2", isMeta=True),
    )
    found = {(step.type, step.name): step.prompt_bytes for step in steps_of(reading).values()}
    base = "Base directory for this skill: /home/ada/.claude/skills/review\n\nLook"
    assert found == {
        ("memory", "docs/CLAUDE.md"): 5,
        ("memory", "~/.claude/CLAUDE.md"): 5,
        ("memory", "CLAUDE.md"): 3,
        ("attachment", "file"): 4,
        ("skill", "pdf"): 15,
        ("skill", "review"): len(base),
    }
    assert not reading.refusals


def test_compactions(read: Read) -> None:
    """A boundary says what set it off and how long the prompt was; the summary that follows has a size."""
    boundary = {
        "type": "system",
        "subtype": "compact_boundary",
        "uuid": "c1",
        "sessionId": "s1",
        "timestamp": "2026-09-01T10:30:00.000Z",
        "compactMetadata": {"trigger": "auto", "preTokens": 155_000, "durationMs": 41_000},
    }
    summary = prompt("what was said", uuid="c2", isCompactSummary=True, timestamp="2026-09-01T10:30:00.001Z")
    found = steps_of(read(boundary, summary))
    cut = found["context|c1"]
    assert (cut.type, cut.trigger, cut.tokens_before, cut.duration_us) == ("compaction", "auto", 155_000, 41_000_000)
    assert (found["context|c2"].type, found["context|c2"].prompt_bytes) == ("summary", 13)


def test_subagents_are_told_apart(read: Read) -> None:
    """Calls, tools and steps of a subagent's own transcript carry its id."""
    reading = read(use("t1", "Read"), result("t1", "x"), name="s1/subagents/agent-a1b2.jsonl")
    assert {record.thread for record in reading.records} == {"a1b2"}  # type: ignore[attr-defined]
    assert {record.thread for record in read(use("t1", "Read")).records} == {""}  # type: ignore[attr-defined]


LINES = [
    attachment("m1", type="nested_memory", path="/home/ada/code/app/CLAUDE.md", content={"content": "rules"}),
    prompt("do it", uuid="p1"),
    use("t1", "Skill", skill="pdf"),
    result("t1", "Launching"),
    prompt("how", uuid="k1", isMeta=True, sourceToolUseID="t1"),
    use("t2", "Bash"),
    result("t2", "out" * 40),
]


@given(st.lists(st.integers(0, len(LINES)), max_size=3))
def test_reading_in_pieces_changes_nothing(tmp_path_factory: Any, cuts: list[int]) -> None:
    """However often a transcript is read while it grows, the same is known of it in the end."""
    from tokometer.sources.claude_code import FOUND

    path = tmp_path_factory.mktemp("t") / ".claude" / "projects" / "-home-ada-code-app" / "s1.jsonl"
    path.parent.mkdir(parents=True)
    readings, state, start = [], b"", 0
    for stop in [*sorted(cuts), len(LINES)]:
        with path.open("ab") as file:
            file.writelines(json.dumps(line).encode() + b"\n" for line in LINES[start:stop])
        readings.append(FOUND.read(path, state))
        state, start = readings[-1].state, stop
    whole = FOUND.read(path, b"")
    assert steps_of(*readings) == steps_of(whole)
    sizes = {tool.native_id: (tool.prompt_bytes, tool.name) for tool in tools_of(*readings)}
    assert sizes == {"t1": (9, "Skill"), "t2": (120, "Bash")}


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\\"\n\t')))
def test_sizes_without_decoding(text: str) -> None:
    """A text's bytes are counted as it stands in JSON, as many as it has."""
    assert size_of(json.dumps(text, ensure_ascii=False).encode()).bytes == len(text.encode())


def test_pictures() -> None:
    """A token for each 750 pixels, of at most 1,568 on the longer side, and at most 1,600."""
    assert tokens_of_pixels(750, 100) == 100
    assert tokens_of_pixels(8_000, 8_000) == 1_600
    assert size_of(b'[{"type":"image","source":{"type":"base64","data":"AAAA"}}]').image_tokens == 1_600
    assert size_of(b"12") == size_of(b"") == size_of(b"[broken") == (0, 0)
