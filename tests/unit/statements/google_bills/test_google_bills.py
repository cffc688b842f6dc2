"""Saved results of Google's billing export: the same lines from CSV, JSON and Parquet, in any order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import Bill, to_datetime
from tokometer.sources.protocol import PollError
from tokometer.statements import Asked, Stated, kind_named

NOW = datetime(2026, 11, 5, tzinfo=UTC)
_NANO = Decimal(1_000_000_000)


def _nobody(*_: object, **__: object) -> Any:
    raise AssertionError("nothing is asked")


def row(
    day: str, cost: str, sku: str = "Gemini 2.5 Flash Input Tokens", off: str = "", service: str = "Gemini API"
) -> dict[str, Any]:
    """A row of the export."""
    return {
        "service": {"id": "AEFD-7695-64FA", "description": service},
        "sku": {"id": "0A1B-2C3D", "description": sku},
        "usage_start_time": f"{day} 07:00:00 UTC",
        "project": {"id": "acme-prod"},
        "cost": cost,
        "currency": "USD",
        "cost_type": "regular",
        "credits": [{"name": "Promotion", "amount": off}] if off else [],
        "invoice": {"month": day[:7].replace("-", "")},
    }


def read(content: bytes, **options: str) -> Stated:
    """What a file states."""
    kind = kind_named("google_bills")
    assert kind.uploads is not None
    whole = Stated()
    for page in kind.uploads(content, "export", Asked("acc", "Cloud", "vertex", options, NOW, _nobody)):
        days = {f"{to_datetime(record.started_at):%Y-%m-%d}" for record in page.records}
        assert days <= {page.of and page.of.statement}
        whole.records += page.records
        whole.refusals += page.refusals
        whole.notices += page.notices
    return whole


def as_json(rows: Sequence[dict[str, Any]]) -> bytes:
    """As an array."""
    return json.dumps(rows).encode()


def as_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """A line for each row."""
    return "\n".join(map(json.dumps, rows)).encode()


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """Flattened, with the credits as JSON."""
    flat = [
        {
            **{
                f"{outer}.{name}": value
                for outer in ("service", "sku", "project", "invoice")
                for name, value in one[outer].items()
            },
            **{name: one[name] for name in ("usage_start_time", "cost", "currency", "cost_type")},
            "credits": json.dumps(one["credits"]),
        }
        for one in rows
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def as_parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    """With nested columns."""
    out = io.BytesIO()
    table = [{**one, "credits": one["credits"] or None} for one in rows]
    pq.write_table(pa.Table.from_pylist(table), out)
    return out.getvalue()


def bills(stated: Stated) -> dict[str, tuple[int | None, str, str]]:
    """Lines by their ids: amount, model, type of tokens."""
    assert not stated.refusals, stated.refusals
    return {one.native_id: (one.amount, one.model, one.token_type) for one in stated.records if isinstance(one, Bill)}


_COSTS = st.decimals("0", "90", places=6).map(str)
_SKUS = st.sampled_from(["Gemini 2.5 Flash Input Tokens", "Gemini 2.5 Pro Output Tokens"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["2026-10-01", "2026-10-02"]), _COSTS, _SKUS, st.sampled_from(["", "-0.25"])),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_every_form_gives_the_same_lines(told: list[tuple[str, str, str, str]], random: Any) -> None:
    """CSV, JSON and Parquet, and rows in any order, give the same lines, exact and net of credits."""
    rows = [row(*one) for one in told]
    found = bills(read(as_json(rows)))
    whole = sum((Decimal(cost) + Decimal(off or 0) for _, cost, _, off in told), Decimal(0))
    assert sum(amount or 0 for amount, *_ in found.values()) == whole * _NANO
    assert bills(read(as_lines(rows))) == bills(read(as_csv(rows))) == bills(read(as_parquet(rows))) == found
    random.shuffle(rows)
    assert bills(read(as_csv(rows))) == found


def test_what_is_about_no_model_is_counted() -> None:
    """Rows of other services are left out and counted, unless all are wanted."""
    rows = [row("2026-10-01", "3"), row("2026-10-01", "5", "N2 Instance Core", service="Compute Engine")]
    stated = read(as_csv(rows))
    assert [amount for amount, *_ in bills(stated).values()] == [3 * _NANO]
    assert [(one.topic, one.count) for one in stated.notices] == [("charge", 1)]
    assert len(bills(read(as_csv(rows), rows="all"))) == 2


def test_a_row_that_cannot_be_believed_is_refused_alone() -> None:
    """It is named by its place and field; the others count."""
    stated = read(as_json([row("2026-10-01", "3"), row("2026-10-01", "much"), {"service": {"description": "Gemini"}}]))
    assert [(one.position, one.field) for one in stated.refusals] == [(1, "cost"), (2, "cost")]
    assert len(stated.records) == 1


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"PAR1broken", b"[{", b"only\nwords\n", b"[]"])
def test_what_is_no_export_is_said(content: bytes) -> None:
    """No file of the kind, no lines: whoever uploaded it is told."""
    with pytest.raises(PollError):
        read(content)
