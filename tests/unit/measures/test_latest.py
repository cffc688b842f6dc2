"""When something was used last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from generators.looked_at import NOW, call
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Filter, answer
from tokometer.measures.latest import latest, latest_by

OLD = datetime(2025, 8, 1, 23, 30, 5, 250_000, tzinfo=UTC)


def test_the_newest_call_under_filters(tmp_path: Path) -> None:
    """To the microsecond, however old it is, in any zone; None where nothing ever was."""
    ledger = open_ledger(tmp_path)

    def ask(question: object) -> object:
        return answer(ledger, question, now=NOW)  # type: ignore[arg-type]

    assert latest(ask) is None  # type: ignore[arg-type]
    ledger.commit(
        Batch(
            records=[
                call(OLD - timedelta(days=30), provider="groq"),
                call(OLD - timedelta(minutes=1)),
                call(OLD),
                call(NOW - timedelta(hours=1), provider="groq", source="otlp"),
            ]
        )
    )
    openai = (Filter("calls.provider", "=", ("openai",)),)
    assert latest(ask, openai) == OLD  # type: ignore[arg-type]
    assert latest(ask, openai, "Asia/Tokyo") == OLD.astimezone(ZoneInfo("Asia/Tokyo"))  # type: ignore[arg-type]
    assert latest(ask) == NOW - timedelta(hours=1)  # type: ignore[arg-type]
    assert latest(ask, (Filter("calls.model", "=", ("nobody",)),)) is None  # type: ignore[arg-type]
    assert latest_by(ask, "calls.source") == {"api": OLD, "otlp": NOW - timedelta(hours=1)}  # type: ignore[arg-type]
    ledger.close()
