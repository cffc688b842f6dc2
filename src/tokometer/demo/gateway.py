"""What the product sends through its gateway: short calls of features that customers pay for, and bursts in trouble."""

from __future__ import annotations

from typing import Any, Final

from tokometer.demo.company import FEATURES, TEAMS, Team
from tokometer.demo.incidents import Incident
from tokometer.demo.journal import SECOND, Journal, Prompt
from tokometer.demo.models import FLASH, GATEWAY, SOL, TOGETHER_KIMI, Model

_TEAMS: Final = {team.name: team for team in TEAMS}
_OWNERS: Final = [(name, endpoint, _TEAMS[team]) for name, endpoint, team in FEATURES]
_WEIGHTS: Final = [team.serving for _, _, team in _OWNERS]
#: These teams call models from their own code, which says beforehand what it expects to use.
_ESTIMATING: Final = frozenset({"data", "research"})
#: The model that each kind of incident's bursts ask.
_BURSTS: Final[dict[str, Model]] = {"storm": SOL, "outage": FLASH, "flap": TOGETHER_KIMI}
#: Share of a feature's calls that come from its staging environment.
_STAGING: Final = 0.07


def request(journal: Journal, at: int, moment: float) -> None:
    """Write what one visit of a customer makes a feature ask: one to a few calls."""
    rng = journal.rng
    feature, endpoint, team = rng.choices(_OWNERS, _WEIGHTS)[0]
    model = GATEWAY.pick(rng.random(), moment)
    labels = _labels(journal, feature, endpoint, team)
    if rng.random() < _STAGING:
        labels["environment"] = "staging"
    system = 520 + int(journal.heavy(700, 0.7))
    for number in range(1 + int(rng.expovariate(1.1))):
        size = system + int(journal.heavy(620, 1.0))
        cached = system // 128 * 128 if number else 0
        prompt = Prompt(size - cached, cached, kept=0, estimated=team.name in _ESTIMATING)
        at = journal.ask(model, at, prompt, labels, length=0.75, stop="stop", user_messages=1).ended_at
        at += journal.wait(9 * SECOND)


def burst(journal: Journal, at: int, trouble: Incident) -> None:
    """Write one request to a provider in trouble, with the attempts that follow it."""
    rng = journal.rng
    storm = trouble.name == "storm"
    model = _BURSTS[trouble.name]
    feature, endpoint, team = ("eval-runs", "/v1/responses", _TEAMS["research"]) if storm else rng.choice(_OWNERS[:5])
    labels = _labels(journal, feature, endpoint, team)
    if storm:
        labels["service_tier"] = "batch"
    journal.ask(model, at, Prompt(900 + int(journal.heavy(1_400, 0.8))), labels, length=0.6, stop="stop")


def _labels(journal: Journal, feature: str, endpoint: str, team: Team) -> dict[str, Any]:
    rng = journal.rng
    return {
        "workspace": journal.workspace,
        "source": "api" if team.name in _ESTIMATING else "litellm",
        "session_id": journal.session_id(),
        "trace_id": journal.trace_id(),
        "project": team.projects[0],
        "user": f"customer-{int(journal.heavy(40, 1.2)) % 400:03d}" if team.fee else feature,
        "team": team.name,
        "api_key": f"…{abs(len(feature) * 7_919 + ord(feature[0]) * 104_729) % 65_536:04x}",
        "endpoint": endpoint,
        "environment": "production",
        "agent": "",
        "knowledge_base": rng.choice(team.knowledge) if feature in ("help-bot", "smart-search") else "",
    }
