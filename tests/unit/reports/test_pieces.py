"""Panels on paper: every panel becomes blocks, a card and a place in a report, whatever the names in it are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pypdf
import pytest

from servers.whole import CACHE, fill
from tokometer.charts import Colours
from tokometer.dashboards import DASHBOARDS, Context, Panel
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.reports import svg
from tokometer.reports.answered import Answered, answered
from tokometer.reports.blocks import Entry, Figures, Grid, Head, Piece, Words
from tokometer.reports.card import Card
from tokometer.reports.fonts import font_folder
from tokometer.reports.paper import Part, Placed, Report
from tokometer.reports.pieces import piece_of
from tokometer.reports.pieces.piece import KINDS
from tokometer.reports.press import Beside, Here, Pages, Picture, PressError
from tokometer.reports.report import report_of
from tokometer.settings import FILE_NAME, read_settings

PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: What Typst, XML, HTML and readers from right to left would stumble over.
HOSTILE = (
    '#read("/etc/passwd")',
    "#panic() $x$ *bold* _it_ `raw` <label> @ref \\ // /* [",
    "</text><script>alert(1)</script>&amp;\"'",
    "\u202egnp.exe\x00\x1b[31m",
    "=HYPERLINK(1)",
)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A month of generated records, looked at."""
    data = tmp_path_factory.mktemp("paper")
    fill(data, days=35, calls=1_500)
    ledger = open_ledger(data)
    now = datetime.now(UTC)
    kept: dict[Question, Result] = {}

    def ask(question: Question) -> Result:
        if question not in kept:
            kept[question] = answer(ledger, question, now=now)
        return kept[question]

    settings = read_settings(data / FILE_NAME)
    yield Context(parse_scope({"range": ["30d"]}, (), now), ask, Colours(), settings, PriceBook())
    ledger.close()


@pytest.fixture(scope="module")
def answers(context: Context) -> dict[str, Answered]:
    """What every panel answers."""
    return {panel.id: answered(panel, context) for panel in PANELS}


def test_every_kind_of_panel_has_a_function() -> None:
    """No panel of ours is only a table of its rows."""
    assert {panel.kind for panel in PANELS} <= set(KINDS)


def test_every_panel_has_something_on_paper(answers: dict[str, Answered]) -> None:
    """Each has blocks, all rows of its tables are as long as their heads, and all of it is plain data."""
    for one in answers.values():
        piece = piece_of(one)
        assert piece.blocks, one.panel.id
        for block in piece.blocks:
            if isinstance(block, Grid):
                assert all(len(row) == len(block.heads) for row in block.rows), one.panel.id
                # As many as a month has days.
                assert len(block.rows) <= 31
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(piece), type=Piece).id == piece.id


def test_every_card_is_well_formed(answers: dict[str, Answered]) -> None:
    """Each card is XML in both themes, and nothing in it stands to the right of its edge."""
    for one in answers.values():
        for theme in ("light", "dark"):
            card = Card(
                piece_of(one), theme, lambda chart, width: f'<svg width="{width}" height="{chart.height}"></svg>'
            )  # type: ignore[arg-type]
            root = ET.fromstring(card.draw())
            for text in root.iter("{http://www.w3.org/2000/svg}text"):
                assert 0 <= float(text.attrib["x"]) <= card.width, one.panel.id


def test_a_kind_without_a_function_is_a_table(answers: dict[str, Answered]) -> None:
    """A panel of a kind that nobody has drawn for paper is its rows."""

    class Odd:
        """A panel of a new kind."""

        def __init__(self, panel: Panel) -> None:
            self.id, self.kind, self.width = panel.id, "odd", 6

    found = next(one for one in answers.values() if len(one.view.table.rows) > 30)
    [grid] = piece_of(replace(found, panel=Odd(found.panel))).blocks  # type: ignore[arg-type]
    assert isinstance(grid, Grid)
    assert len(grid.heads) == len(found.view.table.columns)
    assert grid.more.startswith("and ")


def hostile() -> Piece:
    """A piece whose names mean harm."""
    rows = [[Entry(name, note=name), Entry(name)] for name in HOSTILE]
    words = [Words(name) for name in HOSTILE]
    return Piece("x.y", HOSTILE[0], [Grid([Head(HOSTILE[1]), Head(HOSTILE[2])], rows), *words], HOSTILE[1])


