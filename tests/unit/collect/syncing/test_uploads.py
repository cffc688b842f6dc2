"""Uploaded bills: the newest statement of each account and month holds, whatever its files are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.statements.focus.files import as_csv, row

from generators.examples import examples
from providers.synced import Scene, scene
from tokometer.accounts import ProviderAccount, SyncRun
from tokometer.collect.syncing.places import Place, decoded, encoded, source_of
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_TITLES = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Syncing of a ledger; each test has an account of its own."""
    data = tmp_path_factory.mktemp("uploads")
    ledger = open_ledger(data)
    with scene(ledger, data, now=NOW) as made:
        yield made
    ledger.close()


class Cloud:
    """An account that files are uploaded to."""

    def __init__(self, found: Scene, kind: str = "focus") -> None:
        self.scene = found
        self.account: ProviderAccount = found.account(kind, "", title=f"Cloud {next(_TITLES)}")

    def upload(
        self, name: str, content: bytes | Sequence[Mapping[str, Any]], written: datetime | None = None
    ) -> SyncRun:
        """Take a file in."""
        body = content if isinstance(content, bytes) else as_csv(content)
        self.scene.clock.pass_by(seconds=1)
        run = self.scene.done(self.account.id, self.scene.syncing.upload(self.account.id, name, body, written))
        assert (run.state, run.error) == ("done", "")
        return run

    @property
    def total(self) -> Decimal:
        """What its lines add up to."""
        [total] = self.scene.sums("bills", "amount", where=f"account = '{self.account.title}'")
        return Decimal(total or 0)


def test_a_corrected_bill_of_another_name_withdraws_what_it_lacks(shared: Scene) -> None:
    """Lines that vanished are withdrawn, and kept as versions; the older file changes nothing when it comes again."""
    cloud = Cloud(shared)
    older = [row(BilledCost="3"), row(SkuId="gone", BilledCost="4")]
    cloud.upload("october.csv", older)
    assert cloud.total == 7
    run = cloud.upload("october, corrected.csv", [row(BilledCost="5", InvoiceId="INV-2")])
    assert (cloud.total, run.new, run.withdrawn) == (5, 1, 2)
    versions = shared.accounts.get().syncs.versions("default", cloud.account.id, "", 10)
    assert {Decimal(one.was["amount"]) / 10**9 for one in versions} == {3, 4}
    again = cloud.upload("october.csv", older)
    assert (cloud.total, again.new, again.changed, again.withdrawn) == (5, 0, 0, 0)
    # With no line about a model left, all of it is withdrawn.
    other = {"ServiceName": "Amazon S3", "ServiceCategory": "Storage", "ChargeDescription": "$0.02 per GB"}
    cloud.upload("third.csv", [row(SkuMeter="Requests", ResourceId="x", **other)])
    assert cloud.total == 0


def test_other_accounts_and_months_are_other_statements(shared: Scene) -> None:
    """A file speaks for what it names: another month, account or sub-account stays."""
    cloud = Cloud(shared)
    november = {"BillingPeriodStart": "2026-11-01T00:00:00Z", "ChargePeriodStart": "2026-11-02T00:00:00Z"}
    november["ChargePeriodEnd"] = "2026-11-02T01:00:00Z"
    cloud.upload("a.csv", [row(BilledCost="1"), row(BilledCost="2", SubAccountId="3")])
    cloud.upload("b.csv", [row(BilledCost="4", **november)])
    cloud.upload("c.csv", [row(BilledCost="8", BillingAccountId="2")])
    assert cloud.total == 15
    cloud.upload("d.csv", [row(BilledCost="16", SubAccountId="3")])
    assert cloud.total == 29


