"""A reconciliation: the cells of a window with the parts of their gaps, and what they add up to."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any, Final

from tokometer.judgement.declared import Matter
from tokometer.judgement.reconciliation.across import settle
from tokometer.judgement.reconciliation.asking import Answers, Span, asked
from tokometer.judgement.reconciliation.causes import PARTS
from tokometer.judgement.reconciliation.cell import Parted, Price, Prices, part
from tokometer.judgement.reconciliation.sides import Cell, Cells, Used, read, usd
from tokometer.judgement.reconciliation.stated import Reach, reaches
from tokometer.measures import Question, Result
from tokometer.prices import PriceBook
from tokometer.records import to_us

_NOON: Final = timedelta(hours=12)
_KEPT: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the gap of one cell: so much of a cause."""

    cause: str
    cell: Cell
    amount: int
    #: Tokens and requests that only one side has, where it is about these: the provider's are positive.
    tokens: int = 0


@dataclass(slots=True)
class Sum:
    """What cells add up to, in nano-dollars."""

    metered: int = 0
    billed: int = 0
    invoiced: int = 0
    estimated: int = 0
    requests: int = 0
    reported_requests: int = 0
    tokens: int = 0
    reported_tokens: int = 0
    lines: int = 0
    unconverted: int = 0
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    #: Whether there are bills, and whether there are reports of usage, of any of these cells' providers.
    has_bill: bool = False
    has_report: bool = False

    @property
    def gap(self) -> int:
        """How much more was billed than metered."""
        return self.billed - self.metered


@dataclass(slots=True)
class Book:
    """A reconciliation of a window."""

    span: Span
    parted: list[Parted] = field(default_factory=list)
    #: By provider: how far statements reach.
    reach: dict[str, Reach] = field(default_factory=dict)
    #: Providers that report usage and bill nothing that we know of: no gap in dollars is known.
    unbilled: frozenset[str] = frozenset()
    reporting: frozenset[str] = frozenset()
    #: What was metered, by provider, of which nobody states anything: no statements, or none of these days.
    apart: dict[str, int] = field(default_factory=dict)
    untold: tuple[str, ...] = ()

    def sums(self, key: Callable[[Cell], Any]) -> dict[Any, Sum]:
        """What the cells add up to by a key of theirs."""
        found: defaultdict[Any, Sum] = defaultdict(Sum)
        for one in self.parted:
            _add(found[key(one.cell)], one, bill=one.cell.provider not in self.unbilled)
        for total in found.values():
            total.has_report = total.has_report or bool(total.reported_tokens or total.reported_requests)
        return dict(found)

    def lines(self) -> list[Line]:
        """All parts that there are, the largest first."""
        found = [
            Line(name, one.cell, amount, _tokens(name, one))
            for one in self.parted
            if one.cell.provider not in self.unbilled
            for name, amount in one.parts.items()
            if amount
        ]
        return sorted(found, key=lambda line: (-abs(line.amount), line.cause, line.cell.day, line.cell.model))

    def final(self, provider: str, day: date) -> bool:
        """Whether what is stated of a day does not change any more."""
        reach = self.reach.get(provider)
        return reach is not None and day < reach.final


def _tokens(name: str, one: Parted) -> int:
    if name in ("unseen", "counting") and one.more:
        return one.more
    return -one.fewer if name in ("unbilled", "counting") else 0


def _add(total: Sum, one: Parted, *, bill: bool) -> None:
    cell = one.cell
    total.metered += cell.cost
    total.requests += sum(used.requests for used in cell.metered.values())
    total.tokens += sum(used.total for used in cell.metered.values())
    total.reported_requests += sum(used.requests for used in cell.reported.values())
    total.reported_tokens += sum(used.total for used in cell.reported.values())
    total.estimated += cell.estimated
    if bill:
        total.has_bill = True
        total.billed += cell.billed.total
        total.invoiced += cell.billed.invoiced
        total.lines += cell.billed.lines
        total.unconverted += cell.billed.unconverted
        for name, amount in one.parts.items():
            total.parts[name] += amount


def reconcile(matter: Matter, of: str = "") -> Generator[tuple[Question, ...], tuple[Result, ...], Book]:
    """Hold what was metered against what providers state, over the matter's window as days of UTC.

    With `of` (`project`, `api_key`, `account`) cells are told apart by it as well, and their gaps are not taken apart:
    providers name these in words of their own.
    """
    answers = yield from asked(matter, of)
    if answers.untold:
        return Book(answers.span, untold=answers.untold)
    return _REMEMBERED.book(answers, matter, of)


