"""Bills as files, read: columns of every version, amounts, types, and what cannot be believed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.unit.statements.focus.files import as_csv, as_parquet, lines, read, row, total, uploaded

from tokometer.sources.protocol import PollError


def test_rows_of_a_day_are_one_line() -> None:
    """Rows that differ only in their amounts and hours are one line, exact, with tokens one by one."""
    found = lines(uploaded(as_csv([row(), row(BilledCost="1.5E-05", ChargePeriodStart="2026-10-03T00:30:00Z")])))
    assert [one.amount for one in found] == [3_015_000]
    assert found[0].quantity == 2000.0
    assert found[0].quantity_unit == "tokens"
    assert (found[0].provider, found[0].model) == ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert (found[0].project, found[0].region, found[0].invoice) == ("222222222222", "us-east-1", "INV-1")
    assert (found[0].token_type, found[0].labels, found[0].account) == ("input", {"team": "red"}, "Cloud")


_PRICES = some.decimals("0.000001", "90", places=9, allow_nan=False)
_ROWS = some.lists(
    some.builds(
        lambda cost, day, meter, tag: row(
            BilledCost=f"{cost:f}",
            ListCost=f"{cost:f}",
            ChargePeriodStart=f"2026-10-{day:02}T01:00:00Z",
            ChargePeriodEnd=f"2026-10-{day:02}T02:00:00Z",
            SkuMeter=meter,
            Tags=tag,
        ),
        _PRICES,
        some.integers(1, 4),
        some.sampled_from(["USE1-NovaPro-input-tokens", "USE1-NovaPro-output-tokens"]),
        some.sampled_from([{"team": "red"}, {"a": "1", "b": "2"}, {"b": "2", "a": "1"}, None]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(rows=_ROWS, data=some.data())
def test_files_make_no_difference(
    rows: list[dict[str, object]], data: some.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same rows in another order, over several files, packed or as Parquet give the very same lines."""
    expected = lines(uploaded(as_csv(rows)))
    shuffled = data.draw(some.permutations(rows))
    cut = data.draw(some.integers(0, len(rows)))
    folder = tmp_path_factory.mktemp("bill")
    (folder / "bill-00001.csv.gz").write_bytes(as_csv(shuffled[:cut], packed=True))
    as_parquet(shuffled[cut:], folder / "bill-00002.parquet")
    found = lines(read(folder))
    assert {one.native_id: (one.amount, one.quantity, one.labels) for one in found} == {
        one.native_id: (one.amount, one.quantity, one.labels) for one in expected
    }
    assert total(read(folder)) == sum((Decimal(str(one["BilledCost"])) for one in rows), Decimal(0))


def test_charges_become_types() -> None:
    """Credits, taxes, refunds and corrections are told apart from use; purchases are use."""
    told = [
        row(ChargeCategory=category, ChargeClass=class_, ChargeDescription=category)
        for category, class_ in (
            *(("Usage", None), ("Purchase", None), ("Credit", None), ("Tax", None)),
            *(("Adjustment", None), ("Usage", "Correction"), ("Refund", None)),
        )
    ]
    told[5]["ChargeDescription"] = "corrected"
    found = {one.line_item: one.type for one in lines(uploaded(as_csv(told)))}
    assert found == {
        "Usage": "usage",
        "Purchase: Purchase": "usage",
        "Credit: Credit": "credit",
        "Tax: Tax": "adjustment",
        "Adjustment: Adjustment": "adjustment",
        "corrected": "adjustment",
        "Refund: Refund": "adjustment",
    }


def test_another_currency_is_not_dollars() -> None:
    """A line in euros has no amount in dollars, and says what it says in its own currency."""
    [found] = lines(uploaded(as_csv([row(BillingCurrency="EUR", BilledCost="12.34")])))
    assert (found.amount, found.stated_amount, found.currency, found.list_amount) == (None, 12_340_000_000, "EUR", None)


