"""From a trace to its records, its session and its error: by mouse, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running, running
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.records import AgentRun, ErrorDetail, ModelCall, Record, ToolCall, now_us, record_id

SECOND = 1_000_000
FEW, MANY = "few-1", "many-1"
Opener = Callable[..., Page]


def _few(at: int) -> list[Record]:
    common: dict[str, Any] = {"source": "otlp", "trace_id": FEW, "session_id": "sess-1"}
    call: dict[str, Any] = {**common, "provider": "anthropic", "model": "claude-sonnet-4-5", "agent": "scout"}
    return [
        AgentRun(
            **common, native_id="r", started_at=at, span_id="r", agent="scout", status="ok", ended_at=at + 60 * SECOND
        ),
        ModelCall(
            **call,
            native_id="a",
            started_at=at + SECOND,
            span_id="a",
            parent_id="r",
            latency_us=5 * SECOND,
            input_tokens=90_000,
            cache_read_tokens=60_000,
            output_tokens=900,
            cost_reported=300_000_000,
        ),
        ToolCall(
            **common,
            native_id="t",
            started_at=at + 7 * SECOND,
            span_id="t",
            parent_id="a",
            name="Bash",
            status="ok",
            duration_us=SECOND,
        ),
        ModelCall(
            **call,
            native_id="b",
            started_at=at + 9 * SECOND,
            span_id="b",
            parent_id="r",
            status="rate_limit",
            error_message="Slow down",
            request_id="req_b",
            latency_us=SECOND,
        ),
        ErrorDetail(
            source="otlp",
            native_id="d",
            started_at=at + 10 * SECOND,
            request_id="req_b",
            message="Slow down",
            stack_trace="at line 7",
        ),
        ModelCall(
            **call,
            native_id="c",
            started_at=at + 20 * SECOND,
            span_id="c",
            parent_id="r",
            latency_us=5 * SECOND,
            input_tokens=9_000,
            cache_read_tokens=3_000,
            output_tokens=90,
            cost_reported=100_000_000,
        ),
    ]


def _many(at: int) -> list[Record]:
    return [
        ToolCall(
            source="otlp",
            native_id=f"m{n}",
            started_at=at + n,
            trace_id=MANY,
            span_id=f"m{n}",
            parent_id="" if n == 0 else f"m{(n - 1) // 3}",
            name=f"tool {n}",
            status="ok",
            duration_us=n + 1,
        )
        for n in range(3_000)
    ]


def _outage(at: int) -> list[Record]:
    """A provider that has just stopped answering: calls that fail, each with details of its error."""
    calls: list[Record] = [
        ModelCall(
            source="api",
            native_id=f"o{number}",
            started_at=at + number * 5 * SECOND,
            provider="openai",
            model="gpt-5.1",
            status="server_error",
            http_status=503,
            error_message="Overloaded",
            request_id=f"req_o{number}",
            latency_us=SECOND,
        )
        for number in range(60)
    ]
    details = [
        ErrorDetail(
            source="api",
            native_id=f"od{number}",
            started_at=at + number * 5 * SECOND,
            request_id=f"req_o{number}",
            message="Overloaded",
            request='{"authorization": "Bearer …1234", "model": "gpt-5.1"}',
        )
        for number in range(60)
    ]
    return [*calls, *details]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a small trace that has everything, and one of three thousand records."""
    folder: Path = tmp_path_factory.mktemp("following")
    at = now_us() - 3_600 * SECOND
    ledger = open_ledger(folder / "data")
    ledger.commit(Batch([*_few(at), *_many(at), *_outage(now_us() - 400 * SECOND)]))
    ledger.settle()
    ledger.close()
    with running(folder / "data", folder / "home") as found:
        yield found


def _id(native_id: str) -> str:
    return str(UUID(bytes=record_id("default", "otlp", native_id)))


