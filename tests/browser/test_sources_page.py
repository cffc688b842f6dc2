"""The Sources page with long names, and with what comes while somebody looks, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from playwright.sync_api import expect

from servers.whole import Running, running
from tokometer.sources.shipment.source import MEDIA_TYPE

from .conftest import Opener
from .sight import leaving, outside, over, widen

#: Of what people may give names to.
LONG = "a-name-that-somebody-gave-it-to-tell-it-from-all-the-others-in-the-data-centre-of-the-west-wing-" * 2


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server with a target, refused and passed over records of long names."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        target = {"source": "prometheus", "url": f"http://127.0.0.1:9/{LONG[:150]}", "name": LONG[:100]}
        assert found.post("/api/targets", target).status < 300
        at = "2026-08-01T10:00:00Z"
        call = {"started_at": at, "input_tokens": 1, "model": LONG + LONG}
        calls = [call, {**call, LONG[:90]: 1}, {**call, "input_tokens": -1}]
        answer = found.post("/api/calls", calls).json()
        assert (answer["accepted"], len(answer["refused"])) == (1, 2)
        yield found


def test_long_names_keep_to_their_cards(visit: Opener, server: Running, axe: Callable[..., list[str]]) -> None:
    """No table is wider than its card on a desk, and nothing sticks out on a phone; paths read from left to right."""
    page = visit(f"{server.url}/sources")
    expect(page.locator("#targets tbody tr")).to_be_visible()
    for width in (1440, 1280, 390):
        widen(page, width)
        assert [*outside(page), *over(page), *leaving(page)] == []
    assert axe(page) == []
    place = page.locator("#refused .place bdi").first
    expect(place).to_have_attribute("dir", "ltr")


def test_what_comes_while_somebody_looks(visit: Opener, server: Running) -> None:
    """A machine that ships for the first time appears by itself; the way to connect a source is a click."""
    page = visit(f"{server.url}/sources")
    page.get_by_role("link", name="Connect a source").click()
    expect(page.locator("#connect")).to_be_in_viewport()
    expect(page.locator("#machines")).to_have_count(0)
    body, media = import_module("generators.sources.shipment").EXAMPLES[-1].bodies[0]
    assert media == MEDIA_TYPE
    assert server.post("/api/shipments", body, {"Content-Type": media}).status == 200
    expect(page.locator("#machines")).to_contain_text("1 machine that ships what it has")
