"""The Usage page in a real browser, on a real server."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from servers.halted import halted, transcripts
from servers.whole import Running, running

from .sight import held_while

#: Opens a page; see conftest.
Opener = Callable[..., Page]
_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_DRAWN = "() => document.querySelectorAll('.panel .chart[data-drawn]').length"


def _ready(page: Page) -> None:
    """Wait until every panel is there."""
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def _draw_all(page: Page) -> None:
    """Bring every chart into view once."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    expect(page.locator(".chart:not([data-drawn])")).to_have_count(0, timeout=20_000)
    page.evaluate("scrollTo(0, 0)")


def _record(tokens: int) -> dict[str, object]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"started_at": now, "provider": "openai", "model": "gpt-4o", "input_tokens": tokens, "output_tokens": 1}


def _overflow(page: Page) -> int:
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return int(width)


@pytest.mark.parametrize(
    ("name", "scheme", "width"), [("light", "light", 1440), ("dark", "dark", 1440), ("phone", "light", 390)]
)
def test_pictures(demo: Running, visit: Opener, tmp_path: Path, name: str, scheme: str, width: int) -> None:
    """The page draws everything in light, in dark and on a phone; `make pictures` puts that into the docs."""
    page = visit(f"{demo.url}/usage?range=30d", width=width, height=844 if width < 500 else 1000, scheme=scheme)
    _ready(page)
    _draw_all(page)
    assert page.evaluate(_DRAWN) == 7
    assert page.locator("html").get_attribute("data-theme") == scheme
    assert _overflow(page) <= 0
    height = page.evaluate("document.documentElement.scrollHeight") if width > 500 else 1688
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(300)
    folder = _IMAGES if os.environ.get("PICTURES") else tmp_path
    page.screenshot(path=folder / f"usage-{name}.png")


@pytest.mark.parametrize("width", [360, 768, 1024, 2560])
def test_any_width(visit: Opener, still: Running, width: int) -> None:
    """From a small phone to a wide screen nothing sticks out sideways."""
    page = visit(f"{still.url}/usage", width=width)
    _ready(page)
    assert _overflow(page) <= 0


def test_says_that_it_is_a_demo(demo: Running, visit: Opener) -> None:
    """Every page on generated data says so."""
    for path in ("/usage", "/sources"):
        expect(visit(demo.url + path).get_by_role("region", name="Demo data")).to_contain_text("Demo data")


def test_figures_are_those_of_the_api(visit: Opener, still: Running) -> None:
    """What the page shows is what the API says, in the viewer's own time zone."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    month = still.get("/api/analytics/usage?tz=Europe/Berlin").json()["summary"]["month"]
    card = page.locator(".period", has_text="This month")
    assert card.locator("dd").first.get_attribute("title") == f"{month['requests']:,}"
    assert (card.locator(".figure").get_attribute("title") or "").replace(",", "") == f"${month['cost']:.9f}".rstrip(
        "0"
    )
    expect(page.locator(".panel-figures .panel-sub")).to_contain_text("Europe/Berlin")


def test_click_filters(visit: Opener, still: Running) -> None:
    """A click on a model narrows every panel, stands in the URL as a chip, and can be taken back."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    first = page.locator("[data-panel='usage.models'] tbody .pick").first
    name = first.get_attribute("data-value") or ""
    first.click()
    expect(page.locator("[data-panel='usage.models'] tbody tr")).to_have_count(1)
    assert f"model={name}" in page.url
    expect(page.locator(".chip")).to_contain_text(name)
    expect(page.locator("[data-panel='usage.providers'] tbody tr")).to_have_count(1)
    page.locator(".chip button").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("[data-panel='usage.models'] tbody tr").nth(1)).to_be_visible()
    page.go_back()
    expect(page.locator(".chip")).to_contain_text(name)


