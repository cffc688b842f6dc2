"""Kinds of account that tell a balance, and a server of one's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from providers.balances import Answers
from providers.reading import read
from providers.serving import serving
from tokometer.sources.protocol import PollError

_XAI = "/v1/billing/teams/team%2F1/prepaid/balance"


@pytest.mark.parametrize(
    ("kind", "options", "path", "answer", "left", "unit"),
    [
        (
            "deepseek",
            {},
            "/user/balance",
            {
                "is_available": True,
                "balance_infos": [
                    {"currency": "USD", "total_balance": "0.00", "granted_balance": "0.00"},
                    {"currency": "CNY", "total_balance": "110.07", "topped_up_balance": "100.00", "new": 1},
                ],
            },
            "110.07",
            "CNY",
        ),
        (
            "moonshot",
            {"currency": "CNY"},
            "/v1/users/me/balance",
            {"code": 0, "data": {"available_balance": 49.58894, "voucher_balance": 46.5, "cash_balance": "-3.1"}},
            "49.58894",
            "CNY",
        ),
        (
            "siliconflow",
            {},
            "/v1/user/info",
            {"code": 20_000, "data": {"totalBalance": "88.88", "chargeBalance": "88.00", "balance": "0.88"}},
            "88.88",
            "USD",
        ),
        ("xai", {"team": "team/1"}, _XAI, {"changes": [], "total": {"val": "-1050"}}, "10.50", "USD"),
    ],
)
def test_a_balance_is_told_to_the_last_digit(
    kind: str, options: dict[str, str], path: str, answer: dict[str, Any], left: str, unit: str
) -> None:
    """What is left comes exactly as it is written, as text or as a number, in its own unit."""
    provider = Answers({path.replace("%2F", "%2F"): answer})
    with serving(provider) as url:
        found = read(kind, url, provider.key, options)
    assert found.balance is not None
    assert (found.balance.amount, found.balance.unit) == (Decimal(left), unit)
    assert not found.records


@pytest.mark.parametrize("kind", ["deepseek", "moonshot", "siliconflow"])
def test_a_key_that_is_refused_is_said_to_be(kind: str) -> None:
    """A wrong key is what is wrong, and not asked about again and again."""
    provider = Answers({})
    with serving(provider) as url, pytest.raises(PollError) as caught:
        read(kind, url, "sk-another-one")
    assert caught.value.secret
    assert len(provider.heard) == 1


def test_an_answer_without_a_balance_is_no_balance_of_nothing() -> None:
    """Where the balance should be is nothing: that is an error, and not 0."""
    provider = Answers({"/v1/users/me/balance": {"code": 0, "data": {}}})
    with serving(provider) as url, pytest.raises(PollError, match="available_balance"):
        read("moonshot", url, provider.key)


def test_an_ollama_is_connected_without_a_key() -> None:
    """A server of one's own tells its version and models, and has nothing to pay."""
    answers = {
        "/api/version": {"version": "0.33.1"},
        "/api/tags": {"models": [{"model": "qwen3:8b"}, {"model": "gemma3"}]},
        "/api/ps": {"models": [{"model": "gemma3"}]},
    }
    with serving(Answers(answers, keyless=True)) as url:
        found = read("ollama", url, "")
    assert found.facts == {"version": "0.33.1", "models": 2, "running": "gemma3", "local": True}
    assert found.balance is None
