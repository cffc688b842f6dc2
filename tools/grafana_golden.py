"""Write the dashboards that tests/unit/reports/grafana compares the export with: `make grafana-golden`.

Look at the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path

from tokometer.dashboards import DASHBOARDS
from tokometer.reports.grafana.board import board_of
from tokometer.reports.grafana.export import json_text
from tokometer.reports.grafana.sight import Sight

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "unit" / "reports" / "grafana" / "golden"
#: Two providers instead of all, so that a person can read it.
SIGHT = Sight(providers=("anthropic", "openai"))


def main() -> None:
    """One file a dashboard."""
    for name, board in DASHBOARDS.items():
        (FOLDER / f"{name}.json").write_text(json_text(board_of(board, SIGHT)), encoding="utf-8")


if __name__ == "__main__":
    main()
