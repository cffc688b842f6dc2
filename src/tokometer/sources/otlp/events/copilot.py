"""GitHub Copilot's telemetry: VS Code's chat (`copilot-chat`) and the command line (`github.copilot`).

Calls and tools are told by spans; its log events repeat them. `gen_ai.client.inference.operation.details` stands below
the span of its call and is counted with it, as any other's.
"""

from __future__ import annotations

from typing import Final

from tokometer.sources.otlp.events.declared import EventDialect, nothing

COPILOT: Final = EventDialect(
    title="Copilot",
    prefix="copilot_chat.",
    scopes=("copilot-chat", "github.copilot"),
    agent="copilot",
    events={
        **nothing(
            "session.start tool.call agent.turn edit.feedback edit.hunk.action edit.survival inline.done user.feedback "
            "cloud.session.invoke"
        ),
    },
    notes="tools and turns are told by spans, and its events of them are not counted again",
)
