"""Which user lines are something that a person wrote to the model."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from tokometer.sources.claude_code.lines import Line

#: `local` takes back a `command`: it was carried out by the tool itself, and no model was asked.
Said = Literal["prompt", "command", "local", "nothing"]

_COMMANDS: Final = ("<command-name>", "<command-message>")
_LOCAL: Final = ("<local-command-stdout>", "<local-command-stderr>")
#: Written by the tool in a person's name.
_NOT_SAID: Final = (
    "<bash-",
    "<local-command-caveat>",
    "<system-reminder>",
    "<task-notification>",
    "[Request interrupted by user",
    "Caveat: The messages below",
)
_OPENING: Final = 64


def said(line: Line) -> Said:
    """What a user line is: results of tools, notes to the model and the output of commands are `nothing`."""
    message = line.message
    if message is None or line.isMeta or line.isCompactSummary or line.isVisibleInTranscriptOnly:
        return "nothing"
    content = message.content
    if isinstance(content, str):
        return _kind(content)
    for block in content or ():
        if block.type == "tool_result":
            return "nothing"
        if block.type == "text":
            return _kind(_opening(bytes(block.text)))
        if block.type in ("image", "document"):
            return "prompt"
    return "nothing"


def _kind(text: str) -> Said:
    text = text.lstrip()
    if not text or text.startswith(_NOT_SAID):
        return "nothing"
    if text.startswith(_COMMANDS):
        return "command"
    return "local" if text.startswith(_LOCAL) else "prompt"


def _opening(raw: bytes) -> str:
    """The start of a raw JSON string, which is enough to see what it is."""
    try:
        return str(msgspec.json.decode(raw, type=str))[:_OPENING]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
