"""Where one may want to go: pages, panels and settings, and names that the ledger has heard of lately."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request

from tokometer.dashboards import DASHBOARDS, Dashboard, addresses, titled
from tokometer.dashboards.names import Names
from tokometer.measures import Filter, Query, dimension_named
from tokometer.server.places import PAGES
from tokometer.server.runtime import Runtime
from tokometer.settings.sections import SECTIONS

router: Final = APIRouter(tags=["panels"])

#: Names are looked for in what was used within this time: the rollups know them without looking at the calls.
LATELY: Final = "30d"
#: The dimensions whose names are looked for, in the order of the groups.
NAMED: Final = ("model", "provider", "project", "agent", "user", "team")
#: Names of a group, of many groups and of one alone.
_MOST: Final = 6
_UNASKED: Final = 3
#: Of the largest so many names the words are looked for here, of more in the ledger.
_LOOKED_AT: Final = 200
#: Seconds that these are kept.
_KEPT: Final = 30.0
_MOST_TYPED: Final = 200
#: What may be an id that was pasted: long, in one piece, and no word.
_ID: Final = re.compile(r"(?=.*[0-9])[\w.:/+=@-]{12,200}")
#: So many characters of a session's id are enough to look for it.
_LEAST: Final = 4
#: Words of a name are what stands between these.
_BETWEEN: Final = re.compile(r"[\s/_.:-]+")

Item = dict[str, str]
Group = dict[str, Any]


@router.get("/api/search", summary="Where to go: pages, names, panels, settings")
def search(request: Request, q: str = "") -> dict[str, list[Group]]:
    """What `q` may mean, in groups: `[{title, items: [{text, note, url}]}]`, the likeliest first in each.

    Every word of `q` has to be in a name, in any order. Names of models, providers, projects, agents, users and teams
    are those of the last 30 days, the most used first; a session is found by how its id begins, a trace or a record by
    its whole id.
    """
    runtime: Runtime = request.app.state.runtime
    typed = q[:_MOST_TYPED].strip()
    words = [word for word in _BETWEEN.split(typed.casefold()) if word]
    groups = [
        *_ids(typed),
        _group("Pages", _pages(runtime), words),
        *(_named(runtime, name, words) for name in NAMED),
        *([_sessions(runtime, typed)] if len(typed) >= _LEAST and not any(map(str.isspace, typed)) else []),
        *([_group("Panels", _panels(runtime), words), _group("Settings", _settings(), words)] if words else []),
    ]
    found = [group for group in groups if group["items"]]
    # Groups whose best begins with what was typed before those that only hold it.
    return {"groups": sorted(found, key=lambda group: place(words, group["items"][0]["text"])[0])}


def matches(words: Sequence[str], text: str) -> bool:
    """Whether each word is somewhere in a text."""
    folded = text.casefold()
    return all(word in folded for word in words)


def place(words: Sequence[str], text: str) -> tuple[int, int]:
    """Where a text stands among those that match: first where words begin with what was typed."""
    parts = _BETWEEN.split(text.casefold())
    begun = sum(any(part.startswith(word) for part in parts) for word in words)
    return (-begun, len(text) if words else 0)


def _group(title: str, items: Iterator[Item], words: Sequence[str]) -> Group:
    found = [item for item in items if matches(words, f"{item['text']} {item['note']}")]
    # Of the panels of a page that is called so, those that are called so themselves.
    own = [item for item in found if any(matches([word], item["text"]) for word in words)]
    found = own or found
    found.sort(key=lambda item: place(words, item["text"]))
    return {"title": title, "items": found[: _MOST if words else len(found)]}


def _item(text: str, url: str, note: str = "") -> Item:
    return {"text": text, "note": note, "url": url}


def _dashboards(runtime: Runtime) -> Iterator[Dashboard]:
    """Ours, and those that people have made."""
    yield from DASHBOARDS.values()
    yield from (one.dashboard for one in runtime.boards.all())


def _pages(runtime: Runtime) -> Iterator[Item]:
    yield from (_item(place.long or place.title, place.url, place.about) for place in PAGES)
    for one in runtime.boards.all():
        yield _item(one.dashboard.title, addresses.dashboard(one.dashboard.id))
    yield _item("What-if", "/what-if", "the same calls under another model, provider, tier or cache share")
    yield _item("Units", "/units", "machines that were bought; cost per order, ticket, active user")


def _panels(runtime: Runtime) -> Iterator[Item]:
    for one in _dashboards(runtime):
        for panel in one.panels:
            anchor = panel.id.replace(".", "-")
            yield _item(titled(panel, default=one.range), f"{addresses.dashboard(one.id)}#panel-{anchor}", one.title)


def _settings() -> Iterator[Item]:
    for section in SECTIONS:
        yield _item(section.title, f"/settings#{section.name}", section.name)


def _named(runtime: Runtime, name: str, words: Sequence[str]) -> Group:
    """The names of a dimension that contain all of the words, the most used first."""
    by = f"calls.{name}"
    names = Names(name, runtime.colours, ())
    rows = _largest(runtime, by, _LOOKED_AT)
    if len(rows) >= _LOOKED_AT and words:
        # What is typed may be none of the largest.
        rows = _largest(runtime, by, _MOST, tuple(Filter(by, "contains", (word,)) for word in words))
    found = [row for row in rows if matches(words, f"{row[name]} {names.label(row[name])}")]
    items = [
        _item(names.label(row[name]), addresses.dashboard("usage", [(name, row[name])]), f"{row['requests']:,} calls")
        for row in found[: _MOST if words else _UNASKED]
    ]
    return {"title": f"{dimension_named(by).title}s", "items": items}


def _largest(runtime: Runtime, by: str, top: int, where: Sequence[Filter] = ()) -> list[Mapping[str, Any]]:
    """The names with most calls lately; what came in the last half minute may be missing, so that typing is free."""
    query = Query(
        measures=("calls.requests",),
        by=(by,),
        where=tuple(where),
        since=LATELY,
        top=top,
        other=False,
        order=("-calls.requests",),
    )
    rows = runtime.asked(query, _KEPT, _KEPT).result().rows
    return [row for row in rows if row[by.partition(".")[2]] and row["requests"]]


def _sessions(runtime: Runtime, typed: str) -> Group:
    """The sessions whose ids begin with what was typed."""
    rows = _largest(runtime, "calls.session", _MOST, (Filter("calls.session", "prefix", (typed,)),))
    items = [_item(row["session"], addresses.session(row["session"]), f"{row['requests']:,} calls") for row in rows]
    return {"title": "Sessions", "items": items}


def _ids(typed: str) -> list[Group]:
    """Where the id of a trace or of a record leads, should it be one."""
    if not _ID.fullmatch(typed):
        return []
    items = [
        _item("Open this trace", addresses.trace(typed), typed),
        _item("Open this call", addresses.record("calls", typed), typed),
    ]
    return [{"title": "This id", "items": items}]
