"""Tests of tokometer.server.missing."""

from __future__ import annotations

import pytest

from servers.whole import Running


@pytest.mark.parametrize("path", ["/usage", "/api/dashboards", "/healthz", "/api/panels/usage.spend", "/nowhere"])
def test_heads(server: Running, path: str) -> None:
    """HEAD is answered as GET is, without a body."""
    whole, head = server.get(path), server.send("HEAD", path, None)
    assert (head.status, head.body) == (whole.status, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_people_are_told_in_a_page(server: Running) -> None:
    """Who looks for a page that is not there is told so in one, with the nearest; a program is told in JSON."""
    page = server.get("/usages", {"Accept": "text/html,*/*"})
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'Did you mean <a href="/usage">' in page.text
    assert server.get("/usages").json() == {"detail": "Not Found"}
    assert server.get("/api/nothing", {"Accept": "text/html"}).headers["content-type"] == "application/json"
