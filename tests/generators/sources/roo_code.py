"""Tasks as Roo Code keeps them: with the input as it was before 3.28, and with the cache inside since."""

from __future__ import annotations

from generators.left import together
from generators.tasks import FOLDER, TASK, ask, request, say, sent, spoil, task
from tokometer.conformance import Files

ROOT = ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline"
CHILD = "0b8f1c52-0a3d-4a57-9f2e-5c1d7e6f8a22"
SONNET = "claude-sonnet-4-5"

OLD = [
    say("text", 0, "Make it faster"),
    request(1, 12, 11_000, 900, 300, 0.02),
    ask("tool", 2, {"tool": "appliedDiff", "path": "a.py"}),
    request(3, 15_000, 0, 0, 20, 0.01),
    say("api_req_retry_delayed", 4, "429 Rate limit exceeded\nRetrying now"),
    say(
        "condense_context",
        5,
        contextCondense={"cost": 0.004, "prevContextTokens": 9, "newContextTokens": 2, "summary": "…"},
    ),
]
NEW = [
    say("text", 10, "And now?"),
    request(11, 12_000, 11_000, 900, 300, 0.02, apiProtocol="anthropic"),
    request(12, 500, 400, 0, 7, 0.01, apiProtocol="openai"),
]
BEFORE = Files(
    "before",
    "document",
    [
        task(ROOT, OLD[:3], api_conversation_history=sent(1, SONNET)),
        task(ROOT, OLD, api_conversation_history=[*sent(1, SONNET), *sent(3, SONNET, "architect")]),
    ],
    {
        "calls": 4,
        "errors": 1,
        "tools": 1,
        "input_tokens": 12 + 15_000,
        "cache_read_tokens": 11_000,
        "cache_write_tokens": 900,
        "output_tokens": 320,
        "cost_reported": 4_000_000,
    },
    spoil=spoil(ROOT),
)
SINCE = Files(
    "since",
    "document",
    [
        together(
            task(
                ROOT,
                NEW,
                CHILD,
                api_conversation_history=[*sent(11, SONNET), *sent(12, "gpt-5")],
                history_item={"id": CHILD, "workspace": FOLDER, "mode": "code", "parentTaskId": TASK},
            )
        )
    ],
    {
        "calls": 2,
        "runs": 1,
        "input_tokens": 100 + 100,
        "cache_read_tokens": 11_400,
        "cache_write_tokens": 900,
        "output_tokens": 307,
    },
)

EXAMPLES = [BEFORE, SINCE]
