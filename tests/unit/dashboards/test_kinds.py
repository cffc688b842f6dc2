"""Stats, series, rankings, shares, histograms, tallies, cards and crosses on a small ledger."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import (
    Also,
    Cards,
    Cross,
    Histogram,
    Ranking,
    Series,
    Share,
    Stat,
    Tally,
)
from tokometer.dashboards.panel import Panel, View, titled
from tokometer.dashboards.scope import parse_scope
from tokometer.measures import Query
from tokometer.records import JobRun, Record, ToolCall, to_us

HOW = "For a test."
RANKING = Ranking(
    id="x.ranking",
    title="Models",
    by="model",
    of="calls.cost",
    columns=("calls.total_tokens", "calls.success_rate", "calls.p95_latency", "judgement.inventory.stars"),
    parts=("calls.prompt_tokens", "calls.output_tokens"),
    top=2,
    find=True,
    how=HOW,
)
SHARE = Share(id="x.share", title="Share ({range})", by="model", of="calls.cost", top=2, how=HOW)
CARDS = Cards(
    id="x.cards",
    title="Providers",
    by="provider",
    state="judgement.connection",
    figures=(("calls.cost", "this month", "month"),),
    inner="model",
    of="calls.requests",
    words="calls",
    how=HOW,
)
CROSS = Cross(id="x.cross", title="Cross", of="calls.requests", by="knowledge_base", across="model", how=HOW)
HISTOGRAM = Histogram(id="x.histogram", title="Latency", how=HOW)
STAT = Stat(
    id="x.stat",
    title="Cost",
    of="calls.cost",
    also=(Also("calls.requests", "requests"), Also("judgement.uptime.quiet_days", "days", "range")),
    how=HOW,
)
TALLY = Tally(
    id="x.tally",
    title="Jobs",
    of="judgement.cron",
    parts=("ok", "failed", "skipped"),
    facts=("worst_job", "worst_cause"),
    nothing="No job has run.",
    how=HOW,
)
SERIES = Series(id="x.series", title="By model", of=("calls.cost",), by="model", shape="bars", per=True, how=HOW)
ALL: tuple[Panel, ...] = (RANKING, SHARE, CARDS, CROSS, HISTOGRAM, STAT, TALLY, SERIES)


def _at(days: float, number: int = 0, **more: Any) -> Record:
    return call(NOW - timedelta(days=days), number, **more)


def _usual() -> list[Record]:
    return [
        *(_at(1, n, model="a", cost_reported=3_000_000_000, latency_us=1_000_000) for n in range(4)),
        *(_at(2, n, model="b", cost_reported=1_000_000_000, latency_us=9_000_000) for n in range(3)),
        *(_at(3, n, model="c", provider="groq", status="timeout") for n in range(2)),
        _at(3, 9, model="d", cost_reported=500_000_000, knowledge_base="wiki"),
        # The week before.
        *(_at(9, n, model="a", cost_reported=1_000_000_000) for n in range(2)),
        *(_at(9, n, model="gone") for n in range(2)),
    ]


def _see(folder: Path, panel: Panel, records: list[Record], **chosen: str) -> View:
    with looking(folder, records, **chosen) as context:
        return panel.view(context)


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.id)
def test_values_are_the_query_s(tmp_path: Path, panel: Panel) -> None:
    """What a panel's rows say is what a query says, of every measure that is one."""
    with looking(tmp_path, _usual()) as context:
        view = panel.view(context)
        columns = view.table.columns
        checked = 0
        for name in columns:
            if not name.startswith("calls.") or name.endswith(".previous") or "time" in columns or " " in name:
                continue
            keys = [key for key in columns if key in ("model", "provider", "knowledge_base")]
            asked = Query(measures=(name,), by=tuple(f"calls.{key}" for key in keys), since="7d")
            short = name.partition(".")[2]
            told = {tuple(row[key] for key in keys): row[short] for row in context.ask(asked).rows}
            for row in view.table.rows:
                found = dict(zip(columns, row, strict=True))
                place = tuple(found[key] for key in keys)
                if "Other" not in place:
                    assert found[name] == told.get(place)
                    checked += 1
    assert checked or not any(name.startswith("calls.") and " " not in name for name in columns) or "time" in columns


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.id)
def test_empty(tmp_path: Path, panel: Panel) -> None:
    """Without records a panel says so in words, and is still drawn."""
    view = _see(tmp_path, panel, [])
    # A sum of nothing is zero, and known.
    assert view.empty == (panel is not STAT)
    html = fragment(panel, view)
    assert "<h3>" in html
    if panel not in (STAT, SERIES):
        assert 'class="nothing"' in html


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.id)
@pytest.mark.parametrize("name", [*HOSTILE, ""])
def test_hostile_names(tmp_path: Path, panel: Panel, name: str) -> None:
    """Names from outside stay text, whatever they hold."""
    records: list[Record] = [
        *(_at(1, n, model=name, provider=name or "openai", knowledge_base=name, latency_us=5_000) for n in range(3)),
        JobRun(
            source="api", native_id="j", started_at=to_us(NOW - timedelta(days=1)), job_id="j", name=name,
            status="error", error_message=name,
        ),
    ]  # fmt: skip
    html = fragment(panel, _see(tmp_path, panel, records))
    assert "<script" not in html
    assert "<b>" not in html
    assert "style=" not in html


