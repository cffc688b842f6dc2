"""Moonshot AI as a kind of account.

Format: platform.moonshot.ai/docs, "Check balance" (`GET /v1/users/me/balance`), read in November 2026: `data` with
`available_balance`, of which `voucher_balance` and `cash_balance` (which may be negative). The international platform
(api.moonshot.ai) counts US dollars, the one in China (api.moonshot.cn) yuan; the answer itself does not say which.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tokometer.sources.polling import fetch_json
from tokometer.statements.lines import amount_of, object_of, sensible
from tokometer.statements.protocol import AccountKind, Asked, Balance, Key, Option

_PATH: Final = "/v1/users/me/balance"


def balance(asked: Asked) -> Balance:
    """What is left, vouchers included."""
    told = object_of(fetch_json(asked.ask, _PATH), _PATH)
    with sensible(_PATH):
        data = told.within("data")
        left = data.needed(amount_of(data, "available_balance"), "available_balance")
        parts = {name: amount_of(data, name) for name in ("voucher_balance", "cash_balance")}
    facts = {name: str(value) for name, value in parts.items() if value is not None}
    return Balance(Decimal(left), asked.options.get("currency") or "USD", facts)


KIND: Final = AccountKind(
    name="moonshot",
    title="Moonshot AI (Kimi)",
    about="What is left of the account. Moonshot has no API for usage or bills: its console shows them.",
    provider="moonshot",
    address="https://api.moonshot.ai",
    key=Key(
        title="API key",
        example="sk-…",
        help="platform.moonshot.ai, API keys (platform.moonshot.cn with the address https://api.moonshot.cn).",
    ),
    options=(
        Option(
            name="currency",
            title="Currency",
            help="The platform in China counts yuan (CNY); the answer does not say so.",
            choices=("USD", "CNY"),
            default="USD",
        ),
    ),
    balance=balance,
)