def test_ranges(visit: Opener, still: Running) -> None:
    """Every range can be chosen, and a window moved and chosen by dates."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    for key, title in (("today", "Today"), ("30d", "Last 30 days"), ("month", "This month"), ("24h", "Last 24 hours")):
        page.locator("#range summary").click()
        page.locator(f"[data-range='{key}']").click()
        expect(page.locator(".panel-figures h3")).to_have_text(title)
        assert f"range={key}" in page.url
    page.locator("#range summary").click()
    page.locator(".custom input[name=since]").fill("2026-01-01")
    page.locator(".custom input[name=until]").fill("2026-01-31")
    page.locator("form.custom button").click()
    expect(page.locator(".panel-figures h3")).to_have_text("1 Jan 2026 – 31 Jan 2026")
    page.keyboard.press("]")
    expect(page.locator(".panel-figures h3")).to_contain_text("1 Feb 2026")


def test_trends_and_measure(visit: Opener, still: Running) -> None:
    """Trends switch between days, weeks and months, the main chart between cost, tokens and requests."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.get_by_role("button", name="Weekly").click()
    expect(page.locator("[data-panel='usage.cost'] .panel-sub")).to_have_text("Last 12 weeks")
    page.locator("[data-panel='usage.spend']").get_by_role("button", name="Tokens", exact=True).click()
    expect(page.locator("[data-panel='usage.spend'] h3")).to_have_text("Tokens by model")
    assert "trend=week" in page.url


def test_keyboard(visit: Opener, still: Running) -> None:
    """Shortcuts are listed, find filters, go to pages, switch the theme and pause; charts are read with arrow keys."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.type("claude")
    # At once: what is chosen is the first that has all that was typed, not the first of an earlier list.
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    before = page.locator("html").get_attribute("data-theme")
    page.keyboard.press("t")
    assert page.locator("html").get_attribute("data-theme") != before
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.keyboard.press("l")
    expect(page.locator("#live")).to_have_attribute("data-state", "paused")
    expect(page.locator(".chart[data-drawn]").first).to_be_attached(timeout=20_000)
    page.locator(".chart").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    # What it was filtered by goes along.
    expect(page).to_have_url(re.compile(rf"^{still.url}/sources\?(\w+\.)?model="))


def test_typing_ahead(visit: Opener, still: Running) -> None:
    """What is typed while the filter is still being fetched is written into it, and presses no other shortcut."""

    def type_on(page: Page) -> None:
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        page.keyboard.press("f")
        page.keyboard.type("cla")

    page, finder = held_while(visit, f"{still.url}/usage", "**/finder*.js", type_on)
    finder.continue_()
    expect(page.locator("#filter-text")).to_be_focused()
    page.keyboard.type("ude")
    expect(page.locator("#filter-text")).to_have_value("claude")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")


@pytest.mark.parametrize(("key", "script", "words"), [("f", "finder", "claude"), ("/", "palette", "billing")])
def test_what_is_typed_and_entered_ahead_is_done(
    visit: Opener, still: Running, key: str, script: str, words: str
) -> None:
    """Words and Enter that come before the dialog does choose in it what they would have."""

    def enter(page: Page) -> None:
        page.keyboard.press(key)
        page.keyboard.type(words)
        page.keyboard.press("Enter")

    page, asked = held_while(visit, f"{still.url}/usage", f"**/{script}*.js", enter)
    asked.continue_()
    if key == "f":
        expect(page.locator(".chip")).to_have_count(1)
    else:
        page.wait_for_url("**/billing**")


def test_focus_is_visible(visit: Opener, still: Running) -> None:
    """Whatever the Tab key reaches first has an outline."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", "")


