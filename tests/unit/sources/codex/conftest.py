"""What the tests of rollouts share: a way to write one by hand and read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.codex_lines import NAME
from tokometer.sources.codex import FOUND as SOURCE
from tokometer.sources.protocol import Reading


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Codex home folder."""
    return tmp_path / ".codex"


@pytest.fixture
def read(home: Path) -> Callable[..., Reading]:
    """Write lines (objects or raw bytes) as a live rollout, and read it from its start."""

    def go(*lines: dict[str, Any] | bytes, name: str = NAME) -> Reading:
        path = home / "sessions/2026/03/02" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = [text if isinstance(text, bytes) else json.dumps(text, separators=(",", ":")).encode() for text in lines]
        path.write_bytes(b"".join(text + b"\n" for text in raw))
        return SOURCE.read(path, b"")

    return go
