"""Digests: when one is due, which days it is about, and that each period is sent once, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tokometer.accounts import AccountsWhenAsked, Delivery, Digest
from tokometer.measures import QueryError
from tokometer.measures.zones import zone_info
from tokometer.posting.post import File

#: What deliveries of digests are about: `digest:ID:2026-11-27`, the day on which it is due.
ABOUT: Final = "digest:"
DAYS: Final = {"day": 1, "week": 7}
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that a digest is about, whole ones of its time zone, and when it is due."""

    #: The day on which it is due, in its zone; the days before it are what it is about.
    day: date
    due: datetime
    first: date
    last: date
    tz: str

    @property
    def title(self) -> str:
        """The days for people: `Thu 26 Nov 2026`, `16–22 Nov 2026`."""
        if self.first == self.last:
            return f"{self.first:%a %-d %b %Y}"
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first.day}–{self.last:%-d %b %Y}"
        return f"{self.first:%-d %b %Y} – {self.last:%-d %b %Y}"


class Maker(Protocol):
    """Makes what a digest says; the server knows how."""

    def words(self, digest: Digest, period: Period) -> tuple[str, str, str]:
        """The subject, the text and the link."""

    def pdf(self, digest: Digest, period: Period) -> bytes:
        """The dashboard as PDF.

        Raises:
            NoFile: It could not be made.
        """


def period_of(digest: Digest, now: datetime) -> Period:
    """The latest period of a digest that is due by now.

    The hour is one of the clocks of its zone. An hour that is left out there is the one after it, and of one that
    comes twice the first counts: each day has one.
    """
    zone = zone_of(digest.tz)
    day = now.astimezone(zone).date()
    if digest.every == "week":
        day -= _DAY * ((day.isoweekday() - digest.weekday) % 7)
    due = _at(day, digest.hour, zone)
    if due > now:
        day -= _DAY * DAYS[digest.every]
        due = _at(day, digest.hour, zone)
    return of_day(digest, day)


def of_day(digest: Digest, day: date) -> Period:
    """The period of a digest that is due on a day."""
    zone = zone_of(digest.tz)
    return Period(
        day=day,
        due=_at(day, digest.hour, zone),
        first=day - _DAY * DAYS[digest.every],
        last=day - _DAY,
        tz=zone.key,
    )


def zone_of(name: str) -> ZoneInfo:
    """A time zone; UTC where this machine knows it no more."""
    try:
        return zone_info(name)
    except QueryError:
        return zone_info("UTC")


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


class Digests:
    """Has digests sent when they are due; to be called again and again with the time."""

    def __init__(
        self, accounts: AccountsWhenAsked, maker: Maker, workspace: str, *, enabled: Callable[[], bool] = lambda: True
    ) -> None:
        self._accounts = accounts
        self._maker = maker
        self._workspace = workspace
        self._enabled = enabled
        self._seen: tuple[object, datetime] | None = None

    def __call__(self, now: datetime) -> None:
        """Have those sent that are due now; of periods that were missed, the latest alone."""
        if not self._enabled():
            return
        state = self._accounts.version
        if self._seen is not None and self._seen[0] == state and now < self._seen[1]:
            return
        following = now + timedelta(minutes=1)
        for digest in self._accounts.get().digests.all(self._workspace):
            if digest.enabled:
                self._look(digest, now)
        self._seen = self._accounts.version, following

    def _look(self, digest: Digest, now: datetime) -> None:
        period = period_of(digest, now)
        mark = datetime.combine(period.day, time(), UTC)
        # Who adds or changes one at noon does not mean this morning's.
        if period.due <= digest.changed or (digest.last is not None and digest.last >= mark):
            return
        self._accounts.get().deliveries.add_digest(digest, self.delivery(digest, period, now), mark)

    def delivery(self, digest: Digest, period: Period, now: datetime, about: str = "") -> Delivery:
        """What is to be sent of a period."""
        subject, body, link = self._maker.words(digest, period)
        return Delivery(
            workspace=digest.workspace,
            channel=digest.channel,
            about=about or f"{ABOUT}{digest.id}:{period.day.isoformat()}",
            subject=subject,
            body=body,
            link=link,
            made=now,
            due=now,
        )

    def file_of(self, delivery: Delivery) -> File | None:
        """The PDF that goes with a delivery; None with one that is no digest, or of one that was removed since.

        Raises:
            NoFile: It could not be made.
        """
        if not delivery.about.startswith(ABOUT):
            return None
        _, id_, day = delivery.about.split(":")[:3]
        found = [one for one in self._accounts.get().digests.all(self._workspace) if one.id == id_]
        if not found:
            return None
        period = of_day(found[0], date.fromisoformat(day))
        return File(name=f"{found[0].board}_{period.last.isoformat()}.pdf", content=self._maker.pdf(found[0], period))
