"""Dashboards that people make over HTTP: kept, previewed, shown like ours, exported and imported, and from files."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from servers.whole import Answer, Running
from tokometer.dashboards import DASHBOARDS
from tokometer.dashboards.board_files import board_in
from tokometer.dashboards.grammar import composed

COST = {"kind": "stat", "id": "cost", "title": "Cost", "of": "calls.cost"}
MODELS = {
    "kind": "ranking",
    "id": "models",
    "title": "Models",
    "by": "model",
    "of": "calls.cost",
    "columns": ["calls.requests"],
}
MINE = {"title": "Mine", "range": "30d", "section": [{"title": "All", "panel": [COST, MODELS]}]}


def patch(server: Running, path: str, body: object) -> Answer:
    """Change something."""
    return server.send("PATCH", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def board(server: Running) -> Iterator[dict[str, Any]]:
    """A dashboard that somebody has made."""
    made = server.post("/api/boards", {"declared": MINE})
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/boards/{made.json()['id']}", None)


def test_a_board_behaves_as_ours_do(server: Running, board: dict[str, Any]) -> None:
    """Its panels have the numbers of any query, a window, filters, CSV, an explanation; and it is listed."""
    listed = server.get("/api/dashboards").json()["dashboards"]
    [shown] = [one for one in listed if one["id"] == board["id"]]
    assert shown["url"] == board["url"] == f"/boards/{board['id']}"
    cost = f"/api/panels/{board['id']}.cost"
    asked = server.get("/api/query?measure=calls.cost&since=30d").json()["rows"][0]["cost"]
    assert server.get(f"{cost}").json()["rows"][0][1] == asked
    assert not float(server.get(f"{cost}?provider=nobody").json()["rows"][0][1] or 0)
    [said] = [row for row in csv.reader(io.StringIO(server.get(f"{cost}.csv").text)) if row[0] == "calls.cost"]
    assert Decimal(said[1]) == Decimal(asked)
    assert "calls.cost" in server.get(f"{cost}/explain").text
    page = server.get(board["url"], {"Accept": "text/html"})
    assert page.status == 200
    assert f'data-panel="{board["id"]}.models"' in page.text
    assert server.get(f"/api/panels/{board['id']}.nothing").status == 404


def test_a_change_shows_at_once(server: Running, board: dict[str, Any]) -> None:
    """A panel that was declared anew is not answered with what was kept of the one before."""
    url, panel = f"/api/boards/{board['id']}", f"/api/panels/{board['id']}.cost"
    before = server.get(panel).json()
    declared = {**MINE, "section": [{"panel": [{**COST, "of": "calls.requests", "title": "Calls"}]}]}
    changed = patch(server, url, {"declared": declared, "revision": 1})
    assert changed.json()["revision"] == 2
    after = server.get(panel).json()
    assert (before["title"], after["title"]) == ("Cost", "Calls")
    assert after["rows"][0][0] == "calls.requests"
    late = patch(server, url, {"declared": MINE, "revision": 1})
    assert (late.status, "somebody else" in late.text) == (409, True)
    assert patch(server, url, {"title": "Ours"}).json()["title"] == "Ours"


def test_a_panel_has_filters_of_its_own(server: Running, board: dict[str, Any]) -> None:
    """They hold beside the viewer's, and are told where it says how it is computed."""
    top = server.get("/api/query?measure=calls.cost&by=calls.provider&since=30d").json()["rows"]
    name, cost = next((row["provider"], row["cost"]) for row in top if row["provider"])
    declared = {**MINE, "section": [{"panel": [{**COST, "filters": {"provider": [name]}}]}]}
    assert patch(server, f"/api/boards/{board['id']}", {"declared": declared}).status == 200
    panel = f"/api/panels/{board['id']}.cost"
    assert server.get(panel).json()["rows"][0][1] == cost
    assert not float(server.get(f"{panel}?provider=nobody").json()["rows"][0][1] or 0)
    assert name in server.get(f"{panel}/explain").text


@pytest.mark.parametrize("of", ["usage", "incidents"])
def test_toml_goes_out_and_comes_in(server: Running, of: str) -> None:
    """What is exported of one of ours is the same when it is imported, as somebody's own."""
    text = server.get(f"/api/boards/{of}/toml")
    assert text.headers["content-disposition"].endswith('.toml"')
    made = server.send("POST", "/api/boards/toml", text.body, {"Content-Type": "application/toml"})
    assert made.status == 201, made.text
    again = server.get(f"/api/boards/{made.json()['id']}/toml")
    assert again.text == text.text
    assert board_in(again.text, of).panels == DASHBOARDS[of].panels
    copy = server.post("/api/boards", {"copy": made.json()["id"]}).json()
    assert copy["title"].endswith("(copy)")
    for one in (made.json(), copy):
        assert server.send("DELETE", f"/api/boards/{one['id']}", None).status == 204
        assert server.get(f"/api/boards/{one['id']}").status == 404
        assert server.get(one["url"], {"Accept": "text/html"}).status == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"declared": {"title": "x", "section": [{"panel": [{**COST, "of": "calls.coast"}]}]}}, 422, "of"),
        ({"declared": {"title": ""}}, 422, "title"),
        ({"declared": 3}, 422, ""),
        ({"copy": "nobody"}, 404, None),
        ({"else": 1}, 422, "else"),
        ([], 400, None),
    ],
)
def test_what_cannot_be_kept(server: Running, body: object, status: int, field: str | None) -> None:
    """It is refused in words, with the field."""
    answer = server.post("/api/boards", body)
    assert answer.status == status
    if field is not None:
        assert answer.json()["detail"]["field"] == field


