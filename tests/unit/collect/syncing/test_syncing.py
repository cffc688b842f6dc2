"""Accounts are synced: what their providers state is in the ledger, once, as they state it now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from providers.openai import OpenAI
from providers.serving import Asked, Faults, serving
from providers.synced import Scene, scene
from tokometer.accounts import AccountState, ProviderAccount, SyncRun
from tokometer.accounts.sealing import sealed_for
from tokometer.collect.syncing.dues import is_due
from tokometer.ledger.opening import open_ledger
from tokometer.sources.protocol import PollError

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Syncing of a ledger, for all tests here; each has accounts of its own."""
    data = tmp_path_factory.mktemp("syncing")
    ledger = open_ledger(data)
    with scene(ledger, data, now=NOW, env={"TOKOMETER_KEY": OpenAI.key}) as made:
        yield made
    ledger.close()


@dataclass
class Ours:
    """An account, and its provider."""

    scene: Scene
    provider: OpenAI
    account: ProviderAccount

    def sync(self) -> SyncRun:
        """Sync it."""
        return self.scene.sync(self.account.id)

    @property
    def state(self) -> AccountState:
        """How it stands."""
        return self.scene.syncing.states()[self.account.id]

    def sums(self, table: str, *columns: str) -> tuple[Any, ...]:
        """What columns of its lines add up to."""
        return self.scene.sums(table, *columns, where=f"account = '{self.account.title}'")

    def use(self, days: int, model: str = "gpt-5.2", **counts: int) -> dict[str, Any]:
        """Have something been used some days ago."""
        counts.setdefault("num_model_requests", 1)
        return self.provider.add("completions", self.day(days), project_id="proj_a", model=model, **counts)

    def day(self, days: int) -> date:
        """A day before today, by the clock."""
        return self.scene.clock.now().date() - timedelta(days=days)

    def asked(self, path: str) -> list[Asked]:
        """The questions to a path so far."""
        return [one for one in self.provider.heard if one.path.endswith(path)]


@pytest.fixture
def ours(shared: Scene, request: pytest.FixtureRequest) -> Iterator[Ours]:
    """An account with a provider of its own."""
    provider = OpenAI()
    with serving(provider) as url:
        title = request.node.name.removeprefix("test_")[:60]
        made = Ours(shared, provider, shared.account("openai", f"{url}/v1", provider.key, title))
        yield made
        shared.accounts.get().provided.remove("default", made.account.id)


def test_what_a_provider_states_is_in_the_ledger(ours: Ours) -> None:
    """Usage and costs of the last 90 days, by day, model, project and key, with names where they can be had."""
    ours.use(2, api_key_id="key_1", user_id="user_1", input_tokens=1_000, input_cached_tokens=400, output_tokens=50)
    ours.provider.charge(ours.day(2), "1.50", project_id="proj_a", line_item="gpt-5.2, input")
    ours.provider.charge(ours.day(40), 0.06, project_id="proj_a", line_item="gpt-5.2, cached input")
    run = ours.sync()
    assert (run.state, run.error, run.new, run.portions) == ("done", "", 3, run.done)
    assert ours.sums("reported", "input_tokens", "cache_read_tokens", "output_tokens") == (600, 400, 50)
    assert ours.sums("bills", "amount") == (Decimal("1.560000000"),)
    assert (ours.state.synced, ours.state.error, ours.state.holder) == (ours.scene.clock.now(), "", "")
    assert set(ours.state.known) >= {"costs", "usage/completions"}
    [row] = ours.scene.rows(
        "SELECT t.project, t.api_key, l.label_values FROM reported t JOIN label_sets l ON l.id = t.label_set "
        "WHERE t.account = $title",
        title=ours.account.title,
    )
    assert row[:2] == ("proj_a", "key_1")
    assert {"Alpha", "laptop", "ada@example.com"} <= set(row[2])


def test_what_is_stated_now_holds_and_what_was_is_kept(ours: Ours) -> None:
    """A line that is corrected is another, one that is gone is nothing, and what both said before can be seen."""
    more, gone = ours.use(1, input_tokens=10), ours.use(1, model="gone", input_tokens=5)
    ours.sync()
    more["input_tokens"] = 12
    ours.provider.usage["completions"][ours.day(1)].remove(gone)
    ours.scene.clock.pass_by(hours=1)
    run = ours.sync()
    assert (run.new, run.changed, run.withdrawn) == (0, 1, 1)
    assert ours.sums("reported", "input_tokens") == (12,)
    versions = ours.scene.accounts.get().syncs.versions("default", ours.account.id)
    assert [(one.was["input_tokens"], one.became["input_tokens"]) for one in versions] == [(5, 0), (10, 12)]
    assert ours.sync().same >= 1
    assert len(ours.scene.accounts.get().syncs.versions("default", ours.account.id)) == 2


