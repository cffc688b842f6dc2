"""Which files state which statement: what an account is charged for a billing period, by its newest export.

Exports come in pieces (`…-00001.csv.gz`), anew each day, into folders that name the period or into one heap. The pieces
of an export are one set. Of sets that state the same period of the same account the newest counts, unless an older one
tells of sub-accounts that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from tokometer.statements.focus.places import ENDINGS, BillFile, Place
from tokometer.statements.focus.reading import BillError, Scope, opened
from tokometer.statements.protocol import Asked, Portion

#: A folder that names a billing period: AWS' `BILLING_PERIOD=2026-10`, and `20261001-20261031` of CUR and Azure.
_PERIOD: Final = re.compile(r"(?:^|/)(?:billing_period=(\d{4})-(\d\d)|(\d{4})(\d\d)\d\d-\d{8})/", re.IGNORECASE)
#: What numbers the pieces of an export.
_PIECE: Final = re.compile(r"(?:[-_.]0\d{3,5}|[-_.]?part[-_]?\d+(?:[-_]\d+)?)(?:\.snappy)?$", re.IGNORECASE)
#: What the first piece is called: `-00001`, `part_0_0001`.
_FIRST: Final = ((1,), (0, 1))
#: What is known of files by their marks; a restart looks into them again.
_MOST_KNOWN: Final = 20_000
_KNOWN: dict[tuple[str, str, str], list[Scope] | BillError] = {}


@dataclass(slots=True)
class _Set:
    """The pieces of one export."""

    files: list[BillFile] = field(default_factory=list)
    scopes: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    #: The period is told by its folder, so that no piece has to be looked into.
    by_folder: bool = False

    @property
    def changed(self) -> float:
        return max(one.changed for one in self.files)


@dataclass(frozen=True, slots=True)
class Statement:
    """What an account is charged for a billing period, and the files that say so."""

    portion: Portion
    files: tuple[BillFile, ...]
    #: Of each file the sub-accounts that no newer one tells of; None: all of them.
    only: tuple[frozenset[str] | None, ...] = ()
    #: None: all that is in the files.
    scope: Scope | None = None
    #: Why the file is no bill, where it is none.
    error: BillError | None = None


def statements(asked: Asked, place: Place) -> list[Statement]:
    """The statements in a place, by period.

    Raises:
        PollError: It cannot be looked at.
    """
    sets, broken = _sets(asked, place, place.files())
    found = [*_by_scope(sets.values()), *broken]
    return sorted(found, key=lambda one: (one.portion.since, one.portion.name))


def _sets(asked: Asked, place: Place, files: Iterable[BillFile]) -> tuple[dict[str, _Set], list[Statement]]:
    sets: dict[str, _Set] = {}
    broken = []
    for file in files:
        period = _PERIOD.search(file.name)
        if period is None:
            told = _scopes(asked, place, file)
            if isinstance(told, BillError):
                broken.append(_broken(file, told))
                continue
        else:
            year, month = period[1] or period[3], period[2] or period[4]
            told = [Scope(f"folder:{file.name[: period.start()]}", f"{year}-{month}-01")]
        one = sets.setdefault(_stem(file.name), _Set(by_folder=period is not None))
        one.files.append(file)
        for scope in told:
            named = scope.account, scope.period
            one.scopes[named] = one.scopes.get(named, frozenset()) | scope.sub_accounts
    return sets, broken


def piece_of(name: str) -> tuple[str, str]:
    """The export that a file is of by its name, and which piece of it; '' is the first, or all of it."""
    ending = next((end for end in ENDINGS if name.lower().endswith(end)), "")
    stem = name[: len(name) - len(ending)]
    found = _PIECE.search(stem)
    if found is None:
        return stem, ""
    numbers = tuple(int(part) for part in re.findall(r"\d+", found.group()))
    # Where numbers begin with 0, that one is named, and the next is not: no two pieces have the same name.
    return stem[: found.start()], "" if numbers in _FIRST else "-".join(map(str, numbers))


def _stem(name: str) -> str:
    ending = next(end for end in ENDINGS if name.lower().endswith(end))
    return _PIECE.sub("", name[: -len(ending)]) + "\0" + name.rpartition("/")[0]


def _scopes(asked: Asked, place: Place, file: BillFile) -> list[Scope] | BillError:
    """What a file states, by looking into it once."""
    known = asked.id, file.name, file.mark
    if known not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        try:
            with place.local([file]) as paths, opened(paths) as bill:
                _KNOWN[known] = bill.scopes()
        except BillError as error:
            _KNOWN[known] = error
        except OSError as error:
            # It may be there again the next time.
            return BillError(f"cannot be read: {error.strerror or type(error).__name__}")
    return _KNOWN[known]


def _by_scope(sets: Iterable[_Set]) -> list[Statement]:
    by_scope: dict[tuple[str, str], list[_Set]] = {}
    for one in sorted(sets, key=lambda one: (one.changed, one.files[0].name)):
        for named in one.scopes:
            by_scope.setdefault(named, []).append(one)
    found = []
    for (account, period), of in by_scope.items():
        told = [(file, only) for one, only in _newest(of, (account, period)) for file in one.files]
        files, only = tuple(file for file, _ in told), tuple(only for _, only in told)
        scope = None if account.startswith("folder:") else Scope(account, period)
        found.append(Statement(_portion(account, period, told), files, only, scope))
    return found


def _newest(sets: Sequence[_Set], named: tuple[str, str]) -> list[tuple[_Set, frozenset[str] | None]]:
    """Those that count, each with the sub-accounts of which no newer one tells; None where that is all of them."""
    found: list[tuple[_Set, frozenset[str] | None]] = []
    newer: frozenset[str] = frozenset()
    for one in reversed(sets):
        told = one.scopes[named]
        left = told - newer
        if left or not found:
            found.insert(0, (one, None if left == told else left))
        newer |= told
    return found


def _portion(account: str, period: str, told: Sequence[tuple[BillFile, frozenset[str] | None]]) -> Portion:
    try:
        since = datetime.strptime(period, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        since = datetime.fromtimestamp(0, UTC)
    until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
    marks = "\n".join(
        sorted("\t".join((one.name, one.mark, *([] if only is None else sorted(only)))) for one, only in told)
    )
    name = f"{period} {account.removeprefix('folder:') or 'bill'}"
    return Portion(name[:200], since, until, blake2b(marks.encode("utf-8", "replace"), digest_size=12).hexdigest())


def _broken(file: BillFile, error: BillError) -> Statement:
    at = datetime.fromtimestamp(max(file.changed, 0), UTC)
    return Statement(Portion(f"file {file.name}"[:200], at, at, file.mark), (file,), error=error)
