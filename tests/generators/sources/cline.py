"""Tasks and sessions as Cline keeps them."""

from __future__ import annotations

from typing import Any

from generators.left import document, together
from generators.tasks import TASK, ask, request, say, spoil, task, ts
from tokometer.conformance import Files

ROOT = ".config/Code/User/globalStorage/saoudrizwan.claude-dev"
CURSOR = ".config/Cursor/User/globalStorage/saoudrizwan.claude-dev"
SONNET = {"providerId": "anthropic", "modelId": "claude-sonnet-4-5", "mode": "act"}
RESOLD = {"providerId": "openrouter", "modelId": "anthropic/claude-sonnet-4.5", "mode": "plan"}

MESSAGES = [
    say("task", 0, "Make it faster"),
    request(1, 12, 11_000, 900, 300, 0.02, modelInfo=SONNET),
    say("tool", 2, {"tool": "readFile", "path": "a.py"}),
    ask("command", 2, "make test"),
    ask("use_mcp_server", 3, {"type": "use_mcp_tool", "serverName": "github", "toolName": "search_issues"}),
    say("user_feedback", 4, "No, like this"),
    request(5, 700, 0, 0, 40, 0.0123, modelInfo=RESOLD),
]
REST = [
    request(7, 20, 0, 0, 5, 0.001, modelInfo=SONNET, cancelReason="user_cancelled"),
    ask("api_req_failed", 8, "429 Too many requests"),
    say("subagent_usage", 9, {"source": "subagents", "tokensIn": 50, "tokensOut": 6, "cacheReads": 7, "cost": 0.001}),
    # Being made right now.
    say("api_req_started", 10, {"request": "…"}, modelInfo=SONNET),
]
LISTED = [{"id": TASK, "ts": ts(0), "task": "…", "cwdOnTaskInitialization": "/home/ada/code/engine"}]

TASKS = Files(
    "tasks",
    "document",
    [
        together(document(f"{ROOT}/state/taskHistory.json", LISTED), task(ROOT, MESSAGES)),
        together(
            task(ROOT, [*MESSAGES, *REST]),
            task(
                CURSOR,
                [say("task", 1), request(2, 30, 0, 0, 3, 0.5), say("text", 3)],
                "1772442060000",
                task_metadata={
                    "model_usage": [{"ts": ts(1), "model_id": "gpt-5", "model_provider_id": "openai-native"}]
                },
            ),
        ),
    ],
    {
        "calls": 6,
        "errors": 1,
        "tools": 3,
        "input_tokens": 12 + 700 + 20 + 50 + 30,
        "cache_read_tokens": 11_000 + 7,
        "cache_write_tokens": 900,
        "output_tokens": 300 + 40 + 5 + 6 + 3,
        # What OpenRouter charged, and of a subagent that does not say its model.
        "cost_reported": 12_300_000 + 1_000_000,
    },
    spoil=spoil(ROOT),
)


def answer(name: str, minute: int, *uses: str, **metrics: Any) -> dict[str, Any]:
    """An answer in a session of the command line."""
    content = [{"type": "text", "text": "…"}, *({"type": "tool_use", "id": use, "name": "read_files"} for use in uses)]
    info = {"id": "cline-pass/glm-5.2", "provider": "cline-pass"}
    return {
        "id": name,
        "role": "assistant",
        "ts": ts(minute),
        "modelInfo": info,
        "content": content,
        "metrics": metrics,
    }


_SESSION = ".cline/data/sessions/1772442000000_ab12/1772442000000_ab12"
_FIRST = answer(
    "msg-1", 2, "toolu_1", inputTokens=7507, outputTokens=131, cacheReadTokens=50, cacheWriteTokens=0, cost=0.0110232
)
_SECOND = answer("msg-2", 4, inputTokens=100, outputTokens=1, cost=0)
_ASKED = {"role": "user", "ts": ts(1), "content": [{"type": "text", "text": "…"}]}
SESSIONS = Files(
    "sessions",
    "document",
    [
        together(
            document(
                f"{_SESSION}.json", {"session_id": "1772442000000_ab12", "workspace_root": "/home/ada/code/engine"}
            ),
            document(
                f"{_SESSION}.messages.json",
                {"sessionId": "1772442000000_ab12", "agent": "lead", "messages": [_ASKED, _FIRST]},
            ),
        ),
        document(
            f"{_SESSION}.messages.json",
            {"sessionId": "1772442000000_ab12", "agent": "lead", "messages": [_ASKED, _FIRST, _ASKED, _SECOND]},
        ),
    ],
    {
        "calls": 2,
        "tools": 1,
        "input_tokens": 7_457 + 100,
        "cache_read_tokens": 50,
        "output_tokens": 132,
        "cost_reported": 11_023_200,
    },
)

EXAMPLES = [TASKS, SESSIONS]
