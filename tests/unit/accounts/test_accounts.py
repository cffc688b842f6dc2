"""What people make is kept, bounded, theirs alone, and every change of it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tokometer.accounts import (
    Board,
    Invalid,
    Link,
    Note,
    NotThere,
    Outdated,
    SavedView,
    Taken,
    open_accounts,
)
from tokometer.accounts.accounts import Accounts

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """An empty database."""
    one = open_accounts(tmp_path)
    yield one
    one.close()


def test_what_is_kept_comes_back(accounts: Accounts, tmp_path: Path) -> None:
    """Everything of a thing is there again for whoever opens the database next."""
    view = accounts.views.add(SavedView(page="usage", name="EU", query="range=30d&team=eu"))
    note = accounts.notes.add(Note(since=AT, until=AT + HOUR, text="load test", link="https://ci.example/7"))
    board = accounts.boards.add(Board(title="Mine", declared={"title": "Mine", "sections": [{"panels": []}]}))
    link = accounts.links.add(Link(shows="panel", what={"panel": "usage.cost"}, expires=AT, origins=["https://a.b"]))
    again = open_accounts(tmp_path)
    assert again.views.get("default", view.id) == view
    assert again.notes.all("default") == [note]
    assert again.boards.get("default", board.id) == board
    assert again.links.get("default", link.id) == link
    again.close()


def test_another_workspace_sees_nothing_of_it(accounts: Accounts) -> None:
    """A thing is read, changed and removed in its own workspace only."""
    note = accounts.notes.add(Note(since=AT, text="secret", workspace="one"))
    assert accounts.notes.all("two") == []
    for call in (accounts.notes.get, accounts.notes.remove, accounts.notes.change):
        with pytest.raises(NotThere):
            call("two", note.id)
    assert accounts.notes.get("one", note.id) == note
    assert accounts.changes("two") == []


def test_names_of_views_are_once_a_page(accounts: Accounts) -> None:
    """Two views of a page do not share a name; those of two pages may."""
    first = accounts.views.add(SavedView(page="usage", name="EU"))
    other = accounts.views.add(SavedView(page="usage", name="US"))
    accounts.views.add(SavedView(page="models", name="EU"))
    with pytest.raises(Taken, match="another name"):
        accounts.views.add(SavedView(page="usage", name="EU"))
    with pytest.raises(Taken):
        accounts.views.change("default", other.id, name="EU")
    assert [one.name for one in accounts.views.of_page("default", "usage")] == ["EU", "US"]
    assert accounts.views.get("default", first.id) == first


def test_a_page_has_one_default(accounts: Accounts) -> None:
    """The view that a page opens with is the one that was chosen last, or none."""
    first, other = (accounts.views.add(SavedView(page="usage", name=name)) for name in ("EU", "US"))
    apart = accounts.views.add(SavedView(page="models", name="EU", is_default=True))
    accounts.views.set_default("default", first.id)
    accounts.views.set_default("default", other.id)
    assert accounts.views.default_of("default", "usage") == replace(other, is_default=True)
    accounts.views.set_default("default", other.id, default=False)
    assert accounts.views.default_of("default", "usage") is None
    assert accounts.views.default_of("default", "models") == apart


def test_notes_that_a_window_touches(accounts: Accounts) -> None:
    """A window has the notes whose moment or range is in it, as it is half-open."""
    for start, end, text in ((0, None, "at"), (-2, 0, "ends at"), (-2, 1, "into"), (-2, 9, "over"), (3, None, "after")):
        until = None if end is None else AT + end * HOUR
        accounts.notes.add(Note(since=AT + start * HOUR, until=until, text=text))
    assert {one.text for one in accounts.notes.within("default", AT, AT + 3 * HOUR)} == {"at", "into", "over"}
    assert [one.text for one in accounts.notes.within("default", AT - 9 * HOUR, AT + 9 * HOUR, most=2)] == [
        "at",
        "after",
    ]


def test_two_who_change_a_dashboard(accounts: Accounts) -> None:
    """Whoever changes what somebody else has changed meanwhile is told, and overwrites nothing."""
    board = accounts.boards.add(Board(title="Mine", declared={}))
    changed = accounts.boards.change("default", board.id, seen=1, title="Ours")
    assert changed.revision == 2
    with pytest.raises(Outdated, match="somebody else"):
        accounts.boards.change("default", board.id, seen=1, title="Theirs")
    assert accounts.boards.get("default", board.id).title == "Ours"


def test_links_are_revoked_once(accounts: Accounts) -> None:
    """A revoked link says since when; its use is remembered and is no change."""
    link = accounts.links.add(Link(shows="panel"))
    accounts.links.used("default", link.id)
    revoked = accounts.links.revoke("default", link.id)
    assert accounts.links.revoke("default", link.id).revoked_at == revoked.revoked_at
    assert accounts.links.get("default", link.id).last_used
    assert [one.did for one in accounts.changes("default")] == ["changed", "added"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("text", "", "is missing"),
        ("text", " \n", "is missing"),
        ("text", "x" * 2_001, "is longer than 2,000"),
        ("text", "a\0b", "NUL"),
        ("link", "\ud800", "surrogate"),
    ],
)
def test_texts_are_bounded(accounts: Accounts, field: str, value: str, reason: str) -> None:
    """A text that cannot be kept is refused by its field, when it is added and when it is changed."""
    note = accounts.notes.add(Note(since=AT, text="good"))
    with pytest.raises(Invalid, match=reason) as told:
        accounts.notes.change("default", note.id, **{field: value})
    assert told.value.field == field
    with pytest.raises(Invalid, match=reason):
        accounts.notes.add(replace(note, **{field: value}))
    assert accounts.notes.all("default") == [note]


def test_there_is_an_end_to_it(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace has so many of a kind and no more; what is removed makes room."""
    monkeypatch.setattr(Note, "most", 2)
    first, _ = (accounts.notes.add(Note(since=AT, text=str(number))) for number in range(2))
    with pytest.raises(Invalid, match="2 already"):
        accounts.notes.add(Note(since=AT, text="more"))
    accounts.notes.remove("default", first.id)
    accounts.notes.add(Note(since=AT, text="more"))


