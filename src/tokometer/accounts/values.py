"""What is kept, as values. Times are aware; ids are given when a thing is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

#: Who made or changed something, as long as nobody logs in.
LOCAL: Final = "local"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What all things that people make have in common. What is empty here is filled in when a thing is added."""

    #: What it is called in messages and in the record of changes.
    kind: ClassVar[str]
    #: Fields of text and how many characters each may have.
    texts: ClassVar[Mapping[str, int]]
    #: Fields of text that must say something.
    needed: ClassVar[tuple[str, ...]] = ()
    #: Fields of which the record of changes says no more than that they were changed.
    hidden: ClassVar[tuple[str, ...]] = ()
    #: How many a workspace may have.
    most: ClassVar[int] = 10_000

    id: str = ""
    workspace: str = "default"
    author: str = LOCAL
    created: datetime = _NEVER
    changed: datetime = _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView(Made):
    """A page as somebody looked at it: window, filters, comparison, zone, choices."""

    kind: ClassVar[str] = "view"
    texts: ClassVar[Mapping[str, int]] = {"page": 80, "name": 80, "query": 8_000}
    needed: ClassVar[tuple[str, ...]] = ("page", "name")
    most: ClassVar[int] = 2_000

    #: The page's id: `usage`, `sources`, `board:` and a dashboard's id.
    page: str
    name: str
    #: The address's parameters, as in a URL.
    query: str = ""
    #: Whether the page opens with it; at most one of a page.
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Made):
    """Something to know of a moment or a range of time."""

    kind: ClassVar[str] = "note"
    texts: ClassVar[Mapping[str, int]] = {"text": 2_000, "link": 2_000, "signed": 80}
    needed: ClassVar[tuple[str, ...]] = ("text",)
    most: ClassVar[int] = 100_000

    since: datetime
    #: The end of a range, exclusive; None for a moment.
    until: datetime | None = None
    text: str
    #: Where more about it stands: an http(s) address.
    link: str = ""
    #: Who says so, as they sign.
    signed: str = ""
    #: Of what it is true, by dimension: `{"provider": ["openai"]}`; of everything, where that is empty.
    filters: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Made):
    """A dashboard of somebody's own, as it is declared."""

    kind: ClassVar[str] = "dashboard"
    texts: ClassVar[Mapping[str, int]] = {"title": 80}
    needed: ClassVar[tuple[str, ...]] = ("title",)
    most: ClassVar[int] = 1_000

    title: str
    #: Its declaration as plain data, which is what its TOML says.
    declared: Mapping[str, Any]
    #: One more with every change: whoever changes it says which they have seen.
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Made):
    """A signed link to one thing, for those who see nothing else."""

    kind: ClassVar[str] = "link"
    texts: ClassVar[Mapping[str, int]] = {"shows": 40, "name": 200}
    needed: ClassVar[tuple[str, ...]] = ("shows",)
    most: ClassVar[int] = 10_000

    #: What kind of thing it shows: `panel`, `session`.
    shows: str
    #: What it is called where links are listed.
    name: str = ""
    #: Which one, and how: the panel's id, its parameters.
    what: Mapping[str, Any] = field(default_factory=dict)
    #: Until when it opens; None for good.
    expires: datetime | None = None
    revoked_at: datetime | None = None
    last_used: datetime | None = None
    #: Origins of pages that may frame it: `https://wiki.example`.
    origins: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who did what to what, and when."""

    at: datetime
    who: str
    kind: str
    id: str
    #: `added`, `changed`, `removed`.
    did: str
    #: The fields that were changed, and what they were changed to; of a removed thing, what it was called.
    what: Mapping[str, Any] = field(default_factory=dict)
