"""What a kind of account with a provider declares, and what reading it gives: the grammar of `statements`.

A kind of account (:class:`AccountKind`) is one declaration: what it is called, what it wants to know, and its reports.
A :class:`Report` is one question that is asked again for as long as its answer may change. It is read portion by
portion (days, or files); what a portion states is complete, so that a line that it no longer states is withdrawn. Who
asks (:mod:`tokometer.collect.syncing`) keeps each portion with its place in one commit, honours limits, tries again,
keeps what was stated before; a report only turns answers into records.

Records of a report need a native id that is made of what the line is about (account, report, bucket, dimensions), never
of its numbers or of when it was asked. `source` of all of them is `statements`, `account` the account's title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from tokometer.records import Notice, Record, Refusal
from tokometer.sources.protocol import Fetched

#: The source of every record that comes of an account.
SOURCE: Final = "statements"
DAY: Final = timedelta(days=1)


class Asks(Protocol):
    """Asks an account's provider over HTTP: bounded, at its pace, tried again where that can help, counted.

    Raises :class:`tokometer.sources.protocol.PollError` where there is no good answer; `checked` and `fetch_json` of
    `sources.polling` read what comes.
    """

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        method: str = "",
    ) -> Fetched:
        """The answer. `path` is below the account's address; a list in `query` is sent as several values.

        It may also be a whole address elsewhere (a file to download): that is asked without the key, unless it is below
        one that an option of :attr:`AccountKind.beside` holds.
        """


@dataclass(frozen=True, slots=True)
class Asked:
    """An account as a report sees it. Its key is not in it: whoever asks sends that."""

    id: str
    title: str
    #: The provider whose statements these are, as calls name it.
    provider: str
    options: Mapping[str, str]
    #: Our clock.
    now: datetime
    ask: Asks
    workspace: str = "default"
    #: What a report wants to remember until the end of the sync: names that it has asked for.
    remembered: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a report that is read, and kept, at once: whole days of UTC, or a file."""

    #: Unique within the report, the same each time: `2026-11-26`, a file's name.
    name: str
    since: datetime
    until: datetime
    #: What tells whether it has changed since it was read (a file's ETag or size and time); empty: read it again.
    mark: str = ""


class Of(NamedTuple):
    """What lines of an uploaded file are of."""

    #: The statement, whatever file states it: `2026-10-01 111111111111`. All of it that the newest file does not state
    #: is withdrawn.
    statement: str
    #: The export that the file is a piece of; pieces of one add up.
    export: str
    #: Which piece; '' is the first, or all of it.
    piece: str = ""


@dataclass(slots=True)
class Stated:
    """A page of what a portion states."""

    records: list[Record] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: What all of its lines are of, in an uploaded file; where that is not said, of a file of that name.
    of: Of | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left in an account."""

    amount: Decimal
    unit: str = "USD"
    #: What else was said, for people.
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One question to a provider that is asked again for as long as its answer may change."""

    #: Unique within the kind: `costs`, `usage/completions`. It is the `report` of its records.
    name: str
    title: str
    #: How far back a first sync reads, and how long what is stated of a day may still change.
    first: timedelta = timedelta(days=90)
    late: timedelta = timedelta(days=3)
    #: How much of it is read at once.
    portion: timedelta = timedelta(days=7)
    #: Pages of what a portion states. Raises PollError where it cannot be read now: nothing of it is kept then.
    read: Callable[[Asked, Portion], Iterator[Stated]]
    #: The portions that there are, where they are not days: files in a folder. Raises PollError.
    list: Callable[[Asked], Sequence[Portion]] | None = None
    #: Whether it applies with these options; one that needs an organisation's name only with it.
    applies: Callable[[Mapping[str, str]], bool] = lambda _: True
    #: A key that may not ask this is no failure of the account: said once, as a note.
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that an account of a kind has to know beside its key."""

    name: str
    title: str
    help: str = ""
    needed: bool = False
    #: Values that can be chosen; none: any text.
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The key that an account of a kind is asked with."""

    title: str
    #: What one looks like (`sk-admin-…`), and where it is made, in words.
    example: str = ""
    help: str = ""
    #: How it is sent; see `collect.fetching.Fetcher`: `bearer`, `header:x-api-key`, `basic`, `none`.
    auth: str = "bearer"
    needed: bool = True
    #: Makes what is sent of the key, where that is not the key itself: (key, how to ask, our clock) → what is sent, and
    #: for how many seconds it is good. Raises PollError where the key is no such key, or is not taken.
    exchange: Callable[[str, Asks, datetime], tuple[str, float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKind:
    """One kind of account, declared once; the page, the API, sync, checks and docs derive from it."""

    #: `openai`, `focus`; part of addresses.
    name: str
    title: str
    #: What comes of it, in one sentence.
    about: str
    #: The provider whose statements they are, as calls name it; empty where lines say it themselves.
    provider: str
    #: Where it is asked unless the account says otherwise; empty where there is no such place.
    address: str = ""
    key: Key | None = None
    options: tuple[Option, ...] = ()
    reports: tuple[Report, ...] = ()
    #: Headers of every question.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Options that hold addresses which are asked with the same key as the account's own.
    beside: tuple[str, ...] = ()
    #: Asks for what is left; None where the provider has no such API, and `no_balance` says so in words.
    balance: Callable[[Asked], Balance | None] | None = None
    no_balance: str = ""
    #: One cheap question that a key must be able to answer; what it raises is shown. Returns facts for people. Where
    #: there is none, what is left is asked for.
    check: Callable[[Asked], Mapping[str, Any]] | None = None
    #: Seconds between two syncs, and the least that may pass between two questions.
    every: int = 3_600
    pace: float = 0.0
    #: Reads an uploaded file of this kind: its bytes and name → pages; None where nothing can be uploaded.
    uploads: Callable[[bytes, str, Asked], Iterator[Stated]] | None = None
    #: What can be uploaded, for people and for the form: `.csv`, `.parquet`.
    accepts: tuple[str, ...] = ()

    def try_key(self, asked: Asked) -> Mapping[str, Any]:
        """Facts for people, once a key has answered the one question that it must be able to.

        Raises:
            PollError: It does not answer so.
        """
        if self.check is not None:
            return self.check(asked)
        assert self.balance is not None, f"{self.name}: nothing tries its key"
        left = self.balance(asked)
        return {} if left is None else {"balance": f"{left.amount} {left.unit}", **left.facts}


def days(since: datetime, until: datetime, most: timedelta) -> Iterable[Portion]:
    """The days from `since` to `until` (UTC, whole) in portions of at most so much, the oldest first.

    They begin at multiples of `most` since 1970, so that they are the same whenever they are asked for.
    """
    step = max(most // DAY, 1)
    first = since.toordinal() // step * step
    for ordinal in range(first, until.toordinal() + (until.time() != until.min.time()), step):
        begin = datetime.fromordinal(ordinal).replace(tzinfo=since.tzinfo)
        yield Portion(begin.date().isoformat(), begin, begin + step * DAY)
