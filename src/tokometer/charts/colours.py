"""Which colour a name has: the same on every page, in every theme and in print, as long as the folder lives."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from zlib import crc32

from tokometer.host.private import private_folder, write_private
from tokometer.host.regular import read_bytes

#: Ordered so that each colour is as far as can be from all before it, for readers with normal, protanopic and
#: deuteranopic vision. All keep 3 : 1 against the cards of both themes, so that a name has one colour, not two.
PALETTE: Final = (
    "#3c78e1",
    "#cf6f21",
    "#9c5069",
    "#b93aa6",
    "#d2697f",
    "#6996b4",
    "#8a8ae6",
    "#009a86",
    "#a5784b",
    "#0069a5",
    "#87871e",
    "#7a5cdb",
    "#3c872d",
)
#: More, for those that meet others of their colour in one chart: as far from all above as can be, and as readable.
MORE: Final = (
    *("#fc48b4", "#546c3c", "#8424fc", "#546c84", "#b418c0", "#fc3c60", "#6084cc", "#307800", "#4860c0", "#cc1860"),
    *("#00789c", "#c048fc", "#d8000c", "#7890cc", "#cc0c84", "#486c6c", "#b46cfc", "#909060", "#a84848"),
    *("#f0609c", "#7884b4", "#24a83c"),
)
#: What is left when the largest are named; never given to a name.
OTHER: Final = "#848a97"
#: What nobody named; beside what is left.
UNKNOWN: Final = "#84846c"
#: How long to wait before the file is written again where it could not be (seconds).
_PATIENCE: Final = 30.0


#: Names whose colours are remembered. Nobody tells more apart, and whoever sends records decides how many there are.
MOST_NAMES: Final = 2_000
#: A longer name is not remembered.
_LONGEST: Final = 1_024
#: Names that a new one is told apart from, where more are shown beside it.
_COMPANY: Final = 50


class Colours:
    """Colours by name, given out in the order in which names are first seen and then kept.

    When every colour is taken, a new name gets one that nothing beside it has, of those the one fewest names have. Two
    names of one colour that meet in a chart are told apart there: the more important one keeps it.

    Args:
        path: Where to remember them; without it they live as long as the process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._slots = _read(path)
        #: What was given out since is not in the file, which is tried again from then on (monotonic, seconds).
        self._unwritten = False
        self._not_before = 0.0

    def of(self, names: Iterable[str], beside: Iterable[str] = ()) -> dict[str, str]:
        """A colour for each name, none twice; those that are too many for that are :data:`OTHER`.

        Hand the most important name first: first comers get the most distinct ones, and keep theirs where two meet.
        `beside` are colours that something else in the same chart has.
        """
        wanted = list(dict.fromkeys(names))
        with self._lock:
            new = [name for name in wanted if name not in self._slots]
            company = wanted[:_COMPANY]
            for name in new:
                # After so many names a new one's colour follows from the name alone.
                if len(self._slots) < MOST_NAMES and len(name) <= _LONGEST:
                    self._slots[name] = self._free_slot(company)
                    self._unwritten = True
            if self._unwritten and time.monotonic() >= self._not_before:
                self._write()
            own = {name: PALETTE[self._slots.get(name, _slot_of(name))] for name in wanted}
        return _told_apart(own, set(beside))

    def given(self) -> dict[str, str]:
        """The colour of every name that has been given one."""
        with self._lock:
            return {name: PALETTE[slot] for name, slot in self._slots.items()}

    def _free_slot(self, company: Iterable[str]) -> int:
        given = Counter(self._slots.values())
        beside = {self._slots[name] for name in company if name in self._slots}
        return min(range(len(PALETTE)), key=lambda slot: (slot in beside, given[slot], slot))

    def _write(self) -> None:
        if self._path is None:
            return
        text = json.dumps(self._slots, ensure_ascii=False, indent=0)
        try:
            private_folder(self._path.parent)
            write_private(self._path, text.encode())
            self._unwritten = False
        except (OSError, UnicodeEncodeError):
            # A full or read-only disk costs the memory of colours for a while, not the page.
            self._not_before = time.monotonic() + _PATIENCE


def _told_apart(own: dict[str, str], taken: set[str]) -> dict[str, str]:
    """The same names, those with another colour of which an earlier one has theirs."""
    found: dict[str, str] = {}
    crowded = []
    for name, colour in own.items():
        if colour in taken:
            crowded.append(name)
        else:
            taken.add(colour)
            found[name] = colour
    free = iter([colour for colour in (*PALETTE, *MORE) if colour not in taken])
    found |= {name: next(free, OTHER) for name in crowded}
    return {name: found[name] for name in own}


def _slot_of(name: str) -> int:
    """A slot that follows from a name, in every process."""
    return crc32(name.encode("utf-8", "replace")) % len(PALETTE)


def _read(path: Path | None) -> dict[str, int]:
    if path is None:
        return {}
    try:
        slots = json.loads(read_bytes(path))
    except (OSError, ValueError):
        return {}
    if not isinstance(slots, dict):
        return {}
    return {name: slot for name, slot in slots.items() if isinstance(slot, int) and 0 <= slot < len(PALETTE)}
