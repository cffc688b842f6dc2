"""A real ledger with a few records, looked at by panels at a fixed moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tokometer.charts.colours import Colours
from tokometer.dashboards.context import Context
from tokometer.dashboards.panel import Panel, View
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.protocol import Batch
from tokometer.measures import answer
from tokometer.records import ModelCall, Record, to_us
from tokometer.server.templates import render
from tokometer.settings import Settings

#: A Friday at noon.
NOW: Final = datetime(2026, 5, 15, 12, 7, tzinfo=UTC)
#: What somebody could call a model to break a page.
HOSTILE: Final = ("<script>alert(1)</script>", "\u202egnp.exe", "😀" * 40, "x" * 500, "\"&'<b>")


def call(at: datetime, number: int = 0, **more: Any) -> ModelCall:
    """A call of so long ago; `number` tells calls of one moment apart."""
    fields: dict[str, Any] = {
        "source": "api",
        "native_id": f"{at.isoformat()}-{number}-{more.get('provider', '')}-{more.get('model', '')}",
        "started_at": to_us(at),
        "provider": "openai",
        "model": "gpt-5",
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_reported": 1_000_000_000,
    }
    return ModelCall(**(fields | more))


@contextmanager
def looking(
    folder: Path,
    records: Iterable[Record],
    settings: Settings | None = None,
    now: datetime = NOW,
    **chosen: str,
) -> Iterator[Context]:
    """What a panel gets to answer with: a ledger with these records, and what the viewer has `chosen`."""
    ledger = open_ledger(folder)
    try:
        found = list(records)
        if found:
            ledger.commit(Batch(records=found))
            ledger.settle()
        parameters: Mapping[str, list[str]] = {name: [value] for name, value in chosen.items()}
        scope = parse_scope(parameters, ("model", "provider", "team"), now)
        yield Context(
            scope,
            lambda question: answer(ledger, question, ("default",), now=now),
            Colours(),
            settings or Settings(),
        )
    finally:
        ledger.close()


def fragment(panel: Panel, view: View) -> str:
    """The HTML that a page shows of a view."""
    frame: dict[str, Any] = {"title": panel.title, "unheard": [], "dimensions": []}
    return render(f"panels/{panel.kind}.html", panel=panel, frame=frame, shown=view.shown, filtered=False)
