"""A ledger and accounts that rules are looked at with, at moments that a test chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tokometer.accounts import Alert
from tokometer.accounts.accounts import Accounts
from tokometer.alerting import AlertRule, Engine, Situation, Sync, terms_of
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Question, Result, answer
from tokometer.records import JobRun, ModelCall, Record, to_us
from tokometer.settings import Settings

#: A Tuesday, at noon.
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
NUMBERS = count()


@dataclass
class World:
    """A workspace of its own in a ledger and accounts that all tests share, and what was announced."""

    ledger: Ledger
    accounts: Accounts
    workspace: str
    now: datetime = NOON
    said: list[tuple[str, str, str]] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    syncs: tuple[Sync, ...] = ()

    def __post_init__(self) -> None:
        self.engine = Engine(self.ask, self.workspace, self._announce, lambda rule, alert: f"/x?{alert.value}")
        # What comes late is looked at in the turn that notices it, however long that takes.
        self.engine.rarely, self.engine.patience = 0, 600

    def _announce(self, _connection: Any, alert: Alert, event: str) -> None:
        self.said.append((event, alert.rule, alert.value))

    def ask(self, question: Question, now: datetime) -> Result:
        """The answer as of a moment."""
        return answer(self.ledger, question, [self.workspace], now)

    def keep(self, *records: Record) -> None:
        """Make them durable."""
        for record in records:
            record.workspace = self.workspace
        self.ledger.commit(Batch(records=list(records)))

    def calls(self, ago: timedelta, cost: float = 1.0, many: int = 1, **fields: Any) -> None:
        """Calls that cost so many dollars each."""
        fields = {"provider": "openai", "model": "gpt-5", "cost_reported": int(cost * 10**9), **fields}
        at = to_us(self.now - ago)
        self.keep(
            *(ModelCall(source="own", native_id=f"c{next(NUMBERS)}", started_at=at + n, **fields) for n in range(many))
        )

    def job(self, ago: timedelta, status: str = "ok", next_in: timedelta | None = None, **fields: Any) -> None:
        """A run of a job."""
        at = self.now - ago
        due = {} if next_in is None else {"next_run_at": to_us(at + next_in)}
        fields = {"job_id": "nightly", "name": "Nightly", "status": status, **due, **fields}
        self.keep(JobRun(source="own", native_id=f"j{next(NUMBERS)}", started_at=to_us(at), **fields))

    def turn(self, *rules: AlertRule, after: timedelta = timedelta(minutes=1), back: bool = False) -> Mapping[str, str]:
        """One turn, so much later; the rules that were in trouble."""
        self.now += after
        situation = Situation(now=self.now, settings=self.settings, syncs=self.syncs)
        return self.engine.turn(self.accounts, rules, situation, back=back).troubles

    def unresolved(self) -> list[Alert]:
        """The alerts that are not over."""
        return self.accounts.alerts.unresolved(self.workspace)

    def firing(self) -> list[str]:
        """The values of those that fire."""
        return sorted(one.value for one in self.unresolved() if one.state == "firing")

    def history(self) -> list[Alert]:
        """Those that fired, the earliest first."""
        return self.accounts.alerts.history(self.workspace)[::-1]


def rule(id_: str = "r", severity: str = "warning", **given: Any) -> AlertRule:
    """A rule; a threshold unless another condition is named."""
    return AlertRule(
        id=id_, title=f"Rule {id_}", severity=severity, terms=terms_of({"condition": "threshold", **given})
    )


def others(world: World, names: Sequence[str]) -> list[World]:
    """Further workspaces beside one."""
    return [World(world.ledger, world.accounts, f"{world.workspace}{name}") for name in names]
