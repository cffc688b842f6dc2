"""A table as a target: `file:///…`, `postgresql://…` or `mysql://…`, asked for what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from tokometer.host.regular import read_text
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.table.engines import Engine, TableError, form_of, open_file
from tokometer.sources.table.growing import is_growing
from tokometer.sources.table.mapping import MapError, TableMap, map_from
from tokometer.sources.table.reading import Memory, finish, maps_for, portions, take
from tokometer.sources.table.rows import PORTION
from tokometer.sources.table.servers import open_server
from tokometer.sources.tail import Stamp

#: Rows of one question; what is more waits for the next.
MOST_ROWS: Final = 200_000
#: The option that names the file of maps.
MAP: Final = "map"


class Tables:
    """Tables that are asked every so often; see `sources.protocol.Poll`."""

    every = 60.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - nothing is tried by itself
        """See `Poll.local`."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:  # noqa: ARG002 - not over HTTP
        """See `Poll.read`."""
        try:
            return read_some(target, decoded(state, Memory))
        except (MapError, TableError) as error:
            raise PollError(str(error), secret=getattr(error, "secret", False)) from error
        except FileNotFoundError as error:
            raise PollError("there is no such file", absent=True) from error
        except OSError as error:
            raise PollError(f"cannot be read: {error.strerror or error}") from error


def read_some(target: Target, memory: Memory, most: int = MOST_ROWS) -> Reading:
    """What is new at a target; at most about so many rows of it.

    Raises:
        MapError: Its map cannot be followed.
        TableError, OSError: It cannot be read.
    """
    path = path_of(target.url)
    reading = Reading()
    if path is not None and not _begins(path, memory):
        reading.state = encoded(memory)
        return reading
    place = target.url if target.name in ("", target.url) else f"{target.url} ({target.name})"
    told = maps_of(target.options)
    with open_target(target, growing=path is not None and is_growing(path)) as engine:
        memory.cut = engine.cut
        maps = maps_for(engine, told)
        count = 0
        for made in portions(engine, maps, memory, min(PORTION, most)):
            take(reading, made, place)
            count += made.count
            if count >= most:
                break
        finish(reading, engine, maps, place, chosen=bool(told))
    reading.state = encoded(memory)
    return reading


def _begins(path: Path, memory: Memory) -> bool:
    """Whether a file has something to be read; where it is read whole, a new pass begins at its start."""
    if memory.busy:
        return True
    stamp, before = tuple(Stamp.of(path, ("-wal",))), memory.stamp
    if stamp == before and (not memory.cut or is_growing(path)):
        return False
    memory.stamp = stamp
    if form_of(path) != "sqlite" or stamp[:2] != before[:2]:
        # Another database in its place has numbers and times of its own, which may be before those that were read.
        memory.tables.clear()
    return True


def path_of(url: str) -> Path | None:
    """The file that an address names; None where it is a server's.

    Raises:
        TableError: It is a file on another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("file", "sqlite"):
        return None
    if parts.netloc not in ("", "localhost"):
        raise TableError("names a file of another machine; write file:/// and the whole path")
    return Path(unquote(parts.path))


def maps_of(options: Mapping[str, str]) -> list[TableMap]:
    """The maps that a target's options name.

    Raises:
        MapError: They cannot be read.
    """
    name = options.get(MAP, "")
    if not name:
        return []
    try:
        return map_from(read_text(Path(name).expanduser()))
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        raise MapError(
            f"the map {name} cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})"
        ) from error
    except MapError as error:
        raise MapError(f"the map {name}: {error}") from None


@contextmanager
def open_target(target: Target, *, growing: bool = False) -> Iterator[Engine]:
    """What an address names, open; see `engines.open_file`.

    Raises:
        TableError, OSError: It cannot be read.
    """
    path = path_of(target.url)
    if path is not None:
        with open_file(path, growing=growing) as engine:
            yield engine
    else:
        with open_server(target.url, target.secret) as server:
            yield server


def is_busy(state: bytes) -> bool:
    """Whether a reading that left this state had more to read."""
    try:
        return decoded(state, Memory).busy
    except msgspec.MsgspecError:
        return False


POLLED: Final = Tables()
