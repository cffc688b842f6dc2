"""Files that somebody uploads: what each speaks for, and that the newest statement of it holds.

A kind says of the lines of a file which statement they are of (what an account is billed for a period), whatever the
file is called. What the newest file of a statement does not state is withdrawn; an older one changes nothing in it,
whether it comes for the first time or again. Who uploads a file may say when it was written; else that is when it came
for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec

from tokometer.collect.syncing.keeping import PIECE, Came, Gathered, Keeper, Seen
from tokometer.collect.syncing.places import Place, decoded
from tokometer.records import to_us
from tokometer.statements import Of, Stated

#: Places of files, and of statements that files are about.
_FILES: Final = "uploads/"
_STATEMENTS: Final = "stated/"
_BETWEEN: Final = "\x1f"
#: Files of a statement that are remembered.
_MOST_FILES: Final = 200


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as somebody uploads it."""

    name: str
    content: bytes
    #: When it was written, where whoever uploads it says so.
    written: datetime | None = None

    @property
    def digest(self) -> str:
        """What tells its content from any other."""
        return blake2b(self.content, digest_size=12).hexdigest()


class _Spoken(msgspec.Struct, array_like=True):
    """Which file spoke last for a place; the mark of that."""

    export: str
    #: When it was written (milliseconds since the epoch).
    written: int
    digest: str
    #: All that have spoken, by digest, and when each was written.
    files: dict[str, int] = {}

    @property
    def rank(self) -> tuple[int, str]:
        """Who is newer; of two that were written at the same time always the same one is."""
        return self.written, self.digest


@dataclass(slots=True)
class _Turn:
    """A file's turn to speak for a place."""

    place: str
    of: Of
    spoken: _Spoken
    #: Places of the same statement that another export spoke for.
    others: list[str]
    #: A newer one has spoken.
    late: bool = False
    seen: Seen = field(default_factory=Seen)


def keep_uploaded(keeper: Keeper, pages: Iterable[Stated], file: Uploaded, now: datetime) -> Came:
    """Keep what a file states that somebody uploads.

    Raises:
        PollError: It cannot be read: nothing of it is kept, or the first pieces of a large one.
        LedgerError: It cannot be kept just now.
        WriterClosed: The server is stopping.
    """
    return _Keeping(keeper, file, now).keep(pages)


class _Keeping:
    def __init__(self, keeper: Keeper, file: Uploaded, now: datetime) -> None:
        self._keeper = keeper
        self._file = file
        self._digest = file.digest
        self._now = now
        self._places = {
            name: place
            for name, state in keeper.places().items()
            if name.startswith((_FILES, _STATEMENTS)) and (place := decoded(state)) is not None
        }
        self._asked = max([to_us(now), *(place.asked + 1_000 for place in self._places.values())])
        self._turns: dict[str, _Turn] = {}

    def keep(self, pages: Iterable[Stated]) -> Came:
        """Keep all of it."""
        came, gathered, beside = Came(), Gathered(), Seen()
        for page in pages:
            if page.of is None and not page.records:
                # What was refused or noticed is of the file, not of one of its statements: nobody knows of which.
                self._keeper.take(page, _FILES + self._file.name, gathered, beside, self._asked)
                continue
            turn = self._turn(page.of)
            if turn.late:
                came.same += len(page.records)
                page.records = []
            for record in page.records:
                if turn.of.piece:
                    record.native_id = f"{record.native_id}:{turn.of.piece}"
            self._keeper.take(page, turn.place, gathered, turn.seen, self._asked)
            if len(gathered.records) >= PIECE:
                came.add(self._keeper.commit(gathered, {}, self._now, {}, self._asked))
                gathered = Gathered()
        if not self._turns:
            self._turn(None)
        refused = beside.refused + sum(turn.seen.refused for turn in self._turns.values())
        keeps, gone = self._ended(refused)
        came.add(self._keeper.commit(gathered, keeps, self._now, gone, self._asked))
        came.refused = refused
        return came

    def _turn(self, of: Of | None) -> _Turn:
        name = self._file.name
        if of is None:
            place, of = _FILES + name, Of(name, export=name)
        else:
            place = _BETWEEN.join((_STATEMENTS + of.statement, *([of.piece] if of.piece else [])))
        if place not in self._turns:
            self._turns[place] = self._begun(place, of)
        return self._turns[place]

    def _begun(self, place: str, of: Of) -> _Turn:
        before = self._spoken(place)
        files = dict(before.files) if before is not None else {}
        moment = to_us(self._now) // 1_000
        written = self._file.written
        at = min(to_us(written) // 1_000, moment) if written is not None else files.get(self._digest, moment)
        mine = _Spoken(of.export, at, self._digest, dict([*files.items(), (self._digest, at)][-_MOST_FILES:]))
        others = []
        late = before is not None and before.rank > mine.rank
        for name in self._places:
            if name == place or name.partition(_BETWEEN)[0] != place.partition(_BETWEEN)[0]:
                continue
            other = self._spoken(name)
            if other is not None and other.export != of.export:
                others.append(name)
                late = late or other.rank > mine.rank
        return _Turn(place, of, mine, others, late)

    def _spoken(self, place: str) -> _Spoken | None:
        """Who spoke last for a place; None where nobody did, or an earlier release took it in."""
        try:
            return msgspec.json.decode(self._places[place].mark, type=_Spoken)
        except (KeyError, msgspec.DecodeError, msgspec.ValidationError):
            return None

    def _ended(self, refused: int) -> tuple[dict[str, Place], dict[str, list[bytes]]]:
        """The places as they are now, and the lines that nobody states any more."""
        keeps: dict[str, Place] = {}
        gone: dict[str, list[bytes]] = {}
        turns = [turn for turn in self._turns.values() if not turn.late]
        whole = Seen()
        for turn in turns:
            whole.with_those(turn.seen.ids)
        for turn in turns:
            before = self._places.get(turn.place)
            ids, mark = turn.seen.ids, msgspec.json.encode(turn.spoken).decode()
            if refused and before is not None:
                # Where something was not understood, nobody knows what is gone.
                ids = turn.seen.with_those(before.ids)
            elif before is not None:
                _add(gone, whole.gone(before.ids))
            keeps[turn.place] = Place(self._asked, mark, ids, refused)
            for other in [] if refused else turn.others:
                _add(gone, whole.gone(self._places[other].ids))
                keeps[other] = Place(self._asked, self._places[other].mark)
        by_name = self._places.get(_FILES + self._file.name)
        if turns and by_name is not None and _FILES + self._file.name not in self._turns and not refused:
            # It was taken in before statements had places of their own.
            _add(gone, whole.gone(by_name.ids))
            keeps[_FILES + self._file.name] = Place(self._asked, by_name.mark)
        return keeps, gone


def _add(gone: dict[str, list[bytes]], more: dict[str, list[bytes]]) -> None:
    for kind, ids in more.items():
        gone.setdefault(kind, []).extend(ids)
