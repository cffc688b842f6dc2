"""The tail of what was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.kinds import Feed
from tokometer.dashboards.panel import View
from tokometer.measures import Filter
from tokometer.records import ERRORS, LogLine, Record, to_us

_ERRORS = Feed(
    id="x.errors",
    title="Errors",
    of="calls.errors",
    columns=("error_type", "provider", "model", "http_status"),
    long="error_message",
    more=("request_id", "latency_ms"),
    where=(Filter("calls.status", "in", ERRORS),),
    limit=5,
)
_LOGS = Feed(id="x.logs", title="Logs", of="logs.lines", columns=("level", "service"), long="message")


def _failed(number: int, **more: object) -> Record:
    fields: dict[str, object] = {"status": "timeout", "error_message": f"Too late, {number}"}
    return call(NOW - timedelta(minutes=number), number, **(fields | more))


def _see(folder: Path, panel: Feed, records: Iterable[Record], **chosen: str) -> View:
    with looking(folder, records, **chosen) as context:
        return panel.view(context)


def test_newest_first_and_no_more_than_asked(tmp_path: Path) -> None:
    """Of many failed calls the last five are shown, the newest first, and that there are more is said."""
    view = _see(tmp_path, _ERRORS, [*map(_failed, range(9)), call(NOW)], range="24h")
    assert [row["text"] for row in view.shown["rows"]] == [f"Too late, {at}" for at in range(5)]
    assert view.shown["sub"] == "the newest 5"
    assert [row[5] for row in view.table.rows] == [row["text"] for row in view.shown["rows"]]
    assert view.table.columns == (
        "at",
        "error_type",
        "provider",
        "model",
        "http_status",
        "error_message",
        "request_id",
        "latency_ms",
    )


def test_states_have_words(tmp_path: Path) -> None:
    """What kind of error it was stands there as an icon's state and in words."""
    view = _see(tmp_path, _ERRORS, [_failed(1, status="rate_limit"), _failed(2)], range="24h")
    cells = [row["cells"][0] for row in view.shown["rows"]]
    assert [(cell.standing, cell.text) for cell in cells] == [("warning", "Rate limit"), ("critical", "Timeout")]


def test_time_is_the_viewers(tmp_path: Path) -> None:
    """Today's records have the time of the clock, earlier ones their day; all of it is said on hover."""
    view = _see(tmp_path, _ERRORS, [_failed(2), _failed(13 * 60)], range="24h", tz="Asia/Kolkata")
    [recent, earlier] = [row["at"] for row in view.shown["rows"]]
    assert (recent["text"], recent["exact"]) == ("17:35:00", "Friday 15 May 2026, 17:35:00.000, UTC+05:30")
    assert earlier["text"] == "04:37:00"
    view = _see(tmp_path, _ERRORS, [], range="24h", tz="UTC")
    assert [row["at"]["text"] for row in view.shown["rows"]] == ["12:05:00", "14 May 23:07:00"]


def test_long_messages_open(tmp_path: Path) -> None:
    """A message of one short line stands there whole; a longer one is cut and opens, and loses nothing."""
    long = "first line\n  second " + "x" * 300
    rows = _see(tmp_path, _ERRORS, [_failed(1, error_message=long), _failed(2)], range="24h").shown["rows"]
    assert [row["long"] for row in rows] == [True, False]
    assert rows[0]["text"] == long
    assert "\n" not in rows[0]["line"]
    assert len(rows[0]["line"]) <= 180


def test_open_rows_tell_what_is_known(tmp_path: Path) -> None:
    """What a record does not say has no line."""
    [row] = _see(tmp_path, _ERRORS, [_failed(1, request_id="req_1")], range="24h").shown["rows"]
    assert row["more"] == [("Request id", "req_1")]


def test_filters_of_the_page_hold(tmp_path: Path) -> None:
    """Filtered by a model, there are only its errors."""
    view = _see(tmp_path, _ERRORS, [_failed(1, model="a"), _failed(2, model="b")], range="24h", model="b")
    assert [row["text"] for row in view.shown["rows"]] == ["Too late, 2"]


@pytest.mark.parametrize("panel", [_ERRORS, _LOGS], ids=lambda panel: panel.id)
def test_nothing_at_all(tmp_path: Path, panel: Feed) -> None:
    """An empty ledger gives an empty view."""
    view = _see(tmp_path, panel, [])
    assert view.empty
    assert not view.shown["rows"]


def test_log_lines(tmp_path: Path) -> None:
    """Lines of a log are records like any other, whatever they contain."""
    lines = [
        LogLine(
            source="otlp", native_id=str(at), started_at=to_us(NOW) - at, level="error", service="gateway", message=text
        )
        for at, text in enumerate(HOSTILE)
    ]
    rows = _see(tmp_path, _LOGS, lines, range="24h").shown["rows"]
    assert [row["text"] for row in rows] == list(HOSTILE)
    assert {cell.text for row in rows for cell in row["cells"]} == {"Error", "gateway"}
