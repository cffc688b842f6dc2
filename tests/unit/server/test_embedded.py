"""Signed links, what they open and what they do not; badges."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servers.whole import Running, fill, running

ORIGIN = "https://chat.example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with generated calls, that lets one site show badges."""
    data = tmp_path_factory.mktemp("embedded") / "data"
    fill(data, days=20, calls=800)
    with (data / "tokometer.toml").open("a") as file:
        file.write(f'\n[embed]\norigins = ["{ORIGIN}"]\n')
    with running(data, data.parent / "home") as found:
        yield found


def first_panel(server: Running) -> str:
    """The id of a panel that is a table."""
    [usage] = [one for one in server.get("/api/dashboards").json()["dashboards"] if one["id"] == "usage"]
    return next(panel["id"] for panel in usage["panels"] if panel["kind"] == "ranking")


def make(server: Running, **given: Any) -> dict[str, Any]:
    """A link, made."""
    answer = server.post("/api/links", given)
    assert answer.status == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


def panel_link(server: Running, **more: Any) -> dict[str, Any]:
    """A link to a panel."""
    return make(server, shows="panel", what={"panel": first_panel(server), "query": "range=30d&tz=UTC"}, **more)


def test_a_link_opens_its_panel(server: Running) -> None:
    """The page names it, and what it shows is what the panel shows to whoever made the link."""
    link = panel_link(server)
    assert server.get(link["path"]).status == 200
    told = server.get(f"{link['path']}/content").json()
    panel = server.get(f"/api/panels/{link['what']['panel']}?range=30d&tz=UTC").json()
    assert set(told) == {"title", "html", "chart", "range"}
    assert told["title"] == panel["title"]
    assert _numbers(told["html"]) == _numbers(panel["html"])


def _numbers(html: str) -> list[str]:
    return re.findall(r"\$[\d.,]+", html)


def test_a_link_shows_what_its_maker_chose_and_nothing_else(server: Running) -> None:
    """Whoever has a link cannot have another window, filter or panel of it."""
    link = panel_link(server)
    plain = server.get(f"{link['path']}/content").json()
    for more in ("range=all", "panel=usage.periods", "model=nothing-of-the-kind"):
        assert server.get(f"{link['path']}/content?{more}").json() == plain


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: f"x{token}", lambda _: "", lambda _: "a.b"])
def test_a_link_that_was_changed_opens_nothing(server: Running, change: Any) -> None:
    """Not one character of it can be another."""
    token = panel_link(server)["path"].rpartition("/")[2]
    assert server.get(f"/embed/{change(token)}").status == 404
    assert server.get(f"/embed/{change(token)}/content").status == 404


def test_a_revoked_link_opens_nothing(server: Running) -> None:
    """From the moment on in which it is revoked; the list says so."""
    link = panel_link(server)
    assert server.send("DELETE", f"/api/links/{link['id']}", None).status == 200
    for path in (link["path"], f"{link['path']}/content"):
        found = server.get(path)
        assert found.status == 410
        assert "revoked" in found.text
    [listed] = [one for one in server.get("/api/links").json()["links"] if one["id"] == link["id"]]
    assert listed["state"] == "revoked"


def test_a_link_expires(server: Running, tmp_path: Path) -> None:
    """After the time that it was made for; here its time is moved into the past."""
    import sqlite3

    link = panel_link(server, expires_in="1h")
    assert server.get(link["path"]).status == 200
    with sqlite3.connect(server.data / "accounts.db", timeout=10) as database:
        database.execute("UPDATE links SET expires = 1 WHERE id = ?", (link["id"],))
    assert server.get(link["path"]).status == 410
    assert "expired" in server.get(f"{link['path']}/content").text
    shutil.rmtree(tmp_path)


