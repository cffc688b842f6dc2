"""Files of a bill, read by DuckDB within bounds: which statements are in them, and the lines of one, added up.

No bill names its rows. So rows of one day that differ in nothing but their amounts are one line, and how they are
spread over files, in which order they stand, and whether a file is read twice makes no difference. Everything is read
as text and added up as decimals; nothing is rounded before it is a record.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tokometer.host.regular import check_regular, open_regular
from tokometer.records.redaction import redacted
from tokometer.statements.focus.columns import NAMES, NEEDED, found_in

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LIMITS: Final = {
    "memory_limit": "512MB",
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "true",
}
_CSV: Final = (
    "read_csv({{}}, delim = '{}', quote = '\"', escape = '\"', all_varchar = true, header = true, "
    "store_rejects = true, rejects_limit = 1000, max_line_size = 4194304, sample_size = 2048)"
)
#: Between columns: commas, or what spreadsheets of other countries write.
_DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 16
_PARQUET: Final = "read_parquet({})"
#: Lines and reasons that are listed of a file at most.
_MOST_REFUSED: Final = 200
_LONGEST: Final = 200
_ROWS: Final = 2_048
#: Services and meters of models, and of what is made of them.
RELEVANT: Final = (
    r"bedrock|sagemaker|openai|cognitive services|azure ai|ai services|foundry|vertex ai|gemini|generative language|"
    r"ai and machine learning|claude|anthropic|\bgpt-?\d|mistral|llama|cohere|deepseek|\bgrok\b|amazon nova|"
    r"titan text|titan embed|copilot|machine learning|token"
)
_ABOUT: Final = (
    "service",
    "service_category",
    "service_subcategory",
    "meter",
    "described",
    "sku_described",
    "publisher",
)
#: What a line is, beside its day: all of it makes it a line of its own.
KEYS: Final = (
    *("account", "sub_account", "provider", "publisher", "service", "category", "class_", "currency", "described"),
    *(
        "model",
        "sku",
        "meter",
        "sku_described",
        "resource",
        "resource_name",
        "region",
        "invoice",
        "discount",
        "discount_status",
    ),
    *("unit", "priced_unit", "tags"),
)


class BillError(Exception):
    """A file that is no bill, or cannot be read; says why, in one line, and which column it is about."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


class Scope(NamedTuple):
    """A statement: what an account with a provider is charged for a billing period."""

    account: str
    #: The first day of the period.
    period: str
    #: The sub-accounts that a file names in it.
    sub_accounts: frozenset[str] = frozenset()


class Line(NamedTuple):
    """Rows of a day that differ only in their amounts."""

    #: Microseconds since the epoch: the day, and when the last charge in it ended.
    since: int
    until: int
    #: The first day of the billing period that it is charged in.
    period: str
    #: By the names of KEYS; text.
    keys: dict[str, str]
    billed: Decimal
    listed: Decimal | None
    quantity: Decimal | None
    priced_quantity: Decimal | None
    rows: int


class Wrong(NamedTuple):
    """Rows of which no line can be made: how many, for what, and the first of them in its file."""

    field: str
    reason: str
    rows: int
    position: int


class Left(NamedTuple):
    """Rows that are about no model."""

    rows: int


@contextmanager
def opened(paths: Sequence[Path], only: Sequence[frozenset[str] | None] = ()) -> Iterator[Bill]:
    """Files of a bill, for reading; of each `only` those sub-accounts, where some are named.

    Raises:
        BillError: One of them is no bill, or cannot be read.
        OSError: One is gone.
    """
    import duckdb

    for path in paths:
        check_regular(path)
    connection = duckdb.connect(":memory:", config=dict(_LIMITS))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield Bill(connection, paths, only)
    except duckdb.Error as error:
        raise BillError(f"cannot be read: {_why(error)}") from error
    finally:
        connection.close()


