"""A reconciliation in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tokometer.judgement.reconciliation.causes import CAUSES, UNEXPLAINED, words_of

_CENT: Final = Decimal("0.01")
#: Causes that are named one by one; the others together.
_NAMED: Final = 4


def dollars(amount: Decimal) -> str:
    """To the cent: `$1,204.31`, `-$0.02`."""
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    return f"{'-' if cents < 0 else ''}${abs(cents):,.2f}"


def sentence(about: str, row: Mapping[str, Any]) -> str:
    """What a row of `judgement.reconciliation` says: `October, OpenAI: billed $1,204.31, metered …, gap …: …`."""
    if row["billed"] is None:
        told = f"{about}: metered {dollars(row['metered'])}; no bill is known"
        if row["reported_tokens"] is not None:
            told += f"; {row['tokens']:,} tokens metered, {row['reported_tokens']:,} reported"
        return f"{told}."
    told = f"{about}: billed {dollars(row['billed'])}, metered {dollars(row['metered'])}, "
    told += f"gap {dollars(row['reconciliation'])}"
    parts = [(name, row[name]) for name in CAUSES if row[name] and abs(row[name]) >= _CENT / 2]
    parts.sort(key=lambda one: -abs(one[1]))
    named = [f"{dollars(amount)} {words_of(name)}" for name, amount in parts[:_NAMED]]
    rest = sum((amount for _, amount in parts[_NAMED:]), Decimal(0))
    if len(parts) > _NAMED:
        named.append(f"{dollars(rest)} other causes")
    left = f"unexplained {dollars(row[UNEXPLAINED] or Decimal(0))}"
    return f"{told}: {', '.join(named)}; {left}." if named else f"{told}; {left}."
