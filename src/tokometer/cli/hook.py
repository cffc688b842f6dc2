"""`tokometer hook`: what coding agents run before a prompt or a tool, to be told that a budget is used up.

Claude Code and Codex run a command for an event, give it JSON on standard input, and take JSON from its output with
exit code 0 (https://code.claude.com/docs/en/hooks, https://developers.openai.com/codex/hooks): a prompt is refused by
`decision: block`, a tool by `permissionDecision: deny`, and `systemMessage` is shown to the person.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.shown import say_json
from tokometer.cli.softly import MOST, object_of
from tokometer.cli.verdict import pairs, verdict_of
from tokometer.host.regular import open_regular

#: What the calls of each are recorded as.
_AGENTS: Final = {
    "claude-code": {"agent": "claude-code", "provider": "anthropic"},
    "codex": {"agent": "codex", "provider": "openai"},
}
#: The end of a transcript in which the session's model is looked for.
_TAIL: Final = 256 << 10
_MODEL: Final = re.compile(rb'"model"\s*:\s*"([A-Za-z0-9][\w./:@-]{0,199})"')


@click.command(short_help="What Claude Code and Codex run to keep to budgets.")
@click.argument("program", type=click.Choice(tuple(_AGENTS)))
@click.option("--where", multiple=True, metavar="DIMENSION=VALUE", help="What else is known of its calls: team=search.")
@click.option("--url", default="", metavar="URL", help="The server. [default: $TOKOMETER_URL, else --data's]")
@data_option
def hook(program: str, where: tuple[str, ...], url: str, data: Path) -> None:
    """Read what a coding agent tells its hooks, and answer by the budgets that are for its calls.

    \b
    In ~/.claude/settings.json, or as ~/.codex/hooks.json:
    {"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "tokometer hook claude-code"}]}]}}

    A budget that is used up refuses the prompt (or, at PreToolUse, the tool) and says why; one that is nearly used up
    is told. It takes a second at most and never fails: without a server nothing is said, and all goes on.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    told = object_of(_read())
    answer = answer_of(
        str(told.get("hook_event_name", "")), verdict_of(_known(program, told) + pairs(where), url, data)
    )
    if answer:
        say_json(answer)


def answer_of(event: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent is answered at an event; nothing where all goes on and there is nothing to say."""
    word, reason = found.get("verdict"), f"Tokometer: {found.get('reason', '')}"
    if word == "stop" and event == "UserPromptSubmit":
        return {"decision": "block", "reason": reason}
    if word == "stop" and event == "PreToolUse":
        denied = {"hookEventName": event, "permissionDecision": "deny", "permissionDecisionReason": reason}
        return {"hookSpecificOutput": denied, "systemMessage": reason}
    # Other events cannot refuse anything, and what is said before each tool would be said too often.
    if word in ("warn", "stop") and event != "PreToolUse":
        return {"systemMessage": reason}
    return {}


def _known(program: str, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of the calls that a session makes, as they will be recorded."""
    from tokometer.sources.machine import host

    path = told.get("transcript_path")
    model = told.get("model")
    known = {
        **_AGENTS[program],
        "user": os.environ.get("TOKOMETER_USER", ""),
        "model": model if isinstance(model, str) else _model_of(path if isinstance(path, str) else ""),
        "project": _project(told.get("cwd")),
        "machine": host(),
    }
    return [(name, value) for name, value in known.items() if value]


def _project(cwd: object) -> str:
    """The folder as people write it: `~/code/app`."""
    if not isinstance(cwd, str):
        return ""
    home = str(Path.home())
    return f"~{cwd[len(home) :]}" if home != "/" and (cwd == home or cwd.startswith(f"{home}/")) else cwd


def _model_of(transcript: str) -> str:
    """The model that a session used last, by the end of its transcript; empty where that does not say."""
    try:
        with open_regular(transcript) as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            found = _MODEL.findall(file.read(_TAIL) or b"")
    except OSError:
        return ""
    return found[-1].decode() if found else ""


def _read() -> bytes:
    try:
        return sys.stdin.buffer.read(MOST)
    except (AttributeError, OSError):  # there is no input at all
        return b""
