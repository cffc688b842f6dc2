"""What a transcript puts into prompts beside results of tools: memory files, skills, attachments; and compactions.

Of each its kind, a name that is a file's or a skill's, and how large it was; what it says is passed over.

Attachments are lines of their own since 2025; the text of a skill is a line in the person's name that the person did
not write, with the use of the tool that called for it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tokometer.records import Step, check_time
from tokometer.records.context import ATTACHMENT, COMPACTION, MEMORY, SKILL, SUMMARY
from tokometer.sources.claude_code.lines import UNFIT, Block, Line
from tokometer.sources.claude_code.memory import Memory
from tokometer.sources.sizes import NOTHING, Size, size_of, size_within

#: Attachments that the model reads. Others are notes of the program to itself.
_READ: Final = frozenset(
    {
        "agent_listing_delta",
        "compact_file_reference",
        "deferred_tools_delta",
        "diagnostics",
        "directory",
        "edited_text_file",
        "file",
        "hook_additional_context",
        "mcp_instructions_delta",
        "mcp_resource",
        "plan_file_reference",
        "queued_command",
        "selected_lines_in_ide",
        "skill_listing",
    }
)
#: How the text of a skill begins, by which older versions are known.
_SKILL_TEXT: Final = re.compile(rb'"Base directory for this skill: ([^"\\]{1,400})')
_SKILL_BLOCK: Final = re.compile(rb'"text":"Base directory for this skill: ([^"\\]{1,400})')
_LONGEST_NAME: Final = 200
_MOST_FILES: Final = 200


class _Input(Struct, gc=False):
    """What a use of the tool that loads skills asks for."""

    skill: str | None = None
    command: str | None = None


_decode_input: Final = msgspec.json.Decoder(_Input).decode
_decode: Final = msgspec.json.Decoder().decode


class Filling:
    """The steps that stand in one transcript, by native id."""

    def __init__(self, memory: Memory, home: str) -> None:
        self.steps: dict[str, Step] = {}
        self._memory = memory
        self._home = home

    def take_use(self, block: Block) -> None:
        """Remember which skill a use of a tool asks for: its text comes later."""
        if block.name != "Skill" or not block.id:
            return
        try:
            given = _decode_input(block.input)
        except UNFIT:
            return
        self._memory.skills[block.id] = (given.skill or given.command or "")[:_LONGEST_NAME]

    def take(self, line: Line, place: Step, at: int) -> None:
        """What an attachment puts into the prompt, or that the conversation was summed up."""
        if line.subtype == "compact_boundary":
            self._take_boundary(line, place, at)
        else:
            self._take_attachment(line, place, at)

    def _take_attachment(self, line: Line, place: Step, at: int) -> None:
        """What a line of the type `attachment` puts into the prompt."""
        try:
            value = _decode(line.attachment)
        except UNFIT:
            return
        if not isinstance(value, dict) or not line.uuid:
            return
        kind = value.get("type")
        if kind == "nested_memory":
            self._add(line, place, at, MEMORY, self._name(value.get("path"), line), size_within(value.get("content")))
        elif kind == "instructions":
            for number, file in enumerate(_objects(value.get("files"))):
                name = self._name(file.get("path"), line)
                self._add(line, place, at, MEMORY, name, size_within(file.get("content")), number)
        elif kind == "invoked_skills":
            for number, skill in enumerate(_objects(value.get("skills"))):
                name = str(skill.get("name") or "")[:_LONGEST_NAME]
                self._add(line, place, at, SKILL, name, size_within(skill.get("content")), number)
        elif kind in _READ:
            self._add(line, place, at, ATTACHMENT, kind, size_within(value))

    def take_words(self, line: Line, place: Step, at: int) -> None:
        """What a line in a person's name puts into the prompt that the person did not write: skills, summaries."""
        message = line.message
        if message is None or not line.uuid:
            return
        blocks = message.content if isinstance(message.content, list) else ()
        if line.isCompactSummary:
            self._add(line, place, at, SUMMARY, "summary", _words(line))
            return
        if line.isMeta:
            name = self._memory.skills.pop(line.sourceToolUseID or "", "") or _base_of(line)
            if name:
                self._add(line, place, at, SKILL, name, _words(line))
            return
        for number, block in enumerate(blocks):
            if block.type in ("image", "document"):
                self._add(line, place, at, ATTACHMENT, block.type, _picture(block), number)

    def _take_boundary(self, line: Line, place: Step, at: int) -> None:
        """A conversation was summed up."""
        if not line.uuid:
            return
        stated = line.compactMetadata
        step = self._step(line, place, at, COMPACTION, "compaction", 0)
        if stated is not None:
            step.trigger = stated.trigger if stated.trigger in ("auto", "manual") else ""
            step.tokens_before, step.tokens_after = stated.preTokens, stated.postTokens
            step.duration_us = None if stated.durationMs is None else stated.durationMs * 1_000

    def _add(self, line: Line, place: Step, at: int, kind: str, name: str, size: Size, number: int = 0) -> None:
        if size == NOTHING:
            return
        step = self._step(line, place, at, kind, name, number)
        step.prompt_bytes, step.prompt_image_tokens = size.bytes, size.image_tokens or None

    def _step(self, line: Line, place: Step, at: int, kind: str, name: str, number: int) -> Step:
        native = f"context|{line.uuid}" + (f"|{number}" if number else "")
        step = self.steps[native] = replace(
            place, native_id=native, started_at=check_time(at, "timestamp"), name=name, type=kind, status="ok"
        )
        return step

    def _name(self, path: Any, line: Line) -> str:  # noqa: ANN401 - whatever JSON has
        """How a file is shown: within the project, within the person's folder, or by its name alone."""
        if not isinstance(path, str):
            return ""
        if line.cwd and path.startswith(f"{line.cwd}/"):
            return path[len(line.cwd) + 1 :][:_LONGEST_NAME]
        if self._home and path.startswith(f"{self._home}/"):
            return f"~{path[len(self._home) :]}"[:_LONGEST_NAME]
        return path.rpartition("/")[2][:_LONGEST_NAME]


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever JSON has
    return [one for one in value[:_MOST_FILES] if isinstance(one, dict)] if isinstance(value, list) else []


def _words(line: Line) -> Size:
    """The size of all texts and pictures of a message."""
    content = None if line.message is None else line.message.content
    if isinstance(content, str):
        return Size(len(content.encode("utf-8", "replace")), 0)
    size = NOTHING
    for block in content or ():
        size += size_of(block.text) + _picture(block)
    return size


def _picture(block: Block) -> Size:
    return size_of(block.source) if block.type in ("image", "document") else NOTHING


def _base_of(line: Line) -> str:
    """The name of the folder that the text of a skill says it lies in."""
    content = None if line.message is None else line.message.content
    opening = b'"' + content[:500].encode("utf-8", "replace") if isinstance(content, str) else b""
    if not opening:
        texts = (bytes(block.text) for block in content or () if isinstance(block, Block) and block.type == "text")
        opening = next(texts, b"")
    found = _SKILL_TEXT.match(opening)
    if found is None:
        return ""
    path = re.split(r"\\n|\n", found[1].decode("utf-8", "replace"))[0]
    return path.rstrip("/").rpartition("/")[2][:_LONGEST_NAME]
