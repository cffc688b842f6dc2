"""Where one may want to go: what a few typed letters, or a pasted id, may mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from servers.whole import Running
from tokometer.server.search import matches, place


def found(server: Running, typed: str) -> dict[str, list[dict[str, str]]]:
    """The items of each group."""
    groups: list[dict[str, Any]] = server.get(f"/api/search?q={quote(typed)}").json()["groups"]
    return {group["title"]: group["items"] for group in groups}


def test_without_a_word_there_are_all_pages(server: Running) -> None:
    """Whoever opens it sees every page, and of each kind the names that are used most."""
    groups = found(server, "")
    assert {"/usage", "/incidents", "/sources", "/settings"} <= {item["url"] for item in groups["Pages"]}
    assert 0 < len(groups["Models"]) <= 3
    assert "Panels" not in groups


def test_words_are_found_in_any_order(server: Running) -> None:
    """A panel is found by words of its title and its page, wherever they stand, and leads to itself."""
    [panel] = [item for item in found(server, "heat avail")["Panels"] if "Availability" in item["text"]]
    assert panel["url"] == "/incidents#panel-incidents-availability"
    assert found(server, "avail HEAT")["Panels"][0]["url"] == panel["url"]


def test_a_name_leads_to_its_usage(server: Running) -> None:
    """A model leads to the Usage page with only this model."""
    [first, *_] = found(server, "")["Models"]
    [again, *_] = found(server, first["text"])["Models"]
    path, query = urlsplit(again["url"])[2:4]
    assert (path, parse_qsl(query)) == ("/usage", [("model", first["text"])])


def test_a_provider_is_found_by_what_it_is_called(server: Running) -> None:
    """Providers are found by their names as people write them."""
    [provider] = found(server, "google gem")["Providers"]
    assert provider["url"] == "/usage?provider=google"


def test_a_session_is_found_by_its_beginning(server: Running) -> None:
    """The beginning of a session's id is enough, and leads to its page."""
    rows = server.get(
        "/api/query?measure=calls.requests&by=calls.session&since=30d&limit=1&where=calls.session!="
    ).json()
    session = rows["rows"][0]["session"]
    urls = [item["url"] for item in found(server, session[:-1])["Sessions"]]
    assert f"/session?id={quote(session)}" in urls


def test_an_id_leads_to_a_trace_and_a_call(server: Running) -> None:
    """What looks like an id can be opened as one; a word cannot."""
    pasted = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert [item["url"] for item in found(server, pasted)["This id"]] == [
        f"/trace?id={pasted}",
        f"/record?cube=calls&id={pasted}",
    ]
    assert "This id" not in found(server, "model performance")


def test_settings_are_found(server: Running) -> None:
    """A section of the settings is found by its title or its name."""
    assert found(server, "budget")["Settings"][0]["url"] == "/settings#budget"


def test_what_begins_with_the_word_comes_first() -> None:
    """Names whose words begin with what was typed stand before those that hold it somewhere, short ones first."""
    names = ["my-sonata", "sonnet", "claude-sonnet", "person"]
    words = ["son"]
    assert sorted(names, key=lambda name: place(words, name)) == ["sonnet", "my-sonata", "claude-sonnet", "person"]
    assert matches(["b", "a"], "A/b")
    assert not matches(["b", "c"], "A/b")
