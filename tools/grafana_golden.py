"""The dashboards that tests/unit/reports/grafana compares the export for Grafana with; written by `make docs`.

Look at the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "unit" / "reports" / "grafana" / "golden"
#: Two providers instead of all, so that a person can read it.
PROVIDERS = ("anthropic", "openai")


def golden_files() -> dict[Path, str]:
    """One file a dashboard."""
    from tokometer.dashboards import DASHBOARDS
    from tokometer.reports.grafana.board import board_of
    from tokometer.reports.grafana.export import json_text
    from tokometer.reports.grafana.sight import Sight

    sight = Sight(providers=PROVIDERS)
    return {FOLDER / f"{name}.json": json_text(board_of(board, sight)) for name, board in DASHBOARDS.items()}
