"""An office for tests: accounts of their own, a clock that a test turns, and whoever sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from tokometer.accounts import AccountsWhenAsked, Alert, Channel, Delivery
from tokometer.accounts.database import writing
from tokometer.alerting.announcing import Announcer, Event
from tokometer.alerting.channels import SEALED_AS, Wants
from tokometer.alerting.delivering import Delivering, Office
from tokometer.host.secrets import Vault
from tokometer.posting.post import Message, Sent
from tokometer.posting.sending import send
from tokometer.settings import Settings

START = datetime(2026, 3, 3, 12, tzinfo=UTC)


class Inside:
    """Sends in this process, by Apprise: what a test of many messages has time for."""

    def __init__(self) -> None:
        with catch_warnings():
            # It imports what later Pythons have no more, where they have it.
            simplefilter("ignore", DeprecationWarning)
            import apprise
            import apprise.attachment.memory

            apprise.Apprise.instantiate("json://127.0.0.1")

    def send(self, url: str, message: Message) -> Sent:
        """See :class:`tokometer.posting.post.Post`."""
        return Sent(**send({"url": url, "title": message.title, "body": message.body, "kind": message.kind}))

    def close(self) -> None:
        """Nothing runs."""


@dataclass
class Noting:
    """Sends nothing, and notes what it was to send; fails as it is told."""

    said: list[Message] = field(default_factory=list)
    #: The next outcomes; what is not said succeeds.
    outcomes: list[Sent] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def send(self, url: str, message: Message) -> Sent:
        """See :class:`tokometer.posting.post.Post`."""
        self.before()
        outcome = self.outcomes.pop(0) if self.outcomes else Sent(ok=True)
        if outcome.ok:
            self.said.append(message)
        return outcome

    def close(self) -> None:
        """Nothing runs."""


@dataclass
class Told:
    """Accounts, and the office that delivers from them."""

    accounts: AccountsWhenAsked
    vault: Vault
    post: Any
    env: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    now: datetime = START
    workspace: str = "default"
    delivering: Delivering = field(init=False)

    def __post_init__(self) -> None:
        self.office = Office(
            accounts=self.accounts,
            settings=lambda: self.settings,
            vault=self.vault,
            env=self.env,
            post=self.post,
            base=lambda: "http://127.0.0.1:7420",
            workspace=self.workspace,
            now=lambda: self.now,
            chance=lambda: 0.5,
        )
        self.announcer = Announcer(lambda: self.settings, self.office.base)
        self.restart()

    def restart(self, **other: Any) -> None:
        """Another server goes on from the same database."""
        self.delivering = Delivering(replace(self.office, **other))

    def channel(self, title: str = "Ops", url: str = "json://127.0.0.1:9/x", **wants: Any) -> Channel:
        """Another channel."""
        told = Wants.of(wants).told()
        sealed = self.vault.seal(url, SEALED_AS)
        return self.accounts.get().channels.add(
            Channel(workspace=self.workspace, title=title, sealed=sealed, shown="json://…", wants=told)
        )

    def announce(self, one: Alert, event: Event = "fired") -> None:
        """Say what happened to an alert, as its rule's engine does."""
        with writing(self.accounts.get().engine) as connection:
            self.announcer(connection, one, event)
        self._made_now()

    def _made_now(self) -> None:
        """By the clock of the test."""
        from tokometer.accounts.tables_decided import DELIVERIES

        later = DELIVERIES.c.made > self.now + timedelta(days=1)
        with writing(self.accounts.get().engine) as connection:
            connection.execute(DELIVERIES.update().where(later).values(made=self.now, due=self.now))

    def deliver(self, after: timedelta = timedelta(0)) -> int:
        """Deliver what is due, so much later."""
        self.now += after
        return self.delivering.deliver()

    def log(self, state: str = "") -> list[Delivery]:
        """What became of things, the first one first."""
        return self.accounts.get().deliveries.log(self.workspace, state=state)[::-1]


def alert(id_: str = "a1", **fields: Any) -> Alert:
    """An alert that fires."""
    given: Mapping[str, Any] = {
        "rule": "r1",
        "title": "Cost of a day",
        "severity": "warning",
        "state": "firing",
        "since": START - timedelta(minutes=5),
        "fired": START,
        "measured": {"last": 52.0, "against": 50.0, "words": "$52.00 is above $50.00"},
        "link": "/usage?team=research",
        "value": "ada",
        **fields,
    }
    return Alert(id=id_, **given)


@contextmanager
def told(folder: Path, post: Any = None, **more: Any) -> Iterator[Told]:
    """An office on a folder."""
    accounts = AccountsWhenAsked(folder)
    accounts.get()
    try:
        yield Told(accounts, Vault(folder), post if post is not None else Noting(), **more)
    finally:
        accounts.close()
