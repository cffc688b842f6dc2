"""What a running server holds, and what its endpoints reach through `request.app.state.runtime`."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokometer.accounts import AccountsWhenAsked
from tokometer.alerting import Alerting
from tokometer.alerting import check as check_alerts
from tokometer.charts import ChartShop, Colours
from tokometer.collect.decoding import Decoder
from tokometer.collect.follower import Follower
from tokometer.collect.horizon import Reach
from tokometer.collect.poller import Poller
from tokometer.collect.reading import Prices
from tokometer.collect.syncing import Syncing
from tokometer.collect.targets import Targets
from tokometer.collect.writer import Writer
from tokometer.host.secrets import KeyInvalid, check_variables
from tokometer.judgement import budgets
from tokometer.ledger import Ledger, Receipt
from tokometer.ledger.environment import VariableError
from tokometer.ledger.opening import cache_folder, open_ledger
from tokometer.ledger.retention import bodies_kept, kept_days
from tokometer.measures import Query, Question, Result, answer, exchange, outcomes, rules
from tokometer.measures.narrowing import MOST_LOOKED_AT
from tokometer.measures.query import MOST_ROWS
from tokometer.prices import PriceBook
from tokometer.server.alerting import alerting_of
from tokometer.server.broadcast import Broadcaster
from tokometer.server.decided import Decided
from tokometer.server.grpc_state import GrpcState
from tokometer.server.making import Making
from tokometer.server.memory import FOR_GOOD, Kept, Memory
from tokometer.server.meter import Meter
from tokometer.server.moments import Moment, Moments
from tokometer.server.notifying import Notifying
from tokometer.server.own_boards import FOLDER, OwnBoards
from tokometer.server.price_list import PriceList
from tokometer.server.received import Arrivals
from tokometer.server.recostings import Recostings
from tokometer.server.spent import Spent
from tokometer.server.syncing import syncing_of
from tokometer.server.warned import warnings_of
from tokometer.server.watch import Watch
from tokometer.settings import FILE_NAME, KeptSettings, OwnTargets, Settings
from tokometer.settings.hooks import HookSecrets

if TYPE_CHECKING:
    from tokometer.demo.player import Player

#: Whose records a request may see; several workspaces come with accounts.
WORKSPACES: Final = ("default",)
_QUARTER: Final = 900
MIB: Final = 1024 * 1024
#: Threads that make panels. More of them only get into each other's way: the ledger uses every core for each question.
_MAKERS: Final = max(2, os.cpu_count() or 2)
#: What each part of the end may take (seconds); all of it together is bounded by host/ending.py.
_TO_READ: Final = 2.0
_TO_ASK: Final = 1.0
_TO_SEND: Final = 1.0
_TO_PLAY: Final = 1.0
_TO_COMMIT: Final = 5.0
_TO_SETTLE: Final = 1.0
_LOG: Final = logging.getLogger(__name__)
_ALL_TIME: Final = Query(measures=("calls.requests",), since="all")


@dataclass(slots=True)
class Counters:
    """What the server has taken in since it started."""

    commits: int = 0
    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    refused: int = 0


def quarter_of(moment: Moment) -> int:
    """The quarter hour in which a moment is: with it windows move."""
    return int(moment.now.timestamp() // _QUARTER)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A panel's reply, ready to be sent."""

    body: bytes
    etag: str
    #: The same for whoever takes gzip; empty where it is not worth it.
    packed: bytes = b""
    #: What has been committed since is not in it; see Broadcaster.
    version: int = 0


