"""Keeping what a portion states: one commit of its lines and its place; before it, what they were as versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tokometer.accounts import Version
from tokometer.accounts.syncs import Syncs
from tokometer.collect.syncing.comparing import LINES, Compared, Difference, compared, ids_of, withdrawn
from tokometer.collect.syncing.places import Place, encoded, source_of
from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.aside import waiting_of
from tokometer.ledger.packed import Stood
from tokometer.records import Notice, Record, Refusal, to_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import admit
from tokometer.statements import Stated

#: A file with more lines than this is kept in several commits, its place in the last one.
PIECE: Final = 20_000
_ID_BYTES: Final = 16
#: Nobody waits longer for a commit (seconds): the ledger is away.
_PATIENCE: Final = 600.0


@dataclass(slots=True)
class Came:
    """What came of a portion, or of several."""

    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    same: int = 0
    refused: int = 0

    def add(self, other: Came) -> None:
        """Count another one's as well."""
        self.new += other.new
        self.changed += other.changed
        self.withdrawn += other.withdrawn
        self.same += other.same
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class Whose:
    """The account whose statements are kept."""

    id: str
    title: str
    workspace: str = "default"


@dataclass(slots=True)
class Gathered:
    """What was read of a portion and is not committed yet."""

    records: dict[bytes, Record] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    aside: list[tuple[Record, Refusal]] = field(default_factory=list)


