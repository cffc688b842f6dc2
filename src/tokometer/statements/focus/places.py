"""Where files of bills are: a folder, or S3-compatible storage. Which files there are, and each as a local path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from io import BufferedWriter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol
from urllib.parse import quote, unquote

from tokometer.host.regular import open_regular
from tokometer.sources.polling import checked
from tokometer.sources.protocol import PollError
from tokometer.statements.protocol import Asked

ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
#: Files that are looked at, and the bytes of one.
MOST_FILES: Final = 20_000
MOST_BYTES: Final = 8 << 30
#: Bytes of an object that are asked for at once.
_PIECE: Final = 8 << 20
_CONTENTS: Final = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_NEXT: Final = re.compile(r"<NextContinuationToken>(.*?)</NextContinuationToken>", re.DOTALL)
_PAGES: Final = 200


@dataclass(frozen=True, slots=True)
class BillFile:
    """A file of a bill, wherever it is."""

    #: Its path below the place.
    name: str
    #: What tells whether it has changed.
    mark: str
    #: When it was written, in seconds since the epoch.
    changed: float
    size: int


class Place(Protocol):
    """Where files of bills are."""

    def files(self) -> list[BillFile]:
        """The files that may be bills.

        Raises:
            PollError: It cannot be looked at.
        """

    @contextmanager
    def local(self, files: Sequence[BillFile]) -> Iterator[list[Path]]:
        """The files as local paths, for as long as it takes.

        Raises:
            PollError: They cannot be had now.
        """


def place_of(asked: Asked) -> Place | None:
    """Where an account's bills are; None where they are only uploaded."""
    if bucket := asked.options.get("bucket", "").strip("/ "):
        return _Storage(asked, bucket)
    if folder := asked.options.get("folder", "").strip():
        return _Folder(Path(folder).expanduser())
    return None


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> list[BillFile]:
        """See `Place.files`."""
        if not self._folder.is_dir():
            raise PollError(f"there is no folder {self._folder}", absent=True)
        found = []
        try:
            for path in sorted(self._folder.rglob("*")):
                if path.name.lower().endswith(ENDINGS) and path.is_file():
                    told = path.stat()
                    mark = f"{told.st_size}:{told.st_mtime_ns}"
                    found.append(BillFile(path.relative_to(self._folder).as_posix(), mark, told.st_mtime, told.st_size))
                if len(found) > MOST_FILES:
                    raise PollError(f"has more than {MOST_FILES:,} files")
        except OSError as error:
            raise PollError(f"cannot be read: {error.strerror or 'no reason given'}") from error
        return found

    @contextmanager
    def local(self, files: Sequence[BillFile]) -> Iterator[list[Path]]:
        """See `Place.local`."""
        yield [self._folder / one.name for one in files]


class _Storage:
    """A bucket, asked by the paths of its objects, which every storage that speaks S3 understands."""

    def __init__(self, asked: Asked, bucket: str) -> None:
        self._ask = asked.ask
        self._bucket, _, self._prefix = bucket.removeprefix("s3://").partition("/")

    def files(self) -> list[BillFile]:
        """See `Place.files`."""
        found: list[BillFile] = []
        token = ""
        for _ in range(_PAGES):
            query = {"list-type": "2", "prefix": self._prefix, "encoding-type": "url", "max-keys": "1000"}
            answer = self._ask(f"/{self._bucket}", query | ({"continuation-token": token} if token else {}))
            text = checked(answer, f"the bucket {self._bucket}").decode("utf-8", "replace")
            found += [file for one in _CONTENTS.findall(text) if (file := self._file(one))]
            following = _NEXT.search(text)
            if following is None:
                return found
            token = unescape(following[1])
            if len(found) > MOST_FILES:
                break
        raise PollError(f"has more than {MOST_FILES:,} files; name a prefix")

    def _file(self, text: str) -> BillFile | None:
        told = {name: unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</", text)}
        name = unquote(told.get("Key", "").replace("+", " "))
        if not name.lower().endswith(ENDINGS) or not told.get("Size", "").isdigit():
            return None
        try:
            changed = datetime.fromisoformat(told.get("LastModified", "")).timestamp()
        except ValueError:
            changed = 0.0
        return BillFile(name, told.get("ETag", "").strip('"') or told["Size"], changed, int(told["Size"]))

    @contextmanager
    def local(self, files: Sequence[BillFile]) -> Iterator[list[Path]]:
        """See `Place.local`."""
        with TemporaryDirectory(prefix="tokometer-bill-") as folder:
            paths = []
            for at, one in enumerate(files):
                ending = next(end for end in ENDINGS if one.name.lower().endswith(end))
                paths.append(Path(folder) / f"{at:05}{ending}")
                self._fetch(one, paths[-1])
            yield paths

    def _fetch(self, file: BillFile, path: Path) -> None:
        if file.size > MOST_BYTES:
            raise PollError(f"{file.name} is larger than {MOST_BYTES >> 30} GiB")
        where = f"/{self._bucket}/{quote(file.name, safe='/-_.~')}"
        begin = 0
        with BufferedWriter(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)) as out:
            while begin < file.size:
                last = min(begin + _PIECE, file.size) - 1
                piece = checked(self._ask(where, headers={"Range": f"bytes={begin}-{last}"}), file.name)
                if len(piece) != last - begin + 1:
                    raise PollError(f"{file.name} changed while it was read")
                begin += out.write(piece)
