"""Budgets, and what users are charged."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Struct

from tokometer.records.units import PERCENT, USD, USD_PER_MTOK, USD_PER_REQUEST
from tokometer.settings.keys import Key

#: Amounts that a file may name; more than the ledger's DECIMAL(18,9) holds is a slip of the pen.
MOST_USD: Final = 999_999_999
#: Names and amounts, in the order of the file.
Amounts = tuple[tuple[str, Decimal], ...]


#: Values by dimension of calls, all of which have to hold: `(("team", ("research",)),)`; empty for all calls.
Filters = tuple[tuple[str, tuple[str, ...]], ...]
#: A calendar's period; weeks begin on Mondays.
Period = Literal["day", "week", "month"]
#: Shares of a budget at which it alerts, where it says none.
LEVELS: Final = (0.5, 0.8, 1.0)


class BudgetOf(Struct, frozen=True, kw_only=True):
    """One `[[budget.of]]`: what may be spent in each period on some calls, or on all."""

    amount: Annotated[Decimal, Key("what may be spent in each period", USD, above=0, most=MOST_USD)]
    title: Annotated[str, Key("what it is called; else after what it is for")] = ""
    period: Annotated[Period, Key("`day`, `week` (from Monday) or `month`, of the calendar")] = "month"
    tz: Annotated[str, Key("the zone of the calendar, such as `Europe/Berlin`")] = "UTC"
    filters: Filters = ()
    #: Ascending.
    levels: tuple[float, ...] = LEVELS
    #: Whether verdicts say *stop* once it is used up.
    stops: bool = True


class BudgetLine(Struct, frozen=True, kw_only=True):
    """One budget, wherever it was made: in `tokometer.toml`, or on the page and over the API."""

    #: Of the file's, `file:` and a digest of what it is for, which stays when the amount changes.
    id: str
    title: str
    #: USD a period.
    amount: Decimal
    period: Period = "month"
    tz: str = "UTC"
    filters: Filters = ()
    levels: tuple[float, ...] = LEVELS
    stops: bool = True
    #: `file` (read-only) or `page`.
    origin: Literal["file", "page"] = "file"
    #: One more with every change on the page.
    revision: int = 0


class Budget(Struct, frozen=True, kw_only=True):
    """`[budget]`: what may be spent in a calendar month. None and empty: no budget is configured."""

    monthly: Annotated[
        Decimal | None, Key("what may be spent in a calendar month in all", USD, above=0, most=MOST_USD)
    ] = None
    warning: Annotated[
        float,
        Key(
            "a budget that is used, or will be by the month's end, to this share is a warning",
            PERCENT,
            above=0,
            most=10,
        ),
    ] = 0.8
    critical: Annotated[
        float,
        Key(
            "a budget that is used, or will be by the month's end, to this share is critical", PERCENT, above=0, most=10
        ),
    ] = 1.0
    #: `[budget.models]`, `[budget.providers]`, `[budget.teams]`.
    models: Amounts = ()
    providers: Amounts = ()
    teams: Amounts = ()
    #: `[[budget.of]]`.
    of: tuple[BudgetOf, ...] = ()

    @property
    def configured(self) -> bool:
        """Whether the file names any budget at all."""
        return self.monthly is not None or bool(self.models or self.providers or self.teams or self.of)


class RateCard(Struct, frozen=True, kw_only=True):
    """One `[[rate_card]]`: what is charged for calls of a team, a model, both, or all where it names neither.

    Exactly one way to charge: a markup on the cost, a price of all tokens, prices of input (all of its buckets) and
    output, or a price of each request.
    """

    team: Annotated[str, Key("the team's whole name")] = ""
    model: Annotated[str, Key("the model's whole name")] = ""
    markup: Annotated[
        Decimal | None,
        Key("a share added to the cost: 0.3 charges $1.30 for what costs $1", PERCENT, least=-1, most=1000),
    ] = None
    per_mtok: Annotated[
        Decimal | None, Key("USD per million tokens of any kind", USD_PER_MTOK, least=0, most=MOST_USD)
    ] = None
    per_input_mtok: Annotated[
        Decimal | None, Key("USD per million input tokens, cached ones included", USD_PER_MTOK, least=0, most=MOST_USD)
    ] = None
    per_output_mtok: Annotated[
        Decimal | None, Key("USD per million output tokens", USD_PER_MTOK, least=0, most=MOST_USD)
    ] = None
    per_request: Annotated[Decimal | None, Key("USD per request", USD_PER_REQUEST, least=0, most=MOST_USD)] = None

    @property
    def rank(self) -> int:
        """How specific it is: 3 for a team and a model, 2 for a team, 1 for a model, 0 for all."""
        return 2 * bool(self.team) + bool(self.model)

    def covers(self, team: str, model: str) -> bool:
        """Whether it is about calls of this team and model."""
        return self.team in ("", team) and self.model in ("", model)

    def revenue(self, *, cost: Decimal | None, input_tokens: int, output_tokens: int, requests: int) -> Decimal | None:
        """What is charged in USD; None for a markup on a cost that is not known. Input counts all of its buckets."""
        if self.markup is not None:
            return None if cost is None else cost * (1 + self.markup)
        if self.per_request is not None:
            return self.per_request * requests
        if self.per_mtok is not None:
            return self.per_mtok * (input_tokens + output_tokens) / 1_000_000
        taken = (self.per_input_mtok or 0) * input_tokens + (self.per_output_mtok or 0) * output_tokens
        return Decimal(taken) / 1_000_000


#: The ways to charge, of which a card takes one.
WAYS: Final = (("markup",), ("per_mtok",), ("per_input_mtok", "per_output_mtok"), ("per_request",))