def build(answers: Answers, matter: Matter, of: str = "") -> Book:
    """The reconciliation that answers make."""
    cells = read(answers.metered, answers.reported, answers.billed, of)
    days = _days([*answers.reported, *answers.billed])
    today = matter.now.astimezone(UTC).date()
    reach = reaches(days, answers.months, matter.stated, today, answers.span.end)
    nameless = answers.billing - cells.named
    reported = frozenset(row["provider"] for row in answers.reported)
    book = Book(answers.span, reach=reach, unbilled=reported - answers.billing, reporting=reported)
    prices = _prices(matter.book)
    by_provider: defaultdict[str, list[Parted]] = defaultdict(list)
    for cell in _by_day(cells, nameless & {row["provider"] for row in answers.billed}):
        known = reach.get(cell.provider)
        if known is None or not known.holds(cell.day):
            book.apart[cell.provider] = book.apart.get(cell.provider, 0) + cell.cost
        else:
            by_provider[cell.provider].append(Parted(cell) if of else part(cell, prices))
    for provider, parted in sorted(by_provider.items()):
        parted.sort(key=lambda one: (one.cell.day, one.cell.model, one.cell.of))
        if not of:
            settle(parted, reach[provider])
        book.parted += parted
    return book


def _days(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[date, date]]:
    """The first and the last day with a line, by provider."""
    found: dict[str, tuple[date, date]] = {}
    for row in rows:
        day = row["day"]
        first, last = found.get(row["provider"], (day, day))
        found[row["provider"]] = min(first, day), max(last, day)
    return found


def _by_day(cells: Cells, nameless: frozenset[str] | set[str]) -> list[Cell]:
    """The cells; of providers whose bills name no models, those of a day together."""
    found: list[Cell] = []
    together: dict[tuple[str, date, str], Cell] = {}
    for cell in cells.found.values():
        if cell.provider not in nameless:
            found.append(cell)
            continue
        key = cell.provider, cell.day, cell.of
        other = together.setdefault(key, Cell(cell.provider, cell.day, "", cell.of))
        _merge(other, cell)
    return [*found, *together.values()]


def _merge(to: Cell, cell: Cell) -> None:
    for sides, more in ((to.metered, cell.metered), (to.reported, cell.reported)):
        for tier, used in more.items():
            one = sides.setdefault(tier, Used())
            one.requests += used.requests
            one.cost += used.cost
            one.unpriced += used.unpriced
            one.unsplit += used.unsplit
            one.tokens = [a + b for a, b in zip(one.tokens, used.tokens, strict=True)]
    to.called |= cell.called
    to.stated |= cell.stated
    to.estimated += cell.estimated
    if cell.billed.lines:
        to.billed = cell.billed


def _prices(book: PriceBook | None) -> Prices:
    """List prices of tokens as the price book has them at noon of a day."""
    known: dict[tuple[str, str, date, str, int], Price | None] = {}

    def price(provider: str, model: str, day: date, tier: str, prompt: int) -> Price | None:
        if book is None or not model:
            return None
        key = provider, model, day, tier, prompt
        if key not in known:
            at = to_us(datetime.combine(day, time(), UTC) + _NOON)
            rates = book.rates(provider, model, at, prompt, service_tier=tier)
            known[key] = None if rates is None else [rate / rates.unit for rate in rates[:5]]
        return known[key]

    return price


class _Remembered:
    """Reconciliations of answers that are the same ones as before: all panels of a page ask for one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[tuple[Result, ...], Book]] = OrderedDict()
        self._lock = Lock()

    def book(self, answers: Answers, matter: Matter, of: str) -> Book:
        filters = tuple(str(given) for given in matter.where)
        today = matter.now.astimezone(UTC).date()
        version = matter.book.version if matter.book else ""
        told = tuple(sorted(matter.stated.items()))
        key = (*(id(one) for one in answers.results), filters, of, today, version, told)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        book = build(answers, matter, of)
        with self._lock:
            # The answers are kept as well, so that no other one can have their identity.
            self._kept[key] = answers.results, book
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return book


_REMEMBERED: Final = _Remembered()


def together(sums: Sequence[Sum]) -> Sum:
    """What sums add up to."""
    total = Sum()
    for one in sums:
        for name in ("metered", "billed", "invoiced", "estimated", "requests", "reported_requests"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        for name in ("tokens", "reported_tokens", "lines", "unconverted"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        for name, amount in one.parts.items():
            total.parts[name] += amount
        total.has_bill |= one.has_bill
        total.has_report |= one.has_report
    return total


def money(value: int) -> Decimal:
    """Nano-dollars as US dollars."""
    return usd(value)
