"""Tests of tokometer.reports.press: the process that makes files."""

from __future__ import annotations

import subprocess
import sys

_LOADED = (
    "import sys, tokometer.reports.pressing, tokometer.reports.pdf, tokometer.reports.card, tokometer.reports.filled; "
    "print(*{name.split('.')[1] if name.startswith('tokometer.') else name for name in sys.modules})"
)


def test_the_press_starts_with_little() -> None:
    """Whoever waits for the first file does not wait for dashboards, judgements or databases, which it never asks."""
    found = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert "reports" in found.stdout.split()
    assert not {"dashboards", "judgement", "accounts", "sqlalchemy", "duckdb", "altair"} & set(found.stdout.split())
