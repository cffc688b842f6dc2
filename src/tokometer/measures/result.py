"""An answer: typed columns, rows, and how it came about."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final, Literal

from tokometer.records.units import UNITS, plain

#: A flag is true or false, and written so.
ColumnType = Literal["text", "integer", "number", "money", "time", "date", "flag"]
Cell = str | int | float | Decimal | datetime | date | None

#: Decimals of amounts: a billionth of a dollar is the smallest that is kept.
_PLACES: Final = 9
#: A spreadsheet takes a cell that begins with one of these for a formula; `'` in front makes it text.
#: https://owasp.org/www-community/attacks/CSV_Injection
#: Those of full width are taken for the others where the language is written in them.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Controls, marks of direction and what has no width: nobody sees them, and some hide what a cell begins with.
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in rows, its unit's key (empty for a dimension), the type of its values, and its title."""

    name: str
    unit: str
    type: ColumnType
    title: str = ""
    #: What it was asked as: `calls.cost`. The same for a column and its counterpart in the period before.
    source: str = ""
    better: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """How an answer came about."""

    #: The window, as times of the asker's zone.
    since: datetime
    until: datetime
    tz: str
    grain: str = ""
    #: The start of the bucket that is still running; None where there is none.
    unfinished: datetime | None = None
    #: The window that `compare` compares with.
    previous_since: datetime | None = None
    previous_until: datetime | None = None
    #: The tables that were read.
    tables: tuple[str, ...] = ()
    #: Rows before `limit` cut them, where that is known.
    total_rows: int | None = None
    #: What the answer lacks, in sentences; mostly nothing.
    missing: tuple[str, ...] = ()
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """Columns and rows. Rows are dicts by column name; money is Decimal (USD), times are aware, unknown is None."""

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    meta: Meta = field(repr=False)
    #: Of a page of a list, what asks for the next; empty on the last one.
    after: str = ""

    def to_json(self, *, rows: bool = True) -> dict[str, Any]:
        """As JSON: money as decimal strings with nine places, times in RFC 3339. Without `rows`, all but these."""
        return {
            "columns": [
                {"name": column.name, "unit": column.unit, "type": column.type, "title": column.title}
                for column in self.columns
            ],
            "rows": [{name: json_value(value) for name, value in row.items()} for row in self.rows if rows],
            "meta": {name: json_value(getattr(self.meta, name)) for name in Meta.__slots__},
        }

    def to_csv(self) -> str:
        """As CSV (RFC 4180) with titles and units as header; text that a spreadsheet would compute is disarmed."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([_header(column) for column in self.columns])
        writer.writerows([csv_cell(row[column.name]) for column in self.columns] for row in self.rows)
        return out.getvalue()


def _header(column: Column) -> str:
    unit = UNITS.get(column.unit)
    if unit is None or unit.style == "count":
        return column.title
    return f"{column.title} ({'USD' if unit.style == 'money' else unit.title})"


def json_value(value: object) -> object:
    """A value as JSON has it: money as decimal text with nine places, times as RFC 3339; what JSON has not is null."""
    if isinstance(value, Decimal):
        return f"{value:.9f}" if value.is_finite() else None
    if isinstance(value, float):
        # JSON has neither infinity nor NaN.
        return value if isfinite(value) else None
    if isinstance(value, datetime):
        return _rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute a text instead of showing it."""
    return text.startswith(_FORMULA)


def seen(text: str) -> str:
    """A text without what nobody sees: controls, marks of direction, what has no width."""
    return _UNSEEN.sub("", text)


def csv_cell(value: object) -> str:
    """A value as CSV has it: numbers in full, unknown as nothing, text that a spreadsheet would compute disarmed.

    Of what was divided or interpolated, without the digits that computing made up: floats have twelve significant ones,
    amounts are told to the billionth.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _rfc3339(value)
    if isinstance(value, int | float | Decimal):
        return plain(tidied(value))
    text = seen(str(value))
    return f"'{text}" if is_formula(text) else text


def tidied(value: float | Decimal) -> float | Decimal | None:
    """A number as exports tell it: amounts to the billionth, floats with twelve digits; None for what is no number."""
    if isinstance(value, Decimal):
        return Decimal(f"{value:.{_PLACES}f}") if value.is_finite() else None
    if isinstance(value, int):
        return value
    return float(f"{value:.12g}") if isfinite(value) else None


def _rfc3339(moment: datetime) -> str:
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if moment.utcoffset() == UTC.utcoffset(None) else text
