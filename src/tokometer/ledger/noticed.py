"""What no rule understood: how it is counted in the ledger, and how people look at it (the most frequent first).

A notice is counted in the commit that brings it. What is read or sent again counts again: that a name stands there is
what matters, and how often only roughly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.records import MENDS, TOPICS, Notice, now_us, to_datetime, to_us

#: Names that are told apart; whatever comes beyond them is counted by its topic alone.
MOST_NAMES: Final = 10_000
#: The name under which that is counted.
MORE: Final = "…and more"
#: Longer than any key or type; what is longer was not cut by who made it.
_LONGEST_NAME: Final = 80
_LONGEST_PLACE: Final = 1024

Key = tuple[str, str, str, str]

_LISTED: Final = (
    "SELECT workspace, source, topic, name, count, place, first_at, latest_at FROM notices "
    "WHERE workspace = $workspace ORDER BY count DESC, source, topic, name LIMIT $limit"
)
_KEYS: Final = "SELECT workspace, source, topic, name FROM notices"
_TOTALS: Final = (
    "SELECT source, sum(count), count(*) FROM notices WHERE workspace = $workspace GROUP BY source ORDER BY source"
)


@dataclass(frozen=True, slots=True)
class Noticed:
    """One name that no rule understood, and how often it was met."""

    source: str
    #: A key of :data:`tokometer.records.TOPICS`.
    topic: str
    name: str
    count: int
    #: An example of where it stood.
    place: str
    #: Microseconds since the epoch.
    first_at: int
    latest_at: int
    workspace: str = "default"


def noticed_json(noticed: Noticed) -> dict[str, object]:
    """A name that no rule understood as a JSON object, with what it is and what would mend it."""
    return {
        "source": noticed.source,
        "topic": noticed.topic,
        "name": noticed.name,
        "count": noticed.count,
        "place": noticed.place,
        "first_at": to_datetime(noticed.first_at).isoformat().replace("+00:00", "Z"),
        "latest_at": to_datetime(noticed.latest_at).isoformat().replace("+00:00", "Z"),
        "meaning": TOPICS.get(noticed.topic, ""),
        "mend": MENDS.get(noticed.topic, ""),
    }


class Names:
    """The names that a ledger tells apart, kept in memory once they have been asked for."""

    def __init__(self, fetch: Callable[[Statement], list[tuple[Any, ...]]]) -> None:
        self._fetch = fetch
        self._known: set[Key] | None = None
        #: Those that are stored for sure, and those of the last :meth:`rows` that may not be.
        self._stored: set[Key] = set()
        self._new: set[Key] = set()

    @property
    def any_new(self) -> bool:
        """Whether any of the last :meth:`rows` may not be stored yet."""
        return bool(self._new)

    def confirm(self) -> None:
        """Know that the last :meth:`rows` are stored now."""
        self._stored |= self._new
        self._new = set()

    def rows(self, notices: Iterable[Notice]) -> list[list[Any]]:
        """The columns of the `notices` table, to be added to what stands there; empty where there is nothing."""
        now = now_us()
        added: dict[Key, list[Any]] = {}
        for notice in notices:
            if notice.count <= 0:
                continue
            key = self._key(notice)
            at = notice.at or now
            place = _clean(notice.place)[:_LONGEST_PLACE]
            row = added.setdefault(key, [0, place, at, at])
            row[0] += notice.count
            row[1], row[2], row[3] = max(row[1], place), min(row[2], at), max(row[3], at)
        self._new = added.keys() - self._stored
        return [list(column) for column in zip(*((*key, *row) for key, row in added.items()), strict=True)]

    def forget(self) -> None:
        """Ask again: names may have been taken out, or put in by a commit that failed."""
        self._known = None
        self._stored = set()

    def _key(self, notice: Notice) -> Key:
        if self._known is None:
            self._known = {(w, s, t, n) for w, s, t, n in self._fetch(Statement(_KEYS))}
            self._stored = set(self._known)
        key = (notice.workspace, _clean(notice.source), notice.topic, _clean(notice.name)[:_LONGEST_NAME])
        if key not in self._known:
            if len(self._known) >= MOST_NAMES:
                return (*key[:3], MORE)
            self._known.add(key)
        return key


def list_noticed(
    ledger: Ledger, *, limit: int, offset: int = 0, workspaces: Sequence[str] = ("default",)
) -> list[Noticed]:
    """At most `limit` names in these workspaces, the most frequent first, after the `offset` first ones."""
    found: list[Noticed] = []
    for workspace in workspaces:
        rows = ledger.fetch(Statement(_LISTED, {"workspace": workspace, "limit": limit + offset}))
        found.extend(
            Noticed(source, topic, name, count, place, to_us(first_at), to_us(latest_at), of)
            for of, source, topic, name, count, place, first_at, latest_at in rows
        )
    found.sort(key=lambda one: (-one.count, one.source, one.topic, one.name))
    return found[offset : offset + limit]


def noticed_by_source(ledger: Ledger, workspaces: Sequence[str] = ("default",)) -> dict[str, tuple[int, int]]:
    """By source: how often something was not understood, and how many names that were."""
    found: dict[str, tuple[int, int]] = {}
    for workspace in workspaces:
        for source, count, names in ledger.fetch(Statement(_TOTALS, {"workspace": workspace})):
            before = found.get(source, (0, 0))
            found[source] = (before[0] + int(count), before[1] + int(names))
    return found


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