def test_bodies_are_bounded_and_ours(server: Running) -> None:
    """A body that is too large, or a page from elsewhere, changes nothing."""
    assert server.post("/api/boards", b'{"declared":"' + b"x" * 300_000 + b'"}').status == 413
    for path in ("/api/boards", "/api/notes", "/api/views"):
        assert server.post(path, {}, {"Origin": "https://elsewhere.example"}).status == 403
    assert patch(server, "/api/boards/usage", {"title": "x"}).status == 409


@pytest.mark.parametrize("declared", [3, [1], "x", {"title": "\ud800"}, {"title": "a\0"}, {"section": [[]]}])
def test_what_cannot_be_changed_into(server: Running, board: dict[str, Any], declared: object) -> None:
    """A declaration that is none is refused, and the dashboard stays as it is."""
    assert patch(server, f"/api/boards/{board['id']}", {"declared": declared, "title": "y"}).status in (200, 422)
    title = server.get(f"/api/boards/{board['id']}").json()["title"]
    assert title in ("Mine", "y")


def test_every_kind_can_be_composed(server: Running) -> None:
    """Each kind that the form offers shows what it is with the least that it needs, by any dimension."""
    grammar = server.get("/api/panel-kinds").json()
    first = {"measure": "calls.cost", "measures": ["calls.cost"], "dimension": "model"}
    for kind in grammar["kinds"]:
        assert kind["composed"] == (kind["kind"] in composed())
        if not kind["composed"]:
            continue
        needed = [one for one in kind["fields"] if one["required"] and one["name"] not in ("id", "title")]
        panel = {"kind": kind["kind"], "title": kind["title"]}
        panel |= {one["name"]: first.get(one["form"]) or one["words"][0] for one in needed}
        panel |= {name: "provider" for name in ("group", "across") if name in panel}
        for by in ("team", "session") if "by" in panel else ("",):
            asked = panel | ({"by": by} if by else {})
            answer = server.post("/api/boards/preview?range=7d", asked)
            assert answer.status in (200, 422), (asked, answer.text)
            assert answer.status == 200 or "does not go together" in answer.text, asked
        assert server.post("/api/boards/preview?range=7d", panel).status == 200, panel


def test_every_measure_can_be_a_figure(server: Running) -> None:
    """Whatever is counted or judged can be shown as one figure, or it is said why not; one of each is tried."""
    listed = server.get("/api/panel-kinds").json()["measures"]
    tried = {one["name"].rpartition(".")[0]: one for one in listed}
    for one in tried.values():
        answer = server.post("/api/boards/preview?range=7d", {"kind": "stat", "title": "x", "of": one["name"]})
        assert answer.status in (200, 422), (one, answer.text)


def test_boards_from_files(server: Running) -> None:
    """A file in the folder is a dashboard, read again when it changes; one with a mistake says which."""
    folder = server.data / "dashboards"
    folder.mkdir(exist_ok=True)
    path = folder / "team.toml"
    try:
        path.write_text(
            'title = "Team"\n[[section]]\n[[section.panel]]\nkind = "stat"\nid = "cost"\n'
            'of = "calls.cost"\ntitle = "A"\n'
        )
        assert server.get("/api/panels/file-team.cost").json()["title"] == "A"
        assert server.get("/boards/file-team", {"Accept": "text/html"}).status == 200
        path.write_text(path.read_text().replace('"A"', '"Another"'))
        assert server.get("/api/panels/file-team.cost").json()["title"] == "Another"
        assert patch(server, "/api/boards/file-team", {"title": "x"}).status == 409
        path.write_text(path.read_text().replace("calls.cost", "calls.coast"))
        [shown] = [one for one in server.get("/api/boards").json()["boards"] if one["id"] == "file-team"]
        assert "section 1, panel 1 (Another): of: there is no measure 'calls.coast'; did you mean" in shown["error"]
        assert "calls.coast" in server.get("/boards/file-team", {"Accept": "text/html"}).text
        os.mkfifo(folder / "pipe.toml")
        (folder / "no name.toml").write_text("")
        errors = {one["file"]: one["error"] for one in server.get("/api/boards").json()["boards"] if one["file"]}
        assert "not a regular file" in errors["pipe.toml"].lower() or errors["pipe.toml"]
        assert "letters, digits" in errors["no name.toml"]
    finally:
        for one in folder.iterdir():
            one.unlink()


@pytest.mark.parametrize("id_", ["own-", "own-x", "file-../../etc/passwd", "own-%00", "own-" + "x" * 500])
def test_ids_that_are_none(server: Running, id_: str) -> None:
    """Whatever is asked for as a dashboard is none, in an answer that says so."""
    assert server.get(f"/api/boards/{quote(id_, safe='')}").status == 404
    assert server.get(f"/api/panels/{quote(id_, safe='')}.cost").status == 404
    assert json.loads(server.get("/api/boards").body)
