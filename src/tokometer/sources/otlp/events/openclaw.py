"""OpenClaw's telemetry plug-in (extensions/diagnostics-otel): its logs are lines, its spans tell of calls and tools."""

from __future__ import annotations

from typing import Final

from tokometer.sources.otlp.events.declared import EventDialect, line

OPENCLAW: Final = EventDialect(
    title="OpenClaw",
    prefix="openclaw.",
    scopes=("openclaw",),
    attributes={
        "logger": "openclaw.logger",
        "session": "openclaw.sessionId openclaw.sessionKey",
        "agent": "openclaw.agent",
        "error_type": "openclaw.errorCategory",
        "event_kind": "openclaw.security.event",
    },
    events={"security.event": line("info", "a security event", "event_kind")},
    notes="its logger's lines are kept from warnings on",
)