def test_days_that_can_change_no_more_are_not_asked_for_again(ours: Ours) -> None:
    """The first sync reads all days, the newest first; a later one those whose portion may still change."""
    ours.sync()
    first = [int(one.one("start_time")) for one in ours.asked("/usage/completions")]
    assert len(first) == 4
    assert first == sorted(first, reverse=True)
    ours.provider.heard.clear()
    ours.scene.clock.pass_by(hours=1)
    run = ours.sync()
    second = [int(one.one("start_time")) for one in ours.asked("/usage/completions")]
    assert second in (first[:1], first[:2])
    assert run.state == "done"


def test_what_a_new_release_adds_is_noticed_and_what_is_odd_refused(ours: Ours) -> None:
    """A field that nobody knows refuses nothing; a row that cannot be believed is counted, and withdraws nothing."""
    ours.use(1, input_tokens=10)
    bad = ours.use(1, model="odd", input_tokens=3)
    ours.provider.more = {"something_new": "x"}
    assert ours.sync().state == "done"
    assert ours.scene.rows("SELECT name FROM notices WHERE topic = 'field' AND name = 'something_new'")
    bad["input_tokens"] = "many"
    run = ours.sync()
    assert (run.state, run.refused, run.withdrawn) == ("done", 1, 0)
    assert ours.sums("reported", "input_tokens") == (13,)
    assert ours.scene.rows(
        "SELECT reason FROM refusals WHERE place LIKE $place", place=f"{ours.account.title}: usage/completions%"
    )
    bad["input_tokens"] = "4"
    assert ours.sync().changed == 1
    assert ours.sums("reported", "input_tokens") == (14,)


def test_a_key_that_is_not_taken_is_said_and_stands_nowhere(ours: Ours) -> None:
    """The account says that it wants another key; what it echoes of it is not shown. What is known stays."""
    ours.use(1, input_tokens=10)
    ours.sync()
    synced = ours.state.synced
    wrong = f"sk-{'admin'}-{'z' * 30}"
    sealed = ours.scene.vault.seal(wrong, sealed_for(ours.account.type, ours.account.address, ours.account.options))
    ours.scene.accounts.get().provided.change("default", ours.account.id, sealed=sealed)
    ours.provider.echoes = True
    run = ours.sync()
    assert run.state == "failed"
    assert "key" in run.error
    assert (ours.state.failures, ours.state.synced) == (1, synced)
    assert ours.sums("reported", "input_tokens") == (10,)
    assert wrong not in repr(ours.state) + repr(run)
    with pytest.raises(PollError) as failed:
        ours.scene.syncing.test("openai", ours.account.address, {}, wrong)
    assert failed.value.secret
    assert wrong not in str(failed.value)
    assert ours.scene.syncing.test("openai", ours.account.address, {}, ours.provider.key) == {}


def test_a_key_can_be_in_the_environment(ours: Ours) -> None:
    """A variable that the account names holds it; one that is not set is said."""
    kept = ours.scene.accounts.get().provided
    kept.change("default", ours.account.id, sealed="", variable="TOKOMETER_KEY")
    assert ours.sync().state == "done"
    kept.change("default", ours.account.id, variable="TOKOMETER_OTHER")
    assert "TOKOMETER_OTHER" in ours.sync().error


def test_one_report_that_fails_spoils_no_other(ours: Ours) -> None:
    """The sync is done in part, says what is missing, and is tried again soon."""
    ours.use(1, input_tokens=10)
    ours.provider.broken = ("/usage/images",)
    run = ours.sync()
    assert (run.state, "images" in run.error) == ("partly", True)
    assert "error" in run.reports["usage/images"]
    assert ours.sums("reported", "input_tokens") == (10,)
    assert ours.state.due is not None
    assert ours.state.due - ours.scene.clock.now() <= timedelta(minutes=2)


def test_a_report_that_need_not_be_there_is_one_that_could_not_be_asked(ours: Ours) -> None:
    """That there is none for this key is noted; that it could not be asked just now is a failure, whatever it is of."""
    ours.provider.missing = ("/usage/web_search_calls",)
    run = ours.sync()
    assert (run.state, run.error, "note" in run.reports["usage/web_search_calls"]) == ("done", "", True)
    ours.provider.missing, ours.provider.busy = (), ("/usage/web_search_calls",)
    run = ours.sync()
    assert (run.state, "error" in run.reports["usage/web_search_calls"]) == ("partly", True)


