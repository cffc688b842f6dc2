"""Notifications in a server: what announces, what delivers, and what makes the words and the PDF of a digest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from fastapi import HTTPException

from tokometer.accounts import AccountsError, Digest
from tokometer.alerting.announcing import Announcer, absolute
from tokometer.alerting.delivering import Delivering, NoFile, Office
from tokometer.alerting.digest_words import Told, words
from tokometer.alerting.digests import Digests, Period, zone_of
from tokometer.dashboards import DASHBOARDS, Dashboard, ScopeError
from tokometer.dashboards.scope import Scope, parse_scope
from tokometer.host.secrets import Vault
from tokometer.measures import Filter
from tokometer.posting.post import Post
from tokometer.reports.press import Pages, PressError
from tokometer.server.own_boards import FROM_FILE, FROM_PAGE

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

#: Parameters of a page that a digest says itself.
_WINDOW: Final = ("range", "since", "until", "of", "tz", "complete", "live")
#: Addresses that are looked at, or tested, at once: each is a process.
_AT_ONCE: Final = 2
_EVERY: Final = {"day": "Daily digest", "week": "Weekly digest"}


class Notifying:
    """All of it, for one server."""

    def __init__(self, runtime: Runtime, workspace: str) -> None:
        self._runtime = runtime
        self._workspace = workspace
        self.vault = Vault(runtime.data, runtime.env)
        self.post = Post()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        #: Says what happens to alerts; see :class:`tokometer.alerting.Engine`.
        self.announcer = Announcer(lambda: runtime.settings, self.base)
        self.digests = Digests(runtime.accounts, self, workspace)
        self.office = Office(
            accounts=runtime.accounts,
            settings=lambda: runtime.settings,
            vault=self.vault,
            env=runtime.env,
            post=self.post,
            base=self.base,
            workspace=workspace,
            file_of=self.digests.file_of,
            changed=lambda: runtime.broadcaster.publish({"deliveries"}),
        )
        self.delivering = Delivering(self.office, (self.digests,))

    @contextmanager
    def testing(self) -> Iterator[None]:
        """A place among the few that may look at an address at once, or send a test.

        Raises:
            HTTPException: There is none.
        """
        if not self._room.acquire(blocking=False):
            raise HTTPException(503, "too much is being tested just now; try again", {"Retry-After": "5"})
        try:
            yield
        finally:
            self._room.release()

    def base(self) -> str:
        """What links in messages begin with."""
        return self._runtime.settings.notifications.url or self._runtime.url

    # -- what a digest says --------------------------------------------------------------------------------------------

    def words(self, digest: Digest, period: Period) -> tuple[str, str, str]:
        """See :class:`tokometer.alerting.digests.Maker`."""
        runtime = self._runtime
        board = self.board(digest.board)
        link = absolute(self.base(), f"{address(digest.board)}?{query(digest, period)}")
        subject = f"{_EVERY[digest.every]}: {digest.title}, {period.title}"
        if board is None:
            gone = f"The dashboard {digest.board} of this digest is there no more: choose another one."
            return subject, gone, absolute(self.base(), "/alerts")
        try:
            where = self._where(board, digest, period)
        except ScopeError as error:
            wrong = f"What this digest is filtered by cannot be understood any more ({error}): change it."
            return subject, wrong, absolute(self.base(), "/alerts")
        zone = zone_of(period.tz)
        since = datetime.combine(period.first, time(), zone).astimezone(UTC)
        until = datetime.combine(period.last + timedelta(days=1), time(), zone).astimezone(UTC)
        try:
            alerts = runtime.accounts.get().alerts.within(self._workspace, since, until)
        except AccountsError:
            alerts = []
        told = Told(ask=runtime.ask, settings=runtime.settings, where=where, alerts=alerts)
        head = [board.title, *([f"Only {digest.query}"] if where else []), period.title, ""]
        return subject, "\n".join([*head, *words(told, period), "", link]), link

    def _where(self, board: Dashboard, digest: Digest, period: Period) -> tuple[Filter, ...]:
        """Only these calls."""
        return tuple(_filters(self.scope(board, digest, period)))

    def pdf(self, digest: Digest, period: Period) -> bytes:
        """See :class:`tokometer.alerting.digests.Maker`."""
        from tokometer.server.exports import report_at

        board = self.board(digest.board)
        if board is None:
            raise NoFile("its dashboard is there no more")
        try:
            report = report_at(self._runtime, board, lambda now: self.scope(board, digest, period, now))
            return self._runtime.making.press.make(Pages(report))
        except (PressError, ScopeError) as error:
            raise NoFile(str(error)) from error

    def board(self, id_: str) -> Dashboard | None:
        """A dashboard, ours or somebody's own; None where there is none of that id."""
        if id_ in DASHBOARDS:
            return DASHBOARDS[id_]
        found = self._runtime.boards.find(id_)
        return found.dashboard if found is not None else None

    def scope(self, board: Dashboard, digest: Digest, period: Period, now: datetime | None = None) -> Scope:
        """What a digest's dashboard is looked at with.

        Raises:
            ScopeError: It cannot be understood (any more).
        """
        from tokometer.server.offered import offered

        runtime = self._runtime
        parameters = parse_qs(query(digest, period))
        return parse_scope(parameters, offered(runtime, parameters), now or runtime.now(), board.range, runtime.first)


def _filters(scope: Scope) -> Iterator[Filter]:
    for name, values in scope.where:
        yield Filter(f"calls.{name}", "in", values)
    for name, values in scope.without:
        yield Filter(f"calls.{name}", "not in", values)


def query(digest: Digest, period: Period) -> str:
    """The parameters of a page that shows what a digest is about."""
    kept = [(name, value) for name, values in parse_qs(digest.query).items() if name not in _WINDOW for value in values]
    window = [("range", "custom"), ("since", period.first.isoformat()), ("until", period.last.isoformat())]
    return urlencode([*kept, *window, ("tz", period.tz)])


def address(board: str) -> str:
    """The address of a dashboard."""
    return f"/boards/{board}" if board.startswith((FROM_FILE, FROM_PAGE)) else f"/{board}"


def check_query(text: str) -> str:
    """The parameters of a digest's dashboard, without those that it says itself."""
    asked = text.strip().partition("?")[2] if "?" in text else text.strip()
    return urlencode([(name, one) for name, all_ in parse_qs(asked).items() if name not in _WINDOW for one in all_])
