"""Syncing accounts: each when it is due, or when somebody asks for it; one at a time of each, across processes.

One thread looks at what is due and tends what runs; each account that is being synced has a thread to itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tokometer.accounts import AccountsError, AccountState, AccountsWhenAsked, NotThere, ProviderAccount, SyncRun
from tokometer.accounts.syncs import Syncs
from tokometer.collect.hands import Hands
from tokometer.collect.syncing.asking import Asker
from tokometer.collect.syncing.clock import Clock
from tokometer.collect.syncing.dues import after, is_due
from tokometer.collect.syncing.errors import Ended, SyncBusy, SyncError
from tokometer.collect.syncing.lease import Lease
from tokometer.collect.syncing.reach import secret_of, target_of
from tokometer.collect.syncing.running import MISTAKE, Means, Result, Run, asked_of
from tokometer.collect.syncing.uploads import Uploaded
from tokometer.collect.writer import Writer
from tokometer.host.regular import read_bytes
from tokometer.host.secrets import Vault
from tokometer.ledger import Ledger
from tokometer.records import Record
from tokometer.records.redaction import Held, redacted
from tokometer.sources.protocol import PollError
from tokometer.statements import KINDS, AccountKind

#: How often to look at what is due, and at what runs (seconds).
_LOOK: Final = 30.0
_TEND: Final = 1.0
#: Accounts that are synced at the same time.
_AT_ONCE: Final = 8
#: How often a question of a test is asked in all: somebody waits.
_TRIES: Final = 3
_LONGEST: Final = 300
#: So long a file waits for a sync to end (seconds).
_MOMENT: Final = 3.0
_MOST_FILE: Final = 512 << 20
_LOG: Final = logging.getLogger(__name__)


class Syncing:
    """Syncs the accounts of a workspace. Thread-safe.

    Args:
        writer: Takes what comes.
        ledger: Says in which state each report was left, and what is known.
        accounts: Has the accounts; opened only where there are any.
        vault: Opens their keys.
        env: May hold keys instead.
        changed: Is called when something about an account is another, from any thread.
        prepare: Is given records before they are held against what is known and kept: converts currencies.
        kinds: The kinds of account that there are.
        clock: What time it is.
        workspace: Whose accounts.
    """

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        accounts: AccountsWhenAsked,
        vault: Vault,
        env: Mapping[str, str],
        changed: Callable[[], None] = lambda: None,
        *,
        prepare: Callable[[Sequence[Record]], None] = lambda _: None,
        kinds: Mapping[str, AccountKind] = KINDS,
        clock: Clock | None = None,
        workspace: str = "default",
    ) -> None:
        self._accounts = accounts
        self._vault = vault
        self._env = env
        self._kinds = kinds
        self._clock = clock or Clock()
        self._workspace = workspace
        self._changed = changed
        self._means = Means(
            writer=writer, ledger=ledger, syncs=self._syncs, clock=self._clock, prepare=prepare, changed=changed
        )
        self._running: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._hands = Hands("tokometer-sync", _AT_ONCE)
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokometer-syncing", daemon=True)
        #: Why nothing can be synced just now; '' where it can.
        self.trouble = ""

    def start(self) -> None:
        """Sync what is due from now on."""
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """End what runs, and begin nothing more; whether that was done within so many seconds."""
        self._ended.set()
        self._woken.set()
        with self._lock:
            running = list(self._running.values())
        for run in running:
            run.stop()
        until = self._clock.monotonic() + seconds
        if self._thread.ident is not None:
            self._thread.join(seconds)
        over = all(run.over.wait(max(0.0, until - self._clock.monotonic())) for run in running)
        return over and not self._thread.is_alive()

    # -- what others ask for -------------------------------------------------------------------------------------------

    def sync_now(self, account: str, trigger: str = "request") -> int:
        """Sync an account now; returns the number of the run, which goes on beside. One that runs already goes on.

        One that is being ended is waited for: it knows less than what was asked for.

        Raises:
            NotThere: There is no such account.
            SyncBusy: Another process syncs it just now, or what is being ended takes its time.
            SyncError: It cannot be synced.
            AccountsError: Nobody knows the accounts just now.
        """
        with self._lock:
            running = self._running.get(account)
        if running is not None and running.ended.is_set() and not running.over.wait(_MOMENT):
            raise SyncBusy("the sync before is being ended: try again in a moment")
        known = self._syncs().state(self._workspace, account).known

        def work(run: Run) -> Result:
            return run.sync(self._secret(run.account), dict(known))

        return self._begin(account, trigger, work)

    def upload(self, account: str, name: str, data: bytes | Path, written: datetime | None = None) -> int:
        """Take in a file of an account's statements; returns the number of the run, which goes on beside.

        `written` is when that was, where somebody says so; of two that state the same the newer one holds.

        Raises:
            NotThere: There is no such account.
            SyncBusy: It is being synced just now.
            SyncError: It takes no such files.
            OSError: The file cannot be read.
        """
        kind = self._kind(self._account(account))
        if kind.uploads is None or not name.lower().endswith(kind.accepts or ("",)):
            raise SyncError(f"{kind.title} takes {', '.join(kind.accepts) or 'no files'}")
        if isinstance(data, Path):
            data = read_bytes(data, _MOST_FILE)
        file = Uploaded(name, data, written)
        with self._lock:
            running = self._running.get(account)
        # An account of files has little to sync, but is synced at once when it is new.
        if running is not None and not running.over.wait(_MOMENT):
            raise SyncBusy("it is being synced just now: try again when that is done")
        return self._begin(account, "upload", lambda run: run.take_in("", file))

    def cancel(self, account: str) -> bool:
        """End the sync of an account; False where none runs here. What was kept stays."""
        with self._lock:
            run = self._running.get(account)
        if run is not None:
            run.stop("cancelled")
        return run is not None

    def hurry(self, account: str) -> None:
        """Sync an account soon, whatever has failed before: it was added, or it or its key was changed.

        What runs with what it was before is ended, so that it says nothing of what it is now.

        Raises:
            AccountsError: Nobody knows the accounts just now.
        """
        with self._lock:
            running = self._running.get(account)
        if running is not None and running.trigger != "upload":
            running.stop()
        now = self._clock.now()
        self._syncs().note(self._workspace, account, due=now, held_until=None, failures=0)
        self._woken.set()

    def forget(self, account: str) -> None:
        """Drop what is known of an account that was removed: its state, runs and versions. Its records stay.

        Raises:
            AccountsError: Nobody knows the accounts just now.
        """
        self.cancel(account)
        self._syncs().forget(self._workspace, account)

    def test(self, kind: str, address: str, options: Mapping[str, str], key: str) -> Mapping[str, Any]:
        """Ask what a key must be able to answer, and keep nothing; what its provider says of the account.

        Raises:
            PollError: It does not answer so; says why, without the key.
            KeyError: There is no such kind of account.
        """
        found = self._kinds[kind]
        account = ProviderAccount(type=kind, title=found.title, address=address, options=dict(options))
        target = target_of(account, found, key)
        with Held(key) as held:
            asker = Asker(target, self._clock, self._ended, found, attempts=_TRIES, held=held)
            try:
                return found.try_key(asked_of(account, found, asker, self._clock.now()))
            except PollError as error:
                shown = redacted(asker.scrubbed(str(error)), _LONGEST)
                raise PollError(
                    shown, secret=error.secret, absent=error.absent, retry_after=error.retry_after
                ) from None
            except Ended:
                raise PollError("was not asked to the end: the server is stopping") from None
            except Exception as error:  # noqa: BLE001 - a mistake in one kind; said here, where its key is known
                _LOG.warning("testing an account: %s", kind, exc_info=True)
                raise PollError(MISTAKE.format(type(error).__name__), final=True) from None
            finally:
                asker.close()

    def is_running(self, account: str) -> bool:
        """Whether this process syncs an account just now."""
        with self._lock:
            return account in self._running

    def states(self) -> dict[str, AccountState]:
        """How each account stands, by its id; those that were never synced are not in it.

        Raises:
            AccountsError: Nobody knows them just now.
        """
        return self._syncs().states(self._workspace) if self._accounts.is_there else {}

    def runs(self, account: str = "", most: int = 50) -> list[SyncRun]:
        """Runs, the latest first; of one account, if it is named.

        Raises:
            AccountsError: Nobody knows them just now.
        """
        return self._syncs().runs(self._workspace, account, most) if self._accounts.is_there else []

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        left = 0.0
        while not self._ended.is_set():
            if left <= 0 or self._woken.is_set():
                self._woken.clear()
                self._look()
                left = _LOOK
            self._tend()
            with self._lock:
                pause = _TEND if self._running else left
            self._clock.wait(pause, self._woken)
            left -= pause

    def _look(self) -> None:
        """Begin what is due."""
        if not self._accounts.is_there:
            return
        try:
            states, now = self.states(), self._clock.now()
            for account in self._accounts.get().provided.all(self._workspace):
                if is_due(account, states.get(account.id), now) and not self.is_running(account.id):
                    self._try(account)
            self.trouble = ""
        except AccountsError as error:
            self.trouble = str(error)
        except Exception:  # noqa: BLE001 - whatever it is, syncing goes on
            _LOG.warning("looking at accounts failed", exc_info=True)

    def _try(self, account: ProviderAccount) -> None:
        kind = self._kinds.get(account.type)
        if kind is None or not kind.reports or self._ended.is_set():
            return
        try:
            self.sync_now(account.id, "schedule")
        except (SyncError, NotThere):
            return

    def _tend(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for run in running:
            try:
                run.tend()
            except AccountsError as error:
                self.trouble = str(error)

    # -- one sync ------------------------------------------------------------------------------------------------------

    def _begin(self, id_: str, trigger: str, work: Callable[[Run], Result]) -> int:
        account = self._account(id_)
        kind = self._kind(account)
        with self._lock:
            if self._ended.is_set():
                raise SyncError("the server is stopping")
            if id_ in self._running:
                return self._running[id_].number
            lease = Lease(self._syncs, self._clock, self._workspace, id_)
            if not lease.take():
                raise SyncBusy("another process syncs this account just now")
            began = self._clock.now()
            try:
                number = self._syncs().begin(
                    SyncRun(workspace=self._workspace, account=id_, trigger=trigger, began=began)
                )
            except BaseException:
                lease.let_go()
                raise
            run = self._running[id_] = Run(self._means, account, kind, lease, number, trigger)
        self._changed()
        self._hands.do(lambda: self._do(run, work))
        return number

    def _do(self, run: Run, work: Callable[[Run], Result]) -> None:
        """Do a sync, in a thread of its own, and write down how it ended."""
        try:
            try:
                result = work(run)
            except PollError as error:
                result = Result("failed", str(error), error.retry_after, error.secret)
            except AccountsError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the account is let go and says so
                _LOG.warning("syncing an account: %s", type(error).__name__, exc_info=True)
                result = Result("failed", MISTAKE.format(type(error).__name__))
            self._end(run, result)
        except AccountsError as error:
            # The lease runs out by itself, and who takes it finds that this was broken off.
            self.trouble = str(error)
            _LOG.warning("how a sync ended cannot be written down: %s", error)
        except Exception:  # noqa: BLE001 - said here, where its key is known
            _LOG.exception("how a sync ended cannot be written down")
        finally:
            run.held.release()
            with self._lock:
                self._running.pop(run.account.id, None)
            run.over.set()
            if run.ended.is_set():
                # What was to come after it may be due already.
                self._woken.set()
            self._changed()

    def _end(self, run: Run, result: Result) -> None:
        syncs, now, id_ = self._syncs(), self._clock.now(), run.account.id
        if run.ended.is_set() and result.state != "done":
            # How far it had come when it was ended says nothing of the account.
            result.state = run.why
        syncs.update(run.number, state=result.state, ended=now, error=result.error, **run.counts())
        if run.trigger == "upload":
            values = {"synced": now} if result.state == "done" else {}
        else:
            values = after(run.account, syncs.state(self._workspace, id_), result, now)
            if run.ended.is_set() and run.why == "broken_off":
                values["due"] = now
        if values:
            syncs.note(self._workspace, id_, **values)
        run.lease.let_go()

    def _secret(self, account: ProviderAccount) -> str:
        return secret_of(account, self._vault, self._env)

    def _account(self, id_: str) -> ProviderAccount:
        return self._accounts.get().provided.get(self._workspace, id_)

    def _kind(self, account: ProviderAccount) -> AccountKind:
        found = self._kinds.get(account.type)
        if found is None:
            raise SyncError(f"there is no kind of account called {account.type}")
        return found

    def _syncs(self) -> Syncs:
        return self._accounts.get().syncs
