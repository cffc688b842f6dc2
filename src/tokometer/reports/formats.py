"""The forms in which panels and dashboards can be taken away: declared once, for addresses, menus and documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A form: the ending of its address and its files, what it is called, and its media type."""

    ending: str
    title: str
    media_type: str
    #: What it is good for, for menus and documentation.
    about: str
    #: It takes a moment, which a page should say.
    slow: bool = False


_CSV: Final = "text/csv; charset=utf-8"

#: What any panel can be taken as.
PANEL_FORMATS: Final = (
    Format("csv", "CSV", _CSV, "The rows behind it, for a spreadsheet"),
    Format("json", "JSON", "application/json", "The rows behind it, with units and types, for a program"),
    Format(
        "parquet", "Parquet", "application/vnd.apache.parquet", "The rows behind it with exact types, for data frames"
    ),
    Format("png", "PNG", "image/png", "A picture, for slides and chats", slow=True),
    Format("svg", "SVG", "image/svg+xml", "A picture that stays sharp at any size", slow=True),
)

#: What any dashboard can be taken as.
PAGE_FORMATS: Final = (
    Format("pdf", "PDF report", "application/pdf", "A report to forward: figures, charts and tables", slow=True),
    Format(
        "xlsx",
        "Excel workbook",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "A sheet for each panel, with real numbers and dates",
    ),
    Format("csv", "CSV", _CSV, "One file with a block for each panel"),
    Format("zip", "CSV files", "application/zip", "A folder with a CSV file for each panel"),
)
