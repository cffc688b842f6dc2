"""The largest numbers that pass the gate, and those from before there was one: everything is answered, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.requests import Request

from generators import extremes
from generators.examples import ENGINES, in_turn
from generators.looked_at import fragment
from servers.ledgers import at_rest, clickhouse
from tokometer.charts import Colours
from tokometer.dashboards import DASHBOARDS, Context, Panel
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import CUBES, Feed, Query, Question, Result, answer, run
from tokometer.measures.facts import FACTS
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.records.record import MAX_TOKENS
from tokometer.records.time import QUARTER_US
from tokometer.server.endpoints import ENDPOINTS
from tokometer.server.endpoints.asking import read
from tokometer.server.endpoints.serving import Endpoint
from tokometer.server.memory import Memory
from tokometer.settings import Budget, RateCard, Settings

NOW_US = 1_781_960_400_000_000
NOW: datetime = to_datetime(NOW_US)
DAY_US = 86_400_000_000
QUARTER = NOW_US // QUARTER_US - 8
IN_ONE, SPREAD, OTHERS = 171, 2_000, 40
SETTINGS = Settings(
    budget=Budget(monthly=Decimal(500), models=(("gpt-5", Decimal(20)),)), rate_cards=(RateCard(markup=Decimal("0.3")),)
)
PANELS = [(dashboard.range, panel) for dashboard in DASHBOARDS.values() for panel in dashboard.panels]


def opened(engine: str, path: Path) -> Ledger:
    """An empty ledger of an engine."""
    return DuckDBLedger(path / "ledger.duckdb") if engine == "duckdb" else clickhouse()


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ledger]]:
    """A ledger of each engine with as much as must not overflow."""
    made = {engine: opened(engine, tmp_path_factory.mktemp("hold")) for engine in ENGINES}
    since = NOW_US - 40 * DAY_US
    for ledger in made.values():
        ledger.commit(
            Batch(
                records=[
                    *extremes.in_one_quarter(IN_ONE, QUARTER),
                    *extremes.calls(SPREAD, since, NOW_US),
                    *extremes.others(OTHERS, since, NOW_US),
                ]
            )
        )
        at_rest(ledger)
    yield made
    for ledger in made.values():
        ledger.close()


@pytest.fixture(params=ENGINES)
def ledger(request: pytest.FixtureRequest, ledgers: dict[str, Ledger]) -> Ledger:
    """Each of them, or the one whose turn it is."""
    return ledgers[request.param]


def strict(value: object) -> str:
    """As JSON, which has neither NaN nor infinity."""
    return json.dumps(value, allow_nan=False, default=str)


def written(result: Result) -> list[dict[str, Any]]:
    """The rows as they come back from JSON; the CSV can be written, too."""
    assert "inf" not in result.to_csv().lower().replace("info", "")
    rows: list[dict[str, Any]] = json.loads(strict(result.to_json()))["rows"]
    return rows


def test_totals_are_exact(ledger: Ledger) -> None:
    """As Python adds them up."""
    total = IN_ONE + SPREAD
    names = ("requests", "total_tokens", "input_tokens", "estimated_tokens", "revenue", "cost")
    [row] = run(ledger, Query(measures=tuple(f"calls.{name}" for name in names), since="all"), now=NOW).rows
    assert row["requests"] == total
    assert row["total_tokens"] == 7 * total * MAX_TOKENS
    assert row["input_tokens"] == row["estimated_tokens"] == total * MAX_TOKENS
    assert row["revenue"] == row["cost"] == total * Decimal(10**18 - 1).scaleb(-9)


@pytest.mark.parametrize(
    ("asked", "ledger"),
    in_turn([*product(CUBES, ["", "quarter", "hour", "day", "month"])], ENGINES),
    indirect=["ledger"],
)
def test_every_measure_at_every_grain(ledger: Ledger, asked: tuple[str, str]) -> None:
    """Every measure of every cube has an answer that JSON can hold."""
    cube, grain = asked
    measures = tuple(measure.name for measure in CUBES[cube].measures.values())
    since = "24h" if grain == "quarter" else "60d"
    query = Query(measures=measures, since=since, grain=grain, compare="previous" if grain else "")
    assert written(run(ledger, query, now=NOW))


@pytest.mark.parametrize(
    ("dimension", "ledger"),
    in_turn([dimension.name for cube in CUBES.values() for dimension in cube.dimensions.values()], ENGINES),
    indirect=["ledger"],
)
def test_every_measure_by_every_dimension(ledger: Ledger, dimension: str) -> None:
    """The same, grouped."""
    cube = dimension.partition(".")[0]
    measures = tuple(measure.name for measure in CUBES[cube].measures.values())
    for since in ("60d", "1h"):
        written(run(ledger, Query(measures=measures, by=(dimension,), since=since), now=NOW))


@pytest.mark.parametrize(
    ("opens", "panel", "ledger"),
    [pytest.param(*one, engine, id=f"{one[1].id}-{engine}") for one, engine in in_turn(PANELS, ENGINES)],
    indirect=["ledger"],
)
def test_every_panel_is_drawn(ledger: Ledger, opens: str, panel: Panel) -> None:
    """No panel fails, and what it gives to the page is JSON."""
    scope = parse_scope({}, ("provider", "model"), NOW, opens)
    context = Context(scope, lambda question: answer(ledger, question, ("default",), now=NOW), Colours(), SETTINGS)
    view = panel.view(context)
    strict(view.table.rows)
    strict(view.chart)
    assert fragment(panel, view)


class Alone:
    """As much of a running server as endpoints reach: a ledger that is asked as of one moment."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.settings = SETTINGS
        self.colours = Colours()
        self.book = PriceBook.open(None, None)
        self.names: Memory[Any] = Memory(8)
        self.results: Memory[Result] = Memory(400)

    def now(self) -> datetime:
        """The moment as of which everything is asked."""
        return NOW

    def ask(self, question: Question, every: float = 60.0) -> Result:
        """Answer a question, once."""
        return self.results.get(question, lambda: answer(self.ledger, question, ("default",), NOW))


