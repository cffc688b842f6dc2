"""The user's own prices: `prices.toml` in the data folder. They go before the catalogue's.

[[price]]
provider = "openai"        # slug, alias or pattern; every provider where left out
model = "gpt-5*"           # as reported or as normalised; a pattern or in full
input = 1.10               # USD per million tokens
output = 8.80
cache_read = 0.11          # optional, and so are cache_write_5m, cache_write_1h, cache_write (both) and reasoning
input_audio = 40           # optional: tokens that are not text (records.kinds.PARTS); priced as text where left out
per = { web_searches = 0.01, images = 0.04 }   # optional: USD for one of anything that is counted beside tokens
request = 0.01             # optional, USD per request
service_tier = "batch"     # optional: calls of this tier only
above_tokens = 200_000     # optional: calls with more input than this, cached input counted
valid_from = 2026-01-01    # optional, UTC; a date or a time
valid_until = 2026-07-01   # optional, UTC, not included
account = "acme-prod"      # optional, and so are api_key, team and workspace: calls of theirs only; patterns too

[[price]]
provider = "anthropic"
model = "*"
discount = 15              # instead of prices: per cent off the catalogue's, for all that is billed

What people make in the page Prices is kept in the same words (`prices.made.toml`), and goes before this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fnmatch import translate
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tokometer.host.regular import read_text
from tokometer.host.toml import NotToml, brief, parse
from tokometer.prices.book import MADE
from tokometer.prices.normalise import candidates
from tokometer.prices.rates import ALWAYS, FOREVER, Extras, Tier, from_mtok, from_usd, kept
from tokometer.prices.tiers import tiers_of
from tokometer.records.families import family_of
from tokometer.records.kinds import PARTS, QUANTITIES
from tokometer.records.providers import known_provider
from tokometer.records.redaction import redacted
from tokometer.records.redaction.logs import MOST
from tokometer.records.time import to_us

_PRICES: Final = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    *PARTS,
    "request",
)
#: Whose calls an entry can be limited to, by fields of a call.
WHOSE: Final = ("workspace", "account", "api_key", "team")
_KEYS: Final = (
    "provider",
    "model",
    *_PRICES,
    "per",
    "service_tier",
    "above_tokens",
    "valid_from",
    "valid_until",
    "currency",
    "note",
    "discount",
    *WHOSE,
)
#: Nobody charges more for a million tokens; more is a price per thousand or per token in the wrong place.
_HIGHEST: Final = Decimal(1_000_000)
#: Where an entry of :data:`tokometer.prices.book.MADE` stands, for people.
PAGE: Final = "Prices page"
_ALL: Final = Decimal(100)
_LEAST_DISCOUNT: Final = Decimal(-100)
_PATTERN: Final = re.compile(r"[*?\[]")


class PriceFileError(ValueError):
    """The user's price file cannot be used: which file, which key, and what would be right."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        # What was written there may be a password in the wrong place.
        key, reason = brief(redacted(key, MOST)), brief(redacted(reason, MOST))
        super().__init__(f"{path}: {key}: {reason}" if key else f"{path}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason


class Override(Struct, frozen=True, kw_only=True, gc=False):
    """One `[[price]]` of the file."""

    #: Counted from 1, as people count.
    number: int
    provider: str
    model: str
    #: None for an entry that only adds prices of what is not tokens: whatever else fits prices the tokens.
    tier: Tier | None
    #: Name → numerator and denominator of the atto-USD for a thousandth of one.
    per: dict[str, tuple[int, int]] = {}
    service_tier: str = ""
    above: int = -1
    valid_from: int = ALWAYS
    valid_until: int = FOREVER
    note: str = ""
    #: What is left of the catalogue's price: a numerator and its denominator; None for an entry that names prices.
    discount: tuple[int, int] | None = None
    #: As :data:`WHOSE`; empty for everybody's.
    whose: tuple[str, str, str, str] = ("", "", "", "")
    #: Where it stands, for people.
    origin: str = "prices.toml"

    def fits(self, provider: str, model: str, service_tier: str, whose: Sequence[str] = ()) -> bool:
        """True where this price is meant for such calls, at some time and of some size."""
        if any(self.whose) and not all(
            not pattern or _matches(pattern, [name])
            for pattern, name in zip(self.whose, whose or ("",) * len(WHOSE), strict=True)
        ):
            return False
        if self.service_tier and self.service_tier not in (service_tier.lower(), *tiers_of(service_tier, model).known):
            return False
        names = [model.lower(), *candidates(model, provider)]
        return _matches(self.provider, [provider]) and _matches(self.model, names)


def read_overrides(path: Path | None) -> tuple[Override, ...]:
    """The prices in the file at `path`, those with conditions of size or tier first; none where there is no file.

    Raises:
        PriceFileError: the file cannot be read, is not TOML, or says something that is not a price.
    """
    if path is None:
        return ()
    try:
        text = read_text(path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise PriceFileError(path, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PriceFileError(path, "", f"is not UTF-8 text (byte {error.start})") from error
    try:
        content = parse(text)
    except NotToml as error:
        raise PriceFileError(path, error.key, str(error) if error.key else f"is not TOML: {error}") from error
    _only(path, "", content, ("price",))
    entries = content.get("price", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PriceFileError(path, "price", "has to be written [[price]], once for each price")
    return sorted_overrides(override_of(path, number, entry) for number, entry in enumerate(entries, start=1))


def sorted_overrides(overrides: Iterable[Override]) -> tuple[Override, ...]:
    """In the order in which they are asked: those for some calls before those for all, else as they came."""
    return tuple(sorted(overrides, key=lambda one: (not any(one.whose), -one.above, not one.service_tier)))


def digest(overrides: tuple[Override, ...]) -> str:
    """Eight characters that change with any price or condition, but not with comments, notes or layout."""
    if not overrides:
        return ""
    meaning = [
        (o.provider, o.model, repr(o.tier), sorted(o.per.items()), o.service_tier, o.above, o.valid_from, o.valid_until)
        + ((o.discount, o.whose) if o.discount or any(o.whose) else ())
        for o in overrides
    ]
    return blake2b(repr(meaning).encode(), digest_size=4).hexdigest()


def override_of(path: Path, number: int, entry: dict[str, Any], origin: str = "") -> Override:
    """An entry as it is used.

    Raises:
        PriceFileError: it says something that is not a price; `path` is only named.
    """
    at = f"price[{number}]"
    _only(path, f"{at}.", entry, _KEYS)
    model = _text(path, at, entry, "model").lower()
    if not model:
        raise PriceFileError(path, f"{at}.model", 'is missing; "*" is every model')
    provider = _text(path, at, entry, "provider").lower() or "*"
    if (currency := _text(path, at, entry, "currency") or "USD").upper() != "USD":
        raise PriceFileError(path, f"{at}.currency", f"{currency!r} is not supported, prices are in USD")
    override = Override(
        number=number,
        provider=provider if _PATTERN.search(provider) else known_provider(provider) or provider,
        model=model,
        tier=_tier(path, at, entry, claude=family_of(model) == "claude"),
        per=_per(path, at, entry),
        service_tier=_text(path, at, entry, "service_tier").lower(),
        above=_above(path, at, entry),
        valid_from=_moment(path, at, entry, "valid_from", ALWAYS),
        valid_until=_moment(path, at, entry, "valid_until", FOREVER),
        note=_text(path, at, entry, "note"),
        discount=_discount(path, at, entry),
        whose=(
            _text(path, at, entry, "workspace"),
            _text(path, at, entry, "account"),
            _text(path, at, entry, "api_key"),
            _text(path, at, entry, "team"),
        ),
        origin=origin or (PAGE if path.name == MADE else path.name),
    )
    if override.valid_from >= override.valid_until:
        raise PriceFileError(path, f"{at}.valid_until", "is not after valid_from, so the price would never hold")
    return override


def _tier(path: Path, at: str, entry: dict[str, Any], *, claude: bool) -> Tier | None:
    usd = {key: _price(path, at, entry, key) for key in _PRICES if key in entry}
    if "discount" in entry:
        if usd or entry.get("per"):
            raise PriceFileError(path, f"{at}.discount", "stands beside prices; an entry has either")
        return None
    if not usd:
        if entry.get("per"):
            return None
        raise PriceFileError(path, at, "has no price; give input and output, in USD per million tokens")
    if set(usd) != {"request"}:
        for key in ("input", "output"):
            if key not in usd:
                raise PriceFileError(path, f"{at}.{key}", f"is missing; where it costs nothing, say {key} = 0")
    nothing = Decimal(0)
    per_input, per_output = usd.get("input", nothing), usd.get("output", nothing)
    write = usd.get("cache_write")
    write_5m = per_input * Decimal("1.25") if claude else per_input
    write_1h = per_input * 2 if claude else per_input
    prices = {
        "input": per_input,
        "cache_read": usd.get("cache_read", per_input * Decimal("0.1") if claude else per_input),
        "cache_write_5m": usd.get("cache_write_5m", write_5m if write is None else write),
        "cache_write_1h": usd.get("cache_write_1h", write_1h if write is None else write),
        "output": per_output,
        "reasoning": usd.get("reasoning", per_output),
        **{part: usd[part] for part in PARTS if part in usd},
    }
    rates, parts = kept(
        {name: from_mtok(price) for name, price in prices.items()}, from_usd(usd.get("request", nothing))
    )
    return Tier(-1, rates, Extras(parts) if parts else None)


def _discount(path: Path, at: str, entry: dict[str, Any]) -> tuple[int, int] | None:
    """What is left of the catalogue's price, as a fraction."""
    if "discount" not in entry:
        return None
    value = entry["discount"]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise PriceFileError(path, f"{at}.discount", f"has to be a number of per cent, not {value!r}")
    per_cent = Decimal(value)
    if not per_cent.is_finite() or not _LEAST_DISCOUNT <= per_cent <= _ALL:
        raise PriceFileError(
            path, f"{at}.discount", f"{value} is no discount; it goes from -100 (dearer) to 100 per cent"
        )
    return ((_ALL - per_cent) / _ALL).as_integer_ratio()


def _per(path: Path, at: str, entry: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Prices of what is not tokens. Any name is allowed, but not one that is nearly that of something known."""
    table = entry.get("per", {})
    if not isinstance(table, dict):
        raise PriceFileError(path, f"{at}.per", "has to be a table such as { images = 0.04 }")
    prices = {}
    for name in table:
        near = next((known for known in QUANTITIES if known in (f"{name}s", f"{name}es")), "")
        if name not in QUANTITIES and (near := near or _near(name, tuple(QUANTITIES), 0.9)):
            raise PriceFileError(path, f"{at}.per.{name}", f"is not known; did you mean {near}?")
        price = from_usd(_price(path, f"{at}.per", table, name)) / 1_000
        prices[name] = (price.numerator, price.denominator)
    return prices


def _only(path: Path, at: str, entry: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in entry:
        if key not in known:
            near = _near(key, known)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
            raise PriceFileError(path, f"{at}{key}", f"is not known; {hint}")


def _near(word: str, known: tuple[str, ...], likeness: float = 0.6) -> str:
    from difflib import get_close_matches  # 2 ms

    return next(iter(get_close_matches(word, known, 1, likeness)), "")


def _text(path: Path, at: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise PriceFileError(path, f"{at}.{key}", f"has to be text in quotes, not {value!r}")
    return value.strip()


def _price(path: Path, at: str, entry: dict[str, Any], key: str) -> Decimal:
    value = entry[key]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise PriceFileError(path, f"{at}.{key}", f"has to be a number of US dollars, not {value!r}")
    price = Decimal(value)
    if not price.is_finite() or price < 0:
        raise PriceFileError(path, f"{at}.{key}", f"{value} is not a price")
    if price > _HIGHEST:
        raise PriceFileError(path, f"{at}.{key}", f"{value} is too high; prices are USD per million tokens")
    return price


def _above(path: Path, at: str, entry: dict[str, Any]) -> int:
    value = entry.get("above_tokens", -1)
    if "above_tokens" in entry and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise PriceFileError(path, f"{at}.above_tokens", f"has to be a whole number of tokens, not {value!r}")
    return int(value)


def _moment(path: Path, at: str, entry: dict[str, Any], key: str, default: int) -> int:
    value = entry.get(key)
    if value is None:
        return default
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise PriceFileError(path, f"{at}.{key}", f"{value!r} is not a date such as 2026-01-31") from None
    if not isinstance(value, date):
        raise PriceFileError(path, f"{at}.{key}", f"has to be a date such as 2026-01-31, not {value!r}")
    return to_us(value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC))


def _matches(pattern: str, names: list[str]) -> bool:
    if not _PATTERN.search(pattern):
        return pattern in names
    rule = re.compile(translate(pattern))
    return any(rule.match(name) for name in names)
