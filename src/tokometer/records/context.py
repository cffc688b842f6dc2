"""What fills a prompt beside the results of tools: the types of :class:`tokometer.records.Step` that say so."""

from __future__ import annotations

from typing import Final

#: A file of instructions that was loaded: `CLAUDE.md`, `AGENTS.md`, a rule.
MEMORY: Final = "memory"
#: The text of a skill.
SKILL: Final = "skill"
#: Whatever else the program or a person put beside a message: a file, a picture, a list of tools.
ATTACHMENT: Final = "attachment"
#: The moment at which a conversation was summed up, and everything before it left the prompt.
COMPACTION: Final = "compaction"
#: The summary that took its place.
SUMMARY: Final = "summary"

#: What has a size in the prompt.
FILLING: Final = (MEMORY, SKILL, ATTACHMENT, SUMMARY)