def _model(ledger: Ledger) -> str:
    """A model that the ledger knows."""
    [(name,)] = ledger.fetch(Statement("SELECT max(model) FROM calls"))
    return str(name)


@pytest.mark.parametrize(
    ("endpoint", "ledger"),
    [pytest.param(one, engine, id=f"{one.path}-{engine}") for one, engine in in_turn(ENDPOINTS, ENGINES)],
    indirect=["ledger"],
)
def test_every_endpoint_answers(ledger: Ledger, endpoint: Endpoint) -> None:
    """No endpoint fails, and what it says is JSON."""
    server: Any = Alone(ledger)
    path = {part: _model(ledger) if "model" in part else "openai" for part in endpoint.names}
    wanted = f"model_ids={_model(ledger)}" if "model_ids" in {one.name for one in endpoint.takes} else ""
    scope = {"type": "http", "query_string": wanted.encode(), "path_params": path, "headers": []}
    asked = read(Request(scope), server, period=endpoint.period, takes=endpoint.takes, limit=endpoint.limit)
    strict(endpoint.make(asked))


def test_the_audit_is_clean(ledger: Ledger) -> None:
    """Every rollup equals its records."""
    assert ledger.audit() == []


#: What tables of before there was a gate can hold: SQL for DuckDB, past everything.
_OLD = (
    "UPDATE calls SET latency_us = 9223372036854775807, ttft_us = 9223372036854775807 WHERE status = 'ok'",
    "UPDATE calls SET latency_us = -5, attempt = 2147483647, http_status = 2147483647 WHERE status = 'timeout'",
    "UPDATE calls SET user_messages = 9223372036854775807, input_tokens = 9223372036854775807",
    "UPDATE samples SET value = 'infinity'::DOUBLE WHERE metric = 'metric 0'",
    "UPDATE samples SET value = 'nan'::DOUBLE WHERE metric = 'metric 1'",
    "UPDATE scores SET value = '-infinity'::DOUBLE WHERE name = 'name 0'",
    "UPDATE bills SET ended_at = TIMESTAMP '33658-01-01', quantity = 'nan'::DOUBLE",
    "UPDATE models SET released_at = TIMESTAMP '33658-01-01', last_used_at = TIMESTAMP '0001-01-01', progress = 'nan'",
    "UPDATE runs SET ended_at = TIMESTAMP '33658-01-01' WHERE status = 'ok'",
    "UPDATE jobs SET next_run_at = TIMESTAMP '33658-01-01', duration_us = 9223372036854775807",
    "INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM calls",
)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of before there was a gate, with numbers that none lets pass."""
    folder = tmp_path_factory.mktemp("old")
    made = DuckDBLedger(folder / "ledger.duckdb")
    since = NOW_US - 40 * DAY_US
    made.commit(Batch(records=[*extremes.calls(500, since, NOW_US), *extremes.others(OTHERS, since, NOW_US)]))
    made.close()
    with duckdb.connect(str(folder / "ledger.duckdb")) as connection:
        for statement in _OLD:
            connection.execute(statement)
    made = DuckDBLedger(folder / "ledger.duckdb")
    yield made
    made.close()


def test_an_old_ledger_opens_and_adds_up(old: Ledger) -> None:
    """Its sums are exact, and nothing of it had to be set aside."""
    [row] = run(old, Query(measures=("calls.input_tokens", "calls.requests"), since="all"), now=NOW).rows
    assert row == {"input_tokens": 500 * (2**63 - 1), "requests": 500}
    assert old.unsettled == ()
    assert old.audit() == []


@pytest.mark.parametrize("cube", CUBES)
def test_an_old_ledger_answers_every_measure_and_feed(old: Ledger, cube: str) -> None:
    """What cannot be written as a number or a time is unknown."""
    measures = tuple(measure.name for measure in CUBES[cube].measures.values())
    for grain in ("", "day"):
        written(run(old, Query(measures=measures, since="60d", grain=grain), now=NOW))
    written(answer(old, Feed(cube=cube, columns=tuple(FACTS[cube]), since="60d", limit=1_000), now=NOW))


@pytest.mark.parametrize(("opens", "panel"), PANELS, ids=[panel.id for _, panel in PANELS])
def test_an_old_ledger_draws_every_panel(old: Ledger, opens: str, panel: Panel) -> None:
    """No panel fails."""
    test_every_panel_is_drawn(old, opens, panel)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_an_old_ledger_answers_every_endpoint(old: Ledger, endpoint: Endpoint) -> None:
    """No endpoint fails."""
    test_every_endpoint_answers(old, endpoint)
