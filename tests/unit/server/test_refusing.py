"""Tests of tokometer.server.refusing: what cannot be answered is said, whoever asks."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from servers.inside import inside
from tokometer.measures.errors import TooManyRows
from tokometer.server import panels


def test_a_question_without_an_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel that leads to a question of too many rows says so, in JSON that the page shows; it is no crash."""

    def ask(*_: object, **__: object) -> NoReturn:
        raise TooManyRows("grain", "1,309 groups are more than 1,000 rows; take a coarser grain")

    monkeypatch.setattr(panels, "_reply", ask)
    with inside(tmp_path / "data", tmp_path / "home") as server:
        answer = server.get("/api/panels/usage.figures?range=7d")
    assert answer.status == 422
    assert answer.json() == {"detail": "grain: 1,309 groups are more than 1,000 rows; take a coarser grain"}
