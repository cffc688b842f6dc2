"""Both engines give every panel the same to show, over a small demo history and over nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from generators import demo_history
from generators.examples import in_turn
from generators.looked_at import fragment
from servers.ledgers import at_rest, clickhouse
from tokometer.charts.colours import Colours
from tokometer.dashboards import DASHBOARDS, Context, Panel, View
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import answer
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.settings import Budget, RateCard, Settings

NOW: datetime = to_datetime(demo_history.NOW)
SETTINGS = Settings(
    budget=Budget(monthly=Decimal(500), models=(("gpt-5", Decimal(20)),), providers=(("openai", Decimal(80)),)),
    rate_cards=(RateCard(markup=Decimal("0.3")),),
)
PANELS = [(dashboard.range, panel) for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: What a viewer may have chosen beside the range that the page opens with.
CHOSEN: dict[str, dict[str, list[str]]] = {
    "as it opens": {},
    "filtered": {"provider": ["openai"], "tz": ["Asia/Kolkata"], "complete": ["1"]},
}
LOOKS = [
    pytest.param(opens, panel, CHOSEN[chosen], id=f"{panel.id}-{chosen}")
    for (opens, panel), chosen in in_turn(PANELS, tuple(CHOSEN))
]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine with the same demo history of ten days."""
    records = [*demo_history.records(PriceBook.open(None, None), calls=4_000, days=10)]
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("panels") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=records))
        at_rest(ledger)
    yield opened
    for ledger in opened:
        ledger.close()


def _view(ledger: Ledger, panel: Panel, chosen: dict[str, list[str]], opens: str) -> View:
    scope = parse_scope(chosen, ("provider", "model"), NOW, opens)
    context = Context(scope, lambda question: answer(ledger, question, ("default",), now=NOW), Colours(), SETTINGS)
    return panel.view(context)


@pytest.mark.parametrize(("opens", "panel", "chosen"), LOOKS)
def test_same_on_both(ledgers: list[Ledger], opens: str, panel: Panel, chosen: dict[str, list[str]]) -> None:
    """The same rows, the same chart and the same words."""
    one, other = (_view(ledger, panel, chosen, opens) for ledger in ledgers)
    assert one.table.columns == other.table.columns
    assert list(one.table.rows) == list(other.table.rows)
    assert one.chart == other.chart
    assert fragment(panel, one) == fragment(panel, other)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger without records."""
    ledger = DuckDBLedger(tmp_path_factory.mktemp("nothing") / "ledger.duckdb")
    yield ledger
    ledger.close()


@pytest.mark.parametrize(("opens", "panel"), PANELS, ids=[panel.id for _, panel in PANELS])
def test_nothing_to_show(nothing: Ledger, opens: str, panel: Panel) -> None:
    """An empty ledger is no error: a panel says that there is nothing, and shows no figure."""
    view = _view(nothing, panel, {}, opens)
    assert fragment(panel, view)
