"""The pages that are no dashboards, with the things of the demo on them: any width, light and dark, for everybody."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from generators.examples import LONG
from servers.whole import Running, running
from tokometer.dashboards import DASHBOARDS
from tokometer.server.places import PAGES

from .conftest import Opener
from .sight import gaps, leaving, outside, over, raw, widen, widths

#: Pages to which no entry of the sidebar leads.
_BEYOND = ("units", "what-if", "links", "boards/new", "reconcile/months", "record?id=" + "0123456789abcdef" * 4)
_NAMES = [place.id for place in PAGES if place.id not in DASHBOARDS] + [*_BEYOND]
#: Its values are written as they are in the file; there is no other way to change them.
_AS_WRITTEN = ("settings",)


@pytest.fixture(scope="module")
def server(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A demo with budgets, alerts, accounts, rate cards and plans, for all of these pages."""
    folder = tmp_path_factory.mktemp("others")
    shutil.copytree(filled, folder / "data", ignore=shutil.ignore_patterns("server.*"))
    with running(folder / "data", folder / "home", demo=True) as found:
        yield found


@pytest.mark.parametrize("name", _NAMES)
def test_other_pages(visit: Opener, server: Running, axe: Callable[..., list[str]], name: str) -> None:
    """All keeps to its card at any width, says things as people do, and is for everybody to use, in light and dark.

    In `make test` every other page is looked at in the dark, too.
    """
    page = visit(f"{server.url}/{name}", patient=name.startswith("record"))
    expect(page.locator("main :is(.panel, .card, .empty, .compose, .account)").first).to_be_visible()
    found: dict[int, list[str]] = {}
    for width in widths(_NAMES.index(name)):
        widen(page, width)
        found[width] = [*outside(page), *leaving(page), *gaps(page), *over(page)]
    assert not any(found.values()), found
    assert name in _AS_WRITTEN or raw(page) == []
    assert axe(page) == []
    if not LONG and _NAMES.index(name) % 2:
        return  # its neighbours are looked at in the dark
    page.emulate_media(color_scheme="dark")
    assert axe(page, "color-contrast") == []
