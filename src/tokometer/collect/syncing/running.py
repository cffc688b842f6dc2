"""One sync of one account: its reports, portion by portion, and what it came to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tokometer.accounts import AccountsError, ProviderAccount
from tokometer.accounts.syncs import Syncs
from tokometer.collect.syncing.asking import AGAIN, Asker
from tokometer.collect.syncing.clock import Clock
from tokometer.collect.syncing.errors import Ended
from tokometer.collect.syncing.keeping import Came, Keeper, Whose
from tokometer.collect.syncing.lease import Lease
from tokometer.collect.syncing.places import decoded, is_settled, known_until, name_of, portions_of
from tokometer.collect.syncing.reach import options_of, target_of
from tokometer.collect.syncing.uploads import Uploaded, keep_uploaded
from tokometer.collect.writer import Writer, WriterClosed
from tokometer.ledger import Ledger, LedgerError
from tokometer.records import Record
from tokometer.records.redaction import Held, redacted
from tokometer.sources.protocol import PollError
from tokometer.statements import AccountKind, Asked, Balance, Portion, Report, Stated

#: Of what went wrong, for people.
_LONGEST: Final = 300
#: A report of which so many portions could not be read is left until the next sync.
_MOST_FAILED: Final = 3
#: How often the progress of a sync is written down (seconds).
_OFTEN: Final = 1.0
#: What is said where the mistake is ours.
MISTAKE: Final = "cannot be read because of a mistake in Tokometer ({}); please report it"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a sync works with; the same for all accounts."""

    writer: Writer
    ledger: Ledger
    syncs: Callable[[], Syncs]
    clock: Clock
    #: Is given records before they are kept.
    prepare: Callable[[Sequence[Record]], None] = lambda _: None
    #: Is called when something about an account is another.
    changed: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Result:
    """How a sync ended."""

    #: As in :class:`tokometer.accounts.SyncRun`.
    state: str = "done"
    error: str = ""
    #: Its provider wants to be left alone for so long (seconds).
    retry_after: float = 0.0
    #: It wants another key.
    secret: bool = False
    #: What else there is to know: values of :class:`tokometer.accounts.AccountState`.
    learnt: dict[str, Any] = field(default_factory=dict)


