"""The thread that delivers: what waits in the database is sent, tried again, bundled, or given up, and written down.

A try is written down before it is begun, and its outcome after. Whoever is killed between the two leaves a try of which
nobody knows how it went: it is made once more, and says that it may be the second time. Anything else is said once.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol

from tokometer.accounts import AccountsError, AccountsWhenAsked, Delivery, NotThere
from tokometer.alerting.announcing import absolute
from tokometer.alerting.channels import FILE, Listed, NoAddress, of_file, of_row
from tokometer.alerting.messages import kind_of, together
from tokometer.host.secrets import Vault
from tokometer.posting.post import File, Message, Sent
from tokometer.records import now_us, to_datetime
from tokometer.settings import Settings

if TYPE_CHECKING:
    from tokometer.accounts.deliveries import Deliveries

_LOG: Final = logging.getLogger(__name__)
#: How often the database is asked for what is due (seconds), and how often while nothing waits: whoever has something
#: to say wakes us, so that this is the longest time until digests are looked at.
EVERY: Final = 2.0
RESTING: Final = 10.0
#: Channels that are told something at once; one that hangs holds up none of the others.
_AT_ONCE: Final = 4
#: How often one thing is tried, and for how long.
MOST_TRIES: Final = 8
_LONGEST: Final = timedelta(hours=24)
#: Until the second try; twice as long each time, a quarter more or less, and no longer than the most.
_FIRST: Final = timedelta(seconds=15)
_MOST_WAIT: Final = timedelta(minutes=30)
_JITTER: Final = 0.25
#: For how long a try that was begun is left to whoever began it.
LEASE: Final = timedelta(seconds=75)
_HOUR: Final = timedelta(hours=1)
#: For how long what became of things is kept.
_KEPT: Final = timedelta(days=180)
#: First lines that a message of several has.
_MOST_LINES: Final = 40
AGAIN: Final = "(You may be told this for the second time: the server ended while it was being sent.)"
_DIGEST: Final = "digest:"


class Sender(Protocol):
    """Whoever sends; see :class:`tokometer.posting.post.Post`."""

    def send(self, url: str, message: Message) -> Sent:
        """Send a message to an address."""

    def close(self) -> None:
        """End what is being sent."""


#: The file that goes with a delivery, if one does; raises :class:`NoFile` where it cannot be made.
FileOf = Callable[[Delivery], File | None]


class NoFile(Exception):
    """The file that goes with a message could not be made; the message says why."""


def _no_file(_delivery: Delivery) -> File | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What delivering needs of the server."""

    accounts: AccountsWhenAsked
    settings: Callable[[], Settings]
    vault: Vault
    env: Mapping[str, str]
    post: Sender
    #: What links begin with.
    base: Callable[[], str]
    workspace: str = "default"
    now: Callable[[], datetime] = lambda: to_datetime(now_us())
    file_of: FileOf = _no_file
    #: Is called when a delivery has changed.
    changed: Callable[[], None] = lambda: None
    chance: Callable[[], float] = random.random

    def channel(self, id_: str) -> Listed | None:
        """A channel, wherever it is declared; None where there is none any more."""
        if id_.startswith(FILE):
            found = (of_file(one, self.workspace) for one in self.settings().channels)
            return next((one for one in found if one.id == id_), None)
        with suppress(NotThere):
            return of_row(self.accounts.get().channels.get(self.workspace, id_))
        return None


class Delivering:
    """Delivers what is due, again and again.

    Args:
        office: What it needs.
        before: What is looked at before each round: digests that are due.
    """

    def __init__(self, office: Office, before: Sequence[Callable[[datetime], None]] = ()) -> None:
        self.office = office
        self._before = before
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tokometer-deliver")
        self._thread = threading.Thread(target=self._run, name="tokometer-delivering", daemon=True)
        self._forgot = to_datetime(0)
        self._waits = True
        #: Why nothing can be delivered just now; empty where it can.
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End, also in the middle of sending; true where it has within the time (seconds)."""
        self._ended.set()
        self._woken.set()
        self.office.post.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Something is due."""
        self._woken.set()

    def deliver(self) -> int:
        """Deliver what is due now, and give how many things that were."""
        office = self.office
        if not office.accounts.is_there:
            self._waits = False
            return 0
        now = office.now()
        for look in self._before:
            look(now)
        deliveries = office.accounts.get().deliveries
        due = [one for one in deliveries.due(now) if one.workspace == office.workspace]
        by_channel = sorted(due, key=lambda one: (one.channel, one.number))
        running = [
            self._pool.submit(_tell, office, deliveries, id_, tuple(mine), self._ended)
            for id_, mine in groupby(by_channel, key=lambda one: one.channel)
        ]
        wait(running)
        for future in running:
            future.result()
        if now - self._forgot > _HOUR:
            self._forgot = now
            deliveries.forget(now - _KEPT)
        self._waits = deliveries.counts(office.workspace).get("waiting", 0) > 0
        if due:
            office.changed()
        return len(due)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            try:
                self.deliver()
                self.trouble = ""
            except AccountsError as error:
                self.office.accounts.trouble = self.trouble = str(error)
            except RuntimeError as error:
                if not self._ended.is_set():
                    self.trouble = _said(error)
            except Exception as error:  # noqa: BLE001 - one bad round must not end all others
                self.trouble = _said(error)
            self._woken.wait(EVERY if self._waits or self.trouble else RESTING)


