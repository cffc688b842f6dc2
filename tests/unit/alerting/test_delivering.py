"""What is to be said is said once, after failures, restarts and kills, within limits; the rest is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.accounts import Channel
from tokometer.alerting.channels import of_file, of_row
from tokometer.alerting.delivering import AGAIN, LEASE, MOST_TRIES, back_off
from tokometer.posting.post import Sent
from tokometer.settings import Settings
from tokometer.settings.notifying import ChannelSettings
from unit.alerting.office import Noting, Told, alert, told

MINUTE = timedelta(minutes=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Told]:
    """An office whose messages are noted."""
    with told(tmp_path) as made:
        yield made


def said(office: Told) -> list[str]:
    """The first lines of what was said."""
    return [one.title for one in office.post.said]


class Killed(BaseException):
    """What a kill looks like from inside: nothing after it is done."""


def test_says_what_happened_once(office: Told) -> None:
    """An alert that is announced twice is told once, with what was measured and a link to the filtered page."""
    office.channel()
    office.announce(alert())
    office.announce(alert())
    assert office.deliver() == 1
    assert office.deliver() == 0
    [message] = office.post.said
    assert message.title == "⚠️ Cost of a day: ada"
    assert "$52.00 is above $50.00" in message.body
    assert message.body.endswith("http://127.0.0.1:7420/usage?team=research")
    assert [(one.state, one.tries) for one in office.log()] == [("sent", 1)]


def test_tells_each_channel_what_it_wants(office: Told) -> None:
    """Severity, rules, what is over and what is acknowledged are each channel's own choice."""
    office.channel("all", acknowledged=True)
    office.channel("grave", least="critical")
    office.channel("one rule", rules=["Cost of a day"], resolved=False)
    office.channel("another rule", rules=["r2"])
    for event in ("fired", "acknowledged", "resolved"):
        office.announce(alert(acknowledged_by="Ada"), event)  # type: ignore[arg-type]
    office.announce(alert("a2", rule="r2", title="Failures", severity="critical"))
    titles = {one.id: one.title for one in office.accounts.get().channels.all("default")}
    found = sorted((titles[one.channel], one.about) for one in office.log())
    assert found == [
        ("all", "alert:a1:acknowledged"),
        ("all", "alert:a1:fired"),
        ("all", "alert:a1:resolved"),
        ("all", "alert:a2:fired"),
        ("another rule", "alert:a2:fired"),
        ("grave", "alert:a2:fired"),
        ("one rule", "alert:a1:fired"),
    ]


def test_tries_again_later_and_then_gives_up(office: Told) -> None:
    """What fails is tried again, later each time, and given up at last with the reason; the next thing goes on."""
    office.channel()
    office.announce(alert("a1"))
    office.announce(alert("a2"))
    office.post.outcomes = [Sent(ok=False, why="HTTP 503")] * MOST_TRIES
    waits = []
    for _ in range(MOST_TRIES - 1):
        assert office.deliver() > 0
        waiting = office.log("waiting")
        assert len({one.due for one in waiting}) == 1
        waits.append(waiting[0].due - office.now)
        office.now = waiting[0].due
    office.deliver()
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (15, 30, 60, 120)]
    assert [(one.state, one.error) for one in office.log()] == [("failed", "HTTP 503"), ("sent", "")]
    assert said(office) == ["⚠️ Cost of a day: ada"]


def test_does_not_try_again_what_cannot_work(office: Told) -> None:
    """An address that means nothing any more is not tried twice."""
    office.channel()
    office.announce(alert())
    office.post.outcomes = [Sent(ok=False, why="no address", lasting=True)]
    office.deliver()
    assert [(one.state, one.tries) for one in office.log()] == [("failed", 1)]


def test_gives_up_after_a_day(office: Told) -> None:
    """What could not be said for a day is not said any more: it would be no news."""
    office.channel()
    office.announce(alert())
    office.post.outcomes = [Sent(ok=False, why="HTTP 503")]
    office.deliver()
    office.deliver(timedelta(days=1, minutes=1))
    [one] = office.log()
    assert (one.state, one.error) == ("failed", "it could not be said within a day; at last: HTTP 503")


@pytest.mark.parametrize("when", ["before the wire", "after the wire"])
def test_goes_on_after_a_kill(office: Told, when: str) -> None:
    """Killed between its two marks, a try is made once more and says that it may be the second time."""

    def kill() -> None:
        raise Killed

    office.channel()
    office.announce(alert())
    first = office.post
    if when == "before the wire":
        first.before = kill
    else:
        first.outcomes = [Sent(ok=True)]
        office.restart(now=_killing_after(office, first))
    with pytest.raises(Killed):
        office.deliver()
    post = Noting()
    office.restart(post=post)
    assert office.deliver() == 0, "whoever tries has its time"
    office.deliver(LEASE)
    assert len(post.said) == 1
    assert post.said[0].body.endswith(AGAIN)
    assert office.deliver(LEASE) == 0
    assert [one.state for one in office.log()] == ["sent"]


