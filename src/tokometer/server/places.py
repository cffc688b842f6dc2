"""The pages that the sidebar, the palette and the shortcuts lead to: declared here, or as dashboards, nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.dashboards import DASHBOARDS, Dashboard
from tokometer.dashboards.panel import Group


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the sidebar: `key` leads there after `g`, `group` is the heading that it stands under."""

    id: str
    title: str
    key: str
    group: Group
    #: What there is, in a few words, for the palette.
    about: str = ""
    #: Its whole title, where that of the sidebar is short.
    long: str = ""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"/{self.id}"


def place_of(dashboard: Dashboard) -> Place:
    """The place of a dashboard of ours.

    Raises:
        ValueError: It does not say under which heading of the sidebar it stands.
    """
    if dashboard.group is None:
        raise ValueError(f"the dashboard {dashboard.id} needs a group: one of {', '.join(Group.__members__)}")
    title = dashboard.short or dashboard.title
    about = dashboard.short if dashboard.short not in dashboard.title else ""
    return Place(dashboard.id, title, dashboard.key, dashboard.group, about, dashboard.title)


#: Every page of the sidebar; under a heading they stand in this order.
PAGES: Final = (
    *map(place_of, DASHBOARDS.values()),
    Place("explore", "Explore", "e", Group.OBSERVE, "the records themselves: calls, sessions, traces, errors"),
    Place("boards", "Boards", "d", Group.OBSERVE, "dashboards of your own"),
    Place("budgets", "Budgets", "h", Group.MONEY, "limits of money and tokens, and where they stand"),
    Place("plans", "Plans", "j", Group.MONEY, "subscriptions against what they are worth, seats, exchange rates"),
    Place("prices", "Prices", "x", Group.MONEY, "the price book, own prices, re-costing"),
    Place("billing", "Billing", "f", Group.MONEY, "rate cards, statements for customers and teams, FOCUS"),
    Place("alerts", "Alerts", "l", Group.ACT, "rules, silences, who is told"),
    Place("sources", "Sources", "s", Group.SET_UP, "what is received, from where, and what was refused"),
    Place("accounts", "Accounts", "v", Group.SET_UP, "what providers say that they charged"),
    Place("settings", "Settings", ",", Group.SET_UP, "what holds, and how to change it"),
)


def sidebar(
    asked: str = "", counts: Mapping[str, tuple[int, str]] | None = None, places: Sequence[Place] = PAGES
) -> list[dict[str, Any]]:
    """Headings in their order, each with its pages as the template shows them.

    Args:
        asked: What their addresses end with, `?` and all: what is asked for on this page.
        counts: By id, how many there are of what waits for somebody, and what one of them is called.
        places: The pages.
    """
    counts = counts or {}
    shown: dict[Group, list[dict[str, Any]]] = {}
    for place in sorted(places, key=lambda place: list(Group).index(place.group)):
        count, of = counts.get(place.id, (0, ""))
        item = {"id": place.id, "title": place.title, "url": place.url + asked, "key": place.key}
        shown.setdefault(place.group, []).append({**item, "count": count, "counts": of})
    return [{"title": group.value, "items": items} for group, items in shown.items()]
