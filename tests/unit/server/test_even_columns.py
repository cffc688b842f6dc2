"""Numbers below each other in a table have as many decimals each, in every panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from generators.examples import LONG, in_turn
from servers.whole import Running

#: A number with what is written before and after it; the change of a figure is told beside its arrow.
_NUMBER = re.compile(r"^(?:[≈▲▼<>+-]|up|down|\s)*(\$?)([0-9,]+)(?:\.([0-9]+))?( ?[^0-9 ]*)$")
#: Amounts of less than a dollar have three digits each, wherever the first of them stands.
_BELOW_ONE = re.compile(r"^\D*\$0(\.|$)")


class Tables(HTMLParser):
    """The texts of the cells of every table, by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin a table, a row or a cell."""
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.inside = True
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        """Add to a cell."""
        if self.inside:
            self.tables[-1][-1][-1] += data


def columns(html: str) -> Iterator[list[str]]:
    """The columns of numbers of every table."""
    for table in Tables(html).tables:
        for column in zip(*(row for row in table[1:] if len(row) == len(table[0])), strict=True):
            yield [text.strip() for text in column]


def ragged(column: list[str]) -> list[str]:
    """The numbers of a column that have other decimals than those of the same unit before them."""
    found = [match for text in column if (match := _NUMBER.match(text))]
    if column and all(_BELOW_ONE.match(text) for text in column if "$" in text):
        found = [match for match in found if not match[1]]
    places: dict[str, set[int]] = {}
    for match in found:
        places.setdefault(match[1] + match[4], set()).add(len(match[3] or ""))
    return [f"{unit!r}: {column}" for unit, several in places.items() if len(several) > 1]


#: What a panel's numbers can be shown with.
SHOWN = ("value", "change", "percent")


@pytest.mark.parametrize("show", SHOWN)
def test_columns_are_even(server: Running, show: str) -> None:
    """No column has 50.1 % above 5 %, or 75 k beside 16.2 k. In `make test` each panel shows one of the three."""
    found = []
    seen = 0
    boards = server.get("/api/dashboards").json()["dashboards"]
    for panel, its in in_turn([panel for board in boards for panel in board["panels"]], SHOWN):
        if its == show:
            html = server.get(f"{panel['url']}?tz=Europe/Berlin&range=30d&rows=0&show={show}").json()["html"]
            for column in columns(html):
                seen += 1
                found += [f"{panel['id']} {one}" for one in ragged(column)]
    assert seen > (60 if LONG else 20)
    assert found == []
