"""Giving many calls other costs at once: exact, all or nothing, and undone as it was; on both engines."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tokometer.collect.recosting import prices_of, told
from tokometer.ledger import Batch, Ledger, LedgerError, Statement
from tokometer.ledger.recosting import Cancelled, Scope
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

START = 1_760_000_000_000_000
_DAY = 86_400_000_000
_MODELS = (
    ("anthropic", "claude-opus-5"),
    ("openai", "gpt-5.2"),
    ("deepseek", "deepseek-chat"),
    ("google", "gemini-2.5-pro"),
    ("ollama", "llama3"),
    ("acme", "rocket"),
    ("", ""),
    ("openai", "gpt-image-1"),
    ("", "<synthetic>"),
)
OWN = """
[[price]]
provider = "anthropic"
model = "*"
discount = 12.5
[[price]]
model = "gpt-5*"
team = "x"
input = 1.234567
output = 3
request = 0.0001
valid_from = 2025-10-20T07:30:00Z
[[price]]
model = "rocket"
input = 0.3333333
output = 0
above_tokens = 1000
[[price]]
model = "*"
account = "acct"
discount = -7
valid_until = 2025-10-25T12:00:00Z
"""


def calls_of(seed: int, count: int, first: int = 0) -> list[ModelCall]:
    """Calls of all sorts over a month."""
    chance = random.Random(seed)

    def tokens() -> int | None:
        return chance.choice((None, 0, 1, 7, 1_234, 250_001, 10**6, 2**61 if chance.random() < 0.02 else 5))

    calls = []
    for number in range(first, first + count):
        provider, model = chance.choice(_MODELS)
        calls.append(
            ModelCall(
                source="t",
                native_id=str(number),
                started_at=START + chance.randrange(30 * _DAY),
                provider=provider,
                model=model,
                status=chance.choice(("ok", "ok", "rate_limit", "timeout", "cancelled")),
                http_status=chance.choice((None, 200, 500)),
                stop_reason=chance.choice(("", "stop", "refusal", "Refusal")),
                service_tier=chance.choice(("", "", "batch", "priority", "weird")),
                region=chance.choice(("", "", "eu-central-1")),
                input_tokens=tokens(),
                output_tokens=tokens(),
                cache_read_tokens=tokens(),
                cache_write_5m_tokens=tokens(),
                cache_write_1h_tokens=tokens(),
                cache_write_unknown_tokens=tokens(),
                reasoning_tokens=tokens(),
                unsplit_tokens=chance.choice((None, None, 0, 500)),
                parts=chance.choice((None, None, None, {"input_audio": 3})),
                quantities=chance.choice((None, None, None, {"web_searches": 2_000})),
                cost_reported=chance.choice((None, None, None, 123_456_789)),
                session_id=chance.choice(("", "a", f"c{chance.randrange(20)}")),
                team=chance.choice(("", "x", "y")),
                account=chance.choice(("", "acct")),
            )
        )
    return calls


def stored(
    ledger: Ledger, names: str = "cost_usd, cost_priced, price_version, price_basis"
) -> dict[str, tuple[object, ...]]:
    """What the calls cost, by their names."""
    rows = ledger.fetch(Statement(f"SELECT native_id, {names} FROM calls ORDER BY native_id"))
    return {row[0]: row[1:] for row in rows}


def nothing(_done: int, _all: int) -> None:
    """Hears of progress."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where looked-up models are kept."""
    return tmp_path_factory.mktemp("prices")


@pytest.fixture
def books(tmp_path: Path, cache: Path) -> tuple[PriceBook, PriceBook]:
    """The catalogue's prices, and one's own over them."""
    (tmp_path / "prices.toml").write_text(OWN)
    return PriceBook.open(None, cache), PriceBook.open(tmp_path / "prices.toml", cache)


def filled(ledger: Ledger, book: PriceBook, count: int, seed: int = 1) -> list[ModelCall]:
    """Calls that were priced by a book, and settled."""
    calls = calls_of(seed, count)
    book.apply(calls)
    ledger.commit(Batch(list(calls)))
    ledger.settle()
    return calls


def test_every_call_costs_what_the_book_says(ledger: Ledger, books: tuple[PriceBook, PriceBook]) -> None:
    """Rows of rates and the book agree to the nano-dollar, and the rollups with the calls; what is shown is done."""
    calls = filled(ledger, books[0], 800)
    found = ledger.recosting.preview(Scope(), prices_of(books[1]), nothing)
    before = stored(ledger)
    done = ledger.recosting.apply("one", Scope(), prices_of(books[1]), nothing)
    assert (done.calls, done.changed, done.marked) == (found.calls, found.changed, found.marked)
    assert told(done, applied=True)["models"] == told(found, applied=True)["models"]
    books[1].apply(calls)
    now = stored(ledger)
    for call in calls:
        usd, priced, version, basis = now[call.native_id]
        cost = usd if call.cost_reported is None else priced
        assert (cost is None, int((cost or 0) * 10**9)) == (call.cost_priced is None, call.cost_priced or 0), call
        assert basis == ("" if call.cost_reported is not None else call.price_basis)
        assert now[call.native_id] == before[call.native_id] or version == call.price_version
    assert ledger.audit() == []