def _said(error: Exception) -> str:
    """An error by its kind alone: what it quotes may be an address."""
    kind = type(error).__name__
    _LOG.error("what is due could not be delivered: %s", kind)
    return f"what is due could not be delivered: {kind}"


def _tell(office: Office, deliveries: Deliveries, id_: str, due: Sequence[Delivery], ended: threading.Event) -> None:
    """Have one channel say what is due, in order, until something fails."""
    channel = office.channel(id_)
    if channel is None or not channel.enabled:
        why = "the channel is switched off" if channel else "the channel was removed"
        for one in due:
            deliveries.settle(one, "dropped", why)
        return
    now = office.now()
    for one in _planned(office, deliveries, channel, _not_too_old(deliveries, due, now), now):
        if ended.is_set() or not _try(office, deliveries, channel, one):
            return


def _not_too_old(deliveries: Deliveries, due: Iterable[Delivery], now: datetime) -> list[Delivery]:
    kept = []
    for one in due:
        if now - one.made > _LONGEST:
            why = f"; at last: {one.error}" if one.error else ""
            deliveries.settle(one, "failed", f"it could not be said within a day{why}")
        else:
            kept.append(one)
    return kept


def _planned(
    office: Office, deliveries: Deliveries, channel: Listed, due: Sequence[Delivery], now: datetime
) -> list[Delivery]:
    """What is said now: no more than the channel takes in an hour, and what is more as one."""
    most = channel.wants.most_an_hour
    said = deliveries.sent_since(channel.workspace, channel.id, now - _HOUR)
    left = most - len(said)
    if not due or left >= len(due):
        return list(due)
    if left <= 0:
        # The next may go when the first that counts is an hour old.
        deliveries.hold(due, said[len(said) - most] + _HOUR)
        return []
    alone, rest = list(due[: left - 1]), due[left - 1 :]
    apart = [one for one in rest if one.about.startswith(_DIGEST) or one.tries]
    rest = [one for one in rest if one not in apart]
    if len(rest) < 2:  # noqa: PLR2004 - one is no bundle
        return [*alone, *apart, *rest]
    bundle = deliveries.bundle(
        rest, _bundle(office, rest, most, now), f"said in one message with {len(rest) - 1:,} others"
    )
    return [*alone, *apart, *([bundle] if bundle is not None else [])]


def _bundle(office: Office, rest: Sequence[Delivery], most: int, now: datetime) -> Delivery:
    subject, body = together([one.subject for one in rest[:_MOST_LINES]], len(rest[_MOST_LINES:]), most)
    link = absolute(office.base(), "/alerts")
    first = rest[0]
    return replace(
        first,
        number=0,
        about=f"bundle:{rest[-1].number}",
        subject=subject,
        body=f"{body}\n{link}",
        link=link,
        made=now,
        due=now,
        tries=0,
        error="",
    )


def _try(office: Office, deliveries: Deliveries, channel: Listed, one: Delivery) -> bool:
    """Try once to have a channel say something; false where it cannot just now."""
    message = _message(office, one)
    now = office.now()
    claimed = deliveries.claim(one, now + LEASE)
    if claimed is None:
        return True
    sent = send(office, channel, message)
    now = office.now()
    if sent.ok:
        note = "sent without the PDF: this service takes no files" if message.file and not sent.attached else ""
        deliveries.settle(claimed, "sent", note, now)
        return True
    if sent.lasting or claimed.tries >= MOST_TRIES:
        deliveries.settle(claimed, "failed", sent.why)
        return True
    deliveries.put_off(claimed, now + back_off(claimed.tries, office.chance()), sent.why)
    return False


def send(office: Office, channel: Listed, message: Message) -> Sent:
    """Have a channel say something now, whatever it wants to be told."""
    try:
        url = channel.address(office.vault, office.env)
    except NoAddress as error:
        return Sent(ok=False, why=str(error), lasting=True)
    return office.post.send(url, message)


def back_off(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries: longer each time, and not the same for all (`chance` from 0 to 1)."""
    grown = min(_MOST_WAIT, _FIRST * (1 << min(tries - 1, 20)))
    return grown * (1 - _JITTER + 2 * _JITTER * chance)


def _message(office: Office, one: Delivery) -> Message:
    body = one.body
    # Begun before, and nobody knows how that went.
    if one.tries and not one.error:
        body = f"{body}\n{AGAIN}"
    file = None
    try:
        file = office.file_of(one)
    except NoFile as error:
        body = f"{body}\n(The PDF could not be made: {error}.)"
    return Message(title=one.subject, body=body, kind=kind_of(one.subject), file=file)
