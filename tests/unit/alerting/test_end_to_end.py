"""Every type of rule fires and is resolved, and a real webhook and a real mailbox are told of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from servers.receivers import Got, mailbox, webhook
from tokometer.accounts import Channel
from tokometer.accounts.accounts import Accounts
from tokometer.alerting import CONDITIONS, AlertRule, Sync
from tokometer.alerting.announcing import Announcer
from tokometer.alerting.channels import SEALED_AS
from tokometer.alerting.delivering import Delivering, Office
from tokometer.host.secrets import Vault
from tokometer.records import Bill, to_us
from tokometer.settings import BudgetLine, Settings
from unit.alerting.office import Inside
from unit.alerting.world import NOON, World, rule

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Scene:
    """What makes a rule of one condition fire, and what ends that."""

    rule: AlertRule
    begin: Callable[[World], Any]
    end: Callable[[World], Any] = lambda _: None
    #: How long after the first turn the second one is.
    after: timedelta = MINUTE
    #: What is told of.
    words: str = ""


def _budget(amount: int) -> BudgetLine:
    return BudgetLine(id="b", title="Month", amount=Decimal(amount))


def _anomaly(world: World) -> None:
    for day in range(1, 15):
        world.calls(day * DAY + 30 * MINUTE, 1 + day % 3 * 0.1)
        world.calls(day * DAY - 30 * MINUTE, 1)
    world.calls(30 * MINUTE, 10)


def _burn(world: World) -> None:
    world.calls(3 * MINUTE, 0.01, 30, status="server_error")
    world.calls(4 * MINUTE, 0.01, 30)


def _change(world: World) -> None:
    world.calls(30 * HOUR, 10)
    world.calls(HOUR, 20)


def _jobs(world: World) -> None:
    world.job(2 * HOUR, "error", error_message="disk full")
    world.job(HOUR, "error", error_message="disk full")


def _sync(world: World, *, failing: bool) -> None:
    world.syncs = (Sync(name="ollama", title="Ollama", failing=failing, problem="connection refused"),)


def _used(world: World) -> None:
    world.settings = Settings(own_budgets=(_budget(100),))
    world.calls(HOUR, 85)


def _projected(world: World) -> None:
    world.settings = Settings(own_budgets=(_budget(200),))
    for day in range(1, 30):
        world.calls(day * DAY, 10)


def _raised(world: World) -> None:
    world.settings = Settings(own_budgets=(replace(_budget(200), amount=Decimal(900)),))


def _of(condition: str, **given: Any) -> AlertRule:
    return rule(condition=condition, **given)


def _billed(world: World, dollars: float) -> None:
    """What a provider bills for ten dollars of calls of some days ago; the last word counts."""
    at = to_us((NOON - 10 * DAY).replace(hour=0))
    if dollars > 10:
        world.calls(10 * DAY, 10)
    world.keep(
        Bill(
            source="own",
            native_id="unbalanced",
            started_at=at,
            ended_at=at + 1,
            provider="openai",
            model="gpt-5",
            amount=int(dollars * 10**9),
            revision=100 - int(dollars),
        )
    )


SCENES = {
    "threshold": Scene(
        _of("threshold", measure="calls.cost", window="24h", each="user", value=50),
        lambda world: world.calls(HOUR, 20, 3, user="ada"),
        after=DAY,
        words="ada",
    ),
    "change": Scene(_of("change", measure="calls.cost", window="24h", percent=80, recover=20), _change, after=DAY),
    "burn_rate": Scene(
        _of("burn_rate", each="provider", level="critical"),
        _burn,
        lambda world: world.calls(-2 * HOUR + 3 * MINUTE, 0.01, 30),
        2 * HOUR,
        "openai",
    ),
    "anomaly": Scene(
        _of("anomaly", measure="calls.cost", period="hour", sensitivity=4),
        _anomaly,
        lambda world: world.calls(-HOUR + 30 * MINUTE, 1),
        HOUR,
    ),
    "no_data": Scene(
        _of("no_data", measure="calls.cost", window="1h"), lambda _: None, lambda world: world.calls(MINUTE)
    ),
    "unpriced_model": Scene(
        _of("unpriced_model", window="24h"),
        lambda world: world.calls(HOUR, model="a-new-one", cost_reported=None, input_tokens=10, output_tokens=5),
        after=2 * DAY,
        words="a-new-one",
    ),
    "source_silent": Scene(
        _of("source_silent", window="6h"),
        lambda world: world.calls(DAY),
        lambda world: world.calls(MINUTE),
        words="own",
    ),
    "budget_used": Scene(_of("budget_used", percent=80), _used, after=31 * DAY, words="Month"),
    "budget_projected": Scene(_of("budget_projected"), _projected, _raised, 10 * MINUTE, "Month"),
    "job_failing": Scene(_of("job_failing", runs=2), _jobs, lambda world: world.job(MINUTE), words="disk full"),
    "job_missed": Scene(
        _of("job_missed", grace_minutes=30),
        lambda world: world.job(26 * HOUR, next_in=DAY),
        lambda world: world.job(MINUTE, next_in=DAY),
        words="Nightly",
    ),
    "books_unbalanced": Scene(
        _of("books_unbalanced", amount=2, percent=5),
        lambda world: _billed(world, 15.123),
        lambda world: _billed(world, 10),
        after=16 * MINUTE,
        words="openai",
    ),
    "sync_failing": Scene(
        _of("sync_failing"),
        lambda world: _sync(world, failing=True),
        lambda world: _sync(world, failing=False),
        words="connection refused",
    ),
}


@dataclass
class Opened:
    """Accounts that are open already."""

    accounts: Accounts
    is_there: bool = True
    trouble: str = ""

    def get(self) -> Accounts:
        """Them."""
        return self.accounts


@pytest.fixture(scope="module")
def receivers() -> Iterator[tuple[Got, Got]]:
    """A webhook and a mailbox."""
    with webhook() as hook, mailbox() as box:
        yield hook, box


def test_every_condition_has_a_scene() -> None:
    """A new condition is told of, too."""
    assert set(SCENES) == set(CONDITIONS)


@pytest.mark.parametrize("condition", SCENES)
def test_is_told_by_webhook_and_by_mail(
    world: World, receivers: tuple[Got, Got], tmp_path: Path, condition: str
) -> None:
    """Both receivers get what fired and what was resolved, each once, in that order."""
    scene, (hook, box) = SCENES[condition], receivers
    hook.posted.clear()
    box.mails.clear()
    vault = Vault(tmp_path)
    for title, url in (("Hook", f"{hook.url}/in"), ("Mail", box.url)):
        sealed = vault.seal(url, SEALED_AS)
        world.accounts.channels.add(Channel(workspace=world.workspace, title=title, sealed=sealed, wants={}))
    office = Office(
        accounts=Opened(world.accounts),  # type: ignore[arg-type]
        settings=lambda: world.settings,
        vault=vault,
        env={},
        post=Inside(),
        base=lambda: "http://127.0.0.1:7420",
        workspace=world.workspace,
    )
    world.engine.announce = Announcer(office.settings, office.base)
    delivering = Delivering(office)
    scene.begin(world)
    world.turn(scene.rule)
    delivering.deliver()
    world.turn(scene.rule)
    scene.end(world)
    world.turn(scene.rule, after=scene.after)
    delivering.deliver()
    delivering.deliver()
    assert not [one.error for one in world.accounts.deliveries.log(world.workspace) if one.error]
    told = [(one["title"], one["message"]) for one in hook.messages]
    mails = [(str(one["Subject"]), one.get_body(("plain",)).get_content().strip()) for one in box.mails]  # type: ignore[union-attr]
    assert mails == told
    [(fired, body), (resolved, _)] = told
    assert (fired[0], resolved[0]) == ("⚠", "✅")
    assert scene.words in f"{fired}\n{body}"
    assert "http://127.0.0.1:7420/" in body