def test_every_change_is_written_down(accounts: Accounts) -> None:
    """Who did what to what, the last change first; a change that is not made leaves no word."""
    note = accounts.notes.add(Note(since=AT, text="deployed"), "ada")
    accounts.notes.change("default", note.id, "bob", text="rolled back", until=AT + HOUR)
    with pytest.raises(Invalid):
        accounts.notes.change("default", note.id, text="")
    accounts.notes.remove("default", note.id)
    told = accounts.changes("default")
    assert [(one.who, one.kind, one.id, one.did) for one in told] == [
        ("local", "note", note.id, "removed"),
        ("bob", "note", note.id, "changed"),
        ("ada", "note", note.id, "added"),
    ]
    assert told[1].what == {"text": "rolled back", "until": "2026-03-02T10:00:00+00:00"}
    assert told[0].what["text"] == "rolled back"
    assert accounts.version == 3


@pytest.mark.parametrize("id_", ["", "x" * 10_000, "a\0b", "\ud800", "' OR 1=1 --"])
def test_ids_from_elsewhere(accounts: Accounts, id_: str) -> None:
    """Whatever is asked for as an id is none, and breaks nothing."""
    accounts.notes.add(Note(since=AT, text="deployed"))
    with pytest.raises(NotThere):
        accounts.notes.get("default", id_)


def test_what_cannot_be_changed(accounts: Accounts) -> None:
    """An id, a time and a revision are given, not chosen."""
    note = accounts.notes.add(Note(since=AT, text="deployed"))
    with pytest.raises(Invalid, match="cannot be changed"):
        accounts.notes.change("default", note.id, created=AT)
