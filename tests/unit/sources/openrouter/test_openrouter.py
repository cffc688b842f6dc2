"""What OpenRouter's answers and exports come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generators.sources.openrouter import CANCELLED, DAYS, KEY, MORNING, OWN_KEY, PLAIN, answer, generation
from tokometer.records import Bill, ModelCall, RecordError, Sample, merge
from tokometer.sources.noticed import Noticed
from tokometer.sources.openrouter.exports import FOUND
from tokometer.sources.openrouter.polling import Account
from tokometer.sources.openrouter.rows import records_of
from tokometer.sources.protocol import Fetched, PollError, Reading, Target

TARGET = Target("mine", "https://openrouter.ai/api/v1", 900.0)


def call_of(row: dict[str, Any]) -> ModelCall:
    """The call of a row."""
    (call,) = records_of(row, Noticed("openrouter", "file"))
    assert isinstance(call, ModelCall)
    return call


def read(answers: dict[str, Fetched], state: bytes = b"", now: int = MORNING * 1_000_000) -> Reading:
    """What is new at the account."""
    return Account().read(TARGET, state, lambda path="", *_, **__: answers.get(path, Fetched(403, b"")), now)


def test_a_generation() -> None:
    """Billed are the model's own tokens; who served it and whose it is are kept."""
    call = call_of(PLAIN)
    assert (call.provider, call.model, call.response_id) == ("openrouter", "openai/gpt-5-mini", PLAIN["id"])
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (400, 600, 200)
    assert (call.latency_us, call.ttft_us) == (2_000_000, 400_000)
    assert (call.session_id, call.user, call.labels) == ("s-1", "customer-7", {"upstream": "OpenAI"})


def test_times() -> None:
    """Where the latency is the longer one, it is that of the whole; what was not streamed has no first token."""
    assert call_of(generation(3, 9, 0, 9, 0, latency=2_500)).latency_us == 2_500_000
    assert call_of(generation(3, 9, 0, 9, 0, streamed=False)).ttft_us is None


def test_costs() -> None:
    """With one's own key, the fee and what the provider takes are the cost; without a cost there is none."""
    assert call_of(OWN_KEY).cost_reported == 2_100_000
    assert (call_of(OWN_KEY).labels or {})["byok"] == "true"
    assert (
        call_of({name: value for name, value in PLAIN.items() if name not in ("total_cost", "usage")}).cost_reported
        is None
    )
    assert call_of(CANCELLED).status == "cancelled"


def test_an_export_and_a_look_up_are_one_call() -> None:
    """Whichever came first: the look-up has the tokens that are billed, the export whose key it was."""
    exported = {"generation_id": PLAIN["id"], "created_at": PLAIN["created_at"], "model_permaslug": PLAIN["model"]}
    exported |= {"tokens_prompt": "1010", "tokens_completion": "190", "tokens_cached": "0", "cost_total": "0.001"}
    exported |= {"api_key_name": "search"}
    one, other = call_of(exported), call_of(PLAIN)
    for call in (merge(one, other), merge(other, one)):
        assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (400, 600, 200)
        assert (call.cost_reported, call.latency_us) == (other.cost_reported, 2_000_000)
        assert call.labels == {"upstream": "OpenAI", "key_name": "search"}


def test_a_generation_that_is_looked_up_too_early() -> None:
    """What it used and cost in the end counts, whichever look-up comes first."""
    early = call_of(PLAIN | {"native_tokens_completion": 0, "total_cost": 0, "usage": 0})
    for call in (merge(early, call_of(PLAIN)), merge(call_of(PLAIN), early)):
        assert (call.output_tokens, call.cost_reported) == (200, call_of(PLAIN).cost_reported)


def test_activity_is_a_bill_and_no_call() -> None:
    """A day of a model adds up calls that are told elsewhere: it is a line of the bill."""
    (bill,) = records_of(DAYS[0], Noticed("openrouter", "file"))
    assert isinstance(bill, Bill)
    assert (bill.type, bill.amount, bill.quantity, bill.model) == ("usage", 750_000_000, 10.0, "openai/gpt-5-mini")
    assert bill.ended_at - bill.started_at == 86_400_000_000
    (later,) = records_of(DAYS[0] | {"requests": 12, "usage": 0.8}, Noticed("openrouter", "file"))
    assert (later.native_id, later.revision > bill.revision) == (bill.native_id, True)
    with_time = records_of(DAYS[0] | {"date": "2026-03-01 00:00:00"}, Noticed("openrouter", "file"))
    assert [one.native_id for one in with_time] == [bill.native_id]


def test_an_account() -> None:
    """Credits are a balance, a key's use a reading; what does not change is not told again."""
    answers = {
        "/credits": answer({"total_credits": 100, "total_usage": 25.5}),
        "/key": answer(KEY),
        "/activity": answer(DAYS),
    }
    first = read(answers)
    balance = [record for record in first.records if isinstance(record, Bill) and record.type == "balance"]
    assert [one.amount for one in balance] == [74_500_000_000]
    samples = {record.metric: record.value for record in first.records if isinstance(record, Sample)}
    assert samples["openrouter.key.limit_remaining"] == 74.5
    assert not [one for one in read(answers, first.state).records if isinstance(one, Bill) and one.type == "balance"]


def test_a_key_that_may_not_ask_everything() -> None:
    """A key without a say in the account tells of itself; that the rest is denied is told once."""
    first = read({"/key": answer(KEY)})
    assert len(first.records) == 4
    assert [refusal.place for refusal in first.refusals] == ["mine: /credits", "mine: /activity"]
    assert not read({"/key": answer(KEY)}, first.state).refusals
    with pytest.raises(PollError, match="403"):
        read({})


def test_an_answer_that_fails_is_told_until_it_comes() -> None:
    """At every question, as one refusal, which goes then."""
    down = {"/key": answer(KEY), "/credits": Fetched(502, b""), "/activity": answer([])}
    first = read(down)
    again = read(down, first.state)
    assert [one.place for one in again.refusals] == [one.place for one in first.refusals] == ["mine: /credits"]
    found = read({**down, "/credits": answer({"total_credits": 10, "total_usage": 1})}, again.state)
    assert (found.refusals, found.healed) == ([], ["mine: /credits"])


def test_a_broken_day_spoils_only_itself() -> None:
    """A row that cannot be believed is refused by its place."""
    found = read({"/activity": answer([{"date": "2026-03-01", "usage": -5}, DAYS[1]])})
    assert len(found.records) == 1
    (refusal, *_) = [one for one in found.refusals if one.place == "mine: /activity"]
    assert (refusal.field, refusal.reason) == ("usage", "is negative")


def test_what_is_ours() -> None:
    """Rows of others are left to them."""
    assert FOUND.is_ours(PLAIN)
    assert FOUND.is_ours(DAYS[0])
    assert not FOUND.is_ours({"id": "gen_01", "created_at": "x"})
    assert not FOUND.is_ours({"date": "x", "model": "y", "usage": 1, "requests": 2})
    with pytest.raises(RecordError):
        call_of({"id": "gen-1"})
    assert replace(TARGET, name="x").name == "x"
