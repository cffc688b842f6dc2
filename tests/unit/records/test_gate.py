"""What no engine could keep goes no further than the gate, and takes nothing along."""

from __future__ import annotations

import pytest

from tokometer.records import KINDS, ModelCall, Sample
from tokometer.records.bounds import Bound, bounds_of
from tokometer.records.gate import admit

_AT = 1_760_000_000_000_000


def call(name: str, **values: object) -> ModelCall:
    """A call of our own, with some values."""
    return ModelCall(source="api", native_id=name, started_at=_AT, model="m", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"http_status": 2**31}, "http_status"),
        ({"attempt": 2**31}, "attempt"),
        ({"ttft_us": 2**64}, "ttft_us"),
        ({"output_tokens": -1}, "output_tokens"),
        ({"cost_reported": 10**18}, "cost_reported"),
        ({"parts": {"input_audio": 2**53 + 1}}, "parts"),
    ],
)
def test_one_number_ends_only_its_own_record(values: dict[str, object], field: str) -> None:
    """A record with a number out of bounds is refused by its field, its neighbours go on in their order."""
    admitted = admit([call("a"), call("b", **values), call("c")], "POST /api/records/calls", [0, 4, 7], _AT)
    assert [record.native_id for record in admitted.records] == ["a", "c"]
    (refusal,) = admitted.refusals
    assert (refusal.field, refusal.position, refusal.place) == (field, 4, "POST /api/records/calls")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_only_finite_numbers_pass(value: float) -> None:
    """A sample of infinity or of no number at all is refused."""
    sample = Sample(source="api", native_id="s", started_at=_AT, metric="m", value=value)
    assert [refusal.reason for refusal in admit([sample], "p").refusals] == ["is not a finite number"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_bounds_of_its_times(kind: str) -> None:
    """The time of a record of any kind is bounded: engines end somewhere, too."""
    assert isinstance(bounds_of(kind)["started_at"], Bound)
