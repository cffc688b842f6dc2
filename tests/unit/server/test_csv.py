"""The CSV of panels, as somebody opens it in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

from servers.whole import Running

#: What holds an amount that calls can be missing from.
_COSTS = re.compile(
    r"calls\.cost( \(.*\))?|judgement\.(movers|cost_split|profit|budget|unit_economics)(\.(cost|spent))?|so_far"
)
_KINDS = ("unpriced", "no_price", "usage_unknown", "assumed", "cost_assumed")
#: Sums over time stand with how many calls they lack; of which kind, their tables say.
_OVER_TIME = ("time",)


def read(server: Running, panel: dict[str, str]) -> list[list[str]]:
    """The rows of a panel, with their heads."""
    answer = server.get(f"{panel['csv']}?tz=Europe/Berlin&range=30d")
    assert answer.status == 200
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_costs_say_what_is_not_in_them(server: Running) -> None:
    """Wherever there is a cost, there is a count of calls without a price, of unknown usage, and of assumed prices."""
    seen = 0
    for board in server.get("/api/dashboards").json()["dashboards"]:
        for panel in board["panels"]:
            rows = read(server, panel)
            # Panels of single figures have a row a measure.
            names = [row[0] for row in rows] if rows[0][0] == "measure" else []
            names += rows[0]
            if not any(_COSTS.fullmatch(name) for name in names):
                continue
            seen += 1
            told = {part for name in names for part in re.split(r"[. ]", name)}
            wanted = _KINDS[:1] if rows[0][0] in _OVER_TIME else _KINDS
            assert set(wanted) <= told, (panel["id"], names)
    assert seen > 15


def test_no_digit_is_made_up(server: Running) -> None:
    """No number has the digits that computers add when they divide."""
    for board in server.get("/api/dashboards").json()["dashboards"]:
        for panel in board["panels"]:
            for row in read(server, panel)[1:]:
                for cell in row:
                    if re.fullmatch(r"-?[0-9]+\.[0-9]+", cell):
                        digits = cell.replace(".", "").strip("-").lstrip("0")
                        assert len(digits) <= 12 or len(cell.partition(".")[2]) <= 9, (panel["id"], cell)