def test_ranking_shows_values_changes_and_per_cent(tmp_path: Path) -> None:
    """The viewer's choice changes what cells say, to the last digit, and not what the rows hold."""
    texts = {}
    for number, how in enumerate(("value", "change", "percent")):
        view = _see(tmp_path / str(number), RANKING, _usual(), show=how)
        row = next(row for row in view.shown["rows"] if row.get("name") == "a")
        texts[how] = row["cells"][0].text
        assert next(row for row in view.table.rows if row[0] == "a")[1] == Decimal(12)
    assert texts == {"value": "$12.00", "change": "+$10.00", "percent": "+500 %"}


def test_ranking_adds_up(tmp_path: Path) -> None:
    """The largest are named, the others are one row whose figures are of all of them, shares and quantiles included."""
    view = _see(tmp_path, RANKING, _usual())
    rows = view.shown["rows"]
    assert [row.get("name") or "other" for row in rows] == ["a", "b", "other", "c", "d"] or len(rows) == 4
    assert view.shown["columns"]["name"] == "Model"
    assert not any("gone" in str(row) for row in view.table.rows)
    html = fragment(RANKING, view)
    assert html.count('scope="row"') == len(rows)


def test_share_names_the_rest_other(tmp_path: Path) -> None:
    """Shares are of the whole; what is not among the largest is one slice."""
    view = _see(tmp_path, SHARE, _usual())
    assert [row["label"] for row in view.shown["rows"]] == ["a", "b", "Other"]
    # 12, 3 and 2.5 of 17.5
    assert [row["share"] for row in view.shown["rows"]] == ["68.6 %", "17.1 %", "14.3 %"]
    assert view.chart is not None


def test_histogram_holds_every_call_that_took_time(tmp_path: Path) -> None:
    """The ranges hold each call with a latency once, and the marks are the measures' quantiles."""
    view = _see(tmp_path, HISTOGRAM, _usual())
    assert sum(row[2] for row in view.table.rows) == 7
    assert view.shown["count"] == "7"
    assert [label for label, _ in view.shown["figures"]] == ["p50", "p95", "p99"]


def test_tally_tells_which_job_fails(tmp_path: Path) -> None:
    """The bar's parts make up all runs; the worst job and its cause stand beside them."""

    def run(number: int, status: str) -> JobRun:
        at = to_us(NOW - timedelta(days=1, minutes=number))
        message = "Network timeout" if status == "error" else ""
        return JobRun(
            source="api", native_id=str(number), started_at=at, job_id="b", name="Backup", status=status,
            error_message=message,
        )  # fmt: skip

    runs: list[Record] = [run(n, "error" if n < 2 else "skipped" if n == 2 else "ok") for n in range(10)]
    view = _see(tmp_path, TALLY, [*_usual(), *runs])
    assert [part["count"] for part in view.shown["parts"]] == ["7", "2", "1"]
    assert sum(part["share"] for part in view.shown["parts"]) == pytest.approx(1)
    assert view.shown["figure"].value == pytest.approx(7 / 9)
    html = fragment(TALLY, view)
    assert "Network timeout" in html
    assert "Backup" in html


