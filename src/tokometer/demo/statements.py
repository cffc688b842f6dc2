"""What providers state of the demo's days: lines of their bills and of their reports, with gaps of every cause.

Each gap is planted on purpose and by rule, so that a reconciliation can explain a month to the cent. Nothing is drawn
by lot here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tokometer.demo.rhythm import DAY, HOUR
from tokometer.prices import PriceBook
from tokometer.records import Bill, ModelCall, Record, Reported, to_datetime

SOURCE: Final = "statements"
#: The accounts by provider; what other providers say comes by hand, as bills only.
ACCOUNTS: Final = {
    "openai": "OpenAI (demo)",
    "anthropic": "Anthropic (demo)",
    "google": "Google Cloud billing (demo)",
    "openrouter": "OpenRouter (demo)",
    "bedrock": "AWS Bedrock bill (demo)",
}
#: AWS states a day two days later.
LATE_DAYS: Final = {"bedrock": 2}
_CENT: Final = 10_000_000
_READ: Final = 1
#: What a token costs of the model that no price book knows, in nano-dollars.
_STEALTH: Final = 350
_STEALTH_MODEL: Final = "stealth/quiet-harbor"
#: Small models of OpenAI's, one day in nine of which is stated on the next.
_SHIFTING: Final = ("gpt-5.6-luna", "gpt-6-luna", "gpt-6.1-terra")
#: OpenRouter's fee on what is used; AWS's discount by contract; a contract price of one model of Anthropic's.
_FEE: Final = 0.055
_OFF: Final = 0.91
_CONTRACT: Final = 0.94
#: Dollars that a euro list price comes to more, after the bank.
_CONVERTED: Final = 1.0125


@dataclass(slots=True)
class Said:
    """What is stated of one model in one tier on one day."""

    model: str
    tier: str
    #: Nano-dollars; `listed` where the bill tells of a list price.
    cost: int = 0
    listed: int | None = None
    requests: int = 0
    #: Uncached, read, written for 5 minutes, for an hour, put out.
    tokens: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    currency: str = "USD"
    unpriced: int = 0

    def add(self, call: ModelCall) -> None:
        """Count a call."""
        own = (
            call.input_tokens or 0,
            call.cache_read_tokens or 0,
            (call.cache_write_5m_tokens or 0) + (call.cache_write_unknown_tokens or 0),
            call.cache_write_1h_tokens or 0,
            call.output_tokens or 0,
        )
        if call.cost_priced is None:
            self.unpriced += sum(own)
        elif call.cost_priced:
            self.cost += call.cost_priced
        if call.status == "ok" or any(own):
            self.requests += 1
            self.tokens = [a + b for a, b in zip(self.tokens, own, strict=True)]


Lines = dict[tuple[str, str], Said]


class Statements:
    """States days: what calls of it there were, with what is otherwise on the provider's side."""

    def __init__(self, tag: str, workspace: str, book: PriceBook, end: int) -> None:
        self._tag, self._workspace, self._book, self._end = tag, workspace, book, end
        #: What OpenAI counts on the next day.
        self._kept: Said | None = None
        self._gaps: dict[str, Callable[[int, list[Said]], list[Said]]] = {
            "openai": self._openai,
            "anthropic": self._anthropic,
            "google": self._google,
            "openrouter": self._openrouter,
            "bedrock": self._bedrock,
        }

    def of(self, day: int, provider: str, lines: Lines) -> tuple[list[Record], int]:
        """The lines of a provider's day (days since 1970), and what they come to."""
        said = [replace(one, tokens=list(one.tokens)) for _, one in sorted(lines.items())]
        if provider in self._gaps:
            said = self._gaps[provider](day, said)
        else:
            # The others send invoices, whose lines are whole cents.
            for one in said:
                one.cost = round(one.cost / _CENT) * _CENT
        if (day + 1 + LATE_DAYS.get(provider, 0)) * DAY > self._end:
            return [], 0
        made: list[Record] = []
        for one in said:
            made += self._told(day, provider, one)
        used = sum(one.cost for one in said)
        if provider == "openrouter" and (fee := round(used * _FEE)):
            made.append(self._line(day, provider, fee, line_item="Platform fee"))
            used += fee
        return made, used

    def _openai(self, day: int, said: list[Said]) -> list[Said]:
        """Another service uses a key, embeddings run as a batch, and a day of a small model is on the next."""
        found = [self._forgotten(day)] if day % 7 < 5 else []  # noqa: PLR2004 - days of a working week
        kept, self._kept = self._kept, None
        for one in said:
            if one.model == "text-embedding-3-large" and not one.tier:
                one.tier, one.cost = "batch", self._priced("openai", one, "batch")
            elif one.model in _SHIFTING and not one.tier:
                if kept is not None and kept.model == one.model:
                    one.cost, one.requests = one.cost + kept.cost, one.requests + kept.requests
                    one.tokens = [a + b for a, b in zip(one.tokens, kept.tokens, strict=True)]
                    kept = None
                elif day % 9 == 2:  # noqa: PLR2004 - once in nine days
                    self._kept = one
                    continue
            found.append(one)
        return [*found, kept] if kept is not None else found

    def _forgotten(self, day: int) -> Said:
        """What a script uses that nobody meters any more."""
        asked = 30 + day % 5 * 10
        said = Said("gpt-4o", "", requests=asked, tokens=[5_200 * asked, 0, 0, 0, 640 * asked])
        return replace(said, cost=self._priced("openai", said, ""))

    def _anthropic(self, day: int, said: list[Said]) -> list[Said]:
        """One model has a price by contract; of another, reads stood as uncached tokens for some days."""
        for one in said:
            if one.model == "claude-opus-5":
                one.cost = round(one.cost * _CONTRACT)
            elif one.model == "claude-haiku-4-5" and day % 6 < 2:  # noqa: PLR2004 - two days in six
                read = one.tokens[_READ]
                one.tokens = [one.tokens[0] + read, 0, *one.tokens[2:]]
                one.cost += read * self._dearer("anthropic", one.model, day)
        return said

    def _google(self, _day: int, said: list[Said]) -> list[Said]:
        """Billed in euros; the smallest model is free."""
        found = [one for one in said if one.model != "gemini-3.5-flash-lite"]
        for one in found:
            one.cost = round(one.cost * _CONVERTED)
            one.currency = "EUR"
        return found

    def _openrouter(self, _day: int, said: list[Said]) -> list[Said]:
        """Bills what no price book knows, and a fee."""
        for one in said:
            if one.model == _STEALTH_MODEL:
                one.cost = sum(one.tokens) * _STEALTH
        return [one for one in said if one.cost]

    def _bedrock(self, _day: int, said: list[Said]) -> list[Said]:
        """A discount by contract, which the bill states."""
        for one in said:
            one.listed, one.cost = one.cost, round(one.cost * _OFF)
        return said

    def _priced(self, provider: str, one: Said, tier: str) -> int:
        call = ModelCall(
            source="demo",
            native_id="",
            started_at=self._end,
            provider=provider,
            model=one.model,
            input_tokens=one.tokens[0],
            output_tokens=one.tokens[4],
            service_tier=tier,
        )
        self._book.apply([call])
        return call.cost_priced or one.cost

    def _dearer(self, provider: str, model: str, day: int) -> int:
        """What an uncached token costs more than one that was read, in nano-dollars."""
        rates = self._book.rates(provider, model, day * DAY + 12 * HOUR, 1_000)
        return 0 if rates is None else round((rates.input - rates.cache_read) / rates.unit)

    def _told(self, day: int, provider: str, one: Said) -> Iterator[Record]:
        """The line of the report, and that of the bill."""
        if provider in ACCOUNTS and provider != "bedrock" and any(one.tokens):
            fresh, read, fives, hours, out = one.tokens
            yield Reported(
                workspace=self._workspace,
                source=SOURCE,
                account=ACCOUNTS[provider],
                native_id=f"demo-{self._tag}-u-{provider}-{day}-{one.model}-{one.tier}",
                started_at=day * DAY,
                ended_at=(day + 1) * DAY,
                provider=provider,
                report="usage",
                model=one.model,
                service_tier=one.tier,
                requests=one.requests,
                input_tokens=fresh,
                cache_read_tokens=read,
                cache_write_5m_tokens=fives,
                cache_write_1h_tokens=hours,
                output_tokens=out,
            )
        if one.cost or one.listed or (provider not in ACCOUNTS and sum(one.tokens) > one.unpriced):
            yield self._line(day, provider, one.cost, said=one, line_item=one.model)

    def _line(self, day: int, provider: str, amount: int, *, line_item: str, said: Said | None = None) -> Bill:
        about = said or Said("", "")
        foreign = about.currency != "USD"
        tokens = sum(about.tokens) - about.unpriced * (provider not in ACCOUNTS)
        return Bill(
            workspace=self._workspace,
            source=SOURCE if provider in ACCOUNTS else "api",
            account=ACCOUNTS.get(provider, ""),
            native_id=f"demo-{self._tag}-c-{provider}-{day}-{line_item}-{about.tier}",
            started_at=day * DAY,
            ended_at=(day + 1) * DAY,
            provider=provider,
            amount=amount,
            list_amount=about.listed,
            currency=about.currency,
            stated_amount=round(amount / 1.16 / _CENT) * _CENT if foreign else None,
            line_item=line_item,
            model=about.model,
            service_tier=about.tier,
            report="costs" if provider in ACCOUNTS else "",
            invoice=f"demo-{provider}-{to_datetime(day * DAY):%Y-%m}",
            quantity=float(tokens) if said else None,
            quantity_unit="tokens" if said else "",
        )