def test_what_is_about_no_model_is_left_out_and_counted() -> None:
    """Rows of other services are counted, not kept, unless every row is wanted."""
    other = row(ServiceName="Amazon Elastic Compute Cloud", ServiceCategory="Compute", SkuMeter="BoxUsage:t3.small")
    other |= {"ResourceId": None, "ChargeDescription": "per hour", "ConsumedUnit": "Hours"}
    pages = uploaded(as_csv([row(), other, other]))
    assert len(lines(pages)) == 1
    assert [(one.topic, one.count) for page in pages for one in page.notices] == [("charge", 2)]
    assert {one.provider for one in lines(uploaded(as_csv([row(), other]), rows="all"))} == {"bedrock", "aws-cloud"}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"BilledCost": "=1+2"}, "BilledCost"),
        ({"BilledCost": "NaN"}, "BilledCost"),
        ({"BilledCost": "1e30"}, "BilledCost"),
        ({"BilledCost": None}, "BilledCost"),
        ({"ChargePeriodStart": "yesterday"}, "ChargePeriodStart"),
        ({"ChargePeriodEnd": "1999-01-01T00:00:00Z"}, "ChargePeriodEnd"),
        ({"ConsumedQuantity": "many"}, "ConsumedQuantity"),
    ],
)
def test_what_cannot_be_believed_is_refused_by_its_field(told: dict[str, str | None], field: str) -> None:
    """A row that says what cannot be is refused by the name of its column, and stops none around it."""
    pages = uploaded(as_csv([row(), row(**told)]))
    assert [one.amount for one in lines(pages)] == [3_000_000]
    assert [one.field for page in pages for one in page.refusals] == [field]


def test_a_file_that_is_no_bill_is_refused(tmp_path: Path) -> None:
    """A file without the columns of a bill, or a damaged one, is refused and stops none beside it."""
    (tmp_path / "bill.csv").write_bytes(as_csv([row()]))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1" + b"\0" * 100)
    (tmp_path / "cut.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 no gzip")
    pages = read(tmp_path)
    assert len(lines(pages)) == 1
    assert {one.place for page in pages for one in page.refusals} == {"other.csv", "broken.parquet", "cut.csv.gz"}
    with pytest.raises(PollError, match="BilledCost"):
        uploaded(b"a,b\n1,2\n")


def test_formulas_and_strange_names_are_only_text() -> None:
    """What a spreadsheet would run, or no text should hold, is kept as text."""
    told = row(ChargeDescription='=HYPERLINK("x")', Tags={"team": "@SUM(1)"})
    [found] = lines(uploaded(as_csv([told]), team_tag="team"))
    assert (found.line_item, found.team) == ('=HYPERLINK("x")', "@SUM(1)")


def test_columns_of_every_version() -> None:
    """FOCUS 1.0's, 1.4's, AWS' CUR 2.0 and Azure's cost details say the same in other columns."""
    newer = row(ServiceProviderName="AWS", HostProviderName="AWS")
    del newer["ProviderName"], newer["PublisherName"]
    older = row(x_UsageType="USE1-Claude4.5Sonnet-input-tokens")
    del older["SkuMeter"]
    cur = {
        "line_item_unblended_cost": "0.003",
        "line_item_currency_code": "USD",
        "bill_payer_account_id": "1",
        "line_item_usage_account_id": "222222222222",
        "bill_billing_period_start_date": "2026-10-01 00:00:00",
        "line_item_usage_start_date": "2026-10-03 01:00:00",
        "line_item_usage_end_date": "2026-10-03 02:00:00",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonBedrock",
        "line_item_usage_type": "USE1-Claude4.5Sonnet-input-tokens",
        "line_item_usage_amount": "1",
        "pricing_unit": "1K tokens",
        "product_region_code": "us-east-1",
    }
    azure = {
        "costInBillingCurrency": "0.003",
        "billingCurrency": "USD",
        "date": "10/03/2026",
        "billingPeriodStartDate": "10/01/2026",
        "SubscriptionId": "222222222222",
        "meterCategory": "Azure OpenAI Service",
        "meterName": "gpt 4.1 mini Inp glbl Tokens",
        "quantity": "1",
        "unitOfMeasure": "1K",
        "chargeType": "Usage",
    }
    for told, provider in ((newer, "bedrock"), (older, "bedrock"), (cur, "bedrock"), (azure, "azure")):
        [found] = lines(uploaded(as_csv([told])))
        assert (found.amount, found.quantity, found.quantity_unit) == (3_000_000, 1000.0, "tokens")
        assert (found.provider, found.token_type, found.started_at) == (provider, "input", 1_790_985_600_000_000)
