"""Lines of a portion that add up by what they are about, whatever the number and order of the pages they came on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote

from tokometer.records import Bill, RecordError, Refusal, Reported, Sample, mistake, to_us
from tokometer.records.values import money, name_of, number
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import PollError
from tokometer.sources.series import Point, samples_of, series_of
from tokometer.sources.told import Told
from tokometer.statements.protocol import DAY, SOURCE, Asked, Stated

#: A number of a line: money is US dollars (or what its currency is) as an exact decimal.
Number = int | Decimal
_MONEY: Final = frozenset({"amount", "list_amount", "stated_amount", "estimated_cost"})
_CENT: Final = Decimal("0.01")
#: Ids that would be longer end in a hash instead.
_LONGEST: Final = 600


class Lines:
    """The lines of a report that one portion of it states, added up; see :meth:`stated`."""

    def __init__(self, asked: Asked, report: str) -> None:
        self._asked, self._report = asked, report
        self._kept: dict[tuple[type[Bill | Reported], datetime, datetime, tuple[tuple[str, str], ...]], _Sums] = {}
        self._refusals: list[Refusal] = []
        self._others: list[Sample] = []
        self._read = 0
        #: What no rule of the report understands.
        self.noticed = Noticed(SOURCE, f"{asked.title}: {report}")

    def read(self, rows: object, take: Callable[[Told], None], known: Collection[str]) -> int:
        """Take the rows of a page one by one, and count them; one that cannot be believed is refused by itself.

        Names in a row that are not among the known ones are noticed.

        Raises:
            PollError: They are no list: whoever answers is not who was asked.
        """
        if not isinstance(rows, list):
            raise PollError(f"{self._report}: where its lines should be is {name_of(rows)}")
        for at, row in enumerate(rows, self._read):
            try:
                told = _object(row)
                for name in told.beside(known):
                    self.noticed.add("field", name, at)
                take(told)
            except _OF_A_ROW as error:
                wrong = mistake(error)
                self._refusals.append(
                    Refusal(
                        *(SOURCE, f"{self._asked.title}: {self._report}", at, wrong.field, wrong.reason),
                        to_us(self._asked.now),
                        self._asked.workspace,
                    )
                )
        self._read += len(rows)
        return len(rows)

    def usage(
        self, since: datetime, about: Mapping[str, str], until: datetime | None = None, **numbers: Number | None
    ) -> None:
        """Add to the line of usage about something; what is None is not said. `about` are fields of `Reported`."""
        self._add(Reported, since, until, about, numbers)

    def bill(
        self, since: datetime, about: Mapping[str, str], until: datetime | None = None, **numbers: Number | None
    ) -> None:
        """Add to the line of cost about something. `about` are fields of `Bill`; money is in dollars."""
        self._add(Bill, since, until, about, numbers)

    def sample(self, metric: str, value: float | None, unit: str, **labels: str) -> None:
        """Keep what a gauge stands at now; nothing where that is not said."""
        if value is None:
            return
        named = {"provider": self._asked.provider, **labels}
        series = series_of(metric, named, unit, self._asked.id)
        for one in samples_of(series, Point(to_us(self._asked.now), float(value)), SOURCE):
            one.account, one.workspace = self._asked.title, self._asked.workspace
            self._others.append(one)

    def stated(self) -> Stated:
        """Everything that was added."""
        records = [
            self._record(kind, since, until, about, sums) for (kind, since, until, about), sums in self._kept.items()
        ]
        return Stated([*records, *self._others], self._refusals, self.noticed.all())

    def _add(
        self,
        kind: type[Bill | Reported],
        since: datetime,
        until: datetime | None,
        about: Mapping[str, str],
        numbers: Mapping[str, Number | None],
    ) -> None:
        key = tuple(sorted((name, value) for name, value in about.items() if value))
        found = self._kept.setdefault((kind, since, until or since + DAY, key), {})
        for name, value in numbers.items():
            if value is not None:
                found[name] = found.get(name, 0) + value

    def _record(
        self,
        kind: type[Bill | Reported],
        since: datetime,
        until: datetime,
        about: tuple[tuple[str, str], ...],
        sums: _Sums,
    ) -> Bill | Reported:
        fields: dict[str, Any] = {"provider": self._asked.provider, "report": self._report, **dict(about)}
        if kind is Bill:
            fields["amount"] = None
        for name, value in sums.items():
            fields[name] = money(value, signed=True) if name in _MONEY else value
        if "quantity" in sums:
            fields["quantity"] = float(sums["quantity"])
        return kind(
            source=SOURCE,
            native_id=line_id(self._asked.id, kind.kind, self._report, since, about),
            workspace=self._asked.workspace,
            account=self._asked.title,
            started_at=to_us(since),
            ended_at=to_us(until),
            **fields,
        )


_Sums = dict[str, Number]
#: What can be wrong with a row; what is wrong with asking is no row's matter.
_OF_A_ROW: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def line_id(account: str, kind: str, report: str, since: datetime, about: Iterable[tuple[str, str]]) -> str:
    """The native id of a line of a kind of record: of what it is about, and of nothing that can change."""
    at = since.date().isoformat() if since.time() == datetime.min.time() else since.strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [account, kind, report, at, *(f"{name}={quote(value, safe='/@.+- ')}" for name, value in about)]
    whole = ":".join(parts)
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[:_LONGEST]}#{blake2b(whole.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"


def day_of(told: Told, *names: str) -> datetime:
    """The day (UTC) that a row names as a date, or as a time in it.

    Raises:
        RecordError: It names none.
    """
    found = told.raw(*names)
    given = Told({names[0]: f"{found[:10]}T00:00:00Z"}, told.path) if isinstance(found, str) and "-" in found else told
    at = given.needed(given.moment(*names), names[0])
    return midnight(datetime.fromtimestamp(at // 1_000_000, UTC))


def midnight(at: datetime) -> datetime:
    """The beginning of a time's day (UTC)."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def dollars(told: Told, *names: str) -> Decimal | None:
    """Money of a row, exactly as it is written; None where it says none."""
    return _exact(told, names)


def cents(told: Told, *names: str) -> Decimal | None:
    """Money that is written in cents, in dollars."""
    found = _exact(told, names)
    return None if found is None else found * _CENT


def amount_of(told: Told, *names: str) -> Decimal | None:
    """Any quantity of a row, exactly as it is written."""
    return _exact(told, names)


def _exact(told: Told, names: tuple[str, ...]) -> Decimal | None:
    found = told.raw(*names)
    if found is None or found == "":
        return None
    try:
        return number(found)
    except ValueError as error:
        raise RecordError(told.path + names[0], str(error)) from None


def _object(row: object) -> Told:
    if not isinstance(row, dict):
        raise RecordError("", f"is {name_of(row)}, not an object")
    return Told(row)


def object_of(answer: object, path: str) -> Told:
    """An answer that has to be an object.

    Raises:
        PollError: It is something else.
    """
    if not isinstance(answer, dict):
        raise PollError(f"{path} answers {name_of(answer)}: is something else at this address?")
    return Told(answer)


@contextmanager
def sensible(path: str) -> Iterator[None]:
    """What within an answer cannot be believed spoils the answer: PollError says where it is."""
    try:
        yield
    except RecordError as error:
        raise PollError(f"{path} answers something that cannot be read: {error}") from None


def whole_days(since: datetime, until: datetime) -> Iterable[datetime]:
    """The days (UTC) of a portion."""
    at = midnight(since)
    while at < until:
        yield at
        at += timedelta(days=1)
