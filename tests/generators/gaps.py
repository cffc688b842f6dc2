"""A metered history with a provider's statement of it, in which gaps are planted whose causes and amounts are known.

Each cause has a model of its own, so that what was planted can be found by name. Amounts are what calls cost by the
price book, never by the code that is tested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from tokometer.prices import PriceBook
from tokometer.records import Bill, ModelCall, Record, Reported, to_us

PROVIDER = "openai"
FIRST = date(2026, 10, 5)
DAYS = 8
NOW = datetime(2026, 10, 25, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_CENT = 10**7
#: The model of each cause that is a model's.
MODELS = {
    "": "gpt-5",
    "unseen": "gpt-5-mini",
    "unbilled": "gpt-4.1",
    "price": "gpt-4o",
    "cache": "gpt-4.1-mini",
    "rounding": "o3",
    "discount": "o4-mini",
    "tier": "gpt-5.1",
    "currency": "o1",
    "shift": "gpt-5-nano",
    "counting": "gpt-4.1-nano",
    "unpriced": "our-own-tune",
}
#: Causes that are lines of the bill that name no model, or the last day.
OTHERS = ("credits", "beside", "late")
CAUSES = (*(name for name in MODELS if name), *OTHERS)


@dataclass
class History:
    """Records of both sides, and what was planted, in nano-dollars by cause."""

    calls: list[ModelCall] = field(default_factory=list)
    stated: list[Record] = field(default_factory=list)
    planted: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def records(self) -> list[Record]:
        """All of them."""
        return [*self.calls, *self.stated]

    @property
    def gap(self) -> int:
        """What was billed beyond what was metered."""
        billed = sum(line.amount or 0 for line in self.stated if isinstance(line, Bill))
        return billed - sum(call.cost_priced or 0 for call in self.calls)


def planted(causes: Iterable[str], book: PriceBook, seed: int = 1, *, reports: bool = True) -> History:
    """A history with gaps of these causes; without `reports` the provider sends bills only, which count tokens."""
    made = _Made(book, Random(seed), set(causes), reports)
    for name, model in MODELS.items():
        for number in range(DAYS):
            made.day(name, model, FIRST + number * _DAY)
    made.beside()
    return made.history


@dataclass
class _Said:
    """What the provider says of a model and day."""

    calls: list[ModelCall]
    tier: str = ""
    amount: int = 0
    listed: int = 0
    currency: str = "USD"


class _Made:
    def __init__(self, book: PriceBook, random: Random, causes: set[str], reports: bool) -> None:
        self.history = History()
        self._book, self._random, self._causes, self._reports = book, random, causes, reports
        self._kept: list[ModelCall] = []

    def day(self, name: str, model: str, day: date) -> None:
        """The calls of a model on a day, and what is stated of them."""
        calls = [self._call(model, day, number) for number in range(self._random.randint(2, 5))]
        self._book.apply(calls)
        self.history.calls += calls
        if "late" in self._causes and day == FIRST + (DAYS - 1) * _DAY:
            self.history.planted["late"] -= _cost(calls)
            return
        said = _Said(list(calls))
        if name in self._causes and name in _OTHER_CALLS:
            getattr(self, f"_{name}")(said, model, day)
        cost = _cost(said.calls)
        if name != "shift":
            self._plant(name, cost - _cost(calls))
        said.amount = cost
        if name in self._causes and name in _OTHER_AMOUNTS:
            _OTHER_AMOUNTS[name](said)
            self._plant(name, said.amount - cost)
        self._state(model, day, said)

    def _unseen(self, said: _Said, model: str, day: date) -> None:
        more = [self._call(model, day, number) for number in range(100, 103)]
        self._book.apply(more)
        said.calls += more

    def _unbilled(self, said: _Said, _model: str, _day: date) -> None:
        said.calls.pop()

    def _tier(self, said: _Said, model: str, day: date) -> None:
        said.tier = "batch"
        self._again(said, model, day)

    def _counting(self, said: _Said, model: str, day: date) -> None:
        self._again(said, model, day, output=1_000)

    def _cache(self, said: _Said, model: str, day: date) -> None:
        self._again(said, model, day, uncached=True)

    def _shift(self, said: _Said, _model: str, day: date) -> None:
        """The provider has a call of one day on the next."""
        if day == FIRST + 2 * _DAY:
            self._kept = [said.calls.pop()]
        elif day == FIRST + 3 * _DAY:
            said.calls += self._kept

    def _again(self, said: _Said, model: str, day: date, *, output: int = 0, uncached: bool = False) -> None:
        """The same calls as the provider has them."""
        theirs = [self._call(model, day, at, like=call, tier=said.tier) for at, call in enumerate(said.calls)]
        for call in theirs:
            call.output_tokens = (call.output_tokens or 0) + output
            if uncached:
                call.input_tokens = (call.input_tokens or 0) + (call.cache_read_tokens or 0)
                call.cache_read_tokens = 0
        self._book.apply(theirs)
        said.calls = theirs

    def beside(self) -> None:
        """Lines of the bill that are about no model."""
        for name, amount, kind in (("credits", -3_330_000_000, "credit"), ("beside", 5_010_000_000, "usage")):
            if name in self._causes:
                self._plant(name, amount)
                at = to_us(datetime.combine(FIRST + _DAY, datetime.min.time(), UTC))
                self.history.stated.append(
                    Bill(
                        source="statements",
                        native_id=f"beside-{name}",
                        started_at=at,
                        ended_at=at + 86_400_000_000,
                        provider=PROVIDER,
                        amount=amount,
                        type=kind,  # type: ignore[arg-type]
                        line_item=name,
                    )
                )

    def _plant(self, name: str, amount: int) -> None:
        self.history.planted[name] += amount

    def _call(self, model: str, day: date, number: int, like: ModelCall | None = None, tier: str = "") -> ModelCall:
        random = self._random
        at = to_us(datetime.combine(day, datetime.min.time(), UTC)) + (number % 90 + 1) * 600_000_000
        return ModelCall(
            source="api",
            native_id=f"{model}-{day}-{number}",
            started_at=at,
            provider=PROVIDER,
            model=model,
            input_tokens=like.input_tokens if like else random.randint(50_000, 90_000),
            cache_read_tokens=like.cache_read_tokens if like else random.randint(20_000, 60_000),
            output_tokens=like.output_tokens if like else random.randint(5_000, 9_000),
            service_tier=tier,
        )

    def _state(self, model: str, day: date, said: _Said) -> None:
        at = to_us(datetime.combine(day, datetime.min.time(), UTC))
        # As providers do: with the version that was served.
        name = f"{model}-2025-08-07" if model.startswith("gpt-5") else model
        fresh, read, out = (
            sum(getattr(call, bucket) or 0 for call in said.calls)
            for bucket in ("input_tokens", "cache_read_tokens", "output_tokens")
        )
        about = {"source": "statements", "started_at": at, "ended_at": at + 86_400_000_000, "provider": PROVIDER}
        if self._reports:
            self.history.stated.append(
                Reported(
                    **about,  # type: ignore[arg-type]
                    native_id=f"usage-{model}-{day}",
                    report="usage",
                    model=name,
                    service_tier=said.tier,
                    requests=len(said.calls),
                    input_tokens=fresh,
                    cache_read_tokens=read,
                    output_tokens=out,
                )
            )
        if not said.amount and not said.listed:
            return
        kinds = (("", 0),) if self._reports else (("input", fresh), ("cache_read", read), ("output", out))
        amounts = _in_parts(said.amount, len(kinds))
        lists = _in_parts(said.listed, len(kinds)) if said.listed else [None] * len(kinds)
        for (kind, tokens), amount, listed in zip(kinds, amounts, lists, strict=True):
            self.history.stated.append(
                Bill(
                    **about,  # type: ignore[arg-type]
                    native_id=f"cost-{model}-{day}-{kind}",
                    model=name,
                    amount=amount,
                    list_amount=listed,
                    currency=said.currency,
                    stated_amount=None if said.currency == "USD" else round(amount * 0.9),
                    service_tier=said.tier,
                    token_type=kind,
                    quantity=float(tokens) if kind else None,
                    quantity_unit="tokens" if kind else "",
                )
            )


def _cost(calls: Iterable[ModelCall]) -> int:
    return sum(call.cost_priced or 0 for call in calls)


def _in_parts(amount: int, parts: int) -> list[int]:
    each = amount // parts
    return [*([each] * (parts - 1)), amount - each * (parts - 1)]


def _price(said: _Said) -> None:
    said.amount = round(said.amount * 1.1)


def _currency(said: _Said) -> None:
    said.amount, said.currency = round(said.amount * 1.02), "EUR"


def _discount(said: _Said) -> None:
    said.amount, said.listed = round(said.amount * 0.85), said.amount


def _rounding(said: _Said) -> None:
    said.amount = round(said.amount / _CENT) * _CENT


def _unpriced(said: _Said) -> None:
    said.amount = 123_456_789


#: Causes of which the provider has other calls, and those of which it has other amounts.
_OTHER_CALLS = ("unseen", "unbilled", "tier", "counting", "cache", "shift")
_OTHER_AMOUNTS = {
    "price": _price,
    "currency": _currency,
    "discount": _discount,
    "rounding": _rounding,
    "unpriced": _unpriced,
}
