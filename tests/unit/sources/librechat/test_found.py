"""What the conformance kit does not see of LibreChat: several requests for one message."""

from __future__ import annotations

import json
from pathlib import Path

from generators.sources.librechat import row, structured
from tokometer.records import ModelCall
from tokometer.sources.librechat.found import FOUND


def test_each_request_of_an_agent_counts(tmp_path: Path) -> None:
    """An agent that uses tools asks several times for one message, of which an earlier export has the first."""
    message = "5e0c7a52-0000-4000-8000-000000000200"
    rows = [
        structured(20, 100, 0, 0, messageId=message),
        row(21, "completion", 20, messageId=message),
        structured(22, 10, 0, 120, messageId=message),
        row(23, "completion", 30, messageId=message),
        row(24, "prompt", 7, messageId=message, context="title"),
        row(25, "completion", 3, messageId=message, context="title"),
    ]
    path = tmp_path / "transactions.json"
    path.write_text(json.dumps(rows))
    found = FOUND.read(path, b"")
    assert not found.refusals
    calls = sorted((one for one in found.records if isinstance(one, ModelCall)), key=lambda call: call.started_at)
    assert [(call.input_tokens, call.cache_read_tokens, call.output_tokens) for call in calls] == [
        *((100, 0, 20), (10, 120, 30), (7, None, 3))
    ]
    assert len({call.native_id for call in calls}) == 3
    path.write_text(json.dumps(rows[:2]))
    (before,) = FOUND.read(path, b"").records
    assert before.native_id in {call.native_id for call in calls}
