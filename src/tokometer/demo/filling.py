"""What fills the prompts of the demo's coding agents, and what is planted there for the page on context and cache.

Planted: one project whose people make long pauses, so that its cache breaks; a date until which all of Claude Code's
writes live for an hour; an MCP server whose results are larger than all others.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from tokometer.demo.journal import Journal
from tokometer.records import Step, ToolCall
from tokometer.records.context import ATTACHMENT, COMPACTION, MEMORY, SKILL, SUMMARY

#: The project of the pauses, and how many times as long as elsewhere they are.
PAUSING: Final = "infra"
PAUSES: Final = 6
#: The part of the window until which writes live for an hour.
HOURS_UNTIL: Final = 0.62
#: The server, its tools by what they take the place of, and the teams that have it.
_SERVER: Final = "browser"
_TOOLS: Final = {"Read": "take_snapshot", "Bash": "list_network_requests", "WebFetch": "navigate_page"}
_TEAMS: Final = ("product", "growth")
#: Results of fewer tokens are left to the tools that they were of.
_LARGE: Final = 4_000
#: Bytes of text that a token is, by what the text is.
_OUTPUT, _PROSE = 3.4, 4.2
_SKILLS: Final = ("release-notes", "database-review", "design-tokens", "incident-report")
_MEMORIES: Final = ("CLAUDE.md", "~/.claude/CLAUDE.md")


def answered(tool: ToolCall, tokens: int) -> None:
    """Give the use of a tool the size of its result."""
    tool.prompt_bytes = int(tokens * _OUTPUT)
    if tokens >= _LARGE and tool.team in _TEAMS and tool.source == "claude_code" and tool.name in _TOOLS:
        tool.name, tool.server = f"mcp__{_SERVER}__{_TOOLS[tool.name]}", _SERVER


class Filling:
    """Writes down what is put into the prompts of one session beside results of tools. It draws no lots."""

    def __init__(self, journal: Journal, labels: dict[str, Any]) -> None:
        self._journal = journal
        names = ("workspace", "source", "session_id", "project", "agent", "user", "team", "environment")
        self._labels = {name: labels[name] for name in names}
        self._chance = crc32(labels["session_id"].encode())
        self._written = 0

    def begin(self, at: int, tokens: int) -> None:
        """What is loaded as a session begins: instructions of so many tokens, and whatever else is at hand."""
        claude = self._labels["source"] == "claude_code"
        files = _MEMORIES if claude else ("AGENTS.md",)
        for number, name in enumerate(files):
            self._add(at - 1, MEMORY, name, tokens * (2 if number == 0 else 1) // 3)
        if claude and self._chance % 5 == 0:
            self._add(at - 1, SKILL, _SKILLS[self._chance // 5 % len(_SKILLS)], 900 + self._chance % 2_400)
        if self._chance % 7 == 0:
            self._add(at - 1, ATTACHMENT, "file", 400 + self._chance % 3_000)

    def compact(self, at: int, tokens: int, summary: int) -> None:
        """A conversation of so many tokens is summed up."""
        step = self._step(at, COMPACTION, "compaction")
        step.trigger = "manual" if self._chance % 6 == 0 else "auto"
        step.tokens_before = tokens
        self._journal.step(step)
        self._add(at, SUMMARY, "summary", summary)

    def _add(self, at: int, kind: str, name: str, tokens: int) -> None:
        step = self._step(at, kind, name)
        step.prompt_bytes = int(tokens * _PROSE)
        self._journal.step(step)

    def _step(self, at: int, kind: str, name: str) -> Step:
        self._written += 1
        native = f"{self._labels['session_id']}-s{self._written}"
        return Step(**self._labels, native_id=native, started_at=at, name=name, type=kind, status="ok")
