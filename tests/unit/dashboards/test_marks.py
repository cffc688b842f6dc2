"""What is marked on time axes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.charts.colours import Colours
from tokometer.dashboards import Context
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.marks import incident_marks, marks_of, price_marks
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.opening import open_ledger
from tokometer.measures import answer
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, to_us

BERLIN = ZoneInfo("Europe/Berlin")
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """The catalogue alone."""
    return PriceBook()


def book_of(folder: Path, text: str) -> PriceBook:
    """A book with the user's own prices."""
    (folder / "prices.toml").write_text(text, encoding="utf-8")
    return PriceBook.open(folder / "prices.toml")


def incident(start: datetime, minutes: int = 10, severity: str = "major", **other: Any) -> dict[str, Any]:
    """A row of the judgement `incidents`."""
    row = {"provider": "openai", "start": start, "duration": 60.0 * minutes, "severity": severity}
    return row | {"incidents": 0.75, "ongoing": False} | other


def test_a_changed_price_is_told_in_dollars(book: PriceBook) -> None:
    """With the model, its provider, and what it was before."""
    [change] = price_marks(book, [("bedrock", "global.openai.gpt-5.6-sol")], SINCE, UNTIL)
    assert change == Mark(
        datetime(2026, 8, 21, tzinfo=UTC),
        "global.openai.gpt-5.6-sol at Amazon Bedrock: input $5.00 → $4.00, output $30.00 → $20.00 per million tokens",
        "price",
    )


def test_only_what_is_used_within_the_window_is_marked(book: PriceBook) -> None:
    """No model, no mark; and none before or after the window."""
    used = [("bedrock", "global.openai.gpt-5.6-sol")]
    assert price_marks(book, [], SINCE, UNTIL) == []
    assert price_marks(book, used, datetime(2026, 8, 22, tzinfo=UTC), UNTIL) == []
    assert price_marks(book, used, SINCE, datetime(2026, 8, 21, tzinfo=UTC)) == []


def test_a_condition_is_told(book: PriceBook) -> None:
    """That it is about large calls only."""
    [change] = price_marks(book, [("anthropic", "claude-opus-4-6")], SINCE, UNTIL)
    assert change.text.endswith("(more than 200 k tokens of input)")


def test_own_prices_are_marked_in_the_viewers_time(tmp_path: Path) -> None:
    """One mark for all that changes at a moment; what had no price before says so."""
    text = "".join(
        f'[[price]]\nmodel = "own-{number}"\ninput = {number}\noutput = 2\nvalid_from = 2026-03-01\n'
        for number in range(1, 6)
    )
    used = [("", f"own-{number}") for number in range(1, 6)]
    [change] = price_marks(book_of(tmp_path, text), used, SINCE.astimezone(BERLIN), UNTIL)
    assert change.time == datetime(2026, 3, 1, 1, tzinfo=BERLIN)
    assert change.time.tzinfo is BERLIN
    first = (
        "own-1 at an unknown provider: priced from here on, input $1.00, output $2.00 per million tokens (prices.toml)"
    )
    assert change.text.startswith(f"{first}; own-2 at")
    assert change.text.endswith("; and 2 more")


def test_the_end_of_a_price(tmp_path: Path) -> None:
    """After it there is none."""
    text = '[[price]]\nmodel = "own"\ninput = 1\noutput = 2\nvalid_until = 2026-03-01\n'
    [change] = price_marks(book_of(tmp_path, text), [("", "own")], SINCE, UNTIL)
    assert change.text == "own at an unknown provider: no price from here on (prices.toml)"


def test_what_is_not_counted_in_tokens(tmp_path: Path) -> None:
    """A price of a request is told in dollars each."""
    text = "".join(
        f'[[price]]\nmodel = "own"\nrequest = {price}\n{when}\n'
        for price, when in ((0.02, "valid_from = 2026-03-01"), (0.01, "valid_until = 2026-03-01"))
    )
    [change] = price_marks(book_of(tmp_path, text), [("", "own")], SINCE, UNTIL)
    assert change.text == "own at an unknown provider: request $0.01 → $0.02 (prices.toml)"


def test_an_incident_is_told() -> None:
    """Where, how bad and how long; one that goes on says so, one of all calls names nobody."""
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    [mark] = incident_marks([incident(start)], SINCE, UNTIL)
    assert mark == Mark(start, "Major incident at OpenAI: 75 % failed, for 10 min", "incident")
    [mark] = incident_marks([incident(start, ongoing=True)], SINCE, UNTIL)
    assert mark.text.endswith("for 10 min so far")
    row = incident(start)
    del row["provider"]
    assert incident_marks([row], SINCE, UNTIL)[0].text.startswith("Major incident: ")


@given(
    starts=st.lists(
        st.tuples(st.integers(-50, 400), st.integers(1, 90), st.sampled_from(["critical", "major", "minor"])),
        max_size=30,
    ),
    most=st.integers(1, 12),
)
def test_the_worst_incidents_are_kept(starts: list[tuple[int, int, str]], most: int) -> None:
    """In order of time, none from outside the window, and none is left out for a milder one."""
    rows = [incident(SINCE + timedelta(days=day), minutes, severity) for day, minutes, severity in starts]
    found = incident_marks(rows, SINCE, UNTIL, most)
    inside = [row for row in rows if SINCE <= row["start"] < UNTIL]
    assert len(found) == min(most, len(inside))
    assert [mark.time for mark in found] == sorted(mark.time for mark in found)
    critical = sum(row["severity"] == "critical" for row in inside)
    assert sum(mark.text.startswith("Critical") for mark in found) == min(most, critical)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Half an hour of a provider's calls of which ten minutes failed, on the day after a price change."""
    found = open_ledger(tmp_path)
    start = datetime(2026, 8, 21, 12, tzinfo=UTC)
    calls = [
        ModelCall(
            source="test",
            native_id=f"{minute}",
            started_at=to_us(start + timedelta(minutes=minute)),
            provider="bedrock",
            model="global.openai.gpt-5.6-sol",
            input_tokens=10,
            output_tokens=5,
            status="server_error" if 10 <= minute < 20 else "ok",
        )
        for minute in range(30)
    ]
    found.commit(Batch(calls))
    found.settle()
    yield found
    found.close()


def test_marks_of_the_viewers_calls(book: PriceBook, ledger: Ledger) -> None:
    """Prices and incidents in order of time; on a long axis incidents would be dust; filters are heeded."""

    def marks(parameters: dict[str, list[str]]) -> list[Mark]:
        scope = parse_scope(parameters, ("model",), datetime(2026, 8, 22, 12, tzinfo=UTC))
        context = Context(scope, lambda question: answer(ledger, question, ("default",), now=scope.now), Colours())
        return marks_of(context, scope.window, book)

    price, failed = marks({"range": ["7d"]})
    assert (price.kind, failed.kind) == ("price", "incident")
    assert failed.time == datetime(2026, 8, 21, 12, 10, tzinfo=UTC)
    assert failed.text == "Critical incident at Amazon Bedrock: 100 % failed, for 10 min"
    assert [mark.kind for mark in marks({"range": ["90d"]})] == ["price"]
    assert marks({"range": ["7d"], "model": ["another"]}) == []
