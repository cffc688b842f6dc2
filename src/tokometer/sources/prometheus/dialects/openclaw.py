"""OpenClaw's plugin `diagnostics-prometheus`: what its gateway and its agents do."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

_OUTCOME: Final = {"outcome": "outcome"}

DIALECT: Final = Dialect(
    "openclaw",
    "OpenClaw",
    (
        Rule("openclaw_model_tokens_total", "agent.tokens", keep={"token_type": "type", "agent": "agent"}),
        Rule("openclaw_model_cost_usd_total", "agent.cost", keep={"agent": "agent"}),
        Rule("openclaw_model_call_total", "agent.calls", keep=_OUTCOME),
        Rule("openclaw_model_call_duration_seconds", "agent.call.latency", keep=_OUTCOME),
        Rule("openclaw_run_completed_total", "agent.runs", keep=_OUTCOME),
        Rule("openclaw_run_duration_seconds", "agent.run.duration", keep=_OUTCOME),
        Rule(
            "openclaw_model_failover_total",
            "agent.failovers",
            keep={"from_model": "model", "from_provider": "provider", "to_model": "fallback", "reason": "reason"},
        ),
        Rule("openclaw_tool_execution_total", "agent.tools.calls", keep={"tool": "tool", **_OUTCOME}),
        Rule("openclaw_queue_lane_size", "agent.queue.waiting", keep={"lane": "lane"}),
    ),
    labels={"model": "model", "provider": "provider"},
    passed=("openclaw_",),
)