def test_who_may_frame_it_is_said(server: Running) -> None:
    """A link's own origins, else those of the settings; no other page of ours may be framed at all."""
    own = panel_link(server, origins=["https://wiki.example"])
    assert "frame-ancestors https://wiki.example" in server.get(own["path"]).headers["content-security-policy"]
    usual = panel_link(server)
    assert server.get(usual["path"]).headers["content-security-policy"].endswith(f"frame-ancestors {ORIGIN}")
    assert server.get("/usage").headers["content-security-policy"].endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"shows": "everything"}, "shows"),
        ({"shows": "panel", "what": {"panel": "usage.nothing"}}, "what"),
        ({"shows": "panel", "what": {}}, "what"),
        ({"shows": "session", "what": {"session": "a", "panel": "b"}}, "what"),
        ({"shows": "session", "what": {"session": "a"}, "expires_in": "1 year"}, "expires_in"),
        ({"shows": "session", "what": {"session": "a"}, "origins": ["https://a.example/path"]}, "origins"),
        ({"shows": "session", "what": {"session": "a"}, "for": "me"}, '"for"'),
        ({"shows": "panel", "what": {"panel": "usage.models", "query": "&".join(["model=a"] * 300)}}, "query"),
    ],
)
def test_a_link_that_cannot_be_is_refused(server: Running, given: dict[str, Any], field: str) -> None:
    """With the field that is wrong."""
    answer = server.post("/api/links", given)
    assert answer.status == 422
    assert field in answer.text


def test_a_session_says_what_it_has_cost(server: Running) -> None:
    """The widget has the session's own cost and calls."""
    query = "/api/query?measure=calls.cost,calls.requests&by=calls.session&since=all&order=-cost&limit=1"
    [row] = server.get(query).json()["rows"]
    link = make(server, shows="session", what={"session": row["session"]})
    told = server.get(f"{link['path']}/content").json()
    assert row["cost"].rstrip("0") in told["html"]
    none = make(server, shows="session", what={"session": "no/such session"})
    assert "No call of this session" in server.get(f"{none['path']}/content").json()["html"]


def test_a_knowledge_base_lists_its_models(server: Running) -> None:
    """Each model with what it was asked in the last 30 days."""
    query = "/api/query?measure=calls.requests&by=calls.knowledge_base,calls.model&since=30d&order=-requests"
    rows = [row for row in server.get(query).json()["rows"] if row["knowledge_base"]]
    name = rows[0]["knowledge_base"]
    link = make(server, shows="knowledge", what={"knowledge_base": name})
    html = server.get(f"{link['path']}/content").json()["html"]
    models = [row["model"] for row in rows if row["knowledge_base"] == name]
    listed = re.findall(r'class="name"><bdi>([^<]+)', html)
    assert 0 < len(listed) == min(6, len(models))
    assert set(listed) <= set(models)
    assert len(models) <= 6 or f"And {len(models) - 6} that" in html


def test_a_badge_has_the_numbers_of_the_ledger(server: Running) -> None:
    """What stands in it is what a query gives."""
    [row] = server.get("/api/query?measure=calls.sessions&by=calls.model&since=month&order=-sessions&limit=1").json()[
        "rows"
    ]
    found = server.get(f"/badge/model/{row['model']}.svg?show=conversations")
    assert found.headers["content-type"] == "image/svg+xml"
    assert f"{row['sessions']:,} conversation" in found.text
    assert server.get("/badge/model/nothing.svg").text.count("0 conversations this month")
    assert server.get("/badge/weather/today.svg").status == 422
    assert server.get("/badge/model/a.svg?show=secrets").status == 422


def test_pages_of_others_show_badges_where_they_are_named(server: Running) -> None:
    """A picture's size would tell any page what is here: only named sites get one."""
    foreign = {"Sec-Fetch-Site": "cross-site", "Referer": "https://evil.example/"}
    assert server.get("/badge/model/a.svg", foreign).status == 403
    named = server.get("/badge/model/a.svg", {"Sec-Fetch-Site": "cross-site", "Referer": f"{ORIGIN}/"})
    assert named.status == 200
    assert named.headers["cross-origin-resource-policy"] == "cross-origin"
    assert server.get("/badge/model/a.svg").headers["cross-origin-resource-policy"] == "same-origin"


def test_links_are_listed_on_a_page(server: Running) -> None:
    """With a way to revoke each."""
    link = panel_link(server)
    assert f'data-revoke="{link["id"]}"' in server.get("/links").text
