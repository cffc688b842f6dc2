"""Sets of labels: each is kept once, and records name theirs by its id.

There are few of them: sources say the same of call after call. That it stays so is seen to here, when records are
committed (:class:`LabelSets`): a key with more different values than are kept, more keys, or more sets become fewer,
and a notice says so. A key that holds the id of each request costs ten thousand sets and no more.

Some keys can be chosen to take part in the rollups. For that each set names the one that is left of it when only those
keys are: `rolled`, 0 where nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from tokometer.records import Notice, Record, now_us
from tokometer.records.labels import OTHER, TAG, UNFIT, Bounds, cleaned, fitted

if TYPE_CHECKING:
    from tokometer.ledger.protocol import Batch

#: Replacements that are remembered; a sender that says too much says it again and again.
_REMEMBERED: Final = 20_000
#: Sets of nothing but :data:`OTHER` are kept beyond the most, as long as they are few.
_RESERVE: Final = 1_000
#: What the labels in which nothing was chosen are rolled up to.
NOT_ROLLED: Final = 0
#: Where the ledger keeps (in `meta`) which keys take part in the rollups.
ROLLED: Final = "rolled_labels"

_JSON: Final = msgspec.json.Encoder(order="sorted")


class Told(NamedTuple):
    """The labels of some records: in which workspace, from which source, and what of them fits (see `fitted`)."""

    workspace: str
    source: str
    labels: dict[str, str]
    #: What was wrong with the others.
    wrong: list[str]


class Kept(NamedTuple):
    """What is kept of a set of labels: None and nothing where none of it is."""

    id: int | None
    labels: dict[str, str]


class LabelRow(NamedTuple):
    """One row of `label_sets`, in the order of its columns."""

    id: int
    workspace: str
    keys: list[str]
    values: list[str]
    rolled: int


@dataclass(slots=True)
class Admitted:
    """The sets that a batch needs and the ledger has not got yet."""

    rows: list[LabelRow] = field(default_factory=list)


def label_set_of(workspace: str, labels: Mapping[str, str] | None) -> int | None:
    """The id of a set of labels: a 64-bit hash of its workspace and what it says; None where there are none."""
    return _hashed(workspace, _encoded(labels)) if labels else None


def _encoded(labels: Mapping[str, str]) -> bytes:
    try:
        return _JSON.encode(labels)
    except UnicodeEncodeError:
        # Sources clean their text; should one forget, a stray surrogate must not cost the records around it.
        return _JSON.encode(
            {cleaned(key): value if value == UNFIT else cleaned(value) for key, value in labels.items()}
        )


@lru_cache(maxsize=1_024)  # a set of labels can be ten kilobytes
def _hashed(workspace: str, labels: bytes) -> int:
    # 0 is no set's.
    return int.from_bytes(blake2b(labels, digest_size=8, key=workspace.encode()[:64]).digest(), signed=True) or 1


def told_of(records: Iterable[Record]) -> dict[int, Told]:
    """The different sets of labels of some records, by id."""
    found: dict[int, Told] = {}
    for id_, record in _labelled(records):
        if id_ not in found:
            found[id_] = Told(record.workspace, record.source, *fitted(record.labels or {}))
    return found


def _labelled(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    for record in records:
        if record.labels:
            yield _hashed(record.workspace, _encoded(record.labels)), record


def labels_told(told: Mapping[int, Told]) -> dict[int, dict[str, str]]:
    """The labels of each set."""
    return {id_: set_.labels for id_, set_ in told.items()}


@dataclass(slots=True)
class _Variety:
    """The different labels of one workspace."""

    values: dict[str, set[str]] = field(default_factory=dict)
    tags: int = 0
    pairs: int = 0
    sets: int = 0

    def add(self, key: str, value: str) -> None:
        of_key = self.values.get(key)
        if of_key is None:
            of_key = self.values[key] = set()
            self.tags += key.startswith(TAG)
        if value not in of_key:
            of_key.add(value)
            self.pairs += 1


class LabelSets:
    """Which sets one ledger has, and what may be added to them. Used by one commit at a time.

    `load` gives all rows of `label_sets`; it is called when labels first arrive that may be new. Where others write to
    the same ledger their sets are not known here: they are written again, which changes nothing, and each writer keeps
    to the bounds by itself.
    """

    def __init__(self, load: Callable[[], Iterable[Sequence[Any]]], bounds: Bounds | None = None) -> None:
        self._load = load
        self._bounds = bounds or Bounds()
        self._known: set[int] | None = None
        self._of_workspace: dict[str, _Variety] = {}
        #: What is kept in place of a set that came.
        self._instead: dict[int, Kept] = {}
        #: Keys that take part in the rollups.
        self.rolled: frozenset[str] = frozenset()

    def admit(self, batch: Batch) -> Admitted:
        """Replace, in a batch, what exceeds the bounds, and say which sets are new. Notices go to the batch's own."""
        admitted = Admitted()
        asked = _Asking(self, admitted)
        for id_, record in _labelled(batch.records):
            if not asked.has(id_):
                told = Told(record.workspace, record.source, *fitted(record.labels or {}))
                record.labels = asked.kept(id_, told).labels or None
        for packed in batch.packed:
            replaced: dict[int, int | None] = {}
            sets: dict[int, Told] = {}
            for id_, told in packed.label_sets.items():
                if asked.has(id_):
                    sets[id_] = told
                    continue
                kept = asked.kept(id_, told)
                replaced[id_] = kept.id
                if kept.id is not None:
                    sets[kept.id] = Told(told.workspace, told.source, kept.labels, [])
            if any(id_ != other for id_, other in replaced.items()):
                packed.label_sets = sets
                packed.relabel(replaced)
        batch.notices.extend(asked.notices())
        return admitted

    def admit_more(self, batch: Batch, admitted: Admitted) -> list[LabelRow]:
        """Like :meth:`admit`, for records of the same commit; what is new beside `admitted`, to which it is added."""
        there = {row.id for row in admitted.rows}
        rows = [row for row in self.admit(batch).rows if row.id not in there]
        admitted.rows.extend(rows)
        return rows

    def confirm(self, admitted: Admitted) -> None:
        """Know that new sets are stored."""
        for row in admitted.rows:
            self.known.add(row.id)
            self.variety(row.workspace).sets += 1

    @property
    def known(self) -> set[int]:
        """The ids of the sets that are stored."""
        if self._known is None:
            self._known = set()
            for id_, workspace, keys, values, *_ in self._load():
                self._known.add(id_)
                variety = self.variety(workspace)
                variety.sets += 1
                for key, value in zip(keys, values, strict=True):
                    variety.add(key, value)
        return self._known

    def variety(self, workspace: str) -> _Variety:
        """What is known of a workspace's labels."""
        found = self._of_workspace.get(workspace)
        if found is None:
            found = self._of_workspace[workspace] = _Variety()
        return found

    def remembered(self, id_: int) -> Kept | None:
        """What is kept in place of a set, if it came before and was too much."""
        return self._instead.get(id_)

    def remember(self, id_: int, instead: Kept) -> None:
        """Keep in mind what is kept in place of a set."""
        if len(self._instead) >= _REMEMBERED:
            self._instead.clear()
        self._instead[id_] = instead

    def bounded(self, workspace: str, labels: dict[str, str], new: Collection[int]) -> tuple[Kept, list[str]]:
        """A set with no more variety than there may be, and what was too much. `new` are ids that are being added."""
        variety, bounds = self.variety(workspace), self._bounds
        wrong: list[str] = []
        kept: dict[str, str] = {}
        for key, value in labels.items():
            of_key = variety.values.get(key)
            if of_key is None:
                is_tag = key.startswith(TAG)
                if len(variety.values) >= bounds.keys or (is_tag and variety.tags >= bounds.tags):
                    most, what = (bounds.tags, "tags") if is_tag else (bounds.keys, "keys")
                    wrong.append(f"more than {most:,} {what}")
                    continue
            elif value in of_key:
                kept[key] = value
                continue
            if value != OTHER and (len(of_key or ()) >= bounds.values or variety.pairs >= bounds.pairs):
                wrong.append(f"{key}: more than {bounds.values:,} values")
                kept[key] = OTHER
            else:
                variety.add(key, value)
                kept[key] = value
        id_ = label_set_of(workspace, kept)
        if id_ is None or id_ in self.known or id_ in new or variety.sets + len(new) < bounds.sets:
            return Kept(id_, kept), wrong
        wrong.append(f"more than {bounds.sets:,} sets of labels")
        return self._fewer(workspace, kept, new), wrong

    def _fewer(self, workspace: str, labels: dict[str, str], new: Collection[int]) -> Kept:
        """The labels with the most various among them taken together, until that is a set that there is."""
        variety = self.variety(workspace)
        order = sorted(labels, key=lambda key: (-len(variety.values.get(key, ())), key))
        count = 1
        while True:
            fewer = {**labels, **dict.fromkeys(order[:count], OTHER)}
            id_ = label_set_of(workspace, fewer)
            if id_ in self.known or id_ in new:
                return Kept(id_, fewer)
            if count >= len(order):
                fits = variety.sets + len(new) < self._bounds.sets + _RESERVE
                return Kept(id_, fewer) if fits else Kept(None, {})
            count *= 2

    def rows(
        self, workspace: str, labels: Mapping[str, str], rolled_keys: frozenset[str] | None = None
    ) -> list[LabelRow]:
        """The row of a set, and that of what is left of it in the rollups where that is another."""
        id_ = label_set_of(workspace, labels)
        assert id_ is not None
        keys = self.rolled if rolled_keys is None else rolled_keys
        chosen = {key: value for key, value in labels.items() if key in keys}
        rolled = label_set_of(workspace, chosen) or NOT_ROLLED
        rows = [LabelRow(id_, workspace, list(labels), list(labels.values()), rolled)]
        if chosen and rolled != id_:
            rows.append(LabelRow(rolled, workspace, list(chosen), list(chosen.values()), rolled))
        return rows

    def rolled_anew(self, keys: Iterable[str]) -> list[LabelRow]:
        """All sets as they are when these keys take part in the rollups, with those that are new for it.

        Once they are stored, :attr:`rolled` is to be set.
        """
        chosen = frozenset(keys)
        rows: dict[int, LabelRow] = {}
        for id_, workspace, names, values, *_ in self._load():
            own, *left = self.rows(workspace, dict(zip(names, values, strict=True)), chosen)
            # A set that came from version 1 of the ledger has an id of its own.
            rows[id_] = own._replace(id=id_)
            rows.update((row.id, row) for row in left)
        self._known = None
        self._of_workspace.clear()
        return list(rows.values())


