"""Tests of tokometer.server.assets, over HTTP, and of the files themselves."""

from __future__ import annotations

import re

from servers.whole import Running
from tokometer.charts.theme import tokens
from tokometer.server.assets import assets, assets_key


def test_kept_for_ever(server: Running) -> None:
    """Everything that a page loads may be kept for ever, because its address changes with its content."""
    page = server.get("/usage").text
    found = set(re.findall(r'(?:href|src|data-vega|data-charts)="(/static/[^"]+)"', page))
    assert len(found) >= 8
    for address in found:
        reply = server.get(address)
        assert reply.status == 200
        assert "immutable" in reply.headers["cache-control"]
    assert server.get(f"/static/{'0' * 16}/page.css").status == 404
    assert server.get(f"/static/{assets_key()}/..%2fapp.py").status == 404


def test_nothing_from_elsewhere() -> None:
    """Pages load nothing from other machines."""
    for name, content in assets().items():
        assert not re.search(rb"(?<!xmlns=[\"'])https?://(?!www\.w3\.org/)", content), name


def test_client_code_is_small() -> None:
    """A module of JavaScript has fewer than 300 lines, and is checked by its types."""
    scripts = {name: content.decode() for name, content in assets().items() if name.endswith(".js")}
    assert all(script.count("\n") < 300 for script in scripts.values())
    assert all(script.startswith("// @ts-check") for name, script in scripts.items() if name != "theme.js")


def test_colours_come_from_the_tokens() -> None:
    """The style sheet names no colour of its own, and every property that it uses exists."""
    style = assets()["page.css"].decode()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", style)
    assert set(re.findall(r"var\(--([\w-]+)\)", style)) <= set(tokens("light"))
