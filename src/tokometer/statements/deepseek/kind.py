"""DeepSeek as a kind of account.

Format: api-docs.deepseek.com, "Get User Balance" (`GET /user/balance`), read in November 2026: `is_available`, and for
each currency a `total_balance`, of which `granted_balance` and `topped_up_balance`, as text.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tokometer.sources.polling import fetch_json
from tokometer.sources.told import Told
from tokometer.statements.lines import amount_of, object_of, sensible
from tokometer.statements.protocol import AccountKind, Asked, Balance, Key

_PATH: Final = "/user/balance"


def balance(asked: Asked) -> Balance:
    """What is left: in the first currency that there is any of; the others are facts beside it."""
    told = object_of(fetch_json(asked.ask, _PATH), _PATH)
    with sensible(_PATH):
        found = [
            (one.text("currency") or "USD", one, amount_of(one, "total_balance"))
            for one in told.objects("balance_infos")
        ]
    known = [(unit, one, left) for unit, one, left in found if left is not None]
    unit, one, left = next((each for each in known if each[2]), known[0] if known else ("USD", Told({}), Decimal(0)))
    facts: dict[str, Any] = {name: one.raw(name) for name in ("granted_balance", "topped_up_balance") if name in one}
    facts |= {f"left in {other}": str(amount) for other, _, amount in known if other != unit}
    facts["available"] = told.yes("is_available")
    return Balance(left, unit, facts)


KIND: Final = AccountKind(
    name="deepseek",
    title="DeepSeek",
    about="What is left of the account, in its own currency. DeepSeek has no API for usage or bills: its console "
    "exports them as files.",
    provider="deepseek",
    address="https://api.deepseek.com",
    key=Key(
        title="API key",
        example="sk-…",
        help="platform.deepseek.com, API keys. Any key of the account will do.",
    ),
    balance=balance,
)
