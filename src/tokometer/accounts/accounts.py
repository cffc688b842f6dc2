"""What people make, all of it, in one database."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, or_, select, update

from tokometer.accounts import charged, connected, decided, tables_charged, tables_connected, tables_decided
from tokometer.accounts.alerts import Alerts
from tokometer.accounts.database import engine_of, reading, writing
from tokometer.accounts.deliveries import Deliveries
from tokometer.accounts.keeping import Kept
from tokometer.accounts.recosted import Recosted
from tokometer.accounts.series import SeriesKept
from tokometer.accounts.syncs import Syncs
from tokometer.accounts.tables import BOARDS, CHANGES, LINKS, NOTES, SAVED_VIEWS
from tokometer.accounts.upgrading import upgrade
from tokometer.accounts.values import LOCAL, Board, Change, Link, Note, SavedView
from tokometer.records import now_us, to_datetime


class Accounts:
    """The database of what people make, open. Made by :func:`tokometer.accounts.open_accounts`. Thread-safe.

    Attributes:
        views: Saved views of pages.
        notes: Notes on times.
        boards: Dashboards of people's own.
        links: Signed links.
        budgets: What may be spent.
        objectives: What service is to be given.
        rules: When somebody is to be told.
        alerts: The times when somebody was to be told.
        channels: Where somebody is told.
        deliveries: What is to be said by channels, and what became of it.
        digests: Dashboards that are sent.
        answers: What was said to advice.
        hardware: Machines that were bought.
        series: What the business counts.
        provided: Accounts with providers.
        syncs: How those stand, and what syncs of them came to.
        top_ups: What was put into accounts.
        prices: Prices of one's own.
        rate_cards: What somebody is charged.
        closings: Statements that were frozen.
        subscriptions: Plans that are paid, whatever is used of them.
        rates: What other currencies are in US dollars.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._engine = engine_of(folder, url)
        try:
            upgrade(self._engine)
        except BaseException:
            self._engine.dispose()
            raise
        self._lock = threading.Lock()
        #: Higher after each change of this process.
        self.version = 0
        self.views = Views(self._engine, SAVED_VIEWS, SavedView, self._count)
        self.notes = Notes(self._engine, NOTES, Note, self._count)
        self.boards = Kept(self._engine, BOARDS, Board, self._count)
        self.links = Links(self._engine, LINKS, Link, self._count)
        self.budgets = Kept(self._engine, tables_decided.BUDGETS, decided.Budget, self._count)
        self.objectives = Kept(self._engine, tables_decided.OBJECTIVES, decided.Objective, self._count)
        self.rules = Kept(self._engine, tables_decided.RULES, decided.Rule, self._count)
        self.alerts = Alerts(self._engine, self._count)
        self.channels = Kept(self._engine, tables_decided.CHANNELS, decided.Channel, self._count)
        self.deliveries = Deliveries(self._engine, self._count)
        self.digests = Kept(self._engine, tables_decided.DIGESTS, decided.Digest, self._count)
        self.answers = Kept(self._engine, tables_decided.ANSWERS, decided.Answer, self._count)
        self.hardware = Kept(self._engine, tables_decided.HARDWARE, decided.Hardware, self._count)
        self.series = SeriesKept(self._engine, tables_decided.SERIES, decided.Series, self._count)
        self.provided = Kept(self._engine, tables_connected.PROVIDER_ACCOUNTS, connected.ProviderAccount, self._count)
        self.syncs = Syncs(self._engine)
        self.top_ups = Kept(self._engine, tables_connected.TOP_UPS, connected.TopUp, self._count)
        self.prices = Kept(self._engine, tables_charged.PRICE_OVERRIDES, charged.PriceOverride, self._count)
        self.recosted = Recosted(self._engine, self._count)
        self.rate_cards = Kept(self._engine, tables_charged.RATE_CARDS, charged.RateCard, self._count)
        self.closings = Kept(self._engine, tables_charged.CLOSINGS, charged.Closing, self._count)
        self.subscriptions = Kept(self._engine, tables_charged.SUBSCRIPTIONS, charged.Subscription, self._count)
        self.rates = Kept(self._engine, tables_charged.EXCHANGE_RATES, charged.ExchangeRate, self._count)

    def _count(self) -> None:
        with self._lock:
            self.version += 1

    @property
    def engine(self) -> Engine:
        """What asks the database."""
        return self._engine

    @property
    def shared(self) -> bool:
        """Whether other servers may have it open, too: PostgreSQL, and no file of this one's folder."""
        return self._engine.dialect.name == "postgresql"

    def changes(self, workspace: str, most: int = 100, kinds: Collection[str] = ()) -> list[Change]:
        """The latest changes, the last one first; of things of some kinds only, where they are named."""
        of = (CHANGES.c.workspace == workspace, *((CHANGES.c.kind.in_(kinds),) if kinds else ()))
        asked = select(CHANGES).where(*of).order_by(CHANGES.c.number.desc()).limit(most)
        with reading(self._engine) as connection:
            return [
                Change(at=row.at, who=row.who, kind=row.kind, id=row.id, did=row.did, what=row.what)
                for row in connection.execute(asked)
            ]

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