def test_names_are_never_markup(tmp_path: Path) -> None:
    """What Typst or XML would take for commands stands in the PDF and in the picture as text."""
    report = Report(
        HOSTILE[1],
        [("Period", HOSTILE[0]), ("Time zone", "UTC")],
        [Part(HOSTILE[0], [[Placed(hostile(), 12)]])],
        [HOSTILE[2]],
    )
    press = Here(CACHE)
    (tmp_path / "x.pdf").write_bytes(press.make(Pages(report)))
    text = "".join("".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "x.pdf").pages).split())
    for name in HOSTILE[:3]:
        assert "".join(name.split())[:18] in text, name
    assert "root:" not in text
    drawn = press.make(Picture(hostile(), "svg"))
    assert [node.tag for node in ET.fromstring(drawn).iter() if "script" in node.tag] == []


def test_a_report_has_every_panel_once(context: Context, answers: dict[str, Answered]) -> None:
    """Each row of a report is full, and each panel stands in one."""
    for dashboard in DASHBOARDS.values():
        report = report_of(dashboard, context, lambda panel: answers[panel.id])
        rows = [row for part in report.parts for row in part.rows]
        assert [sum(one.span for one in row) for row in rows] == [12] * len(rows)
        assert [one.piece.id for row in rows for one in row] == [panel.id for panel in dashboard.panels]


def test_every_dashboard_is_a_pdf_with_what_its_page_shows(context: Context, answers: dict[str, Answered]) -> None:
    """Each report has the texts of all its panels: titles, figures, and the cells of their tables."""
    press = Here(CACHE)
    for dashboard in DASHBOARDS.values():
        report = report_of(dashboard, context, lambda panel: answers[panel.id])
        pages = pypdf.PdfReader(io.BytesIO(press.make(Pages(report)))).pages
        text = squeezed("".join(page.extract_text() for page in pages))
        for part in report.parts:
            for piece in (one.piece for row in part.rows for one in row):
                assert squeezed(piece.title) in text, piece.id
                for block in piece.blocks:
                    if isinstance(block, Figures):
                        told = [item.text for item in block.items]
                    else:
                        told = [cell.text for row in block.rows for cell in row] if isinstance(block, Grid) else []
                    for one in told:
                        # Writing from right to left comes out in another order.
                        assert squeezed(one) in text or not one.isascii(), (piece.id, one)


def test_every_panel_is_a_picture(answers: dict[str, Answered]) -> None:
    """Each panel with a chart is drawn with it, in the colours of both themes."""
    press = Here(CACHE)
    for one in answers.values():
        drawn = {press.make(Picture(piece_of(one), "svg", theme)) for theme in ("light", "dark")}  # type: ignore[arg-type]
        assert len(drawn) == 2, one.panel.id
        assert all(one.view.empty or (b'class="marks"' in made) == (one.view.chart is not None) for made in drawn)


def squeezed(text: str) -> str:
    """A text without what a line is broken at."""
    return "".join(svg.clean(text).split())


def test_fonts_are_found() -> None:
    """The library that draws charts holds the fonts of reports."""
    folder = font_folder(CACHE)
    assert folder is not None
    assert len(list(folder.glob("*.ttf"))) == 4


def test_the_press_tells_what_went_wrong_and_goes_on() -> None:
    """A task that cannot be done is told; one that takes too long ends the process, and the next one starts another."""
    piece = Piece("x.y", "Fine", [Words("Fine")])
    press = Beside(CACHE)
    try:
        broken = Picture(Piece("x.y", "Broken", [Grid([Head("a")], [[]])]), "svg")
        with pytest.raises(PressError):
            press.make(broken)
        assert press.make(Picture(piece, "png")).startswith(b"\x89PNG")
        press._patience = 0.0
        with pytest.raises(PressError, match="too long"):
            press.make(Picture(piece, "svg"))
        press._patience = 60.0
        assert b"Fine" in press.make(Picture(piece, "svg"))
    finally:
        press.close()
    with pytest.raises(PressError, match="ending"):
        press.make(Picture(piece, "svg"))