class Bill:
    """Files of a bill, open; made by :func:`opened`."""

    def __init__(
        self, connection: DuckDBPyConnection, paths: Sequence[Path], only: Sequence[frozenset[str] | None] = ()
    ) -> None:
        self._connection = connection
        self._values: dict[str, object] = {}
        of = only or [None] * len(paths)
        self._rows = " UNION ALL ".join([self._part(*one) for one in zip(paths, of, strict=True)])

    def scopes(self) -> list[Scope]:
        """The statements that are in the files."""
        # Names of columns stand in a query as the file itself has them, quoted; values are bound.
        query = (
            f"SELECT account, {_PERIOD} AS period, list(DISTINCT coalesce(sub_account, '')) FROM ({self._rows}) "
            "GROUP BY ALL ORDER BY ALL LIMIT 10000"
        )
        found = self._connection.execute(query, self._values).fetchall()
        return [Scope(row[0] or "", row[1] or "", frozenset(row[2])) for row in found]

    def lines(self, scope: Scope | None = None, *, every: bool = False) -> Iterator[Line | Wrong | Left]:
        """The lines of a statement, or of all that are in the files, by day; and what became of all other rows."""
        values = self._values | {"relevant": "(?s).*" if every else RELEVANT}
        where = ""
        if scope is not None:
            where = f"WHERE coalesce(account, '') = $account AND coalesce({_PERIOD}, '') = $period"
            values |= {"account": scope.account, "period": scope.period}
        keys = ", ".join(KEYS)
        kept = ", ".join(f"CASE WHEN relevant AND wrong = '' THEN coalesce({name}, '') END AS {name}" for name in KEYS)
        query = (
            f"WITH told AS (SELECT *, {_TYPED} FROM ({self._rows}) {where}), "
            f"judged AS (SELECT *, {_JUDGED} FROM told) "
            "SELECT CASE WHEN relevant AND wrong = '' THEN epoch_us(date_trunc('day', began)) END AS day, "
            "relevant, CASE WHEN relevant THEN wrong ELSE '' END AS wrong, "
            f"max(CASE WHEN wrong = '' THEN epoch_us(ended) END), min(line), count(*), "
            "sum(cost), sum(list_cost), sum(used), sum(priced), "
            f"CASE WHEN relevant AND wrong = '' THEN {_PERIOD} END AS billed_in, "
            f"{kept} FROM judged GROUP BY ALL ORDER BY day NULLS FIRST, {keys}"
        )
        found = self._connection.execute(query, values)
        while rows := found.fetchmany(_ROWS):
            for row in rows:
                yield _line(row)

    def rejects(self) -> list[tuple[int, str]]:
        """Lines of CSV that are no rows, and why; once all rows were read."""
        query = f"SELECT DISTINCT line, error_type FROM reject_errors ORDER BY line LIMIT {_MOST_REFUSED}"
        try:
            return [(int(line), str(why).lower()) for line, why in self._connection.execute(query).fetchall()]
        except Exception:  # noqa: BLE001 - there is no such table where no CSV was read
            return []

    def _part(self, path: Path, only: frozenset[str] | None) -> str:
        reader = _reader(path)
        named = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
        bound = f"file{len(self._values)}"
        reader = reader.format(f"${bound}")
        types = {
            str(row[0]): str(row[1])
            for row in self._connection.execute(f"DESCRIBE SELECT * FROM {reader}", {bound: named}).fetchall()
        }
        columns = found_in(types)
        for name, called in NEEDED.items():
            if name not in columns:
                raise BillError("is not among its columns: it is no bill in FOCUS, CUR 2.0 or Azure's format", called)
        self._values[bound] = named
        told = ", ".join(f"{_text(columns.get(name), types)} AS {name}" for name in NAMES)
        whole = f"SELECT {told}, row_number() OVER () AS line FROM {reader}"
        if only is None:
            return whole
        self._values[f"of_{bound}"] = sorted(only)
        return f"SELECT * FROM ({whole}) WHERE list_contains($of_{bound}, coalesce(sub_account, ''))"


