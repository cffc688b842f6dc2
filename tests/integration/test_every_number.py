"""Every number of every panel leads to records that add up to it: the links are followed, and the rows added up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from generators import demo_history
from generators.examples import in_turn
from generators.looked_at import fragment
from tokometer.charts.colours import Colours
from tokometer.dashboards import DASHBOARDS, Context, Panel, View
from tokometer.dashboards.answers import JUDGED, described
from tokometer.dashboards.drill import BETWEEN, Condition, Drill, counted
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Meta, Query, answer, measure_named
from tokometer.measures.behind import behind
from tokometer.measures.listing import count
from tokometer.measures.questions import MOST_RECORDS, Listing
from tokometer.measures.run import OTHER_LABEL
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.records.units import exact
from tokometer.settings import Settings

NOW: datetime = to_datetime(demo_history.NOW)
WORKSPACES = ("default",)
PANELS = [(dashboard.range, panel) for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: What a viewer may have chosen beside the range that the page opens with.
CHOSEN: dict[str, dict[str, list[str]]] = {
    "as it opens": {},
    "filtered": {"-provider": ["anthropic"], "tz": ["Asia/Kolkata"], "range": ["7d"]},
}
#: Links of a panel and a measure that are followed: the first ones, and the last.
FIRST = 2
#: Kinds whose numbers are in their charts alone.
DRAWN = ("series", "heatmap", "distribution", "bubble", "treemap", "histogram")
#: What queries said whose rows add up to it: the same number stands on many panels.
KNOWN: dict[Query, Any] = {}
VOID = ("input", "br", "hr", "img", "meta", "link")


def _looks(panels: Sequence[tuple[str, Panel]]) -> list[Any]:
    """Panels as they are looked at."""
    return [
        pytest.param(opens, panel, CHOSEN[chosen], id=f"{panel.id}-{chosen}")
        for (opens, panel), chosen in in_turn(panels, tuple(CHOSEN))
    ]


@dataclass(frozen=True)
class Number:
    """A number with a link, as it stands in the page."""

    of: str
    within: str
    at: tuple[Condition, ...]
    #: What hovering says: the exact value.
    exact: str
    text: str = ""


class Links(HTMLParser):
    """Collects the numbers of a panel that lead somewhere, as drill.js does."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.numbers: list[Number] = []
        self._around: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what an element is about, and each link."""
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._around.append(given)
        if tag == "a" and "data-of" in given:
            inner = list(reversed(self._around))
            at = [found for one in inner if (found := _condition(one))]
            title = next((one["title"] for one in inner if one.get("title")), "")
            self.numbers.append(Number(given["data-of"], given.get("data-in", ""), tuple(at), title))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content holds no link."""

    def handle_endtag(self, tag: str) -> None:
        """Leaves an element."""
        if tag not in VOID:
            self._around.pop()


