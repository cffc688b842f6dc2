"""A dashboard as an Excel workbook: a sheet that sums up, and one for each panel, with real numbers and dates."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tokometer.dashboards import Dashboard, Scope
from tokometer.measures.result import Column, csv_cell, is_formula, seen, tidied
from tokometer.records.units import Unit
from tokometer.reports.answered import Answered, window_of
from tokometer.reports.columns import columns_of, units_of
from tokometer.reports.rows import about

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: Rows of a sheet; that there are more is said, and CSV and Parquet have all of them.
MOST_ROWS: Final = 50_000
#: Letters of a sheet's name and of a cell, as Excel allows.
_NAME, _TEXT = 31, 32_767
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
#: Widths of columns, in letters, and of how many rows they are told from.
_NARROW, _WIDE, _LOOKED_AT = 8, 60, 200
#: Whole numbers beyond this are text, as Excel keeps fifteen digits.
_EXACT: Final = 10**15
#: Seconds are told with their date; the zone stands in the head.
_TIME, _DATE = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
_FORMATS: Final = {"money": "$#,##0.00#######", "share": "0.0##########%", "count": "#,##0", "": "#,##0.############"}


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **look: Any) -> Format:  # noqa: ANN401 - what XlsxWriter takes
        """The format of a look."""
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Arial", "font_size": 10, "valign": "top", **look})
        return self._made[key]


def workbook(dashboard: Dashboard, answers: Iterable[Answered], scope: Scope) -> bytes:
    """The workbook. No cell is a formula, whatever a name begins with; numbers have every digit that Excel keeps."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    # Text stays text: what looks like a formula, a link or a number is none.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    book.set_properties({"title": f"{dashboard.title}, {scope.window.title}", "author": "Tokometer"})
    book.set_size(2_400, 1_400)
    styles = _Styles(book)
    summary = book.add_worksheet("Summary")
    names: set[str] = {"summary"}
    listed = []
    for answer in answers:
        name = _sheet_name(answer.title, names)
        told = _sheet(book.add_worksheet(name), answer, scope, styles)
        listed.append((answer, name, told))
    _summary(summary, dashboard, listed, scope, styles)
    book.close()
    return out.getvalue()


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name for a sheet that Excel takes and no other has."""
    plain = _FORBIDDEN.sub(" ", seen(title)).strip("' ") or "Panel"
    name, at = plain[:_NAME].strip("' "), 2
    while name.casefold() in taken or name.casefold() == "history":
        end = f" {at}"
        name, at = plain[: _NAME - len(end)].strip("' ") + end, at + 1
    taken.add(name.casefold())
    return name


def _summary(
    sheet: Worksheet,
    dashboard: Dashboard,
    listed: Sequence[tuple[Answered, str, str]],
    scope: Scope,
    styles: _Styles,
) -> None:
    """What the workbook is about, and what is on which sheet."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 46)
    sheet.set_column(2, 2, 12)
    sheet.set_column(3, 3, 60)
    _text(sheet, 0, 0, dashboard.title, styles, bold=True, font_size=16)
    lines = about(dashboard, scope)[1:]
    for at, (what, value) in enumerate(lines, 1):
        _text(sheet, at, 0, what, styles, font_color="#565A66")
        _text(sheet, at, 1, value, styles)
    top = len(lines) + 2
    for at, head in enumerate(("Sheet", "Period", "Rows", "Remarks")):
        _text(sheet, top, at, head, styles, **_HEAD)
    for row, (answer, name, told) in enumerate(listed, top + 1):
        # The target of a link is a sheet of ours; its name is quoted as Excel quotes it.
        target = name.replace("'", "''")
        sheet.write_url(
            row, 0, f"internal:'{target}'!A1", styles.of(font_color="#4B4FD6", underline=1), answer.title[:255]
        )
        _text(sheet, row, 1, window_of(answer, scope), styles)
        sheet.write_number(row, 2, len(answer.view.table.rows), styles.of(num_format="#,##0"))
        _text(sheet, row, 3, "; ".join((*answer.remarks, *([told] if told else []))), styles)


_HEAD: Final[dict[str, Any]] = {"bold": True, "bg_color": "#EFF1F4", "bottom": 1, "text_wrap": True}


def _sheet(sheet: Worksheet, answer: Answered, scope: Scope, styles: _Styles) -> str:
    """A panel's rows under their heads; what is left out, in words."""
    table = answer.view.table
    columns = columns_of(table)
    unit = units_of(table)
    rows = table.rows[:MOST_ROWS]
    for at, column in enumerate(columns):
        _text(sheet, 0, at, _head(column, scope), styles, **_HEAD)
        sheet.set_column(at, at, _width(column, [row[at] for row in rows[:_LOOKED_AT]], scope))
    for number, row in enumerate(rows, 1):
        for at in range(len(columns)):
            _cell(sheet, number, at, row[at], unit(at, row), scope, styles)
    sheet.freeze_panes(1, 1)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    left = len(table.rows) - len(rows)
    return f"{left:,} more rows are in the CSV and Parquet files" if left else ""


def _head(column: Column, scope: Scope) -> str:
    """Title and name, so that a reader and a program find what they look for; times say their zone."""
    return f"{column.title} ({scope.zone.key})" if column.type == "time" else column.title


def _cell(
    sheet: Worksheet,
    row: int,
    at: int,
    value: Any,  # noqa: ANN401 - of any type
    unit: Unit | None,
    scope: Scope,
    styles: _Styles,
) -> None:
    """A value as what it is; what is unknown stays empty."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, at, value, styles.of(align="left"))
    elif isinstance(value, datetime):
        # A workbook has no zones: what stands there is the viewer's clock.
        local = value.astimezone(scope.zone).replace(tzinfo=None)
        sheet.write_datetime(row, at, local, styles.of(num_format=_TIME, align="left"))
    elif isinstance(value, date):
        sheet.write_datetime(row, at, value, styles.of(num_format=_DATE, align="left"))
    elif isinstance(value, int | float | Decimal):
        number = tidied(value)
        if number is None:
            return
        if isinstance(number, int) and abs(number) >= _EXACT:
            _text(sheet, row, at, csv_cell(number), styles, align="right")
            return
        style = unit.style if unit and unit.style in _FORMATS else "count" if isinstance(value, int) else ""
        sheet.write_number(row, at, float(number), styles.of(num_format=_FORMATS[style]))
    else:
        _text(sheet, row, at, str(value), styles)


def _text(sheet: Worksheet, row: int, at: int, text: str, styles: _Styles, **look: Any) -> None:  # noqa: ANN401
    """A text. One that a spreadsheet would compute is marked as text, as Excel does for what is typed after a `'`."""
    told = seen(text)[:_TEXT]
    if not told:
        return
    marked = {"quote_prefix": True} if is_formula(told) else {}
    sheet.write_string(row, at, told, styles.of(**look, **marked))


def _width(column: Column, values: Sequence[Any], scope: Scope) -> float:
    longest = max((_length(value) for value in values), default=0)
    head = len(_head(column, scope))
    # Heads wrap; what stands below does not.
    return min(_WIDE, max(_NARROW, longest + 2, min(head + 3, 18)))


def _length(value: Any) -> int:  # noqa: ANN401 - of any type
    if value is None:
        return 0
    if isinstance(value, datetime):
        return len("2026-01-31 12:00:00")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return len(str(value))
    return min(18, len(f"{float(value):,.6f}".rstrip("0")) + 2)
