"""Two servers with the same PostgreSQL: one looks at rules, and each thing is said, sent and synced once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from servers.postgres import PROGRAMS, answering
from tokometer.accounts import AccountsWhenAsked, Channel, Digest
from tokometer.alerting import Situation
from tokometer.alerting.announcing import Announcer
from tokometer.alerting.digests import Digests, Period
from tokometer.ledger import Ledger
from tokometer.settings import Settings
from unit.alerting.world import NUMBERS, World, rule

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL here: sh tools/debian.sh postgresql")
MINUTE = timedelta(minutes=1)
FIFTY = rule(measure="calls.cost", window="1h", value=50)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AccountsWhenAsked]]:
    """The accounts of two servers, each with connections of its own."""
    folder: Path = tmp_path_factory.mktemp("two")
    with answering() as server:
        made = [AccountsWhenAsked(folder, lambda: server.url) for _ in range(2)]
        yield made
        for one in made:
            one.close()


@pytest.fixture
def two(both: list[AccountsWhenAsked], ledgers: dict[str, Ledger]) -> list[World]:
    """The same workspace as two servers see it."""
    name = f"two{next(NUMBERS)}"
    worlds = [World(ledgers["duckdb"], one.get(), name) for one in both]
    for which, world in zip("ab", worlds, strict=True):
        world.engine.holder = which
    return worlds


def test_one_of_them_looks_at_rules(two: list[World]) -> None:
    """The other asks nothing, and says nothing when something begins or is over."""
    first, second = two
    second.engine.ask = lambda question, now: pytest.fail("it asked")
    first.calls(MINUTE, 60)
    for after in (MINUTE, MINUTE, timedelta(hours=2), MINUTE):
        first.turn(FIFTY, after=after)
        second.turn(FIFTY, after=after)
    assert [event for event, _, _ in first.said] == ["fired", "resolved"]
    assert second.said == []
    assert second.history() == first.history()


def test_the_other_goes_on_when_it_is_gone(two: list[World]) -> None:
    """After its time, with what it has left: nothing is said again, and what ends is said by who is there."""
    first, second = two
    first.calls(MINUTE, 60)
    first.turn(FIFTY)
    second.now = first.now
    second.turn(FIFTY)
    assert (first.said, second.said) == ([("fired", "r", "")], [])
    second.turn(FIFTY, after=4 * MINUTE)
    assert second.said == []
    second.turn(FIFTY, after=timedelta(hours=2))
    assert second.said == [("resolved", "r", "")]
    first.now = second.now
    first.turn(FIFTY)
    assert len(first.said) == 1


def test_a_clock_that_was_far_ahead_does_not_hold_them(two: list[World]) -> None:
    """The server that was a day ahead is gone, and the other one goes on at once."""
    first, second = two
    first.turn(FIFTY, after=timedelta(days=1))
    second.calls(MINUTE, 60)
    second.turn(FIFTY, back=True)
    assert second.firing() == [""]


def test_turns_at_the_same_moment_say_it_once(two: list[World], both: list[AccountsWhenAsked]) -> None:
    """Both find that nobody looks at rules: the row of what is to be said is one."""
    first = two[0]
    workspace = first.workspace
    both[0].get().channels.add(Channel(workspace=workspace, title="Ops", sealed="s", shown="s", wants={}))
    for world in two:
        world.engine.announce = Announcer(Settings, lambda: "http://127.0.0.1")
    first.calls(MINUTE, 60)
    together = Barrier(2)

    def turn(which: int) -> None:
        together.wait()
        situation = Situation(now=first.now + timedelta(seconds=1 + which))
        two[which].engine.turn(both[which].get(), [FIFTY], situation)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(turn, range(2)))
    assert [one.about.rpartition(":")[2] for one in both[0].get().deliveries.log(workspace)] == ["fired"]
    assert len(first.unresolved()) == 1


class _Words:
    """Makes the words of a digest."""

    def words(self, digest: Digest, period: Period) -> tuple[str, str, str]:
        """Whatever they are."""
        return digest.title, period.title, ""

    def pdf(self, _digest: Digest, _period: Period) -> bytes:
        """Nobody asks for it."""
        raise NotImplementedError


def test_a_digest_is_sent_once(two: list[World], both: list[AccountsWhenAsked]) -> None:
    """Both see that it is due at the same time, again and again."""
    world = two[0]
    digest = both[0].get().digests.add(Digest(workspace=world.workspace, title="Money", channel="c", board="usage"))
    due = [Digests(one, _Words(), world.workspace) for one in both]
    moments = [digest.changed + timedelta(days=1, minutes=number) for number in range(3)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda look: [look(moment) for moment in moments], due))
    assert len(both[1].get().deliveries.log(world.workspace)) == 1


def test_an_account_is_synced_by_one(two: list[World], both: list[AccountsWhenAsked]) -> None:
    """Of many that want to at the same time one may, until it lets go."""
    world = two[0]

    def take(who: int) -> bool:
        return both[who % 2].get().syncs.take(world.workspace, "acct", f"h{who}", world.now, 60)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))
    assert taken.count(True) == 1
    holder = taken.index(True)
    both[0].get().syncs.let_go(world.workspace, "acct", f"h{holder}")
    assert take(holder + 1)