def test_a_trace_is_walked_by_keyboard(server: Running, visit: Opener, axe: Callable[..., list[str]]) -> None:
    """Arrows move and fold as in a treegrid, e finds the error and shows it beside, and from there its page opens."""
    page = visit(f"{server.url}/trace?id={FEW}")
    rows = page.locator(".tree-row")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("$0.40")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_contain_text("claude-sonnet-4-5")
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(4)
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_contain_text("Bash")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_attribute("aria-level", "2")
    page.keyboard.press("e")
    expect(page.locator(":focus")).to_contain_text("rate limit")
    expect(page.locator("#part")).to_contain_text("Slow down")
    assert axe(page) == []
    page.locator("#part").get_by_role("link", name="Error").click()
    expect(page.locator("#payload")).to_contain_text("at line 7")
    assert axe(page) == []
    page.get_by_role("link", name="Session").first.click()
    expect(page.get_by_role("heading", name="Session")).to_be_visible()


def test_of_a_large_trace_only_what_is_in_view_is_drawn(server: Running, visit: Opener) -> None:
    """Three thousand rows are scrolled and jumped through with some dozens of them in the document."""
    page = visit(f"{server.url}/trace?id={MANY}")
    expect(page.locator("#tree")).to_have_attribute("aria-rowcount", "3001")
    page.locator(".tree-row").first.focus()
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_attribute("aria-rowindex", "3001")
    assert page.locator(".tree-row").count() < 120
    page.get_by_role("button", name="Fold", exact=True).click()
    expect(page.locator(".tree-row")).to_have_count(1)
    page.get_by_role("button", name="Expand all").click()
    address = page.url.split("&record=", maxsplit=1)[0]
    page = visit(f"{address}&span=m2500")
    expect(page.locator('[aria-selected="true"]')).to_contain_text("tool 2500")
    expect(page.locator("#part")).to_contain_text("tool 2500")


def test_a_session_and_a_call_are_readable_and_keep_to_themselves(
    server: Running, visit: Opener, axe: Callable[..., list[str]]
) -> None:
    """The session draws its context and its cost; kinds of record can be left out; links elsewhere take no id along."""
    page = visit(f"{server.url}/session?id=sess-1")
    expect(page.locator('[data-chart="context"][data-drawn]')).to_be_visible()
    expect(page.locator('[data-chart="cost"][data-drawn]')).to_be_visible()
    expect(page.locator("#compactions")).to_contain_text("150 k")
    page.get_by_role("button", name="Tool call").click()
    expect(page.locator("#timeline-rows tr", has_text="Bash")).to_be_hidden()
    assert axe(page) == []
    link = page.locator(".sidebar a", has_text="Providers")
    link.hover()
    link.focus()
    assert "id=" not in (link.get_attribute("href") or "")
    page.goto(f"{server.url}/record?cube=calls&id={_id('a')}")
    expect(page.locator("#price tfoot")).to_contain_text("$0.30")
    assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(server: Running, visit: Opener, scheme: str) -> None:
    """All four pages, at 360 px, in both themes."""
    page = visit(f"{server.url}/trace?id={FEW}", width=360, scheme=scheme)
    for path in (
        "/session?id=sess-1",
        f"/record?cube=calls&id={_id('a')}",
        f"/error?id={_id('b')}",
        f"/trace?id={FEW}",
    ):
        page.goto(server.url + path)
        expect(page.locator(".facts-strip").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_from_a_red_cell_to_the_payload_in_two_clicks(server: Running, visit: Opener) -> None:
    """A critical cell of the Incident page leads to its calls, and the first of those to what was sent."""
    page = visit(f"{server.url}/incidents")
    red = page.locator('.standing.critical a[href^="/explore"]').first
    expect(red).to_be_visible(timeout=30_000)
    red.click()
    page.locator('main a[href^="/error"]').first.click()
    expect(page.locator("#payload")).to_contain_text("Bearer …1234")
    expect(page.locator("#elsewhere")).to_contain_text("60")
