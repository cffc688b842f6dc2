"""The handful of expressions that DuckDB and ClickHouse spell differently. Everything else is plain SQL for both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tokometer.ledger import Engine

_MICROS: Final = re.compile(r"MICROS\((\w+)\)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine says it; each field is a template."""

    #: Integer division, of numbers that are not negative.
    division: str
    #: Microseconds since the epoch of a timestamp.
    microseconds: str
    #: Months since January 1970 of a number of days since 1970-01-01.
    months: str
    #: True where the first text holds the second.
    containing: str
    lower: str
    #: A row for each element of a list.
    each: str
    #: The whole number that a JSON object has under a name, in 128 bits; null or 0 where it has none.
    member: str

    #: A row for each place of two lists of the same length, as columns `b` and `n`.
    both: str
    #: True where a list holds a text.
    holding: str
    #: The number in which only the bit at a place is set.
    at_place: str
    #: How many bits of a number are set.
    counted_bits: str
    #: The value of a key in a set of labels.
    labelled: str
    #: The first characters of a text.
    beginning: str
    #: A row for each label of the sets that fulfil a condition.
    labels: str
    #: What the brackets of a regular expression hold where it is found in a text; empty where it is not.
    found: str
    #: All columns of a table but some.
    excluding: str
    #: True where a join can look for the next of what is ordered.
    nearest: bool
    #: True where several lists make rows as they stand side by side.
    side_by_side: bool
    #: A number of 64 bits that stands for several values.
    hashed: str
    #: An amount of money times a decimal number that is text, as money; unknown where it is more than money can be.
    multiplied: str
    #: A value of the row before, and of the row after, in a window.
    preceding: str
    following: str

    def hash(self, values: str) -> str:
        """One number for several columns. Two engines give different ones, and of one each as good as its own."""
        return self.hashed.format(values)

    def times(self, money: str, number: str) -> str:
        """Money times a number that is text, rounded half away from zero on either engine."""
        return self.multiplied.format(money, number)

    def before(self, value: str, window: str) -> str:
        """A value of the row before in a window, in its order; NULL or what is empty in the first row."""
        return self.preceding.format(value, window)

    def after(self, value: str, window: str) -> str:
        """A value of the row after in a window, in its order; NULL or what is empty in the last row."""
        return self.following.format(value, window)

    def label(self, key: str) -> str:
        """The value of a key in a row of `label_sets`; empty or NULL where it has none."""
        return self.labelled.format(key)

    def divide(self, number: str, by: int) -> str:
        """`number` divided by `by`, rounded down."""
        return self.division.format(number, by)

    def micros(self, column: str) -> str:
        """Microseconds since the epoch."""
        return self.microseconds.format(column)

    def month_of(self, day: str) -> str:
        """Months since January 1970, of days since 1970-01-01."""
        return self.months.format(day)

    def spelt(self, sql: str) -> str:
        """Declared SQL in the engine's words: `MICROS(x)` is the microseconds of a moment."""
        return _MICROS.sub(lambda match: self.micros(match[1]), sql)

    def contains(self, text: str, part: str) -> str:
        """True where `text` contains `part`, whatever the case of either."""
        return self.containing.format(self.lower.format(text), self.lower.format(part))

    def unnest(self, column: str) -> str:
        """One row for each element."""
        return self.each.format(column)

    def unnest_both(self, one: str, other: str) -> str:
        """One row for each place of two lists: columns `b` and `n`."""
        return self.both.format(one, other)

    def start(self, text: str, characters: int) -> str:
        """The first so many characters of a text."""
        return self.beginning.format(text, characters)

    def among(self, text: str, texts: str) -> str:
        """True where `texts`, a list, holds `text`."""
        return self.holding.format(texts, text)

    def bit(self, place: str) -> str:
        """The number in which only the bit at a place is set; the lowest is at 0."""
        return self.at_place.format(place)

    def bits(self, number: str) -> str:
        """How many bits of a number are set."""
        return self.counted_bits.format(number)

    def extract(self, text: str, pattern: str) -> str:
        """What stands in the brackets of a regular expression, where it is found; else empty."""
        return self.found.format(text, pattern)

    def without(self, table: str, columns: Sequence[str]) -> str:
        """All columns of a table but these."""
        return self.excluding.format(table, ", ".join(columns))

    def zipped(self, lists: Sequence[str], names: Sequence[str]) -> str:
        """A SELECT of a row for each place of lists of the same length."""
        if self.side_by_side:
            return f"SELECT {', '.join(f'unnest({one}) AS {name}' for one, name in zip(lists, names, strict=True))}"
        told = ", ".join(f"one.{at} AS {name}" for at, name in enumerate(names, start=1))
        return f"SELECT {told} FROM (SELECT arrayJoin(arrayZip({', '.join(lists)})) AS one) AS zipped"

    def json(self, column: str, name: str) -> str:
        """The whole number that the object in `column` has under `name`, which is a word from a declaration."""
        return self.member.format(column, name)


DIALECTS: Final[dict[Engine, Dialect]] = {
    "duckdb": Dialect(
        division="({} // {})",
        microseconds="epoch_us({})",
        months="datediff('month', DATE '1970-01-01', DATE '1970-01-01' + CAST({} AS INTEGER))",
        containing="contains({}, {})",
        lower="lower({})",
        each="unnest({})",
        member="CAST(json_extract({}, '$.{}') AS HUGEINT)",
        both="unnest({}) AS b, unnest({}) AS n",
        holding="list_contains({}, {})",
        at_place="(1 << CAST({} AS INTEGER))",
        counted_bits="bit_count({})",
        labelled="list_extract(label_values, list_position(label_keys, {}))",
        beginning="substring({}, 1, {})",
        labels="SELECT unnest(label_keys) AS label, unnest(label_values) AS given FROM label_sets WHERE {}",
        found="regexp_extract({}, {}, 1)",
        excluding="{0}.* EXCLUDE ({1})",
        nearest=False,
        side_by_side=True,
        hashed="hash({})",
        multiplied="TRY_CAST({} * TRY_CAST({} AS DECIMAL(18, 9)) AS DECIMAL(18, 9))",
        # Several of them cost one sort and hardly more; frames cost a third of a sort each.
        preceding="lag({}) OVER ({})",
        following="lead({}) OVER ({})",
    ),
    "clickhouse": Dialect(
        division="intDiv({}, {})",
        microseconds="toUnixTimestamp64Micro({})",
        months="(toRelativeMonthNum(toDate(toUInt16({}))) - toRelativeMonthNum(toDate(0)))",
        containing="(position({}, {}) > 0)",
        lower="lowerUTF8({})",
        each="arrayJoin({})",
        member="toInt128(JSONExtractInt({}, '{}'))",
        both="(arrayJoin(arrayZip({}, {})) AS pair).1 AS b, pair.2 AS n",
        holding="has({}, {})",
        at_place="bitShiftLeft(toInt32(1), {})",
        counted_bits="bitCount({})",
        labelled="label_values[indexOf(label_keys, {})]",
        beginning="substringUTF8({}, 1, {})",
        labels="SELECT label, given FROM label_sets ARRAY JOIN label_keys AS label, label_values AS given WHERE {}",
        found="extract({}, {})",
        excluding="{0}.* EXCEPT ({1})",
        nearest=True,
        side_by_side=False,
        hashed="cityHash64({})",
        multiplied="accurateCastOrNull(round(toDecimal128({}, 9) * toDecimal128OrZero({}, 9), 9), 'Decimal(18, 9)')",
        preceding="max({}) OVER ({} ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)",
        following="max({}) OVER ({} ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING)",
    ),
}