@dataclass(slots=True)
class Runtime:
    """The ledger and everything around it. Made by :func:`start`, ended by :meth:`close`."""

    data: Path
    home: Path
    env: Mapping[str, str]
    ledger: Ledger
    book: PriceBook
    broadcaster: Broadcaster
    writer: Writer
    #: Looks whether records can be taken.
    watch: Watch
    #: Follows `prices.toml`.
    price_list: PriceList
    decoder: Decoder
    charts: ChartShop
    colours: Colours
    #: `tokometer.toml`, followed while the server runs; what it says is :attr:`settings`.
    settings_file: KeptSettings
    #: Where things are kept that can be made again.
    cache: Path
    demo: bool = False
    discover: bool = False
    #: Whether requests and responses that come with details of errors are kept. They hold prompts.
    keep_bodies: bool = False
    follower: Follower | None = None
    #: Targets that were added on the page.
    own_targets: OwnTargets = field(init=False)
    #: What hooks are signed with.
    hook_secrets: HookSecrets = field(init=False)
    #: What people make; opened when something of it is asked for.
    accounts: AccountsWhenAsked = field(init=False)
    #: What people have decided, over what the file settles.
    decided: Decided = field(init=False)
    #: Re-costing in the background, and prices that people have made.
    recostings: Recostings = field(init=False)
    #: What is spent of each budget, for verdicts.
    spent: Spent = field(init=False)
    #: Dashboards that people have made.
    boards: OwnBoards = field(init=False)
    #: Says what happens to alerts, and sends digests.
    notifying: Notifying = field(init=False)
    #: All that there are, and who asks them; none in a demo.
    targets: Targets | None = None
    poller: Poller | None = None
    #: Asks providers about accounts; only when somebody says so in a demo.
    syncing: Syncing = field(init=False)
    #: Looks at alert rules.
    alerting: Alerting = field(init=False)
    #: Plays generated data on, in a demo.
    player: Player | None = None
    #: What commands that act for the user who started the server must send; see control.py.
    token: str = field(default_factory=lambda: f"tkm_{secrets.token_urlsafe(32)}")
    counters: Counters = field(default_factory=Counters)
    #: When something came in last by each way.
    arrivals: Arrivals = field(default_factory=Arrivals)
    #: Answers to queries, kept while nothing new is committed.
    results: Memory[Result] = field(init=False)
    #: The same for scrapes of `/metrics`, and what its counters remember.
    scraped: Memory[Result] = field(init=False)
    meter: Meter = field(default_factory=Meter)
    #: Panels as they were last sent.
    rendered: Memory[Rendered] = field(init=False)
    #: Answers of endpoints as they were last sent.
    replies: Memory[Rendered] = field(init=False)
    #: Names that there are, with their calls; see endpoints/naming.py.
    names: Memory[Mapping[str, int]] = field(init=False)
    #: What pages look at; see moments.py.
    moments: Moments = field(init=False)
    #: Makes panels that are asked for, a few at a time.
    makers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_MAKERS, thread_name_prefix="tokometer-panel")
    )
    #: Makes files that take a while.
    making: Making = field(init=False)
    started_at: float = field(default_factory=time.time)
    #: Set when the server is about to end: nothing new is begun.
    closing: threading.Event = field(default_factory=threading.Event)
    #: `http://127.0.0.1:7420`; known once the server listens.
    url: str = ""
    #: Whether OTLP is taken by gRPC.
    grpc: GrpcState = field(default_factory=GrpcState)

    def __post_init__(self) -> None:
        """Have everything that is kept go by the version of the data."""
        self.own_targets = OwnTargets(self.data, self.env)
        self.making = Making(self.cache)
        self.hook_secrets = HookSecrets(self.data, self.env)
        self.accounts = AccountsWhenAsked(
            self.data, lambda: self.env.get("TOKOMETER_ACCOUNTS", "") or self.settings_file.current().accounts.url
        )
        self.decided = Decided(self.accounts, WORKSPACES[0], lambda: self.broadcaster.publish({"budgets"}))
        self.recostings = Recostings(self, WORKSPACES[0])
        self.spent = Spent(
            lambda: self.settings,
            lambda: self.decided.known(self.settings_file.current()),
            lambda question: self.ask(question, 1.0),
            self.version,
            self.now,
        )
        self.boards = OwnBoards(self.accounts, self.data / FOLDER, WORKSPACES[0])
        self.notifying = Notifying(self, WORKSPACES[0])
        self.syncing = syncing_of(self, WORKSPACES[0])
        self.alerting = alerting_of(self, WORKSPACES[0], self.notifying.announcer)
        self.results = Memory(400, 64 * MIB, version=self.version)
        self.scraped = Memory(64, 8 * MIB, version=self.version)
        self.rendered, self.replies = (Memory[Rendered](400, version=self.version) for _ in range(2))
        self.names = Memory(8, 16 * MIB, version=self.version)
        self.moments = Moments(lambda: self.ledger.snapshot(_MAKERS), self.version, self.now)

    def version(self) -> int:
        """As of which version the data is; higher with every commit, before anyone is told that it is durable."""
        return self.broadcaster.version

    @property
    def reach(self) -> Reach | None:
        """How far the import of what was there at the start is; None where there is none under way."""
        return self.follower.following.reach if self.follower is not None else None

    @property
    def settings(self) -> Settings:
        """What is settled now, by the file and by people. Asked for at each use, so that what changed holds."""
        return self.decided.over(self.settings_file.current())

    def now(self) -> datetime:
        """The time now, UTC."""
        return datetime.now(UTC)

    def ask(self, question: Question, every: float = 60.0, *, whole: bool = False) -> Result:
        """Answer a question, with everything that is committed.

        Of more groups than a page can show, or for a `whole` answer than one may have, the smaller ones are together.
        Whoever else asks the same within `every` seconds and before the next commit shares the answer.
        """
        return self.asked(question, every, whole=whole).result()

    def first(self) -> datetime:
        """When the first call was, to the day; today where there is none."""
        return self.ask(_ALL_TIME).meta.since

    def asked(self, question: Question, every: float, hold: float = 0.0, *, whole: bool = False) -> Kept[Result]:
        """The same, with the version of the data that it is of; commits of the last `hold` seconds may be missing."""
        # Dimensions made by rules mean what the rules say now, and windows move with the quarter hour.
        key = (question, self.settings.dimensions, exchange.stamp(), int(time.time() // _QUARTER), whole)
        most = MOST_ROWS if whole else MOST_LOOKED_AT
        return self.results.kept(key, lambda: answer(self.ledger, question, WORKSPACES, most=most), every, hold)

    def asked_of(self, moment: Moment, question: Question, every: float) -> Kept[Result]:
        """The same as of a moment; shared with others between which and it nothing has changed."""
        key = (question, self.settings.dimensions, exchange.stamp(), quarter_of(moment), moment.state)

        def make() -> Result:
            return answer(moment.reading, question, WORKSPACES, moment.now, MOST_LOOKED_AT)

        return self.results.kept(key, make, every, FOR_GOOD)

    def use_prices(self, book: PriceBook) -> None:
        """Price what comes from now on with another book."""
        self.book = self.writer.book = book
        self.decoder.renew()
        self.broadcaster.publish({"settings"})

    def warnings(self) -> list[str]:
        """What whoever looks at any page should know of the ledger, in sentences. Asks it nothing."""
        return list(warnings_of(self.price_list, self.watch, self.accounts, self.alerting, self.ledger))

    def committed(self, receipt: Receipt) -> None:
        """Count a commit and tell the pages. Called from the writer's thread."""
        counters = self.counters
        counters.commits += 1
        counters.accepted += receipt.accepted
        counters.duplicate += receipt.duplicate
        counters.changed += receipt.changed
        counters.refused += receipt.refused
        kinds = set(receipt.touched) | ({"refused"} if receipt.refused else set())
        if kinds:
            self.broadcaster.publish(kinds)
            self.alerting.wake()

    def close(self) -> list[str]:
        """Stop following, commit what waits, and let go of the ledger. A second call does nothing.

        Each gets so much time and no more: what waits for a drive that does not answer holds up nothing else. Returns
        what did not come to its end.
        """
        self.closing.set()
        self.watch.stop()
        hanging = []
        if self.follower is not None and not self.follower.stop(_TO_READ):
            hanging.append("reading files")
        if self.poller is not None and not self.poller.stop(_TO_ASK):
            hanging.append("asking targets")
        if not self.syncing.stop(_TO_ASK):
            hanging.append("syncing accounts")
        if not self.notifying.delivering.stop(_TO_SEND):
            hanging.append("sending notifications")
        if self.player is not None and not self.player.stop(_TO_PLAY):
            hanging.append("the demo")
        if not self.alerting.stop(_TO_ASK):
            hanging.append("looking at alert rules")
        # A panel that is being made asks the ledger, which ends that when it is closed.
        self.makers.shutdown(wait=False, cancel_futures=True)
        self.spent.close()
        self.making.close()
        self.moments.close()
        self.decoder.close()
        if not self.writer.close(_TO_COMMIT, _TO_SETTLE):
            hanging.append("committing and bringing rollups up to date")
        self.ledger.close()
        self.accounts.close()
        return hanging


def _check_key(env: Mapping[str, str]) -> None:
    try:
        check_variables(env)
    except KeyInvalid as error:
        name, _, reason = str(error).partition(" ")
        raise VariableError(name, reason) from None


def start(data: Path, *, demo: bool, discover: bool, home: Path, env: Mapping[str, str]) -> Runtime:
    """Open the ledger of a data folder and everything around it. Following begins with :meth:`Follower.start`.

    Raises:
        LedgerError: The ledger cannot be opened.
        SettingsError: `tokometer.toml` cannot be used.
        VariableError: What should be the key of secrets is none.
    """
    _check_key(env)
    path = data / FILE_NAME
    # Milliseconds: there are never as many changes.
    broadcaster = Broadcaster(time.time_ns() // 1_000_000)

    def use(settings: Settings) -> None:
        rules.use(settings.dimensions, path)
        budgets.check(settings, path)
        check_alerts(settings, path)
        outcomes.use(settings.outcomes)
        # Whatever was worked out with the settings before is out of date, and the pages are told.
        broadcaster.publish({"settings"})

    kept = KeptSettings(path, use)
    ledger = open_ledger(data, url=env.get("TOKOMETER_LEDGER", ""))
    try:
        prices = Prices.of(data, home, env)
        book = prices.open()
        cache = cache_folder(data, home, env)
        runtime: Runtime
        writer = Writer(
            ledger,
            book,
            lambda receipt: runtime.committed(receipt),  # noqa: PLW0108 - bound when called
            kept=kept_days(env),
        )
        runtime = Runtime(
            data=data,
            home=home,
            env=env,
            ledger=ledger,
            book=book,
            broadcaster=broadcaster,
            writer=writer,
            watch=Watch(ledger, lambda: broadcaster.publish({"ledger"})),
            price_list=PriceList(prices, lambda book: runtime.use_prices(book), lambda: runtime.recostings.own.write()),  # noqa: PLW0108
            decoder=Decoder(prices, labels=kept.current().labels),
            charts=ChartShop(cache),
            colours=Colours(data / "colours.json"),
            settings_file=kept,
            cache=cache,
            demo=demo,
            discover=discover,
            keep_bodies=bodies_kept(env),
        )
        if demo:
            from tokometer.demo.player import Player

            runtime.player = Player(writer, ledger, book)
        else:
            from tokometer.sources.registry import SOURCES

            runtime.targets = Targets(kept.current, runtime.own_targets, SOURCES, home, env, discover=discover)
            runtime.poller = Poller(writer, ledger, SOURCES, runtime.targets, lambda: broadcaster.publish({"targets"}))
        if discover:
            from tokometer.sources.registry import FILE_SOURCES

            runtime.follower = Follower(
                writer, ledger, FILE_SOURCES, prices, home, env, lambda: broadcaster.publish({"reading"})
            )
    except BaseException:
        ledger.close()
        raise
    return runtime
