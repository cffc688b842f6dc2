"""What is to be said is one row, whoever says it and however often, in SQLite and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tokometer.accounts import Channel, Delivery
from tokometer.accounts.accounts import Accounts

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(workspace: str, about: str, channel: str = "c") -> Delivery:
    """Something to be said."""
    return Delivery(workspace=workspace, channel=channel, about=about, subject=about, made=NOW, due=NOW)


def test_each_thing_is_there_once(accounts: Accounts) -> None:
    """Whoever says it at the same time, it is one row; of another channel it is another."""
    kept = accounts.deliveries
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(kept.add, [said("once", "alert:a:fired")] * 8))
    assert sorted(added) == [False] * 7 + [True]
    assert kept.add(said("once", "alert:a:fired", "other"))
    assert len(kept.log("once")) == 2


def test_one_of_many_tries_it(accounts: Accounts) -> None:
    """Of those who would try the same thing at the same time, one does."""
    kept = accounts.deliveries
    kept.add(said("try", "alert:a:fired"))
    [one] = [found for found in kept.due(NOW) if found.workspace == "try"]
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda _: kept.claim(one, NOW + MINUTE), range(8)))
    assert len([found for found in claimed if found is not None]) == 1
    assert [found for found in kept.due(NOW) if found.workspace == "try"] == []


def test_a_bundle_is_all_or_nothing(accounts: Accounts) -> None:
    """Where one of them is settled meanwhile, nothing becomes a bundle."""
    kept = accounts.deliveries
    for number in range(3):
        kept.add(said("bundle", f"alert:{number}:fired"))
    found = kept.log("bundle")
    kept.settle(found[0], "sent", sent=NOW)
    assert kept.bundle(found, said("bundle", "bundle:1"), "together") is None
    assert kept.counts("bundle") == {"sent": 1, "waiting": 2}
    made = kept.bundle(found[1:], said("bundle", "bundle:2"), "together")
    assert made is not None
    assert kept.counts("bundle") == {"sent": 1, "dropped": 2, "waiting": 1}


def test_old_ones_are_forgotten_and_waiting_ones_never(accounts: Accounts) -> None:
    """What was settled long ago goes; what waits stays, however old it is."""
    kept = accounts.deliveries
    for number in range(2):
        kept.add(replace(said("old", f"alert:{number}:fired"), made=NOW - 400 * 1440 * MINUTE))
    kept.settle(kept.log("old")[0], "failed", "gone")
    kept.forget(NOW - 180 * 1440 * MINUTE)
    assert kept.counts("old") == {"waiting": 1}


def test_an_address_is_in_no_list_of_changes(accounts: Accounts) -> None:
    """Not even encrypted: who adds, changes and removes a channel is written down without it."""
    channel = Channel(workspace="hidden", title="Ops", sealed="v1:first", shown="slack://…")
    made = accounts.channels.add(channel)
    accounts.channels.change("hidden", made.id, sealed="v1:second", title="On call")
    accounts.channels.remove("hidden", made.id)
    changes = accounts.changes("hidden")
    assert [one.did for one in changes] == ["removed", "changed", "added"]
    assert "v1:" not in str([one.what for one in changes])
    assert changes[1].what == {"sealed": "…", "title": "On call"}
