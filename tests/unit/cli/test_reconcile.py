"""`tokometer reconcile` without a server: the ledger is opened and judged here, as the page judges it."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from generators.gaps import PROVIDER, planted
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from unit.cli.conftest import Shell

#: Causes that stay what they are whenever this runs.
_CAUSES = ("unseen", "price", "credits")
_NANO = Decimal(10) ** 9
_OCTOBER = ("reconcile", "--month", "2026-10")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, Decimal]:
    """A user with calls and a provider's statement of them, and the gap between the two in dollars."""
    shell = Shell(tmp_path_factory.mktemp("books"))
    history = planted(_CAUSES, PriceBook.open(None, None))
    shell.data.mkdir(0o700)
    ledger = open_ledger(shell.data)
    ledger.commit(Batch(records=history.records))
    ledger.settle()
    ledger.close()
    return shell, history.gap / _NANO


def test_a_month_in_a_sentence_and_its_causes(books: tuple[Shell, Decimal]) -> None:
    """The first line has the gap; JSON and CSV have the same one, by cause, model and line."""
    shell, gap = books
    said = shell.run(*_OCTOBER, "--provider", PROVIDER).stdout
    assert said.startswith("October 2026, openai: billed $")
    assert "unexplained $0.00" in said.splitlines()[0]
    for name in ("Calls not seen", "Price difference", "Credits"):
        assert name in said, name
    told = json.loads(shell.run(*_OCTOBER, "--json").stdout)
    assert Decimal(told["total"]["reconciliation"]) == gap
    assert sum(Decimal(row["gap_causes"]) for row in told["rows"]) == gap
    for by, column in (("model", "Gap (USD)"), ("line", "Part of the gap (USD)")):
        rows = list(csv.DictReader(io.StringIO(shell.run(*_OCTOBER, "--by", by, "--csv", "--limit", "9999").stdout)))
        assert sum(Decimal(row[column]) for row in rows) == gap, by


def test_it_can_end_a_script(books: tuple[Shell, Decimal]) -> None:
    """With 1 where more is unexplained than somebody bears; with 2 where the month is none."""
    shell, _ = books
    shell.run(*_OCTOBER, "--fail-over", "0.01")
    shell.run(*_OCTOBER, "--fail-over", "-1", code=1)
    assert "write year and month" in shell.run("reconcile", "--month", "October", code=2).stderr


def test_where_nobody_states_anything(shell: Shell) -> None:
    """It says so, in a folder that has nothing yet, and does not fail."""
    assert shell.run(*_OCTOBER).stdout == "No provider states anything of this month.\n"
    assert shell.run(*_OCTOBER, "--fail-over", "0").returncode == 0