def test_pieces_of_an_export_add_up(shared: Scene) -> None:
    """In any order, also where a line has rows in several; a newer export replaces all of them for good."""
    cloud = Cloud(shared)
    pieces = {f"run-{number:05}.csv": [row(BilledCost=str(number)), row(SkuId=str(number))] for number in (2, 1, 3)}
    for name, rows in pieces.items():
        cloud.upload(name, rows)
    assert cloud.total == Decimal("6.009")
    cloud.upload("run-00002.csv", [row(BilledCost="20")])
    assert cloud.total == Decimal("24.006")
    cloud.upload("newer-00002.csv", [row(BilledCost="30")])
    cloud.upload("newer-00001.csv", [row(BilledCost="10")])
    assert cloud.total == 40
    for name, rows in pieces.items():
        cloud.upload(name, rows)
    assert cloud.total == 40


def test_what_cannot_be_understood_withdraws_nothing(shared: Scene) -> None:
    """Nobody knows what the row was about; a file that is whole does it."""
    cloud = Cloud(shared)
    cloud.upload("a.csv", [row(BilledCost="1"), row(SkuId="gone", BilledCost="2")])
    assert cloud.upload("b.csv", [row(BilledCost="4"), row(BilledCost="much")]).refused == 1
    assert cloud.total == 6
    cloud.upload("c.csv", [row(BilledCost="4")])
    assert cloud.total == 4


def test_what_an_earlier_release_took_in_is_corrected_by_its_name(shared: Scene) -> None:
    """It kept places by files: a corrected file of that name withdraws what that one said."""
    cloud = Cloud(shared)
    cloud.upload("october.csv", [row(BilledCost="3"), row(SkuId="gone", BilledCost="4")])
    source = source_of(cloud.account.id)
    [(name, state)] = shared.ledger.cursors(source).items()
    assert name.startswith("stated/2026-10-01 111111111111 222222222222 ")
    known = decoded(state)
    assert known is not None
    places = {name: Place(known.asked), "uploads/october.csv": Place(known.asked, "", known.ids)}
    shared.ledger.commit(Batch([], cursors={(source, name): encoded(place) for name, place in places.items()}))
    cloud.upload("october.csv", [row(BilledCost="5")])
    assert cloud.total == 5


class _File(NamedTuple):
    name: str
    #: When it was written, in hours, and what it bills by month, sub-account and SKU.
    written: int
    lines: dict[tuple[int, str, str], int]

    def content(self) -> bytes:
        """As CSV."""
        rows = []
        for (month, sub_account, sku), cost in self.lines.items():
            day = f"2026-{month:02}-03T0{{}}:00:00Z"
            told = {"BillingPeriodStart": f"2026-{month:02}-01", "ChargePeriodStart": day.format(1)}
            rows.append(
                row(BilledCost=str(cost), SubAccountId=sub_account, SkuId=sku, ChargePeriodEnd=day.format(2), **told)
            )
        return as_csv(rows)


_LINES = st.dictionaries(
    st.tuples(st.sampled_from((9, 10)), st.sampled_from("AB"), st.sampled_from("xyz")),
    st.integers(1, 9),
    min_size=1,
    max_size=6,
)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_neither_order_nor_repetition_moves_the_totals(shared: Scene, data: st.DataObject) -> None:
    """Whichever way files come, each sub-account's month is what the newest file that names it says."""
    lines = data.draw(st.lists(_LINES, min_size=1, max_size=4))
    files = [_File(f"{chr(97 + at)}.csv", at, one) for at, one in enumerate(lines)]
    expected: dict[tuple[int, str], int] = {}
    for file in files:
        named = {(month, sub_account) for month, sub_account, _ in file.lines}
        for one in named:
            expected[one] = sum(cost for (*about, _), cost in file.lines.items() if tuple(about) == one)
    order = data.draw(st.permutations(files)) + data.draw(st.lists(st.sampled_from(files), max_size=3))
    told, untold = Cloud(shared), Cloud(shared)
    for file in order:
        told.upload(file.name, file.content(), NOW - timedelta(hours=99 - file.written))
        assert told.upload(file.name, file.content(), NOW - timedelta(hours=99 - file.written)).withdrawn == 0
    assert told.total == sum(expected.values())
    # Where nobody says when they were written, they are as old as when they came first.
    for file in [*files, *data.draw(st.lists(st.sampled_from(files), max_size=3))]:
        untold.upload(file.name, file.content())
    assert untold.total == sum(expected.values())