def test_after_many_failures_an_account_is_left_alone(ours: Ours) -> None:
    """Nothing more is asked in a sync after three questions without an answer, nor for long after five syncs."""
    ours.provider.broken = ("/costs", "/usage/completions", "/usage/embeddings", "/usage/images", "/usage/moderations")
    asked = []
    for _ in range(5):
        before = len(ours.provider.heard)
        run = ours.sync()
        asked.append(len(ours.provider.heard) - before)
    assert run.state == "failed"
    assert asked == [24] * 5
    assert ours.state.held_until is not None
    assert ours.state.held_until > ours.scene.clock.now() + timedelta(minutes=50)
    assert ours.state.failures == 5
    ours.provider.broken = ()
    assert ours.sync().state == "done"
    assert (ours.state.held_until, ours.state.failures, ours.state.error) == (None, 0, "")


def test_limits_of_the_provider_are_kept(ours: Ours) -> None:
    """Where no question is left, none is asked until there are more."""
    ours.provider.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7s"}
    before = ours.scene.clock.monotonic()
    run = ours.sync()
    assert ours.scene.clock.monotonic() - before >= 7.0 * (run.requests - 3)
    assert run.retries == 0


def test_a_long_wait_is_not_waited_within_a_sync(ours: Ours) -> None:
    """A provider that wants to be left alone for an hour is, and the account says until when."""
    ours.provider.faults = Faults(1.0, 1, ("429 hour",))
    before = ours.scene.clock.now()
    run = ours.sync()
    assert run.state == "failed"
    assert ours.state.held_until is not None
    assert ours.state.held_until >= before + timedelta(minutes=59)
    assert not is_due(ours.account, ours.state, ours.scene.clock.now() + timedelta(minutes=30))
    assert is_due(ours.account, ours.state, ours.scene.clock.now() + timedelta(minutes=70))


def test_a_sync_can_be_cancelled(ours: Ours) -> None:
    """It ends soon, what it has read stays, and the next one goes on."""
    ours.use(1, input_tokens=10)
    ours.provider.hold = threading.Event()
    number = ours.scene.syncing.sync_now(ours.account.id)
    assert ours.scene.syncing.sync_now(ours.account.id) == number
    assert ours.scene.syncing.cancel(ours.account.id)
    ours.provider.hold.set()
    assert ours.scene.done(ours.account.id, number).state == "cancelled"
    assert not ours.scene.syncing.cancel(ours.account.id)
    assert ours.sync().state == "done"


def test_another_key_ends_what_runs_with_the_one_before(ours: Ours) -> None:
    """What the old key comes to is not the account's: it has not failed, is not held, and is due."""
    ours.provider.hold = threading.Event()
    old = ours.scene.syncing.sync_now(ours.account.id)
    ours.provider.key = f"sk-{'admin'}-{'y' * 30}"
    ours.scene.syncing.hurry(ours.account.id)
    ours.provider.hold.set()
    assert ours.scene.done(ours.account.id, old).state == "broken_off"
    assert (ours.state.failures, ours.state.held_until, ours.state.error) == (0, None, "")
    assert is_due(ours.account, ours.state, ours.scene.clock.now())


def test_what_is_asked_for_while_another_is_being_ended_comes_after_it(ours: Ours) -> None:
    """It is a run of its own, with what the account is now."""
    ours.provider.hold = threading.Event()
    old = ours.scene.syncing.sync_now(ours.account.id)
    ours.scene.syncing.hurry(ours.account.id)
    threading.Timer(0.1, ours.provider.hold.set).start()
    new = ours.scene.syncing.sync_now(ours.account.id)
    assert new > old
    assert ours.scene.done(ours.account.id, new).state == "done"


def test_what_is_removed_is_forgotten_and_its_records_stay(ours: Ours) -> None:
    """State, runs and versions go; usage and costs are history."""
    ours.use(1, input_tokens=10)
    ours.sync()
    assert ours.scene.syncing.runs(ours.account.id)
    ours.scene.syncing.forget(ours.account.id)
    assert not ours.scene.syncing.runs(ours.account.id)
    assert ours.account.id not in ours.scene.syncing.states()
    assert ours.sums("reported", "input_tokens") == (10,)
