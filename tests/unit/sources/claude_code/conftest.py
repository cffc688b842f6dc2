"""A folder of transcripts to write to and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generators.claude_json import Line, Read
from tokometer.sources import Reading
from tokometer.sources.claude_code import FOUND as SOURCE


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """See :data:`Read`."""

    def write_and_read(*lines: Line, name: str = "s1.jsonl", state: bytes = b"") -> Reading:
        path = tmp_path / "ada" / ".claude" / "projects" / "-home-ada-code-app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if state else "wb") as file:
            file.writelines(json.dumps(line).encode() + b"\n" for line in lines)
        return SOURCE.read(path, state)

    return write_and_read
