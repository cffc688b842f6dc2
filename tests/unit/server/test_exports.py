"""Panels and dashboards as files: every panel in every form, and the same numbers in all of them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pypdf
import pytest

from generators.examples import LONG
from servers.whole import Running
from tokometer.measures.result import csv_cell

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def declared(server: Running) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every dashboard with each of its panels."""
    for board in server.get("/api/dashboards").json()["dashboards"]:
        for panel in board["panels"]:
            yield board, panel


@pytest.fixture(scope="module")
def asked(server: Running) -> str:
    """A window of whole days that are over, so that nothing moves between two requests."""
    rows = server.get("/api/query?measure=calls.requests&by=calls.day&since=all&tz=Europe/Berlin").json()["rows"]
    days = sorted(row["day"][:10] for row in rows)
    return f"tz=Europe/Berlin&range=custom&since={days[2]}&until={days[-3]}"


def test_every_panel_is_the_same_in_every_form(server: Running, asked: str) -> None:
    """CSV, JSON and Parquet of each panel have the same rows, to the last digit; of every other one in `make test`."""
    for _, panel in [*declared(server)][:: 1 if LONG else 2]:
        told = again(lambda panel=panel: told_by_forms(server, panel, asked))
        assert told == [], panel["id"]


def told_by_forms(server: Running, panel: dict[str, Any], asked: str) -> list[object]:
    """What the forms of a panel say otherwise than its CSV, as of one moment."""
    written, said, stored = server.at_one_moment(*(f"{panel[form]}?{asked}" for form in ("csv", "json", "parquet")))
    lines = list(csv.reader(io.StringIO(written.text, newline="")))
    answer, table = said.json(), pq.read_table(io.BytesIO(stored.body))
    assert lines[0] == [column["name"] for column in answer["columns"]] == table.column_names, panel["id"]
    assert len(lines) - 1 == len(answer["rows"]) == table.num_rows, panel["id"]
    money = [column["name"] for column in answer["columns"] if column["type"] == "money"]
    rows = [*zip(lines[1:], answer["rows"], table.to_pylist(), strict=True)]
    assert all(kept[name] is None or isinstance(kept[name], Decimal) for _, _, kept in rows for name in money)
    return [
        (name, text, row[name], kept[name])
        for line, row, kept in rows
        for name, text in zip(lines[0], line, strict=True)
        if not (same(text, row[name]) and same(text, kept[name]))
    ]


def again(compare: Callable[[], list[object]]) -> list[object]:
    """What differs each time: an answer that is shared may be made anew between two, some seconds later."""
    return compare() and compare() and compare()


def in_sheet(text: str, value: object) -> bool:
    """Whether a cell of a sheet holds what CSV says."""
    if value is None:
        return text == ""
    if isinstance(value, float) and "T" not in text:
        return f"{float(text) + 0:.16G}" == f"{value + 0:.16G}"
    return not isinstance(value, str) or text.removeprefix("'") == value.removeprefix("'")


def same(text: str, value: object) -> bool:
    """Whether a cell of CSV says what a value of another form is."""
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, int | float | Decimal):
        return Decimal(text) == Decimal(repr(value) if isinstance(value, float) else value)
    if hasattr(value, "isoformat"):
        return datetime.fromisoformat(text) == value if "T" in text else text == value.isoformat()
    if re.fullmatch(r"-?[0-9]+\.[0-9]+", str(value)):
        # Money, and a column that has numbers beside words.
        return Decimal(text) == Decimal(str(value))
    # A spreadsheet is not handed what nobody sees; programs are.
    return text == csv_cell(value)


def cells(book: zipfile.ZipFile, number: int) -> list[list[object]]:
    """The rows of a sheet: text, numbers, flags."""
    strings = [
        "".join(part.text or "" for part in one.iter(f"{_SHEET}t"))
        for one in ET.fromstring(book.read("xl/sharedStrings.xml"))
    ]
    found: list[list[object]] = []
    for row in ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{_SHEET}row"):
        line: list[object] = []
        for cell in row:
            letters = re.sub("[0-9]", "", cell.attrib["r"])
            place = 0
            for letter in letters:
                place = place * 26 + ord(letter) - 64
            line += [None] * (place - 1 - len(line))
            value = cell.findtext(f"{_SHEET}v")
            kind = cell.attrib.get("t", "n")
            line.append(
                None
                if value is None
                else strings[int(value)]
                if kind == "s"
                else bool(int(value))
                if kind == "b"
                else float(value)
            )
        found.append(line)
    return found


def test_a_workbook_holds_the_rows_of_every_panel(server: Running, asked: str) -> None:
    """Each sheet of a dashboard has its panel's rows, as numbers; no cell is a formula."""
    for board in server.get("/api/dashboards").json()["dashboards"]:
        told = again(lambda board=board: told_by_sheets(server, board, asked))
        assert told == [], board["id"]


