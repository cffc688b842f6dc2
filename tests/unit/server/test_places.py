"""Tests of tokometer.server.places: the pages that the sidebar, the palette and the shortcuts lead to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from servers.whole import Running
from tokometer.dashboards import DASHBOARDS
from tokometer.dashboards.panel import Group
from tokometer.server.places import PAGES, Place, place_of, sidebar


def test_a_new_page_names_its_group_in_one_line() -> None:
    """A page is one declaration, which says where it stands: among those of its heading, after those before it."""
    added = Place("refunds", "Refunds", "z", Group.MONEY)
    groups = {group["title"]: [item["url"] for item in group["items"]] for group in sidebar(places=(*PAGES, added))}
    assert list(groups) == [group.value for group in Group]
    assert groups["Money"][-1] == "/refunds"
    assert sum(map(len, groups.values())) == len(PAGES) + 1


def test_a_dashboard_names_its_group_in_one_line() -> None:
    """A dashboard of ours says it as well; one that does not is refused with what it may say."""
    usage = DASHBOARDS["usage"]
    assert place_of(replace(usage, group=Group.ACT)).group is Group.ACT
    with pytest.raises(ValueError, match="usage needs a group: one of OBSERVE, COMPARE, MONEY, ACT, SET_UP"):
        place_of(replace(usage, group=None))


def test_every_page_has_keys_of_its_own() -> None:
    """No two pages share the letter that leads to them, nor an address."""
    assert len({place.key for place in PAGES}) == len({place.url for place in PAGES}) == len(PAGES)


def test_headings_name_the_lists(server: Running) -> None:
    """Each list of the sidebar is named by its heading, and every page stands in one; the open one is marked."""
    page = server.get("/prices").text
    lists = re.findall(
        r'<p class="group" id="(.*?)">(.*?)</p>\s*<ul aria-labelledby="(.*?)">(.*?)</ul>', page, re.DOTALL
    )
    assert [heading for _, heading, _, _ in lists] == [group.value for group in Group]
    assert all(own == named for own, _, named, _ in lists)
    assert sum(items.count("<a ") for *_, items in lists) == len(PAGES)
    assert re.findall(r'href="([^"]+)" data-key="x" aria-current="page"', page) == ["/prices"]


def test_the_palette_knows_every_page(server: Running) -> None:
    """What the sidebar leads to is found by its name as well."""
    [pages] = [group for group in server.get("/api/search?q=").json()["groups"] if group["title"] == "Pages"]
    assert {place.url for place in PAGES} <= {item["url"] for item in pages["items"]}
