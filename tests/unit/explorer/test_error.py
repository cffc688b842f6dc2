"""Errors: their details, other tries of the same, and where else the same happened."""

from __future__ import annotations

from tokometer.explorer import Reading
from tokometer.explorer.error import failure, pattern
from tokometer.ledger import Batch, Ledger
from tokometer.records import ErrorDetail, ModelCall

AT = 1_790_000_000_000_000
SECOND = 1_000_000


def _call(native_id: str, at: int = 0, **fields: object) -> ModelCall:
    given = {"source": "api", "native_id": native_id, "started_at": AT + at * SECOND, "provider": "acme", "model": "m"}
    return ModelCall(**{**given, "status": "server_error", **fields})  # type: ignore[arg-type]


def _id(ledger: Ledger, call: ModelCall) -> str:
    from uuid import UUID

    return str(UUID(bytes=call.id))


def test_what_varies_in_a_message_is_left_out() -> None:
    """Numbers, ids, addresses and quoted names do not make another error."""
    one = pattern("Request req_01abcd2345 to 'gpt-5.1' failed after 30.5 s, see https://x.test/e/9")
    other = pattern("Request req_99ffee0001 to 'o5' failed after 2 s, see https://x.test/e/1")
    assert one == other == "Request … to … failed after … s, see …"
    assert pattern("Bad gateway") != pattern("Bad request")


def test_details_are_found_by_request_by_call_and_by_span(ledger: Ledger, reading: Reading) -> None:
    """Whatever of the three a sender knew; another source's call of the same name is not meant."""
    call = _call("d-1", request_id="req_d1", trace_id="tr-d", span_id="sp-d")
    common = {"started_at": AT, "message": "boom"}
    details = [
        ErrorDetail(source="logs", native_id="x1", request_id="req_d1", **common),
        ErrorDetail(source="api", native_id="x2", call_id="d-1", stack_trace="at line 1", **common),
        ErrorDetail(source="logs", native_id="x3", trace_id="tr-d", span_id="sp-d", request="{}", **common),
        ErrorDetail(source="logs", native_id="x4", call_id="d-1", **common),
    ]
    ledger.commit(Batch([call, *details]))
    found = failure(reading, _id(ledger, call))
    assert found is not None
    assert [one.record.native_id for one in found.details] == ["x2", "x3", "x1"]
    assert found.message == "boom"


def test_tries_of_one_request_are_together(ledger: Ledger, reading: Reading) -> None:
    """Attempts that count up at one place of a trace are one request's; the next request's are its own."""
    common = {"trace_id": "tr-t", "parent_id": "run"}
    calls = [
        _call(f"t-{at}", at, attempt=attempt, span_id=f"s{at}", **common) for at, attempt in enumerate([1, 2, 3, 1, 2])
    ]
    ledger.commit(Batch([*calls]))
    found = failure(reading, _id(ledger, calls[1]))
    assert found is not None
    assert [line.native_id for line in found.tries] == ["t-0", "t-1", "t-2"]


def test_the_same_error_elsewhere(ledger: Ledger, reading: Reading) -> None:
    """Same provider, type and message but for what varies: how many, when first and last, by model and user."""
    calls = [
        _call("e-0", 0, provider="widely", model="a", user="ann", error_message="No answer within 30 s"),
        _call("e-1", 50, provider="widely", model="b", user="bob", error_message="No answer within 60 s"),
        _call("e-2", 60, provider="widely", model="b", user="bob", error_message="Overloaded"),
        _call("e-3", 70, provider="other", model="b", user="bob", error_message="No answer within 60 s"),
        _call("e-4", 80, provider="widely", status="timeout", error_message="No answer within 60 s"),
    ]
    ledger.commit(Batch([*calls]))
    found = failure(reading, _id(ledger, calls[1]))
    assert found is not None
    assert found.elsewhere is not None
    same = found.elsewhere
    assert (same.count, same.first_at, same.last_at) == (2, AT, AT + 50 * SECOND)
    assert (same.models, same.users) == ({"a": 1, "b": 1}, {"ann": 1, "bob": 1})
    assert same.fixed == "No answer within"


def test_a_call_that_did_not_fail_has_no_error(ledger: Ledger, reading: Reading) -> None:
    """It is found, and said to be none; an id that is none is not found."""
    call = _call("ok-1", status="ok")
    ledger.commit(Batch([call]))
    found = failure(reading, _id(ledger, call))
    assert found is not None
    assert found.elsewhere is None
    assert failure(reading, "no id") is None
    assert failure(reading, "00000000-0000-0000-0000-000000000000") is None
