"""Names that programs had before: OpenClaw was Clawdbot, and then Moltbot.

Their telemetry is that of OpenClaw's first releases under other names: a root span of what a run used, without spans of
its calls.
"""

from __future__ import annotations

from typing import Final

#: What names begin with now, and what they began with.
_FORMER: Final = {"openclaw.": ("clawdbot.", "moltbot.")}
BEGINNINGS: Final = tuple(beginning for former in _FORMER.values() for beginning in former)


def formerly(name: str) -> tuple[str, ...]:
    """What a name was before; nothing for nearly all."""
    for beginning, former in _FORMER.items():
        if name.startswith(beginning):
            return tuple(old + name.removeprefix(beginning) for old in former)
    return ()


def nowadays(name: str) -> str:
    """What a name would be today."""
    if not name.startswith(BEGINNINGS):
        return name
    return next(
        now + name.removeprefix(old) for now, former in _FORMER.items() for old in former if name.startswith(old)
    )
