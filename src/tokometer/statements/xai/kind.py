"""xAI as a kind of account.

Format: docs.x.ai, "Management API, billing" (`GET /v1/billing/teams/{team}/prepaid/balance`), as projects that ask it
read it in 2026: `total.val` is a whole number of US cents as text, negative while credit is left. What a team has used
by day (`POST …/usage`) is documented without the names of its answer, and is not read.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from tokometer.sources.polling import fetch_json
from tokometer.statements.lines import cents, object_of, sensible
from tokometer.statements.protocol import AccountKind, Asked, Balance, Key, Option


def balance(asked: Asked) -> Balance:
    """What is left of the team's prepaid credits."""
    path = f"/v1/billing/teams/{quote(asked.options.get('team', ''), safe='')}/prepaid/balance"
    told = object_of(fetch_json(asked.ask, path), path)
    with sensible(path):
        total = told.within("total")
        owed = total.needed(cents(total, "val"), "val")
    return Balance(-owed)


KIND: Final = AccountKind(
    name="xai",
    title="xAI",
    about="What is left of a team's prepaid credits. Usage by day is in xAI's console.",
    provider="xai",
    address="https://management-api.x.ai",
    key=Key(
        title="Management key",
        example="xai-token-…",
        help="console.x.ai, Settings, Management keys, with read access to billing. A key for inference is refused.",
    ),
    options=(Option(name="team", title="Team id", help="console.x.ai shows it in the team's settings.", needed=True),),
    balance=balance,
)
