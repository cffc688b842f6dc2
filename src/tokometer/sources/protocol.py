"""What a source is: one tool, and every way in which what it knows of usage comes to us.

A source declares any of three ways: its files are *found* and followed, it *pushes* requests to us, or it is *polled*
(asked every so often; a scrape is a poll). docs/how-to/write-a-source.md shows how to write one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, Protocol

from tokometer.records import Notice, Record, Refusal
from tokometer.records.gate import Aside

#: What kind of tool a source is, for the order in which people are shown them.
Family = Literal["agents", "telemetry", "gateways", "chat", "models", "servers", "own"]
#: Refusals of one reading that are told one by one.
MOST_REFUSALS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """One tool. A package below `tokometer.sources` (or of somebody else) has one in its module `source`.

    Importing it must be cheap: what is heavy (protobuf, database drivers) is imported when it is used.
    """

    #: The name under which its records are kept: `claude_code`.
    name: str
    #: The name that people know: `Claude Code`.
    title: str
    family: Family
    #: What can be had from it, in one sentence: "Calls, tools and subagents of its transcripts."
    about: str
    #: Its files, where it leaves any.
    found: FileSource | None = None
    #: The requests with which it sends us something.
    pushed: tuple[Push, ...] = ()
    #: What its program asks before it sends anything, and is told.
    replies: tuple[Reply, ...] = ()
    #: How it is asked, where it answers.
    polled: Poll | None = None
    #: What has to be set up so that it sends us something, for a server at an address; None where nothing has to.
    recipe: Callable[[str], str] | None = None


# -- found -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Reading:
    """What was new in one file, or at one target that is polled."""

    records: list[Record] = field(default_factory=list)
    #: Lines that could not be believed. `position` is the byte offset of the line, `place` the file's path.
    refusals: list[Refusal] = field(default_factory=list)
    #: What to pass to the next `read` of this file; opaque to everyone but the source (see `sources.tail`).
    state: bytes = b""
    #: What no rule understood, counted once a reading by source, topic and name.
    notices: list[Notice] = field(default_factory=list)
    #: Records that are refused because our clock does not believe them yet. Not for sources: the gate fills it.
    aside: list[Aside] = field(default_factory=list)
    #: Places of a target that can be read again; refusals of them as a whole (`cannot be read …`) hold no longer.
    healed: list[str] = field(default_factory=list)
    #: How many were refused beyond those that are told one by one.
    more: int = 0

    def refuse(self, refusal: Refusal, what: str = "rows") -> None:
        """Refuse one. After a thousand they are told by a last one, which says how many there are."""
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append(refusal)
            return
        self.more += 1
        told = self.refusals[MOST_REFUSALS] if len(self.refusals) > MOST_REFUSALS else refusal
        last = replace(told, field="", reason=f"and {self.more:,} more {what} that were refused")
        self.refusals[MOST_REFUSALS:] = [last]


class FileSource(Protocol):
    """A tool that leaves files behind."""

    #: The name under which its records are kept: `claude_code`.
    name: str
    #: The name that people know: `Claude Code`.
    title: str
    #: Endings of the names of files beside one of its files whose change is a change of that file: `-wal`.
    beside: tuple[str, ...]

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders that this tool would write to for a user with this home and environment.

        Folders that do not exist yet are named as well (the follower waits for them); :meth:`files` of one is empty.
        Empty where its files are read only if somebody names them (exports).
        """

    def files(self, root: Path) -> Iterable[Path]:
        """The files under `root` that this source reads, in any order.

        `root` can also be a folder or a single file that the user names, which other sources are asked about, too:
        what is not certainly ours is left to them. What cannot be listed is passed over; links that lead in circles are
        not followed.
        """

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a file since `state` (`b""`: never read).

        A pure function of the file and the state, so that it can run in any process. Records may repeat what an
        earlier reading gave: their ids make that harmless.

        Raises:
            OSError: The file cannot be read, or is gone.
        """


# -- pushed ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """What came beside the bytes of a request."""

    media_type: str
    #: The parts of the path that are variable, and the query, each cut to what anybody would send.
    names: Mapping[str, str] = field(default_factory=dict)
    #: Our clock in microseconds since the epoch.
    now: int = 0
    #: How many records stood in the request before this portion of it.
    first: int = 0
    #: What settings say for this request (`JsonPush.settled`).
    options: Mapping[str, str] = field(default_factory=dict)
    #: Of the request's headers those that the push reads (`JsonPush.headers`), by their names in small letters.
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Received:
    """What a request, or a portion of one, held."""

    records: list[Record] = field(default_factory=list)
    #: Each record's index in the request: that of the item which it was made of.
    positions: list[int] = field(default_factory=list)
    #: Items that could not be believed; `position` is the index.
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: How many items there were, refused ones included.
    count: int = 0
    #: What is kept beside the records by some name (a sender's), each replacing what was: when it was last seen.
    states: dict[str, bytes] = field(default_factory=dict)
    #: Not for sources: the gate fills it.
    aside: list[Aside] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a request, once it is kept."""

    count: int
    accepted: int
    duplicate: int
    changed: int
    #: Those of the refused that are told one by one, by position; `refused` counts all.
    refusals: tuple[Refusal, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, in the words that its sender's program understands."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A request of a tool's program of which nothing is kept, and its answer: always the same."""

    method: Literal["GET", "POST", "PATCH"]
    #: Variable parts in braces.
    path: str
    #: One line, for the reference of endpoints.
    summary: str
    answer: Answer


class NotUnderstood(Exception):
    """A request that as a whole holds nothing that we read: `status` 400, or 415 where its media type is another."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class Push(Protocol):
    """A request with which a tool sends us something, as it would send it to its own server."""

    #: Where to: `/api/public/ingestion`; variable parts in braces.
    path: str
    #: One line, for the reference of endpoints.
    summary: str

    def portions(self, body: bytes, media_type: str) -> Iterator[bytes]:
        """A large body in bodies that :meth:`read` can read one by one; one that cannot be parted as it is.

        Raises:
            NotUnderstood: It cannot be read from some point on. What came before may have been given.
        """

    def read(self, body: bytes, sent: Sent) -> Received:
        """What a body holds. A pure function, so that it can run in any process; the gate comes after it.

        Raises:
            NotUnderstood: Nothing in it can be read.
        """

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:
        """The reply, once everything is kept. `answered` are the ids that :meth:`names` gave for the body."""

    def names(self, body: bytes) -> list[str]:
        """The sender's own ids of the items of a body, where the answer has to name them; else nothing."""

    def failure(self, status: int, reason: str) -> Answer:
        """The reply where nothing was kept: 400 and 413 are final, 429 and 503 are to be tried again."""


# -- polled ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is asked every so often: a server, a database, a device of this machine."""

    #: Unique among the targets of a source; what people call it.
    name: str
    #: Its address; never with a secret in it.
    url: str
    #: Seconds between two readings.
    every: float
    #: What else the source has to know (a table's columns), as settings name it.
    options: Mapping[str, str] = field(default_factory=dict)
    #: Put on every record that comes of it, unless the record says otherwise.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: A key or password, sent and never shown or kept.
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer of a target."""

    status: int
    body: bytes
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Fetch(Protocol):
    """Asks a target over HTTP: with its address and secret, bounded in time and size, redirects not followed."""

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Fetched:
        """The answer, of whatever status. `path` is below the target's address; with a body it is a POST.

        Raises:
            PollError: There is none, or it is too large.
        """


class PollError(Exception):
    """A target that cannot be read just now; it is asked again, ever more rarely. Says why, in one line.

    `secret` is true where it wants a key or password, or another one; `absent` where nothing answers at its address.
    `retry_after` is after how many seconds it wants to be asked again at the earliest; `final` is true where the same
    question will not be answered however often it is asked. `status` is that of the answer, where there was one.
    """

    def __init__(
        self,
        reason: str,
        *,
        secret: bool = False,
        absent: bool = False,
        retry_after: float = 0.0,
        final: bool = False,
        status: int = 0,
    ) -> None:
        super().__init__(reason)
        self.secret = secret
        self.absent = absent
        self.retry_after = retry_after
        self.final = final
        self.status = status


class Poll(Protocol):
    """A tool that answers when it is asked."""

    #: Seconds between two readings, unless settings say otherwise.
    every: float

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:
        """Targets on this machine that are tried without being told: `http://127.0.0.1:11434`. Often none."""

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """What is new at a target since `state` (`b""`: never read); `now` is our clock in microseconds.

        Raises:
            PollError: It cannot be read just now.
        """