def _condition(attrs: dict[str, str]) -> Condition | None:
    if "data-by" not in attrs:
        return None
    if "data-is" in attrs:
        return Condition(attrs["data-by"], (attrs["data-is"],))
    if "data-not" in attrs:
        return Condition(attrs["data-by"], tuple(json.loads(attrs["data-not"])), "not in")
    return Condition(attrs["data-by"], tuple(json.loads(attrs["data-among"])))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Ten days of demo records."""
    opened = DuckDBLedger(tmp_path_factory.mktemp("numbers") / "ledger.duckdb")
    opened.commit(Batch(records=[*demo_history.records(PriceBook.open(None, None), calls=1_200, days=10)]))
    opened.settle()
    yield opened
    opened.close()


class Walk:
    """One panel as a viewer sees it, with what its numbers are by themselves."""

    def __init__(self, ledger: Ledger, panel: Panel, opens: str, chosen: dict[str, list[str]]) -> None:
        self.ledger, self.panel = ledger, panel
        scope = parse_scope(chosen, ("provider", "model"), NOW, opens)
        context = Context(scope, lambda question: answer(ledger, question, WORKSPACES, NOW), Colours(), Settings())
        self.view: View = panel.view(context)
        self.drill = Drill.of(context, self.view.window, panel.measures, self.view.where)
        self.numbers = Links(fragment(panel, self.view)).numbers

    def value(self, query: Query) -> Any:
        """What a query says, and that the records behind it add up to it."""
        if query not in KNOWN:
            result = answer(self.ledger, query, WORKSPACES, NOW)
            [name] = query.measures
            asked = result.rows[0][name.partition(".")[2]] if result.rows else None
            of = behind(name)
            rows, meta = self.rows(query)
            added = of.value(rows, max(0.0, (min(meta.until, NOW) - meta.since).total_seconds()))
            # Readings are floats, whose sum depends on the order in the last digit.
            same = added == pytest.approx(asked, rel=1e-12) if isinstance(asked, float) else added == asked
            assert same or not result.rows, (query, asked, added)
            KNOWN[query] = asked
        return KNOWN[query]

    def rows(self, query: Query) -> tuple[list[Any], Meta]:
        """All records that the explorer lists for a query, page by page."""
        of, after, rows = behind(query.measures[0]), "", []
        while True:
            page = answer(
                self.ledger,
                Listing(
                    cube=of.cube,
                    columns=of.columns,
                    where=(*query.where, *of.where),
                    since=query.since,
                    until=query.until,
                    tz=query.tz,
                    after=after,
                    limit=MOST_RECORDS,
                ),
                WORKSPACES,
                NOW,
            )
            rows += page.rows
            after = page.after
            if not after:
                return rows, page.meta

    def asked(self, of: str, at: Sequence[Condition] = (), within: str = "") -> Any:
        """The value of what a link leads to."""
        query = self.drill.query(of, at, within)
        assert query is not None
        return self.value(query)

    def judged(self, of: str) -> bool:
        """Whether a judgement of the panel leads to the records of this measure."""
        found = [counted(name) for name in self.panel.measures if name.startswith(JUDGED)]
        return any(one is not None and one.measure == of for one in found)


def _some(numbers: Sequence[Number]) -> list[Number]:
    """The first and the last numbers of each measure, those of all others together among them."""
    by: dict[Any, list[Number]] = {}
    for number in numbers:
        by.setdefault((number.of, number.within if BETWEEN not in number.within else ""), []).append(number)
    found = [one for group in by.values() for one in (*group[:FIRST], *group[-1:])]
    others = {one.of: one for one in numbers if any(at.op == "not in" for at in one.at)}
    return list(dict.fromkeys([*found, *others.values()]))


@pytest.mark.parametrize(("opens", "panel", "chosen"), _looks(PANELS))
def test_numbers_lead_to_rows_that_add_up(
    ledger: Ledger, opens: str, panel: Panel, chosen: dict[str, list[str]]
) -> None:
    """What is shown is what its link asks for, to the last digit, and the rows behind it add up to that."""
    walk = Walk(ledger, panel, opens, chosen)
    for number in _some(walk.numbers):
        value = walk.asked(number.of, number.at, number.within)
        told = number.exact.rpartition(": ")[2]
        if (
            not told
            or told.endswith("used")
            or walk.judged(number.of)
            or panel.kind in ("outlook", "incidents", "alerts")
        ):
            # A share of a column, or what a judgement makes of the records: they are there, but are not the number.
            continue
        assert told == exact(value, measure_named(number.of).unit), number


@pytest.mark.parametrize(("opens", "panel", "chosen"), _looks([one for one in PANELS if one[1].kind in DRAWN]))
def test_marks_lead_to_rows_that_add_up(ledger: Ledger, opens: str, panel: Panel, chosen: dict[str, list[str]]) -> None:
    """So do the marks of charts: points in time, parts of them, cells, areas and bubbles."""
    walk = Walk(ledger, panel, opens, chosen)
    chart = walk.view.chart
    if chart is None:
        return
    if "series" in chart:
        _courses(walk, chart)
    elif panel.kind == "histogram":
        _bins(walk, chart)
    elif "rows" in chart:
        _cells(walk, chart)
    elif "of" in chart and panel.kind != "distribution":
        _marks(walk, chart)


def _within(start: float, end: float) -> str:
    return BETWEEN.join(datetime.fromtimestamp(time / 1_000, UTC).isoformat() for time in (start, end))


def _courses(walk: Walk, chart: dict[str, Any]) -> None:
    """Points of a chart over time, against the rows of the panel's table."""
    ends = {tip[0]: tip[1] for tip in chart["tips"]}
    columns = walk.view.table.columns
    names = [chart["of"]] if "by" in chart else [one["name"] for one in chart["series"] if "." in one["name"]]
    rows = [dict(zip(columns, row, strict=True)) for row in walk.view.table.rows]
    others = [row for row in rows if chart.get("by") and row[chart["by"]] == OTHER_LABEL][-1:]
    for row in [*rows[:FIRST], *rows[-1:], *others]:
        start = row["time"].timestamp() * 1_000
        if start not in ends:
            continue
        at: list[Condition] = []
        if by := chart.get("by"):
            other = row[by] == OTHER_LABEL
            at = [Condition(by, tuple(chart["named"]), "not in") if other else Condition(by, (row[by] or "",))]
        for name in names:
            if name in row:
                assert walk.asked(name, at, _within(start, ends[start])) == row[name], (name, row)


