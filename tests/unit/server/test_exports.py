"""Panels and dashboards as files: every panel in every form, and the same numbers in all of them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pypdf
import pytest

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
    """CSV, JSON and Parquet of each panel have the same rows, to the last digit."""
    for _, panel in declared(server):
        lines = list(csv.reader(io.StringIO(server.get(f"{panel['csv']}?{asked}").text, newline="")))
        answer = server.get(f"{panel['json']}?{asked}").json()
        table = pq.read_table(io.BytesIO(server.get(f"{panel['parquet']}?{asked}").body))
        assert lines[0] == [column["name"] for column in answer["columns"]] == table.column_names, panel["id"]
        if panel["window"] or "range" not in panel["uses"]:
            # What is of now may have moved between two requests.
            continue
        assert len(lines) - 1 == len(answer["rows"]) == table.num_rows, panel["id"]
        types = {column["name"]: column["type"] for column in answer["columns"]}
        for line, row, kept in zip(lines[1:], answer["rows"], table.to_pylist(), strict=True):
            for name, text in zip(lines[0], line, strict=True):
                told = (panel["id"], name, text, row[name], kept[name])
                assert same(text, row[name]) or (moves(name) and near(text, row[name])), told
                assert same(text, kept[name]) or (moves(name) and near(text, kept[name])), told
                if types[name] == "money":
                    assert kept[name] is None or isinstance(kept[name], Decimal)


def moves(name: str) -> bool:
    """Whether a column is of another moment in another answer: ages, and what is expected of the rest of today."""
    return name.endswith((".age", ".time_in_state")) or name.startswith(
        ("judgement.budgets", "judgement.cost_forecast")
    )


def near(text: str, value: object) -> bool:
    """Whether two answers of one minute can say this: ages within a minute, amounts within a ten-thousandth."""
    if not text or value is None or isinstance(value, bool):
        return False
    if "T" in text:
        # A sheet has days since 1899-12-30.
        days = timedelta(days=value) if isinstance(value, int | float) else timedelta()
        told = datetime(1899, 12, 30) + days if days else value if isinstance(value, datetime) else str(value)
        other = told if isinstance(told, datetime) else datetime.fromisoformat(told)
        return abs(datetime.fromisoformat(text).replace(tzinfo=None) - other.replace(tzinfo=None)) < timedelta(days=1)
    try:
        one, another = float(text), float(str(value))
    except ValueError:
        return False
    return abs(one - another) <= max(60.0 if one > 3_600 else 0.0, abs(one) / 10_000)


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
    if re.fullmatch(r"-?[0-9]+\.[0-9]{9}", str(value)):
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
        book = zipfile.ZipFile(io.BytesIO(server.get(f"{board['files']['xlsx']}?{asked}").body))
        assert not [name for name in book.namelist() if "sheet" in name and b"<f>" in book.read(name)]
        for number, panel in enumerate(board["panels"], 2):
            if panel["window"] or "range" not in panel["uses"]:
                continue
            lines = list(csv.reader(io.StringIO(server.get(f"{panel['csv']}?{asked}").text, newline="")))
            rows = cells(book, number)[1:]
            assert len(rows) == len(lines) - 1, panel["id"]
            for line, row in zip(lines[1:], rows, strict=True):
                told = zip(lines[0], line, [*row, *[None] * (len(line) - len(row))], strict=True)
                for name, text, value in told:
                    assert in_sheet(text, value) or (moves(name) and near(text, value)), (
                        panel["id"],
                        name,
                        text,
                        value,
                    )


def test_one_file_and_a_folder_hold_the_csv_of_every_panel(server: Running, asked: str) -> None:
    """The CSV of a page has a block for each panel; the folder has a file for each."""
    board = server.get("/api/dashboards").json()["dashboards"][1]
    whole = server.get(f"{board['files']['csv']}?{asked}").text
    folder = zipfile.ZipFile(io.BytesIO(server.get(f"{board['files']['zip']}?{asked}").body))
    for panel in board["panels"]:
        text = folder.read(f"{panel['id'].replace('.', '-')}.csv").decode()
        if not panel["window"] and "range" in panel["uses"]:
            assert text == server.get(f"{panel['csv']}?{asked}").text
            assert text in whole
    assert "Time zone,Europe/Berlin" in whole


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
