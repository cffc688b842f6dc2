"""Tasks as Kilo Code keeps them, in an editor and of its first command line."""

from __future__ import annotations

from generators.left import together
from generators.tasks import request, say, sent, spoil, task
from tokometer.conformance import Files

ROOT = ".config/VSCodium/User/globalStorage/kilocode.kilo-code"
CLI = ".kilocode/cli/global"
MESSAGES = [
    say("text", 0, "Make it faster"),
    request(1, 9_000, 8_000, 0, 300, 0.02, apiProtocol="openai", inferenceProvider="Google Vertex"),
    say("command", 2, "make test"),
]

TASKS = Files(
    "tasks",
    "document",
    [
        together(
            task(ROOT, MESSAGES, api_conversation_history=sent(1, "google/gemini-2.5-pro")),
            task(
                CLI,
                [say("text", 1), request(2, 40, 0, 0, 4, 0.001)],
                "other",
                api_conversation_history=sent(2, "x-mystery-1"),
            ),
        )
    ],
    {
        "calls": 2,
        "tools": 1,
        "input_tokens": 1_000 + 40,
        "cache_read_tokens": 8_000,
        "output_tokens": 304,
        # Nobody else knows what this model costs.
        "cost_reported": 1_000_000,
    },
    spoil=spoil(ROOT),
)

EXAMPLES = [TASKS]