def _cells(walk: Walk, chart: dict[str, Any]) -> None:
    """Cells of a heat map, by the tooltip of each."""
    told = [at for at, tip in enumerate(chart["tips"]) if tip[1][0][1] != "No data"]
    for at in [*told[:FIRST], *told[-FIRST:]]:
        row, column = divmod(at, chart["stride"])
        by, name = chart["rows"][row]
        conditions, within = [Condition(by, (name,))], ""
        first, second = chart["columns"][column]
        if isinstance(first, str):
            conditions.append(Condition(first, (second,)))
        else:
            within = _within(first, second)
        value = walk.asked(chart["of"], conditions, within)
        shown = chart["tips"][at][1][0][1]
        assert shown == exact(float(value or 0), described(chart["of"]).unit), chart["tips"][at]


def _bins(walk: Walk, chart: dict[str, Any]) -> None:
    """Columns of a histogram: each leads to as many calls as it has, and all of them together to all."""
    query = walk.drill.query(chart["of"])
    assert query is not None
    of = behind(chart["of"])
    for tip in chart["tips"]:
        compared = (
            tuple(f"calls.{fact} {op} {json.dumps(values)}" for fact, values, op in tip[3]) if len(tip) > 3 else ()
        )
        where = (*query.where, *of.where)
        listing = Listing(
            columns=("id",),
            where=where,
            compared=compared,
            since=query.since,
            until=query.until,
            tz=query.tz,  # type: ignore[arg-type]
        )
        shown = int(tip[1][0][1].replace(",", ""))
        assert shown == (count(walk.ledger, listing, WORKSPACES, NOW) if compared else 0), tip


def _marks(walk: Walk, chart: dict[str, Any]) -> None:
    """Areas and bubbles, by the tooltip of each: one of its lines is the value."""
    tips = chart["tips"]
    for tip in [*tips[:FIRST], *tips[-FIRST:]]:
        about = tip[3] if len(tip) > 3 else [[tip[2][0], [tip[2][1]], "in"]]
        value = walk.asked(chart["of"], [Condition(by, tuple(values), op) for by, values, op in about])
        lines = [text for _, text in tip[1]]
        assert exact(float(value), described(chart["of"]).unit) in lines, tip


def test_every_panel_leads_somewhere(ledger: Ledger) -> None:
    """There is no panel without a way to its records: a number, a row, or a mark."""
    for opens, panel in PANELS:
        walk = Walk(ledger, panel, opens, {"range": ["7d"]})
        if walk.view.empty:
            continue
        drawn = walk.view.chart or {}
        assert (
            walk.numbers or drawn.get("of") or drawn.get("series") or panel.kind in ("feed", "itemised", "balance")
        ), panel.id
