"""What Vercel's AI Gateway tells."""

from __future__ import annotations

from generators.sources.vercel_ai_gateway import GENERATIONS, MORNING, ROWS, answer
from tokometer.ledger.refused import is_of_a_file
from tokometer.records import Bill, ModelCall
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Fetched, Target
from tokometer.sources.vercel_ai_gateway.polling import Account
from tokometer.sources.vercel_ai_gateway.rows import is_generation, is_report, records_of

TARGET = Target("mine", "https://ai-gateway.vercel.sh/v1", 900.0)


def test_generations_as_the_sdk_passes_them_on() -> None:
    """The AI SDK's names mean the same as the API's."""
    camel = {
        "id": GENERATIONS[0]["id"],
        "totalCost": 0.003,
        "createdAt": "2026-03-02T09:00:00.000Z",
        "model": "anthropic/claude-sonnet-4.5",
        "providerName": "anthropic",
        "streamed": True,
        "finishReason": "stop",
        "latency": 300,
        "generationTime": 1_800,
        "promptTokens": 100,
        "completionTokens": 20,
        "reasoningTokens": 0,
        "cachedTokens": 60,
        "cacheCreationTokens": 0,
    }
    noticed = Noticed("vercel_ai_gateway", "file")
    assert is_generation(camel)
    assert list(records_of(camel, noticed)) == list(records_of(GENERATIONS[0], noticed))
    (call,) = records_of(camel, noticed)
    assert isinstance(call, ModelCall)
    assert (call.provider, call.ttft_us, call.latency_us) == ("vercel", 300_000, 1_800_000)
    assert not noticed.all()


def test_reports() -> None:
    """A row of a report is a line of the bill, known by what it is grouped by."""
    assert is_report(ROWS[0])
    assert not is_report({"day": "2026-03-01", "total_cost": 1})
    (bill,) = records_of(ROWS[0], Noticed("vercel_ai_gateway", "file"))
    assert isinstance(bill, Bill)
    assert (bill.amount, bill.provider, bill.model) == (500_000_000, "vercel", "openai/gpt-5-mini")
    (hourly,) = records_of(ROWS[0] | {"hour": "2026-03-01T05:00:00Z"}, Noticed("vercel_ai_gateway", "file"))
    assert isinstance(hourly, Bill)
    assert hourly.ended_at - hourly.started_at == 3_600_000_000
    assert hourly.native_id != bill.native_id


def test_an_account_without_reports() -> None:
    """Reports are a matter of the plan: without them the credits are told, and the rest once."""
    answers = {"/credits": answer({"balance": "95.50", "total_used": "4.50"})}

    def fetch(path: str = "", *_: object, **__: object) -> Fetched:
        return answers.get(path, Fetched(403, b""))

    first = Account().read(TARGET, b"", fetch, MORNING * 1_000_000)
    assert [record.kind for record in first.records] == ["bills"]
    assert len(first.refusals) == 1
    again = Account().read(TARGET, first.state, fetch, MORNING * 1_000_000)
    assert (again.records, again.refusals) == ([], [])


def test_a_report_that_fails_is_told_for_as_long_as_it_does() -> None:
    """As one refusal, at every question; it goes with the first report that comes."""
    answers = {"/credits": answer({"balance": "95.50", "total_used": "4.50"})}

    def fetch(path: str = "", *_: object, **__: object) -> Fetched:
        return answers.get(path, Fetched(503, b"busy"))

    state, told = b"", []
    for _ in range(2):
        reading = Account().read(TARGET, state, fetch, MORNING * 1_000_000)
        state = reading.state
        told += reading.refusals
    assert told[0] == told[1]
    assert is_of_a_file(told[0])
    answers["/report"] = answer({"results": []})
    found = Account().read(TARGET, state, fetch, MORNING * 1_000_000)
    assert (found.refusals, found.healed) == ([], [told[0].place])
    assert not Account().read(TARGET, found.state, fetch, MORNING * 1_000_000).healed