class _Asking:
    """One batch, set by set."""

    def __init__(self, sets: LabelSets, admitted: Admitted) -> None:
        self._sets = sets
        self._admitted = admitted
        self._new: set[int] = set()
        self._wrong: Counter[tuple[str, str, str]] = Counter()

    def has(self, id_: int) -> bool:
        """Whether a set is kept as it is, and need not be looked at."""
        return id_ in self._sets.known or id_ in self._new

    def kept(self, id_: int, told: Told) -> Kept:
        """What is kept of a set that there is not yet."""
        sets = self._sets
        remembered = sets.remembered(id_)
        if remembered is not None and (remembered.id is None or self.has(remembered.id)):
            return remembered
        kept, too_various = sets.bounded(told.workspace, told.labels, self._new)
        for what in (*told.wrong, *too_various):
            self._wrong[told.workspace, told.source, what] += 1
        if kept.id is not None and not self.has(kept.id):
            for row in sets.rows(told.workspace, kept.labels):
                if not self.has(row.id):
                    self._new.add(row.id)
                    self._admitted.rows.append(row)
        if kept.id != id_:
            sets.remember(id_, kept)
        return kept

    def notices(self) -> list[Notice]:
        """What was too much, counted."""
        now = now_us()
        return [
            Notice(source, "label", what[:80], "labels", count, now, workspace)
            for (workspace, source, what), count in self._wrong.items()
        ]