class Keeper:
    """Keeps portions of one account.

    `prepare` is given records before they are held against what is known (amounts in other currencies become dollars
    there); `still_ours` raises where the account is no longer ours to sync; `pause` waits a moment.
    """

    def __init__(
        self,
        whose: Whose,
        writer: Writer,
        ledger: Ledger,
        syncs: Callable[[], Syncs],
        *,
        prepare: Callable[[Sequence[Record]], None] = lambda _: None,
        still_ours: Callable[[], None] = lambda: None,
        pause: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._whose = whose
        self._writer = writer
        self._ledger = ledger
        self._syncs = syncs
        self._prepare = prepare
        self._still_ours = still_ours
        self._pause = pause

    def places(self) -> dict[str, bytes]:
        """Where each portion was left."""
        return dict(self._ledger.cursors(source_of(self._whose.id)))

    def keep(
        self,
        pages: Iterable[Stated],
        name: str,
        mark: str,
        before: Place | None,
        now: datetime,
        *,
        settles: bool = True,
    ) -> Came:
        """Keep what a portion states; `name` is its place, `before` what is known of it, `now` when it was asked for.

        Of one that says what it said before only the place is kept, and that only where it `settles` that the portion
        is not asked for again.

        Raises:
            PollError: It cannot be read: nothing of it is kept, or the first pieces of a large one.
            LedgerError: It cannot be kept just now.
            WriterClosed: The server is stopping.
        """
        asked = max(to_us(now), before.asked + 1_000 if before is not None else 0)
        came, seen = Came(), Seen()
        gathered = Gathered()
        for page in pages:
            self.take(page, name, gathered, seen, asked)
            if len(gathered.records) >= PIECE:
                came.add(self.commit(gathered, {}, now, {}, asked))
                gathered = Gathered()
        gone = {} if seen.refused or before is None else seen.gone(before.ids)
        ids = seen.ids if not seen.refused or before is None else seen.with_those(before.ids)
        place = Place(asked, mark, ids, seen.refused)
        says_the_same = before is not None and (before.mark, before.ids) == (mark, ids)
        keeps = {} if says_the_same and not settles else {name: place}
        came.add(self.commit(gathered, keeps, now, gone, place.asked))
        came.refused = seen.refused
        return came

    def take(self, page: Stated, name: str, gathered: Gathered, seen: Seen, asked: int) -> None:
        """Take a page of what a portion states through the gate."""
        for record in page.records:
            record.workspace = self._whose.workspace
            record.account = record.account or self._whose.title
            record.revision = asked // 1_000
        _tell_apart(page.records)
        self._prepare(page.records)
        place = f"{self._whose.title}: {name}"
        admitted = admit(page.records, place, now=asked)
        refusals, notices = fit_to_tell(
            [*map(self._of_workspace, page.refusals), *admitted.refusals], [*page.notices, *admitted.notices]
        )
        gathered.refusals += refusals
        gathered.notices += notices
        gathered.aside += admitted.aside
        ids = ids_of(admitted.records)
        gathered.records.update(zip(ids, admitted.records, strict=True))
        seen.add(ids, admitted.records, len(refusals))

    def _of_workspace(self, refusal: Refusal) -> Refusal:
        return replace(refusal, workspace=self._whose.workspace)

    def commit(
        self,
        gathered: Gathered,
        places: Mapping[str, Place],
        now: datetime,
        gone: Mapping[str, Sequence[bytes]],
        asked: int,
    ) -> Came:
        """Keep what was gathered, with places and without the lines that are `gone`, in one commit.

        Raises:
            LedgerError: It cannot be kept just now.
            WriterClosed: The server is stopping.
        """
        found = compared(self._ledger, gathered.records)
        found.add(withdrawn(self._ledger, gone, asked // 1_000))
        self._still_ours()
        self._keep_versions(found.differences, now)
        source = source_of(self._whose.id)
        batch = Batch(
            found.records,
            gathered.refusals,
            notices=gathered.notices,
            aside=[waiting_of(*one) for one in gathered.aside],
            cursors={(source, name): encoded(place) for name, place in places.items()},
            stood=[Stood(self._whose.title, len(found.records))] if found.records else [],
        )
        if batch.size or batch.refusals or batch.notices or batch.cursors or batch.aside:
            self._submit(batch)
        return _came(found)

    def _keep_versions(self, differences: Sequence[Difference], now: datetime) -> None:
        if differences:
            whose = self._whose
            self._syncs().keep_versions(
                Version(
                    workspace=whose.workspace,
                    account=whose.id,
                    record=one.kind,
                    native_id=one.native_id,
                    replaced=now,
                    was=one.was,
                    became=one.became,
                )
                for one in differences
            )

    def _submit(self, batch: Batch) -> None:
        while True:
            try:
                future = self._writer.submit(batch)
            except QueueFull as full:
                self._pause(full.retry_after)
                continue
            try:
                future.result(_PATIENCE)
            except TimeoutError:
                future.cancel()
                raise WriterClosed("the ledger does not answer") from None
            return


class Seen:
    """The lines that a portion has stated, and how much of it was refused."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[bytes, None]] = {}
        self.refused = 0

    def add(self, ids: Iterable[bytes], records: Iterable[Record], refused: int) -> None:
        """Take note of a page."""
        self.refused += refused
        for id_, record in zip(ids, records, strict=True):
            if record.kind in LINES:
                self._ids.setdefault(record.kind, {})[id_] = None

    @property
    def ids(self) -> dict[str, bytes]:
        """All of them, as a place keeps them."""
        return {kind: b"".join(ids) for kind, ids in self._ids.items()}

    def gone(self, before: Mapping[str, bytes]) -> dict[str, list[bytes]]:
        """Those that stood there before and are not among them."""
        return {
            kind: [id_ for id_ in _parted(ids) if id_ not in self._ids.get(kind, {})] for kind, ids in before.items()
        }

    def with_those(self, before: Mapping[str, bytes]) -> dict[str, bytes]:
        """All of them and those before: where something was not understood, nobody knows what is gone."""
        for kind, ids in before.items():
            self._ids.setdefault(kind, {}).update(dict.fromkeys(_parted(ids)))
        return self.ids


def _parted(ids: bytes) -> Iterator[bytes]:
    for at in range(0, len(ids), _ID_BYTES):
        yield ids[at : at + _ID_BYTES]


def _tell_apart(records: Iterable[Record]) -> None:
    """Number lines of one page that are about the very same, so that none takes another's place."""
    met: dict[tuple[str, str], int] = {}
    for record in records:
        key = record.source, record.native_id
        met[key] = met.get(key, 0) + 1
        if met[key] > 1:
            record.native_id = f"{record.native_id}#{met[key]}"


def _came(found: Compared) -> Came:
    return Came(found.new, found.changed, found.withdrawn, found.same)