def test_it_is_undone_to_what_was_there(ledger: Ledger, books: tuple[PriceBook, PriceBook]) -> None:
    """Every column is as it was; calls that came since keep what they cost, and so do those that were sent again."""
    calls = filled(ledger, books[0], 300)
    before = stored(ledger)
    ledger.recosting.apply("one", Scope(), prices_of(books[1]), nothing)
    late = calls_of(9, 50, first=10_000)
    books[1].apply(late)
    again = calls[:40]
    for call in again:
        call.revision, call.output_tokens = call.revision + 1, 777
    books[1].apply(again)
    ledger.commit(Batch([*late, *again]))
    ledger.settle()
    newer = {call.native_id for call in (*late, *again)}
    since = {name: cost for name, cost in stored(ledger).items() if name in newer}
    ledger.recosting.undo("one", nothing)
    now = stored(ledger)
    assert {name: now[name] for name in since} == since
    assert {name: cost for name, cost in now.items() if name not in since} == {
        name: cost for name, cost in before.items() if name not in since
    }
    assert ledger.audit() == []
    with pytest.raises(LedgerError, match="undone already"):
        ledger.recosting.undo("one", nothing)


def test_only_the_calls_in_scope_change(ledger: Ledger, books: tuple[PriceBook, PriceBook]) -> None:
    """A provider, a model and a window can be named; a second finds nothing, and ends what could be undone."""
    filled(ledger, books[0], 300)
    before = stored(ledger, "provider, cost_usd, cost_priced, started_at")
    scope = Scope(provider="anthropic", since=START + 5 * _DAY, until=START + 20 * _DAY)
    ledger.recosting.apply("one", scope, prices_of(books[1]), nothing)
    changed = {
        name
        for name, row in stored(ledger, "provider, cost_usd, cost_priced, started_at").items()
        if row != before[name]
    }
    assert changed
    assert {before[name][0] for name in changed} == {"anthropic"}
    days = [
        ledger.fetch(
            Statement("SELECT native_id FROM calls WHERE quarter < $q", {"q": (START + 5 * _DAY) // 900_000_000})
        )
    ]
    assert not changed & {name for (name,) in days[0]}
    assert ledger.recosting.apply("two", scope, prices_of(books[1]), nothing).changed == 0
    with pytest.raises(LedgerError, match="newer"):
        ledger.recosting.undo("one", nothing)
    assert ledger.audit() == []


def test_what_is_cancelled_has_changed_nothing(ledger: Ledger, books: tuple[PriceBook, PriceBook]) -> None:
    """Progress can end it; new calls and sessions settle as ever afterwards."""
    filled(ledger, books[0], 300)
    before = stored(ledger)

    def cancel(_done: int, _all: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        ledger.recosting.apply("one", Scope(), prices_of(books[1]), cancel)
    assert stored(ledger) == before
    late = calls_of(9, 50, first=10_000)
    books[1].apply(late)
    ledger.commit(Batch(list(late)))
    assert ledger.audit() == []
    ledger.recosting.apply("two", Scope(), prices_of(books[1]), nothing)
    newer = calls_of(10, 50, first=20_000)
    books[1].apply(newer)
    ledger.commit(Batch(list(newer)))
    assert ledger.audit() == []


def test_commits_go_on_meanwhile(new_ledger: Callable[[], Ledger], books: tuple[PriceBook, PriceBook]) -> None:
    """What comes between two slices, is sent again or settled is as if it had come before or after."""
    ledger = new_ledger()
    calls = filled(ledger, books[0], 200)
    came: list[ModelCall] = []

    def meanwhile(_done: int, _all: int) -> None:
        more = calls_of(50 + len(came), 5, first=10_000 + len(came))
        books[1].apply(more)
        again = calls[len(came)]
        again.revision += 1
        books[1].apply([again])
        came.extend(more)
        ledger.commit(Batch([*more, again]))
        ledger.settle()

    ledger.recosting.apply("one", Scope(), prices_of(books[1]), meanwhile)
    assert came
    books[1].apply(calls)
    now = stored(ledger)
    for call in (*calls, *came):
        cost = now[call.native_id][0 if call.cost_reported is None else 1]
        assert int((cost or 0) * 10**9) == (call.cost_priced or 0)
    assert ledger.audit() == []
