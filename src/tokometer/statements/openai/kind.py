"""OpenAI's account: which reports there are, and what a key must be able to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tokometer.statements.buckets import exact_json
from tokometer.statements.openai.costs import costs
from tokometer.statements.openai.usage import USAGES, usage
from tokometer.statements.protocol import AccountKind, Asked, Key, Option, Report

#: Days of one question, at most: as many buckets as a page may have.
_PORTION: Final = timedelta(days=28)


def check(asked: Asked) -> Mapping[str, Any]:
    """Ask for one day of costs, which every admin key may."""
    start = int((asked.now - timedelta(days=1)).timestamp())
    exact_json(asked, "/organization/costs", {"start_time": start, "limit": 1})
    return {}


KIND: Final = AccountKind(
    name="openai",
    title="OpenAI",
    about="Usage of every kind and costs of an organisation, by day, model, project, key and person.",
    provider="openai",
    address="https://api.openai.com/v1",
    key=Key(
        title="Admin key",
        example="sk-admin-…",
        help="Made by an owner of the organisation in Settings > Organization > Admin keys; reading usage is enough.",
    ),
    options=(
        Option(
            name="names",
            title="Names",
            help="Whether projects, keys and people are asked for their names, beside their ids.",
            choices=("yes", "no"),
            default="yes",
        ),
    ),
    reports=(
        Report(name="costs", title="Costs", portion=_PORTION, read=costs),
        *(
            Report(
                name=f"usage/{one.name}",
                title=one.title,
                portion=_PORTION,
                read=usage(one),
                optional=one.optional,
            )
            for one in USAGES
        ),
    ),
    no_balance="OpenAI has no API that tells what is left of prepaid credits: enter what you put in as top-ups.",
    check=check,
)