def test_tooltip(visit: Opener, still: Running) -> None:
    """Over a chart, one tooltip says all series at that time and their total."""
    page = visit(f"{still.url}/usage?range=30d")
    _ready(page)
    expect(page.locator(".chart[data-drawn]").first).to_be_attached(timeout=20_000)
    box = page.locator("[data-panel='usage.spend'] .chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    expect(page.locator("#tip")).to_be_visible()
    expect(page.locator("#tip .sum")).to_contain_text("$")


def test_explains(visit: Opener, still: Running) -> None:
    """Every panel says how it is computed, in which window, with which filters."""
    page = visit(f"{still.url}/usage?team=research")
    _ready(page)
    for panel in page.locator("[data-panel]").all():
        panel.locator(".why").first.dispatch_event("click")
        expect(page.locator("#explain")).to_be_visible()
        expect(page.locator("#explain")).to_contain_text("Team is research")
        expect(page.locator("#explain")).to_contain_text("Computed as")
        page.keyboard.press("Escape")


def test_sorting_and_other(visit: Opener, still: Running) -> None:
    """A table is sorted by its heads, stays so when it is refreshed, and opens *Other*."""
    page = visit(f"{still.url}/usage?range=90d")
    _ready(page)
    table = page.locator("[data-panel='usage.models']")
    table.get_by_role("button", name="Requests", exact=True).click()
    values = [
        float(v.get_attribute("data-sort-value") or 0)
        for v in table.locator("tbody tr:not(.folded):not(.more-row) td:nth-child(6)").all()
    ]
    assert values == sorted(values, reverse=True)
    table.get_by_role("button", name="Other").click()
    expect(table.locator("tr.folded").first).to_be_visible()


def test_empty_then_live(empty: Running, visit: Opener) -> None:
    """Without data the page says how to send some; the first call is on the page within a second, without a reload."""
    page = visit(f"{empty.url}/usage")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#empty")).to_contain_text("OTEL_EXPORTER_OTLP_ENDPOINT")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.locator("[data-copy]").last.click()
    command, *words = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    # It runs where it is pasted, beside this server.
    assert words == ["demo", "--port", "0"]
    assert subprocess.run([command, "--version"], capture_output=True, check=True).stdout.startswith(b"tokometer ")
    assert empty.post("/api/calls", [_record(999)]).json()["accepted"] == 1
    expect(page.locator(".period").first).to_contain_text("1,000", timeout=20_000)
    expect(page.locator("#empty")).to_be_hidden()
    assert empty.post("/api/calls", [_record(4_000)]).json()["accepted"] == 1
    expect(page.locator(".period").first).to_contain_text("5,001", timeout=20_000)


def test_nothing_moves(empty: Running, visit: Opener) -> None:
    """New data changes figures in place: no panel changes its place or size."""
    empty.post("/api/calls", [_record(10 + index) for index in range(50)])
    page = visit(f"{empty.url}/usage")
    _ready(page)
    boxes = "[...document.querySelectorAll('[data-panel], .chart')].map(e => JSON.stringify(e.getBoundingClientRect()))"
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    before = page.evaluate(boxes)
    empty.post("/api/calls", [_record(70_000)])
    expect(page.locator(".period").first.locator("dd").first).to_have_text("51", timeout=20_000)
    assert page.evaluate(boxes) == before


def test_stale(empty: Running, visit: Opener) -> None:
    """When the server is gone the page says since when, and keeps what it last knew."""
    empty.post("/api/calls", [_record(10)])
    page = visit(f"{empty.url}/usage", patient=True)
    _ready(page)
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    empty.stop(signal.SIGKILL)
    expect(page.locator("#live")).to_contain_text(re.compile(r"Not live since \d\d:\d\d:\d\d"), timeout=10_000)
    expect(page.locator(".period").first).to_contain_text("11")


def test_failing_panel(visit: Opener, still: Running) -> None:
    """A panel that cannot be fetched says why and offers another try; the others are there."""
    page = visit(f"{still.url}/usage?tz=Nowhere/Land", patient=True)
    expect(page.locator(".failed").first).to_contain_text("IANA time zone")
    expect(page.locator(".failed button").first).to_have_text("Try again")


def test_drawer(visit: Opener, still: Running) -> None:
    """On a phone the sidebar is a drawer."""
    page = visit(f"{still.url}/usage", width=360, height=740)
    _ready(page)
    expect(page.locator(".sidebar")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator(".sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".sidebar")).to_be_hidden()


def test_refused(empty: Running, visit: Opener) -> None:
    """What was refused is listed with its place, field and reason, and counted beside the page's name."""
    reply = empty.post("/api/calls", [{**_record(1), "input_tokens": -5}, _record(2)]).json()
    assert (reply["accepted"], len(reply["refused"])) == (1, 1)
    page = visit(f"{empty.url}/sources")
    expect(page.locator("#refused tbody tr")).to_have_count(1)
    expect(page.locator("#refused tbody tr")).to_contain_text("input_tokens")
    expect(page.locator(".sidebar .count")).to_have_text("1")


def test_not_understood(empty: Running, visit: Opener) -> None:
    """What no rule read is listed with its count, what it is and what would mend it, and never its content."""
    empty.post("/api/calls", [{**_record(number), "prompt": "lighthouse <b>"} for number in (71, 72)])
    page = visit(f"{empty.url}/sources")
    row = page.locator("#noticed tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("calls.prompt")
    expect(row.locator("td").first).to_have_text("2")
    expect(row).to_contain_text("A field that is not kept")
    expect(page.get_by_role("main")).not_to_contain_text("lighthouse")


def test_a_cost_that_is_not_exact_says_so(visit: Opener, still: Running) -> None:
    """A small mark stands beside it, says how much of it is assumed, and leads to the list of why."""
    page = visit(f"{still.url}/usage?range=30d")
    _ready(page)
    mark = page.locator(".strip a.approx")
    expect(mark).to_have_count(1)
    expect(mark).to_have_attribute("aria-label", re.compile(r"^≈ \$[\d.]+ of it is assumed: [\d,]+ calls?"))
    mark.click()
    expect(page).to_have_url(f"{still.url}/sources?range=30d#prices")
    expect(page.locator("#prices tbody tr", has_text="assumed").first).to_contain_text("prices.toml")


def test_what_is_not_in_a_cost_leads_to_its_own_list(visit: Opener, still: Running) -> None:
    """A chip for models without a price and one for calls of unknown usage; the way back keeps range and filters."""
    asked = "range=90d&compare=0"
    for words, anchor in (("unpriced", "no-price"), ("of unknown usage", "usage-unknown")):
        page = visit(f"{still.url}/usage?{asked}")
        _ready(page)
        page.locator("a.unpriced", has_text=words).first.click()
        expect(page).to_have_url(f"{still.url}/sources?{asked}#{anchor}")
        expect(page.locator(f"#{anchor}")).to_be_in_viewport()
        page.locator(".sidebar").get_by_role("link", name="Usage").click()
        expect(page).to_have_url(f"{still.url}/usage?{asked}")


def test_sources_wait_for_data_and_say_when_it_came(empty: Running, visit: Opener) -> None:
    """The ways in stay reachable, and the page renews itself while somebody looks."""
    page = visit(f"{empty.url}/sources")
    api = page.locator("[data-received=api]")
    empty.post("/api/calls", [_record(7)])
    expect(api).to_contain_text("Received 1 record", timeout=10_000)
    expect(page.locator("[data-received=sources]")).to_contain_text("API")
    expect(page.locator("#connect")).to_contain_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}")


def _line(number: int, tokens: int) -> str:
    """An answer as Claude Code writes it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    usage = {"input_tokens": tokens, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 0}
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5",
        "usage": usage,
    }
    line = {
        "type": "assistant",
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "sessionId": "11111111-1111-4111-8111-111111111111",
        "requestId": f"req_{number}",
        "timestamp": now,
        "cwd": "/somewhere",
        "message": message,
    }
    return json.dumps(line, separators=(",", ":")) + "\n"


def test_transcripts_that_grow(empty: Running, visit: Opener) -> None:
    """A transcript that appears under HOME, and grows there, is on the page by itself."""
    page = visit(f"{empty.url}/usage")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    folder = empty.home / ".claude" / "projects" / "-somewhere"
    folder.mkdir(parents=True)
    transcript = folder / "11111111-1111-4111-8111-111111111111.jsonl"
    transcript.write_text(_line(1, 1_100))
    tokens = page.locator(".period").first.locator("dd[title]").nth(1)
    expect(tokens).to_have_text("1,100", timeout=15_000)
    for number in (2, 3):
        with transcript.open("a") as file:
            file.write(_line(number, 1_000))
        expect(tokens).to_have_text(f"{number},100", timeout=20_000)


def test_says_how_far_a_first_import_is(visit: Opener, tmp_path: Path) -> None:
    """The newest is on the page while older files are still read, with a quiet line; the line goes when they are in."""
    home = tmp_path / "home"
    old = transcripts(home)
    with running(tmp_path / "data", home, discover=True) as server:
        with halted(server, old):
            page = visit(f"{server.url}/usage", patient=True)
            reading = page.locator("[data-show=reading]")
            expect(reading).to_have_text(re.compile(r"^Reading 1 of 2 files, back to \d+ [A-Z][a-z]+$"), timeout=15_000)
            expect(page.locator(".period").first.locator("dd[title]").nth(1)).to_have_text("42")
        expect(reading).to_be_hidden(timeout=60_000)


def test_opentelemetry(empty: Running, visit: Opener) -> None:
    """Spans that the OpenTelemetry SDK exports are on the page by themselves."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    page = visit(f"{empty.url}/usage")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{empty.url}/v1/traces")))
    with provider.get_tracer("test").start_as_current_span("chat gpt-4o") as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.model": "gpt-4o",
                "gen_ai.usage.input_tokens": 700,
                "gen_ai.usage.output_tokens": 77,
            }
        )
    expect(page.locator(".period").first.locator("dd[title]").nth(1)).to_have_text("777", timeout=20_000)
    provider.shutdown()
