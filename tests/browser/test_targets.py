"""Targets on the Sources page in a real browser: added, corrected, changed, paused and removed by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from generators.sources.ollama import ON_DISK, SHOWN
from servers.answering import Answering, Reply, answering
from servers.whole import Running, running

from .conftest import Opener


@pytest.fixture
def ollama() -> Iterator[Answering]:
    """An Ollama with two models."""
    replies = {"/api/tags": {"models": ON_DISK}, "/api/ps": {"models": []}, "/api/show": SHOWN}
    with answering({path: Reply(json.dumps(value).encode()) for path, value in replies.items()}) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server that looks for nothing by itself."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


@pytest.mark.parametrize("width", [390, 1440])
def test_a_target_is_added_corrected_changed_paused_and_removed(
    visit: Opener, server: Running, ollama: Answering, axe: Callable[..., list[str]], width: int
) -> None:
    """Without a mouse, and with what is wrong said at its field."""
    # The browser complains of the answer that says what is wrong.
    page = visit(f"{server.url}/sources", width=width, patient=True)
    section = page.locator("#targets")
    expect(section).to_contain_text("Nothing is asked")
    page.locator("#target-add").press("Enter")
    dialog = page.locator("#target")
    expect(dialog).to_be_visible()
    page.locator("#target-source").select_option("ollama")
    expect(page.locator("#target-source-hint")).to_contain_text("models")
    page.locator("#target-url").fill("gpu-1")
    page.locator("#target-url").press("Enter")
    expect(page.locator("#target-url-hint")).to_contain_text("http://")
    expect(page.locator("#target-url")).to_be_focused()
    expect(page.locator("#target-url")).to_have_attribute("aria-invalid", "true")
    assert axe(page) == []

    page.locator("#target-url").fill(ollama.url)
    expect(page.locator("#target-url")).not_to_have_attribute("aria-invalid", "true")
    page.locator("#target-name").fill("gpu-1")
    page.locator("#target-labels").fill("rack")
    page.locator("#target-labels").press("Enter")
    expect(page.locator("#target-labels-hint")).to_contain_text("name=value")
    page.locator("#target-labels").fill("rack=7")
    page.locator("#target-labels").press("Enter")
    expect(dialog).to_be_hidden()
    row = section.locator("tr", has_text="gpu-1")
    expect(row).to_contain_text("Up")
    expect(row).to_contain_text("this page")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    row.get_by_role("button", name="Change").press("Enter")
    expect(page.locator("#target-labels")).to_have_value("rack=7")
    page.locator("#target-name").fill("gpu-2")
    page.locator("#target-name").press("Enter")
    row = section.locator("tr", has_text="gpu-2")
    expect(row).to_be_visible()
    row.get_by_role("button", name="Pause").press("Enter")
    expect(row).to_contain_text("Paused")
    row.get_by_role("button", name="Ask again").press("Enter")
    expect(row).to_contain_text("Up")
    page.on("dialog", lambda asked: asked.accept())
    row.get_by_role("button", name="Remove").press("Enter")
    expect(section).to_contain_text("Nothing is asked")


def test_escape_leaves_everything_as_it_was(visit: Opener, server: Running) -> None:
    """Nothing is added, and what had the focus has it again."""
    page = visit(f"{server.url}/sources")
    page.locator("#target-add").press("Enter")
    page.locator("#target-url").fill("http://x")
    page.keyboard.press("Escape")
    expect(page.locator("#target")).to_be_hidden()
    expect(page.locator("#target-add")).to_be_focused()
    assert server.get("/api/targets").json()["targets"] == []


def test_a_mapping_of_ones_own(visit: Opener, server: Running) -> None:
    """Metrics of an exporter that nobody knows are kept as the options of its target say, lists of names among them."""
    told = b"my_busy_percent 50\nshop_orders_total 3\nother_total 2\nforeign 1\n"
    said = "keep=shop_*, other_total, metric.my_busy_percent=gpu.utilisation * 0.01"
    with answering({"/metrics": Reply(told)}) as exporter:
        page = visit(f"{server.url}/sources")
        page.locator("#target-add").press("Enter")
        page.locator("#target-source").select_option("prometheus")
        page.locator("#target-url").fill(f"{exporter.url}/metrics")
        page.locator("#target-options").fill(said)
        page.locator("#target-options").press("Enter")
        row = page.locator("#targets tbody tr")
        expect(row.get_by_title("3 records since the server started")).to_be_visible()
        row.get_by_role("button", name="Change").press("Enter")
        expect(page.locator("#target-options")).to_have_value(said)
        page.keyboard.press("Escape")
        expect(page.locator("#noticed")).to_be_visible()
    asked = {"measures": ["samples.last"], "by": ["samples.metric"], "since": "1h"}
    found = {one["metric"]: one["last"] for one in server.post("/api/query", asked).json()["rows"]}
    assert found == {"gpu.utilisation": 0.5, "shop_orders_total": 3, "other_total": 2}