class Run:
    """One sync, under way. `ended` ends it from any thread."""

    def __init__(
        self, means: Means, account: ProviderAccount, kind: AccountKind, lease: Lease, number: int, trigger: str
    ) -> None:
        self.account = account
        self.number = number
        self.trigger = trigger
        self.lease = lease
        self.ended = threading.Event()
        #: Set once nothing is done any more.
        self.over = threading.Event()
        #: Why it was ended: `cancelled`, or `broken_off` where the server stops.
        self.why = "broken_off"
        #: Its key, and what is sent instead, for as long as it runs and until what came of it has been said.
        self.held = Held()
        self._means = means
        self._kind = kind
        self._asker: Asker | None = None
        self._came = Came()
        self._portions = 0
        self._done = 0
        self._reports: dict[str, dict[str, Any]] = {}
        self._failures: list[PollError] = []
        self._told_at = float("-inf")
        self._known: dict[str, str] | None = None

    def stop(self, why: str = "broken_off") -> None:
        """End it soon; what was kept stays. From any thread."""
        self.why = why
        self.ended.set()
        if self._asker is not None:
            self._asker.stop()

    def tend(self) -> None:
        """Say that we are still here, and cut off what takes too long. Called every second or so, from any thread."""
        self.lease.keep()
        if self._asker is not None:
            self._asker.cut_if_overdue()

    def sync(self, secret: str, known: dict[str, str]) -> Result:
        """Read what may have changed. `secret` is the account's key, `known` up to when its reports are known."""
        self._known = dict(known)
        self.held.keep_out(secret)
        return self._guarded(secret, self._sync)

    def take_in(self, secret: str, file: Uploaded) -> Result:
        """Read a file that somebody uploaded."""
        uploads = self._kind.uploads

        def take(asked: Asked, keeper: Keeper, _: Result) -> None:
            if uploads is None:
                raise PollError("takes no files", final=True)
            self._portions = 1
            self._count("uploads", keep_uploaded(keeper, uploads(file.content, file.name, asked), file, asked.now))

        return self._guarded(secret, take)

    # -- one sync ------------------------------------------------------------------------------------------------------

    def _guarded(self, secret: str, work: Callable[[Asked, Keeper, Result], None]) -> Result:
        """Do the work, and say how it ended, whatever happens."""
        account, means = self.account, self._means
        target = target_of(account, self._kind, secret, needs_key=self.trigger != "upload")
        asker = self._asker = Asker(target, means.clock, self.ended, self._kind, held=self.held)
        asked = asked_of(account, self._kind, asker, means.clock.now())
        keeper = Keeper(
            Whose(account.id, account.title, account.workspace),
            means.writer,
            means.ledger,
            means.syncs,
            prepare=means.prepare,
            still_ours=self._check,
            pause=self._pause,
        )
        result = Result()
        try:
            work(asked, keeper, result)
        except Ended as error:
            result.state, result.error = (self.why if self.ended.is_set() else error.state), str(error)
        except PollError as error:
            self._failures.insert(0, error)
        except (LedgerError, WriterClosed, AccountsError) as error:
            result.state, result.error = "failed", self._shown(error)
        except Exception as error:  # noqa: BLE001 - a mistake in one kind must not stop the others; it is shown as one
            _LOG.warning("syncing %s: %s", account.title, type(error).__name__, exc_info=True)
            result.state, result.error = "failed", MISTAKE.format(type(error).__name__)
        finally:
            asker.close()
        self._conclude(result)
        self._tell(always=True)
        return result

    def _conclude(self, result: Result) -> None:
        if self._failures and result.state == "done":
            result.state = "partly" if self._done else "failed"
        if self._failures and not result.error:
            result.error = self._shown(self._failures[0])
        result.retry_after = max((one.retry_after for one in self._failures), default=0.0)
        result.secret = any(one.secret for one in self._failures)
        if self._known is not None:
            result.learnt["known"] = self._known

    def _sync(self, asked: Asked, keeper: Keeper, result: Result) -> None:
        if not self._ask_of_account(asked, result):
            return
        places = keeper.places()
        waiting: list[tuple[Report, list[Portion]]] = []

        def plan(report: Report) -> None:
            portions = portions_of(report, asked, places)
            self._portions += len(portions)
            self._reports[report.name] = {"portions": len(portions), "done": 0}
            waiting.append((report, portions))

        for report in self._kind.reports:
            if report.applies(asked.options):
                self._tried(report, lambda report=report: plan(report))  # type: ignore[misc] # bound now
        self._tell(always=True)
        for report, portions in waiting:
            self._read(report, portions, asked, keeper, places)

    def _ask_of_account(self, asked: Asked, result: Result) -> bool:
        """Ask what is left, and what else is known of the account; whether its key is any good."""
        facts: dict[str, Any] = {}
        for question in (self._kind.check, self._kind.balance):
            if question is None:
                continue
            try:
                said = question(asked)
            except PollError as error:
                self._failures.append(error)
                if error.secret:
                    return False
                continue
            if isinstance(said, Balance):
                result.learnt |= {"balance": said.amount, "balance_unit": said.unit, "balance_at": asked.now}
                facts |= said.facts
            elif said:
                facts |= said
        if facts:
            result.learnt["facts"] = facts
        return True

    def _read(
        self, report: Report, portions: Sequence[Portion], asked: Asked, keeper: Keeper, places: dict[str, bytes]
    ) -> None:
        failed = 0
        for portion in portions:
            self._check()
            failure = self._tried(report, lambda portion=portion: self._keep(report, portion, asked, keeper, places))  # type: ignore[misc]
            if failure is not None:
                failed += 1
                if failure.secret or failure.final or failed >= _MOST_FAILED:
                    return
        if not failed and self._known is not None:
            self._known[report.name] = known_until(asked.now, portions).isoformat()

    def _keep(self, report: Report, portion: Portion, asked: Asked, keeper: Keeper, places: dict[str, bytes]) -> None:
        name = name_of(report, portion)
        # Asked now, not when the sync began: what is stated from here on is newer than anything before.
        at = self._means.clock.now()
        pages = self._pages(report, portion, replace(asked, now=at))
        before, settles = decoded(places.get(name, b"")), is_settled(report, portion, at)
        self._count(report.name, keeper.keep(pages, name, portion.mark, before, at, settles=settles))

    def _pages(self, report: Report, portion: Portion, asked: Asked) -> Iterator[Stated]:
        for page in report.read(asked, portion):
            self._check()
            yield page

    def _tried(self, report: Report, work: Callable[[], None]) -> PollError | None:
        """Do something for a report; what goes wrong with it is its own, and the others are read all the same."""
        try:
            work()
        except (Ended, LedgerError, WriterClosed, AccountsError):
            raise
        except PollError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one report; it is shown as one
            _LOG.warning("syncing %s: %s", self.account.title, report.name, exc_info=True)
            failure = PollError(MISTAKE.format(type(error).__name__), final=True)
        else:
            return None
        self._failed(report, failure)
        return failure

    def _failed(self, report: Report, error: PollError) -> None:
        told = self._reports.setdefault(report.name, {"portions": 0, "done": 0})
        # That a provider has no such report for this key is no fault of a sync; that it could not be asked now is one.
        has_none = error.secret or (error.final and error.status and error.status not in AGAIN)
        if report.optional and has_none:
            told["note"] = self._shown(error)
            self._portions -= told["portions"] - told["done"]
            told["portions"] = told["done"]
            return
        told["error"] = self._shown(error)
        self._failures.append(error)

    def _count(self, report: str, came: Came) -> None:
        self._came.add(came)
        self._done += 1
        told = self._reports.setdefault(report, {"portions": 1, "done": 0})
        told["done"] += 1
        for name in ("new", "changed", "withdrawn", "same", "refused"):
            if count := getattr(came, name):
                told[name] = told.get(name, 0) + count
        self._tell()

    def _pause(self, seconds: float) -> None:
        self._means.clock.wait(seconds, self.ended)
        self._check()

    def _check(self) -> None:
        if self.ended.is_set():
            raise Ended(self.why)
        self.lease.check()

    def _tell(self, *, always: bool = False) -> None:
        """Write down how far it is."""
        now = self._means.clock.monotonic()
        if not always and now - self._told_at < _OFTEN:
            return
        self._told_at = now
        self._means.syncs().update(self.number, **self.counts())
        self._means.changed()

    def counts(self) -> dict[str, Any]:
        """How far it is: values of :class:`tokometer.accounts.SyncRun`."""
        came, asker = self._came, self._asker
        return {
            "portions": self._portions,
            "done": self._done,
            "new": came.new,
            "changed": came.changed,
            "withdrawn": came.withdrawn,
            "same": came.same,
            "refused": came.refused,
            "requests": asker.requests if asker is not None else 0,
            "retries": asker.retries if asker is not None else 0,
            "reports": {name: dict(told) for name, told in self._reports.items()},
        }

    def _shown(self, error: Exception) -> str:
        text = str(error)
        return redacted(self._asker.scrubbed(text) if self._asker is not None else text, _LONGEST)


def asked_of(account: ProviderAccount, kind: AccountKind, asker: Asker, now: datetime) -> Asked:
    """An account as its reports see it."""
    options = options_of(account, kind)
    provider = kind.provider or options.get("provider", "")
    return Asked(account.id, account.title, provider, options, now, asker, account.workspace)
