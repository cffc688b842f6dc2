"""Tests of tokometer.server.guard, over HTTP."""

from __future__ import annotations

import pytest

from servers.whole import Running


def test_policy(server: Running) -> None:
    """Every reply forbids inline code, framing and sniffing."""
    for path in ("/usage", "/healthz", "/api/panels/none", "/nowhere"):
        headers = server.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "localhost.", "127.0.0.2"])
def test_rebinding(server: Running, host: str) -> None:
    """A name that is not ours is refused: it may be a page's own, rebound to this address."""
    assert server.get("/api/analytics/usage", {"Host": host}).status in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "LOCALHOST:7420", "[::1]:7420"])
def test_own_names(server: Running, host: str) -> None:
    """The machine's own names are fine, whatever the port: a tunnel may have changed it."""
    assert server.get("/healthz", {"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_foreign_pages_change_nothing(server: Running, headers: dict[str, str]) -> None:
    """A form or script of another page cannot send records."""
    assert server.post("/api/calls", [], headers).status == 403


def test_programs_and_our_page_may(server: Running) -> None:
    """A program sends no origin, our page sends ours."""
    assert server.post("/api/query", {"measures": ["calls.cost"]}).status == 200
    assert server.post("/api/query", {"measures": ["calls.cost"]}, {"Origin": server.url}).status == 200
