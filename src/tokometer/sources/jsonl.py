"""Files of JSON, a value a line, that a tool appends to: what all sources of them share.

A source says which files are its own and what a line means; here it is seen to that a file is read from where it was
left, that a broken line spoils only itself, and that a file which is something else is not listed line by line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec

from tokometer.records import Record, RecordError, Refusal, mistake, now_us
from tokometer.records.values import decimal, name_of
from tokometer.sources.frames import Frames, is_compressed
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.remembered import encoded, recalled
from tokometer.sources.tail import LINE_LIMIT, Tail

M = TypeVar("M", bound=msgspec.Struct)

_DECODER: Final = msgspec.json.Decoder(float_hook=decimal)
#: A file that is something else entirely is not listed line by line.
_TOO_LONG: Final = f"a line longer than {LINE_LIMIT >> 20} MiB"


class LinesReader(ABC, Generic[M]):
    """One reading of one file: takes its new lines in their order, and says at the end what they mean."""

    #: What is remembered of a file between two readings: a struct of which every field has a default.
    Memory: ClassVar[type[msgspec.Struct]]
    #: Whether its tool adds to files that are compressed.
    growing: ClassVar[bool] = False

    def __init__(self, path: Path, memory: M, noticed: Noticed) -> None:
        self.path = path
        self.memory = memory
        self.noticed = noticed

    @abstractmethod
    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """The records that a line means; `offset` is where it stands in the file. Floats come as `Decimal`.

        Raises:
            RecordError: Something in it cannot be believed: the line is refused, the others go on.
        """

    def finish(self) -> Iterable[Record]:
        """What can be said once all lines have been taken; the memory is kept after it."""
        return ()


class LinesSource(ABC):
    """A source of such files: see `sources.protocol.FileSource`."""

    name: str
    title: str
    beside: tuple[str, ...] = ()
    #: What reads one file.
    reader: type[LinesReader[Any]]

    @abstractmethod
    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """See `FileSource.roots`."""

    @abstractmethod
    def files(self, root: Path) -> Iterable[Path]:
        """See `FileSource.files`."""

    def read(self, path: Path, state: bytes) -> Reading:
        """See `FileSource.read`."""
        return read_lines(self.name, self.reader, path, state)


def read_lines(name: str, reader: type[LinesReader[Any]], path: Path, state: bytes) -> Reading:
    """What is new in a file of lines of the source `name`, for sources that also have files of other kinds.

    One that is compressed (`.zst`, `.zstd`) is read whole.

    Raises:
        OSError: It cannot be read, or is gone.
    """
    if is_compressed(path):
        return _read_compressed(name, reader, path)
    with Tail(path, state) as tail:
        memory = recalled(tail.extra, reader.Memory)
        if memory is not None or not tail.offset:
            return _read(name, reader, path, tail, memory)
    # The state was written by another version of this code: what it left out is found again from the start.
    with Tail(path, b"") as tail:
        return _read(name, reader, path, tail, None)


def _read(name: str, kind: type[LinesReader[Any]], path: Path, tail: Tail, memory: msgspec.Struct | None) -> Reading:
    taking = _Taking(name, kind, path, memory)
    for offset, raw in tail.lines():
        taking.take(offset, raw)
    for offset in tail.oversized:
        taking.refuse(offset, RecordError("", _TOO_LONG))
    taking.finish(tail.offset)
    return taking.reading(tail.state(encoded(taking.reader.memory)))


def _read_compressed(name: str, kind: type[LinesReader[Any]], path: Path) -> Reading:
    taking, frames = _Taking(name, kind, path, None), Frames(path, growing=kind.growing)
    with Tail(path, b"") as tail:
        for data, end, offset in frames.blocks():
            start = 0
            for raw in bytes(data[:end]).split(b"\n"):
                taking.take(offset + start, raw)
                start += len(raw) + 1
        for offset in frames.oversized:
            taking.refuse(offset, RecordError("", _TOO_LONG))
        if frames.damage is not None:
            taking.refuse(frames.damage[0], RecordError("", f"{frames.damage[1]}; what comes before was read"))
        taking.finish(tail.size)
        # All of it, as far as its size and times tell: it is read anew when they do.
        tail.offset = tail.size
        return taking.reading(tail.state())


class _Taking:
    """Lines as they are given to a reader, and what comes of them."""

    def __init__(self, name: str, kind: type[LinesReader[Any]], path: Path, memory: msgspec.Struct | None) -> None:
        self._name = name
        self._place = str(path)
        self._noticed = Noticed(name, self._place)
        self.reader = kind(path, kind.Memory() if memory is None else memory, self._noticed)
        self._reading = Reading()

    def take(self, offset: int, raw: bytes) -> None:
        if not (stripped := raw.strip()):
            return
        try:
            self._reading.records.extend(self.reader.take(_object(stripped), offset))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this line, and the others count
            self.refuse(offset, mistake(error))

    def refuse(self, offset: int, error: RecordError) -> None:
        refusal = Refusal(self._name, self._place, offset, error.field, error.reason, now_us())
        self._reading.refuse(refusal, "lines of this file")

    def finish(self, offset: int) -> None:
        try:
            self._reading.records.extend(self.reader.finish())
        except Exception as error:  # noqa: BLE001 - as above
            self.refuse(offset, mistake(error))

    def reading(self, state: bytes) -> Reading:
        self._reading.state, self._reading.notices = state, self._noticed.all()
        return self._reading


def json_object(text: bytes | memoryview | str) -> dict[str, Any]:
    """A JSON object, its floats as `Decimal`.

    Raises:
        RecordError: It is none.
    """
    return _object(text)


def json_value(text: bytes | memoryview | str) -> Any:  # noqa: ANN401 - any JSON
    """Any JSON value, its floats as `Decimal`.

    Raises:
        RecordError: It is none.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, ArithmeticError) as error:
        raise RecordError("", f"is not JSON: {_why(error)}") from None


def _object(text: bytes | memoryview | str) -> dict[str, Any]:
    value = json_value(text)
    if not isinstance(value, dict):
        raise RecordError("", f"is {name_of(value)}, not an object")
    return value


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "not valid UTF-8"
    if isinstance(error, ArithmeticError):
        return "a number with too many digits"
    return str(error).removeprefix("JSON is malformed: ").lower()
