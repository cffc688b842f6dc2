"""Copilot CLI, as the registry finds it."""

from typing import Final

from tokometer.sources.copilot_cli.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="copilot_cli",
    title="GitHub Copilot CLI",
    family="agents",
    about="Calls, AI credits, tools, subagents and errors of its sessions, its store and its telemetry files.",
    found=FOUND,
)
