"""SQL that prices stored calls by rows of rates, in whole numbers, as `tokometer.prices.book` prices each of them.

It is written once for both engines; where they differ, the difference is one of :class:`Words`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from tokometer.ledger.recosting import Difference, Found, plan_key
from tokometer.ledger.schema import TOKENS
from tokometer.records.basis import unpriced

#: Larger counts are the book's; so many five times over still fit 64 bits.
_CLIP: Final = 2**58
#: As `tokometer.prices.plan` has them: no call costs a billion dollars; what is refused is not billed.
_MOST_NANO: Final = 10**18 - 1
_REFUSED: Final = "status IN ('rate_limit', 'invalid_request', 'auth_error') OR coalesce(http_status, 0) >= 400"
_INPUT: Final = tuple(name for name in TOKENS if name != "output_tokens")
_SUM: Final = (
    "t.input_tokens * p.input + t.cache_read_tokens * p.cache_read "
    "+ (t.cache_write_5m_tokens + t.cache_write_unknown_tokens) * p.cache_write_5m "
    "+ t.cache_write_1h_tokens * p.cache_write_1h + t.output_tokens * p.output "
    "+ least(t.reasoning, t.output_tokens) * (p.reasoning - p.output) + p.request"
)
_FITS: Final = " AND ".join(f"t.{name} <= p.room" for name in TOKENS)


class Words(NamedTuple):
    """What engines say in words of their own."""

    #: What a priced row is known by: column → SQL over `calls`.
    carried: Mapping[str, str]
    #: When a call began, in microseconds since the epoch.
    began: str
    #: How often the second whole number is in the first.
    quotient: Callable[[str, str], str]
    #: Whole nano-USD, or NULL, as the type of money.
    money: Callable[[str], str]


#: What is said of each call: what it costs and on what basis, whether its source reported that, what it would cost and
#: on what basis, and whether rows of rates can say so: of the others the book has to.
PRICED: Final = ("provider", "model", "was", "was_basis", "reported", "by_rates", "becomes", "basis")
_BECOMES_DIFFERS: Final = "becomes IS DISTINCT FROM was"
#: What a source reported stays the call's cost, whatever it is beside our price.
_COSTS: Final = f"({_BECOMES_DIFFERS} AND NOT reported)"
_MARKED: Final = f"(CASE WHEN reported THEN {_BECOMES_DIFFERS} ELSE NOT {_BECOMES_DIFFERS} AND basis <> was_basis END)"
#: Whether a priced call costs something else, or is known to do so more or less surely.
CHANGES: Final = f"({_BECOMES_DIFFERS} OR (NOT reported AND basis <> was_basis))"
#: Rows for :func:`found_in`, from `{priced}`.
FOUND: Final = (
    f"SELECT provider, model, count(*), count(*) FILTER (WHERE NOT by_rates), count(*) FILTER (WHERE {_COSTS}), "
    f"count(*) FILTER (WHERE {_MARKED}), "
    f"coalesce(sum(was) FILTER (WHERE {_COSTS}), 0), coalesce(sum(becomes) FILTER (WHERE {_COSTS}), 0), "
    "count(*) FILTER (WHERE was IS NULL AND becomes IS NOT NULL AND NOT reported), "
    "count(*) FILTER (WHERE becomes IS NULL AND was IS NOT NULL AND NOT reported) "
    "FROM {priced} GROUP BY provider, model"
)


def priced_sql(words: Words, where: str, *, scoped: bool, rates: str = "rates") -> str:
    """The calls of the quarter hours from `$first` to `$last` that fulfil a condition: what is carried, and PRICED."""
    key = plan_key(scoped)
    names = {name: sql for name, sql in words.carried.items() if name not in key}
    clipped = {name: f"least(coalesce({name}, 0), {_CLIP})" for name in TOKENS}
    # Nano-dollars, half to even.
    whole = words.quotient("top", "unit")
    rounded = (
        f"{whole} + CASE WHEN 2 * (top % unit) > unit OR (2 * (top % unit) = unit AND ({whole}) % 2 = 1) "
        "THEN 1 ELSE 0 END"
    )
    calls = (
        f"SELECT {''.join(f'{sql} AS {name}, ' for name, sql in names.items())}"
        f"{', '.join(key)}, {words.began} AS began, "
        "CASE WHEN cost_reported IS NULL THEN cost_usd ELSE cost_priced END AS was, price_basis AS was_basis, "
        "cost_reported IS NOT NULL AS reported, "
        + ", ".join(f"{sql} AS {name}" for name, sql in clipped.items())
        + f", {' + '.join(clipped[name] for name in _INPUT)} AS total, "
        f"least(coalesce(reasoning_tokens, 0), {_CLIP}) AS reasoning, "
        f"NOT ({' AND '.join(f'{name} IS NULL' for name in TOKENS)}) AS told, ({_REFUSED}) AS is_error, "
        "lower(stop_reason) = 'refusal' AS is_refusal, "
        "parts <> '' OR quantities <> '' OR coalesce(unsplit_tokens, 0) <> 0 AS odder "
        f"FROM calls WHERE quarter BETWEEN $first AND $last AND {where}"
    )
    known = (
        "SELECT *, began % 86400000000 AS clock, total = 0 AND output_tokens = 0 AND is_error AS refused, "
        f"odder OR (output_tokens = 0 AND is_refusal) AS odd FROM ({calls}) AS calls_in_scope"
    )
    # What holds when and for what size is a condition, not a part of the join: not every ClickHouse joins by more
    # than what is equal.
    joined = (
        f"SELECT t.*, p.free, p.priced, p.unit, p.basis, NOT t.odd AND NOT p.careful AND {_FITS} AS by_rates, "
        f"CASE WHEN NOT t.odd AND {_FITS} THEN {_SUM} END AS top FROM ({known}) AS t "
        f"JOIN {rates} AS p ON {' AND '.join(f't.{name} = p.{name}' for name in key)} "
        "WHERE t.began >= p.since AND t.began < p.until AND t.clock >= p.clock_from "
        "AND t.clock < p.clock_until AND t.total > p.above AND t.total <= p.most"
    )
    summed = (
        "SELECT *, CASE WHEN NOT by_rates THEN NULL WHEN free OR refused THEN 0 "
        f"WHEN told AND priced THEN {rounded} END AS nano FROM ({joined}) AS joined"
    )
    becomes = f"CASE WHEN nano <= {_MOST_NANO} THEN {words.money(f'least(nano, {_MOST_NANO})')} END"
    basis = (
        "CASE WHEN reported OR free OR refused THEN '' "
        f"WHEN NOT told THEN '{unpriced('no-usage')}' "
        f"WHEN NOT priced THEN CASE WHEN model <> '' THEN '{unpriced('no-price')}' ELSE '{unpriced('no-model')}' END "
        f"WHEN nano > {_MOST_NANO} THEN '{unpriced('too-much')}' ELSE basis END"
    )
    said = ", ".join(
        {"becomes": f"{becomes} AS becomes", "basis": f"{basis} AS basis"}.get(name, name) for name in PRICED
    )
    carried = ", ".join(name for name in words.carried if name not in PRICED)
    return f"SELECT {carried}, {said} FROM ({summed}) AS summed"


def found_in(rows: Iterable[tuple[Any, ...]]) -> Found:
    """What rows of :data:`FOUND` say."""
    found = Found()
    for provider, model, calls, alone, changed, marked, before, after, mended, lost in rows:
        found.calls += calls
        found.alone += alone
        found.marked += marked
        if changed:
            found.models[provider, model] = Difference(changed, before, after, mended, lost)
    return found