def _killing_after(office: Told, post: Noting) -> Callable[[], datetime]:
    """A clock that is asked after the message went out, and never answers then."""

    def now() -> datetime:
        if post.said:
            raise Killed
        return office.now

    return now


def test_two_servers_say_it_once(office: Told) -> None:
    """Of two servers on one database, one says it."""
    office.channel()
    office.announce(alert())
    deliveries = office.accounts.get().deliveries
    [one] = deliveries.due(office.now)
    assert deliveries.claim(one, office.now + LEASE) is not None
    assert deliveries.claim(one, office.now + LEASE) is None
    assert office.deliver() == 0


def test_bundles_what_is_too_much(office: Told) -> None:
    """More than a channel takes in an hour comes as one message, which lists all of it; nothing vanishes."""
    office.channel(most_an_hour=3)
    for number in range(7):
        office.announce(alert(f"a{number}", title=f"Alert {number}"))
    office.deliver()
    assert said(office) == ["⚠️ Alert 0: ada", "⚠️ Alert 1: ada", "5 messages in one"]
    for number in range(2, 7):
        assert f"⚠️ Alert {number}: ada" in office.post.said[2].body
    office.announce(alert("later", title="Later"))
    office.announce(alert("later", title="Later"), "resolved")
    office.deliver(MINUTE)
    assert len(office.post.said) == 3, "the hour is full"
    office.deliver(timedelta(hours=1))
    assert said(office)[3:] == ["⚠️ Later: ada", "✅ Later: ada"]
    states = [one.state for one in office.log()]
    assert (states.count("sent"), states.count("dropped")) == (5, 5)
    assert {one.error for one in office.log("dropped")} == {"said in one message with 4 others"}


def test_drops_what_a_channel_cannot_say_any_more(office: Told) -> None:
    """Of a channel that is removed or switched off, what waits is dropped, and says why."""
    first, second = office.channel("a"), office.channel("b")
    office.announce(alert())
    office.accounts.get().channels.remove("default", first.id)
    office.accounts.get().channels.change("default", second.id, enabled=False)
    office.deliver()
    assert {one.error for one in office.log("dropped")} == {"the channel was removed", "the channel is switched off"}
    assert not office.post.said


def test_tells_channels_of_the_settings(tmp_path: Path) -> None:
    """A channel in tokometer.toml has its address in a variable, and is told what it says there."""
    channel = ChannelSettings(title="On call", url_env="TOKOMETER_TEST_CHANNEL", least="critical")
    with told(tmp_path, settings=Settings(channels=(channel,))) as office:
        office.announce(alert())
        office.announce(alert("a2", severity="critical"))
        office.deliver()
        [one] = office.log()
        assert (one.state, one.error) == (
            "failed",
            "the variable TOKOMETER_TEST_CHANNEL is not set: start Tokometer with it",
        )
        office.env["TOKOMETER_TEST_CHANNEL"] = "json://127.0.0.1:9/x"
        office.announce(alert("a3", severity="critical"))
        office.deliver()
        assert [one.state for one in office.log()] == ["failed", "sent"]


def test_a_channel_that_says_nonsense_says_so() -> None:
    """A template of the settings that cannot be filled in is ours instead, and that is said."""
    found = of_file(ChannelSettings(title="x", url_env="X", subject="{nothing}", body="{words}"), "default")
    assert (found.wants.subject, found.wants.body) == ("", "{words}")
    assert found.trouble.startswith("subject has no word {nothing}")
    kept = of_row(Channel(title="x", sealed="s", wants={"least": "dire"}))
    assert kept.wants.least == "info"
    assert "wants.least has to be one of" in kept.trouble


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1))
@settings(max_examples=50)
def test_waits_longer_and_not_for_ever(tries: int, chance: float) -> None:
    """The wait before a further try is bounded, grows, and differs by at most a quarter."""
    middle = back_off(tries, 0.5)
    assert timedelta(seconds=11) <= back_off(tries, chance) <= timedelta(minutes=38)
    assert abs(back_off(tries, chance) - middle) <= middle / 4 + timedelta(microseconds=1)
    assert back_off(tries + 1, chance) >= back_off(tries, chance)