def told_by_sheets(server: Running, board: dict[str, Any], asked: str) -> list[object]:
    """What the sheets of a dashboard say otherwise than the CSV of its panels, as of one moment."""
    paths = (board["files"]["xlsx"], *(panel["csv"] for panel in board["panels"]))
    whole, *written = server.at_one_moment(*(f"{path}?{asked}" for path in paths))
    book = zipfile.ZipFile(io.BytesIO(whole.body))
    assert not [name for name in book.namelist() if "sheet" in name and b"<f>" in book.read(name)]
    found: list[object] = []
    for number, (panel, answer) in enumerate(zip(board["panels"], written, strict=True), 2):
        names, *lines = csv.reader(io.StringIO(answer.text, newline=""))
        rows = cells(book, number)[1:]
        assert len(rows) == len(lines), panel["id"]
        for line, row in zip(lines, rows, strict=True):
            told = zip(names, line, [*row, *[None] * (len(line) - len(row))], strict=True)
            found += [(panel["id"], *cell) for cell in told if not in_sheet(*cell[1:])]
    return found


def test_one_file_and_a_folder_hold_the_csv_of_every_panel(server: Running, asked: str) -> None:
    """The CSV of a page has a block for each panel; the folder has a file for each."""
    board = server.get("/api/dashboards").json()["dashboards"][1]

    def differing() -> list[object]:
        paths = (board["files"]["csv"], board["files"]["zip"], *(panel["csv"] for panel in board["panels"]))
        whole, packed, *written = server.at_one_moment(*(f"{path}?{asked}" for path in paths))
        assert "Time zone,Europe/Berlin" in whole.text
        folder = zipfile.ZipFile(io.BytesIO(packed.body))
        names = [panel["id"].replace(".", "-") for panel in board["panels"]]
        return [
            name
            for name, answer in zip(names, written, strict=True)
            if folder.read(f"{name}.csv") != answer.body or answer.text not in whole.text
        ]

    assert again(differing) == []


@pytest.mark.slow
def test_every_kind_of_panel_is_a_picture_in_both_themes(server: Running) -> None:
    """A panel of each kind is drawn as SVG and as PNG, light and dark, and nothing is fetched for it."""
    drawn: dict[str, bytes] = {}
    boards = server.get("/api/dashboards").json()["dashboards"]
    # All of them are drawn in tests/unit/reports/test_pieces.py; here one of each kind goes the whole way.
    for panel in {panel["kind"]: panel for board in boards for panel in board["panels"]}.values():
        for theme in ("light", "dark"):
            answer = server.get(f"{panel['svg']}?tz=UTC&range=30d&theme={theme}")
            assert answer.status == 200, (panel["id"], answer.text[:300])
            assert answer.headers["content-type"].startswith("image/svg+xml")
            ET.fromstring(answer.body)
            assert not re.search(r"(?:href|src)=[\"'](?!#)", answer.text), panel["id"]
            drawn[theme] = answer.body
        assert drawn["light"] != drawn["dark"], panel["id"]
        png = server.get(f"{panel['png']}?tz=UTC&range=30d&scale=1&theme=dark")
        assert png.body.startswith(b"\x89PNG"), panel["id"]


def test_a_dashboard_is_a_report(server: Running, asked: str) -> None:
    """The PDF says what it is about, and every panel's title and figures as the page shows them."""
    board = next(one for one in server.get("/api/dashboards").json()["dashboards"] if one["id"] == "usage")
    answer = server.get(f"{board['files']['pdf']}?{asked}&paper=letter")
    assert answer.status == 200, answer.text[:300]
    report = pypdf.PdfReader(io.BytesIO(answer.body))
    assert report.metadata is not None
    assert report.metadata.title == board["title"]
    assert report.pages[0].mediabox.width == 612
    text = squeezed("\n".join(page.extract_text() for page in report.pages))
    assert f"Page1of{len(report.pages)}" in text
    assert "Europe/Berlin" in text
    for panel in board["panels"]:
        told = server.get(f"/api/panels/{panel['id']}?{asked}").json()
        assert squeezed(told["title"]) in text, panel["id"]
        if panel["window"] or "range" not in panel["uses"]:
            continue
        for figure in re.findall(
            r'class="figure(?: small)?"[^>]*>(?:<a[^>]*>≈</a>)?(?:<a[^>]*>)?([^<]+)<', told["html"]
        ):
            assert squeezed(figure) in text, (panel["id"], figure)


def squeezed(text: str) -> str:
    """A text without what a line is broken at."""
    return re.sub(r"\s+", "", text)


def test_files_have_names_that_say_what_they_are(server: Running, asked: str) -> None:
    """A file is called after its panel or page and the days that it is about."""
    days = re.findall(r"\d{4}-\d{2}-\d{2}", asked)
    answer = server.get(f"/api/dashboards/usage.csv?{asked}")
    assert answer.headers["content-disposition"] == f'attachment; filename="usage_{days[0]}_{days[1]}.csv"'
    assert answer.headers["cache-control"] == "private, no-store"


def test_what_cannot_be_made_is_said(server: Running) -> None:
    """An unknown panel, dashboard, form or parameter is told in a sentence."""
    for path, status in (
        ("/api/panels/usage.nothing.png", 404),
        ("/api/dashboards/nothing.pdf", 404),
        ("/api/dashboards/usage.pdf?range=never", 422),
        ("/api/dashboards/usage.pdf?paper=napkin", 422),
        ("/api/panels/usage.periods.svg?theme=mauve", 422),
        ("/api/panels/usage.periods.png?width=99999", 422),
    ):
        answer = server.get(path)
        assert answer.status == status, path
        assert json.loads(answer.text)["detail"]