def _reader(path: Path) -> str:
    """How DuckDB reads a file, by what it begins with."""
    with open_regular(path) as file:
        head = file.read(_HEAD)
    if head.startswith(b"PAR1"):
        return _PARQUET
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, _HEAD)
        except zlib.error as error:
            raise BillError("is a damaged gzip file") from error
    first = head.partition(b"\n")[0].decode("utf-8", "replace")
    # Told rather than guessed: a guess would depend on the rows that come first.
    return _CSV.format(max(_DELIMITERS, key=first.count))


def _text(column: str | None, types: dict[str, str]) -> str:
    """A column as text; what a file lacks is unknown."""
    if column is None:
        return "CAST(NULL AS VARCHAR)"
    quoted = '"' + column.replace('"', '""') + '"'
    nested = types[column].startswith(("MAP", "STRUCT")) or types[column].endswith("[]")
    return f"CAST(to_json({quoted}) AS VARCHAR)" if nested else f"nullif(trim(CAST({quoted} AS VARCHAR)), '')"


def _time(name: str) -> str:
    # RFC 3339, and the dates of Azure's older files.
    return (
        f"coalesce(CAST(try_cast({name} AS TIMESTAMPTZ) AS TIMESTAMP), try_strptime({name}, '%m/%d/%Y'), "
        f"try_strptime({name}, '%Y%m%d'))"
    )


_PERIOD: Final = f"strftime(coalesce({_time('period')}, date_trunc('month', {_time('since')})), '%Y-%m-%d')"


def _number(name: str) -> str:
    return f"try_cast({name} AS DECIMAL(38, 15))"


_TYPED: Final = ", ".join(
    (
        f"regexp_matches(lower(concat_ws(' ', {', '.join(_ABOUT)})), $relevant) AS relevant",
        f"{_time('since')} AS began",
        f"coalesce({_time('until')}, {_time('since')} + INTERVAL 1 DAY) AS ended",
        f"{_number('billed')} AS cost",
        f"{_number('listed')} AS list_cost",
        f"{_number('quantity')} AS used",
        f"{_number('priced_quantity')} AS priced",
    )
)
#: The first column of a row that cannot be believed; empty where all can be.
_JUDGED: Final = (
    "CASE WHEN billed IS NULL THEN 'BilledCost is missing' "
    "WHEN cost IS NULL THEN 'BilledCost is text, not a number' "
    "WHEN abs(cost) > 999999999 THEN 'BilledCost is more than 999,999,999' "
    "WHEN since IS NULL THEN 'ChargePeriodStart is missing' "
    "WHEN began IS NULL THEN 'ChargePeriodStart is not a time' "
    "WHEN began < TIMESTAMP '2015-01-01' OR began > TIMESTAMP '2100-01-01' THEN 'ChargePeriodStart is a time that "
    "cannot be' "
    "WHEN until IS NOT NULL AND (ended <= began OR ended > began + INTERVAL 10 YEAR) THEN 'ChargePeriodEnd is not "
    "after ChargePeriodStart' "
    "WHEN listed IS NOT NULL AND (list_cost IS NULL OR abs(list_cost) > 999999999) THEN 'ListCost is not a number' "
    "WHEN quantity IS NOT NULL AND used IS NULL THEN 'ConsumedQuantity is not a number' "
    "WHEN priced_quantity IS NOT NULL AND priced IS NULL THEN 'PricingQuantity is not a number' "
    "ELSE '' END AS wrong"
)


def _line(row: Sequence[Any]) -> Line | Wrong | Left:
    day, relevant, wrong, until, position, rows, billed, listed, used, priced, period, *keys = row
    if not relevant:
        return Left(rows)
    if wrong:
        field, _, reason = wrong.partition(" ")
        return Wrong(field, reason, rows, int(position))
    return Line(day, until, period, dict(zip(KEYS, keys, strict=True)), billed, listed, used, priced, rows)


def _why(error: Exception) -> str:
    """The first line of what DuckDB says."""
    return redacted(next(iter(str(error).splitlines()), type(error).__name__), _LONGEST)