def test_cards_show_state_and_most_used(tmp_path: Path) -> None:
    """A card tells whether usage arrives, what it cost, and the models behind it."""
    view = _see(tmp_path, CARDS, _usual())
    openai, groq = view.shown["cards"]
    assert (openai["label"], openai["state"].text, openai["standing"]) == ("OpenAI", "usage arrives", "good")
    assert [name for name, *_ in openai["inner"]] == ["a", "b"]
    assert groq["figures"][0][1].text == "$2.00"


def test_cross_leaves_out_what_has_no_name(tmp_path: Path) -> None:
    """Calls without a knowledge base are no row; the columns are the models of those with one."""
    view = _see(tmp_path, CROSS, _usual())
    assert [row["name"] for row in view.shown["rows"]] == ["wiki"]
    assert [column["label"] for column in view.shown["columns"]] == ["d"]
    assert [tuple(row) for row in view.table.rows] == [("wiki", "d", 1)]


@pytest.mark.parametrize(
    ("per", "unit"), [("", "calls.cost"), ("request", "calls.cost_per_request"), ("mtok", "calls.cost_per_mtok")]
)
def test_cost_charts_follow_the_unit(tmp_path: Path, per: str, unit: str) -> None:
    """A cost over time is shown in all, or per request, million tokens or session, as the viewer chooses."""
    view = _see(tmp_path, SERIES, _usual(), per=per)
    assert unit in view.table.columns
    assert view.shown["total"].measure == unit


def test_series_keeps_unknown_apart_from_nothing(tmp_path: Path) -> None:
    """A share of no calls is a gap, a cost of none is zero."""
    share = Series(id="x.s", title="Success", of=("calls.success_rate",), grain="day", how=HOW)
    values = [row[1] for row in _see(tmp_path, share, _usual()).table.rows]
    assert None in values
    assert 1.0 in values


def test_stat_of_nothing_says_why(tmp_path: Path) -> None:
    """A figure that the data cannot support is said, not shown as zero."""
    stat = Stat(id="x.stat", title="GPU", of="judgement.compute.utilisation", nothing="No device tells.", how=HOW)
    html = fragment(stat, _see(tmp_path, stat, _usual()))
    assert "No device tells." in html
    assert "–" in html


def test_titles_name_the_window() -> None:
    """The window in a title is the viewer's, the panel's own, or what the dashboard opens with."""
    scope = parse_scope({"range": ["30d"]}, (), NOW)
    assert titled(SHARE, scope) == "Share (30d)"
    assert titled(SHARE, default="24h") == "Share (24h)"
    own = Share(id="x", title="Share ({range})", by="model", of="calls.cost", window="today", how=HOW)
    assert titled(own, scope) == "Share (Today)"
    custom = parse_scope({"since": ["2026-05-01"], "until": ["2026-05-03"]}, (), NOW)
    assert re.fullmatch(r"Share \(1 – 3 May 2026\)", titled(SHARE, custom))


def test_other_cubes_say_which_filters_they_do_not_know(tmp_path: Path) -> None:
    """Tools have no models: a filter by model is named as unheard and does not empty the panel."""
    tools = Ranking(id="x.tools", title="Tools", by="tool", of="tools.calls", how=HOW)
    used = ToolCall(source="api", native_id="t", started_at=to_us(NOW - timedelta(days=1)), name="Read", status="ok")
    with looking(tmp_path, [*_usual(), used], model="a") as context:
        assert context.unheard("tools") == ("model",)
        assert [row["name"] for row in tools.view(context).shown["rows"]] == ["Read"]
