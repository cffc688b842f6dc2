"""A digest is due once a day or week of its zone, whatever clocks, restarts and changes do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.accounts import Digest
from tokometer.accounts.database import writing
from tokometer.accounts.tables_decided import DIGESTS
from tokometer.alerting.delivering import NoFile
from tokometer.alerting.digests import Digests, Period, period_of
from unit.alerting.office import Told, told

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
)


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def digest(**fields: object) -> Digest:
    """A digest of a dashboard."""
    return Digest(**{"title": "Money", "channel": "c", "board": "usage", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "now", "due", "title"),
    [
        ({}, "2026-03-10 07:59", "2026-03-09 08:00", "Sun 8 Mar 2026"),
        ({}, "2026-03-10 08:00", "2026-03-10 08:00", "Mon 9 Mar 2026"),
        ({"tz": "Europe/Berlin"}, "2026-03-10 07:00", "2026-03-10 07:00", "Mon 9 Mar 2026"),
        # Clocks go forward on 29 March: 2 o'clock is left out, and 3 o'clock is meant.
        ({"tz": "Europe/Berlin", "hour": 2}, "2026-03-29 12:00", "2026-03-29 01:00", "Sat 28 Mar 2026"),
        # And back on 25 October: the first of the two counts.
        ({"tz": "Europe/Berlin", "hour": 2}, "2026-10-25 12:00", "2026-10-25 00:00", "Sat 24 Oct 2026"),
        ({"every": "week"}, "2026-03-12 12:00", "2026-03-09 08:00", "2–8 Mar 2026"),
        ({"every": "week", "weekday": 4}, "2026-03-12 07:00", "2026-03-05 08:00", "26 Feb 2026 – 4 Mar 2026"),
        ({"tz": "Gone/Away"}, "2026-03-10 08:00", "2026-03-10 08:00", "Mon 9 Mar 2026"),
    ],
)
def test_is_due_by_the_clocks_of_its_zone(fields: dict[str, object], now: str, due: str, title: str) -> None:
    """When it was due last, and which days it is about."""
    period = period_of(digest(**fields), at(now))
    assert (period.due, period.title) == (at(due), title)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.sampled_from(["day", "week"]),
    st.integers(1, 7),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),
)
@settings(max_examples=40, deadline=None)
def test_every_period_comes_once(zone: str, hour: int, every: str, weekday: int, start: datetime) -> None:
    """Hour after hour, each period is the one before or the next: none is left out, none comes twice."""
    one = digest(tz=zone, hour=hour, every=every, weekday=weekday)
    found: list[Period] = []
    for step in range(24 * 9):
        now = start.replace(tzinfo=UTC) + timedelta(hours=step)
        period = period_of(one, now)
        assert period.due <= now
        if not found or found[-1].day != period.day:
            found.append(period)
    days = [period.day for period in found]
    length = timedelta(days=7 if every == "week" else 1)
    assert all(later - earlier == length for earlier, later in pairwise(days))
    assert all(period.last == period.day - timedelta(days=1) for period in found)


class Plain:
    """Says little, and makes a file of a word."""

    def words(self, digest: Digest, period: Period) -> tuple[str, str, str]:
        """See :class:`tokometer.alerting.digests.Maker`."""
        return f"{digest.title} {period.title}", "words", "/usage"

    def pdf(self, digest: Digest, period: Period) -> bytes:
        """See :class:`tokometer.alerting.digests.Maker`."""
        if digest.title == "broken":
            raise NoFile("no press")
        return f"%PDF {period.day}".encode()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Told]:
    """An office that sends digests."""
    with told(tmp_path, now=at("2026-03-10 09:00")) as made:
        restarted(made)
        yield made


def restarted(office: Told) -> None:
    """Another server goes on from the same database."""
    digests = Digests(office.accounts, Plain(), office.workspace)
    office.restart(file_of=digests.file_of)
    office.delivering._before = (digests,)


def added(office: Told, **fields: object) -> Digest:
    """A digest that was made long ago."""
    made = office.accounts.get().digests.add(digest(channel=office.channel().id, **fields))
    with writing(office.accounts.get().engine) as connection:
        connection.execute(DIGESTS.update().values(changed=LONG_AGO))
    return made


def test_is_sent_once_with_its_pdf_also_after_a_restart(office: Told) -> None:
    """Of a day one is sent, however often servers start; the next day another one is."""
    added(office)
    for _ in range(3):
        office.deliver(timedelta(minutes=2))
        restarted(office)
        office.deliver(timedelta(minutes=2))
    assert [one.title for one in office.post.said] == ["Money Mon 9 Mar 2026"]
    assert office.post.said[0].file.content == b"%PDF 2026-03-10"
    assert office.post.said[0].file.name == "usage_2026-03-09.pdf"
    office.deliver(timedelta(days=1))
    assert [one.title for one in office.post.said][1:] == ["Money Tue 10 Mar 2026"]


def test_of_missed_days_the_latest_is_sent(office: Told) -> None:
    """A server that was away for days sends one digest when it is back, not one for each."""
    added(office)
    office.deliver()
    office.deliver(timedelta(days=5))
    assert [one.title for one in office.post.said] == ["Money Mon 9 Mar 2026", "Money Sat 14 Mar 2026"]


def test_a_new_one_waits_for_its_hour(office: Told) -> None:
    """Who adds one at nine does not get this morning's; the change of a title sends nothing either."""
    office.now = datetime.now(UTC)
    office.accounts.get().digests.add(digest(channel=office.channel().id, hour=office.now.hour))
    office.deliver()
    assert not office.post.said
    office.deliver(timedelta(days=1))
    assert len(office.post.said) == 1


def test_one_without_its_pdf_says_so(office: Told) -> None:
    """Where the PDF cannot be made, the words go out and say why there is none."""
    added(office, title="broken")
    office.deliver()
    [message] = office.post.said
    assert message.file is None
    assert "The PDF could not be made: no press." in message.body


def test_what_it_was_last_sent_for_is_no_change_by_anybody(office: Told) -> None:
    """Sending raises no revision and is not among what people did."""
    made = added(office)
    office.deliver()
    after = office.accounts.get().digests.get("default", made.id)
    assert after.last is not None
    assert (after.last.date(), after.revision) == (date(2026, 3, 10), 1)
    assert [one.did for one in office.accounts.get().changes("default") if one.kind == "digest"] == ["added"]
