"""What a table of the ledger is: columns with types that every engine has, and a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Type = Literal[
    "id",  # 16 bytes (UUID)
    "text",  # any text; unknown is ''
    "name",  # text with few distinct values (LowCardinality on ClickHouse)
    "names",  # a list of such texts
    "ints",  # a list of 64-bit numbers
    "json",  # a small JSON object; none is ''
    "int",  # 64-bit
    "wide",  # 128-bit: a sum of such numbers, which no number of records makes overflow
    "small",  # 32-bit
    "float",
    "money",  # DECIMAL(18, 9) USD
    "flag",
    "time",  # UTC timestamp in microseconds
    "blob",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `null` where the value can be unknown (numbers, money and times only: unknown text is '')."""

    name: str
    type: Type
    null: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table, which is itself alone. `key` names the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    #: The columns' names, in order. Every commit asks for them dozens of times.
    names: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work the names out, once."""
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))


def columns_of(spec: str) -> tuple[Column, ...]:
    """Columns from lines of `type: name name? …`; a question mark makes one nullable."""
    columns: list[Column] = []
    for line in spec.split("\n"):
        kind, _, names = line.strip().partition(":")
        columns.extend(
            Column(name.rstrip("?"), kind, name.endswith("?"))  # type: ignore[arg-type]
            for name in names.split()
        )
    return tuple(columns)
