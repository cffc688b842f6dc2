"""What values of dimensions are called."""

from __future__ import annotations

import pytest

from tokometer.charts.colours import Colours
from tokometer.dashboards.names import Names


@pytest.mark.parametrize(
    ("dimension", "value", "label"),
    [
        ("provider", "openai", "OpenAI"),
        ("provider", "ours", "ours"),
        ("source", "claude_code", "Claude Code"),
        ("source", "api", "Own API"),
        ("source", "statements", "Statements of accounts"),
        ("change_state", "merged", "Merged"),
        ("change_state", "", "Unattributed"),
        ("model", "", "unknown"),
    ],
)
def test_labels(dimension: str, value: str, label: str) -> None:
    """Each value is called as people call it."""
    assert Names(dimension, Colours(), [value]).label(value) == label
