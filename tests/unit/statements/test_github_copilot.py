"""GitHub Copilot as a kind of account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.github_copilot import GithubCopilot
from providers.reading import Read, read, told_by
from providers.serving import serving


def _github() -> GithubCopilot:
    github = GithubCopilot()
    github.seats = [
        {
            "assignee": {"login": f"dev{at}"},
            "last_activity_at": None if at % 7 == 0 else "2026-11-19T08:00:00Z",
            "assigning_team": {"name": "Web"} if at % 2 else None,
            "plan_type": "business",
        }
        for at in range(230)
    ]
    github.people = {
        "2026-11-18": [_person("ada", 3, 120), _person("bob", "2", 10, ai_credits_used=1.5, brand_new=1)],
        "2026-11-17": [_person("ada", 1, 7)],
        "2026-11-16": [],
    }
    github.billed = {
        "usage": {
            "2026-11-18": [
                _line("Copilot", "Copilot Business", 0.6333, 12.03, 12.03),
                _line("copilot", "AI credits", 100, 1.0, 0.25),
                _line("Actions", "Linux", 5, 9.0, 9.0),
            ],
            "2026-11-03": [_line("Copilot", "Copilot Business", "0.6333", "12.03", "12.03") | {"date": "2026-11-03"}],
        },
        "ai_credit": {
            "2026-11-18": [_use("gpt-5.5", 60.5, 0.15), _use("gpt-5.5", 9.5, 0), _use("claude", "30", "0.1")]
        },
        "premium_request": {"2026-11-02": [_use("gpt-5.5", 12, 0.0)]},
    }
    return github


def _person(login: str, interactions: int | str, added: int, **more: Any) -> dict[str, Any]:
    counts = {"user_initiated_interaction_count": interactions, "loc_added_sum": added}
    return {"user_login": login, **counts, "totals_by_ide": [], **more}


def _line(product: str, sku: str, quantity: float | str, gross: float | str, net: float | str) -> dict[str, Any]:
    unit = "user-months" if "Business" in sku else "units"
    amounts = {"grossAmount": gross, "netAmount": net, "discountAmount": 0}
    return {
        "date": "2026-11-18T00:00:00Z",
        "product": product,
        "sku": sku,
        "quantity": quantity,
        "unitType": unit,
    } | amounts


def _use(model: str, quantity: float | str, net: float | str) -> dict[str, Any]:
    return {"product": "Copilot", "sku": "Premium", "model": model, "grossQuantity": quantity, "netAmount": net}


def _read(github: GithubCopilot) -> Read:
    with serving(github) as url:
        github.files = url.replace("127.0.0.1", "localhost")
        return read("github_copilot", url, github.key, {"organisation": "acme"})


def test_seats_use_and_bill_are_read_in_full() -> None:
    """Seats over all pages, people from files elsewhere, credits by model, and the bill without other products."""
    github = _github()
    found = _read(github)
    assert (found.samples["copilot.seats.total"], found.samples["copilot.seats.listed"]) == (230, 230)
    assert found.samples["copilot.seats.idle"] == 33
    assert found.samples["copilot.seats.of_team"] == 230
    assert found.sum("quantity", quantity_unit="interactions") == 6
    assert found.sum("quantity", quantity_unit="lines_accepted") == 137
    assert found.sum("quantity", quantity_unit="ai_credits_by_person") == 1.5
    assert found.sum("quantity", quantity_unit="ai_credits") == 100
    assert found.sum("quantity", quantity_unit="ai_credits", model="gpt-5.5") == 70
    assert found.sum("quantity", quantity_unit="premium_requests") == 12
    assert found.sum("estimated_cost", report="ai_credits") == 250_000_000
    assert found.cost == Decimal("24.31")
    assert sum(one.list_amount or 0 for one in found.bills) == 25_060_000_000
    assert {one.name for one in found.notices} == {"brand_new"}
    assert all("authorization" not in asked.headers for asked in github.heard if asked.path.startswith("/files/"))


def test_a_late_correction_is_the_same_line() -> None:
    """A day that says otherwise later has the same lines with other numbers."""
    github = _github()
    month = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    before = told_by(github, "github_copilot", "bill", *month, organisation="acme")
    github.billed["usage"]["2026-11-18"][0]["netAmount"] = 11.5
    after = told_by(github, "github_copilot", "bill", *month, organisation="acme")
    lines = {one.native_id for one in before.bills}
    assert {one.native_id for one in after.bills} == lines
    assert after.cost == before.cost - Decimal("0.53")
