"""SiliconFlow as a kind of account.

Format: docs.siliconflow.com, "Get user account info" (`GET /v1/user/info`), read in November 2026: `data` with
`totalBalance`, of which `chargeBalance` was paid and `balance` was given, as text. The international platform
(api.siliconflow.com) counts US dollars, the one in China (api.siliconflow.cn) yuan; the answer does not say which.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tokometer.sources.polling import fetch_json
from tokometer.statements.lines import amount_of, object_of, sensible
from tokometer.statements.protocol import AccountKind, Asked, Balance, Key, Option

_PATH: Final = "/v1/user/info"


def balance(asked: Asked) -> Balance:
    """What is left, gifts included."""
    told = object_of(fetch_json(asked.ask, _PATH), _PATH)
    with sensible(_PATH):
        data = told.within("data")
        left = data.needed(amount_of(data, "totalBalance", "balance"), "totalBalance")
        parts = {"paid": amount_of(data, "chargeBalance"), "given": amount_of(data, "balance")}
    facts = {name: str(value) for name, value in parts.items() if value is not None}
    return Balance(Decimal(left), asked.options.get("currency") or "USD", {**facts, "status": data.word("status")})


KIND: Final = AccountKind(
    name="siliconflow",
    title="SiliconFlow",
    about="What is left of the account. SiliconFlow has no API for usage or bills: its console shows them.",
    provider="siliconflow",
    address="https://api.siliconflow.com",
    key=Key(
        title="API key",
        example="sk-…",
        help="cloud.siliconflow.com, API keys (cloud.siliconflow.cn with the address https://api.siliconflow.cn).",
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
