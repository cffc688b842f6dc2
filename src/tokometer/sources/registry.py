"""Every source, by name: our own are the packages beside this module that have a module `source`.

Others come as plug-ins: an installed package with an entry point in the group `tokometer.sources`, which names a
:class:`~tokometer.sources.protocol.Source`. One that cannot be loaded stops nothing: it is listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, NamedTuple

from tokometer.records.redaction import redacted
from tokometer.sources.protocol import FileSource, Source

GROUP: Final = "tokometer.sources"
_LONGEST: Final = 200


class Broken(NamedTuple):
    """A plug-in that cannot be used."""

    name: str
    #: The package that brings it, and what it points to.
    package: str
    reason: str


class _Sources(Mapping[str, Source]):
    """Sources are imported when they are asked for: their names alone cost nothing."""

    def __init__(self, others: Callable[[], list[EntryPoint]]) -> None:
        self._others = others
        self._loaded: dict[str, Source] = {}
        self._broken: dict[str, Broken] = {}

    def __getitem__(self, name: str) -> Source:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in (*_own(), *self._plugged()) if name in self._loaded or self._loads(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def broken(self) -> list[Broken]:
        """The plug-ins that cannot be used, and why."""
        list(self)
        return list(self._broken.values())

    def _loads(self, name: str) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True

    def _load(self, name: str) -> Source:
        if name in _own():
            source: Source = import_module(f"tokometer.sources.{name}.source").SOURCE
            return source
        point = self._plugged().get(name)
        if point is None or name in self._broken:
            raise KeyError(name)
        try:
            found = point.load()
            if not isinstance(found, Source) or found.name != name:
                raise TypeError(f"it is no Source named {name!r}")  # noqa: TRY301 - reported like whatever it raises
        except Exception as error:  # noqa: BLE001 - somebody else's code, which must not stop ours
            self._break(name, point, f"{type(error).__name__}: {error}")
            raise KeyError(name) from None
        return found

    def _plugged(self) -> dict[str, EntryPoint]:
        found: dict[str, EntryPoint] = {}
        for point in self._others():
            if point.name in _own() or point.name in found:
                self._break(point.name + " ", point, "there is another source of this name")
            else:
                found[point.name] = point
        return found

    def _break(self, name: str, point: EntryPoint, reason: str) -> None:
        package = point.dist.name if point.dist is not None else ""
        self._broken[name] = Broken(point.name, f"{package} ({point.value})", redacted(reason, _LONGEST))


@cache
def _own() -> dict[str, None]:
    folder = Path(__file__).parent
    return {path.parent.name: None for path in sorted(folder.glob("*/source.py"))}


@cache
def _installed() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))


class _Found(Mapping[str, FileSource]):
    """The sources that leave files behind."""

    def __getitem__(self, name: str) -> FileSource:
        found = SOURCES[name].found
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, source in SOURCES.items() if source.found is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


SOURCES: Final = _Sources(_installed)
FILE_SOURCES: Final[Mapping[str, FileSource]] = _Found()
