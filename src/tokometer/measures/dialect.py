"""The handful of expressions that DuckDB and ClickHouse spell differently. Everything else is plain SQL for both."""

from __future__ import annotations

import re
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
    #: A number of 64 bits that stands for several values.
    hashed: str

    def hash(self, values: str) -> str:
        """One number for several columns. Two engines give different ones, and of one each as good as its own."""
        return self.hashed.format(values)

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
        hashed="hash({})",
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
        hashed="cityHash64({})",
    ),
}