class Views(Kept[SavedView]):
    """Saved views of pages."""

    def of_page(self, workspace: str, page: str) -> list[SavedView]:
        """Those of one page, by name."""
        return self.all(workspace, SAVED_VIEWS.c.page == page, order=(SAVED_VIEWS.c.name,))

    def default_of(self, workspace: str, page: str) -> SavedView | None:
        """The one that a page opens with; None where there is none."""
        found = self.all(workspace, SAVED_VIEWS.c.page == page, SAVED_VIEWS.c.is_default, most=1)
        return found[0] if found else None

    def set_default(self, workspace: str, id_: str, who: str = LOCAL, *, default: bool = True) -> SavedView:
        """Have a page open with this view, and with no other; or, with `default` false, not with this one.

        Raises:
            NotThere: There is none.
        """
        with writing(self._engine) as connection:
            view = self._found(connection, workspace, id_, for_change=True)
            page = SAVED_VIEWS.c.workspace == workspace, SAVED_VIEWS.c.page == view.page
            if default:
                connection.execute(update(SAVED_VIEWS).where(*page).values(is_default=False))
            connection.execute(update(SAVED_VIEWS).where(*page, SAVED_VIEWS.c.id == id_).values(is_default=default))
            self.record(connection, view, who, "changed", {"is_default": default})
            view = self._found(connection, workspace, id_)
        self._changed()
        return view


class Notes(Kept[Note]):
    """Notes on times."""

    def within(self, workspace: str, since: datetime, until: datetime, most: int = 1_000) -> list[Note]:
        """Those that a window covers or touches, the latest ones, in the order of their times."""
        inside = or_(NOTES.c.since >= since, NOTES.c.until > since)
        found = self.all(workspace, NOTES.c.since < until, inside, order=(NOTES.c.since.desc(),), most=most)
        return found[::-1]


class Links(Kept[Link]):
    """Signed links."""

    def used(self, workspace: str, id_: str) -> None:
        """Remember that a link was opened. That is no change of it, and is not written down as one."""
        of = LINKS.c.workspace == workspace, LINKS.c.id == id_
        with writing(self._engine) as connection:
            connection.execute(update(LINKS).where(*of).values(last_used=to_datetime(now_us())))

    def revoke(self, workspace: str, id_: str, who: str = LOCAL) -> Link:
        """Have a link open no more.

        Raises:
            NotThere: There is none.
        """
        link = self.get(workspace, id_)
        return link if link.revoked_at else self.change(workspace, id_, who, revoked_at=to_datetime(now_us()))


def shown(change: Change) -> Mapping[str, Any]:
    """A change as JSON."""
    return {
        "at": change.at.isoformat(),
        "who": change.who,
        "kind": change.kind,
        "id": change.id,
        "did": change.did,
        "what": dict(change.what),
    }
