"""Sets of labels: each is kept once, and records name theirs by its id.

There are few of them: sources say the same of call after call. That it stays so is seen to here, when records are
committed (:class:`LabelSets`): a key with more different values than are kept, more keys, or more sets become fewer,
and a notice says so. A key that holds the id of each request costs ten thousand sets and no more.

Some keys can be chosen to take part in the rollups. For that each set names the one that is left of it when only those
keys are: `rolled`, 0 where nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
_OBJECT: Final = msgspec.json.Decoder(dict[str, str])


class Told(NamedTuple):
    """The labels of some records as they came: in which workspace, from which source, and as JSON."""

    workspace: str
    source: str
    labels: bytes


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


@lru_cache(maxsize=8_192)
def _hashed(workspace: str, labels: bytes) -> int:
    # 0 is no set's.
    return int.from_bytes(blake2b(labels, digest_size=8, key=workspace.encode()[:64]).digest(), signed=True) or 1


def told_of(records: Iterable[Record]) -> dict[int, Told]:
    """The different sets of labels of some records, by id."""
    found: dict[int, Told] = {}
    for record in records:
        if record.labels:
            encoded = _encoded(record.labels)
            id_ = _hashed(record.workspace, encoded)
            if id_ not in found:
                found[id_] = Told(record.workspace, record.source, encoded)
    return found


def labels_told(told: Mapping[int, Told]) -> dict[int, dict[str, str]]:
    """The labels of each set."""
    return {id_: _OBJECT.decode(set_.labels) for id_, set_ in told.items()}


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
        #: What is kept in place of a set that came: its id and labels.
        self._instead: dict[int, tuple[int | None, dict[str, str]]] = {}
        #: Keys that take part in the rollups.
        self.rolled: frozenset[str] = frozenset()

    def admit(self, batch: Batch) -> Admitted:
        """Replace, in a batch, what exceeds the bounds, and say which sets are new. Notices go to the batch's own."""
        admitted = Admitted()
        asked = _Asking(self, admitted)
        for record in batch.records:
            if record.labels:
                encoded = _encoded(record.labels)
                id_ = _hashed(record.workspace, encoded)
                instead = asked.instead_of(id_, Told(record.workspace, record.source, encoded))
                if instead is not None:
                    record.labels = instead[1] or None
        for packed in batch.packed:
            replaced: dict[int, int | None] = {}
            for id_, told in list(packed.label_sets.items()):
                instead = asked.instead_of(id_, told)
                if instead is None:
                    continue
                replaced[id_] = instead[0]
                del packed.label_sets[id_]
                if instead[0] is not None:
                    packed.label_sets[instead[0]] = told._replace(labels=_encoded(instead[1]))
            if replaced:
                packed.relabel(replaced)
        batch.notices.extend(asked.notices())
        return admitted

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

    def remembered(self, id_: int) -> tuple[int | None, dict[str, str]] | None:
        """What is kept in place of a set, if it came before and was too much."""
        return self._instead.get(id_)

    def remember(self, id_: int, instead: tuple[int | None, dict[str, str]]) -> None:
        """Keep in mind what is kept in place of a set."""
        if len(self._instead) >= _REMEMBERED:
            self._instead.clear()
        self._instead[id_] = instead

    def bounded(self, workspace: str, labels: dict[str, str], new: Collection[int]) -> tuple[dict[str, str], list[str]]:
        """Labels with no more variety than there may be, and what was too much. `new` are ids that are being added."""
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
        if id_ is None or id_ in self.known or id_ in new:
            return kept, wrong
        if variety.sets + len(new) >= bounds.sets:
            wrong.append(f"more than {bounds.sets:,} sets of labels")
            kept = self._fewer(workspace, kept, new)
        return kept, wrong

    def _fewer(self, workspace: str, labels: dict[str, str], new: Collection[int]) -> dict[str, str]:
        """The labels with the most various among them taken together, until that is a set that there is."""
        variety = self.variety(workspace)
        order = sorted(labels, key=lambda key: (-len(variety.values.get(key, ())), key))
        count = 1
        while True:
            fewer = {**labels, **dict.fromkeys(order[:count], OTHER)}
            id_ = label_set_of(workspace, fewer)
            if id_ in self.known or id_ in new:
                return fewer
            if count >= len(order):
                return fewer if variety.sets + len(new) < self._bounds.sets + _RESERVE else {}
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

    def instead_of(self, id_: int, told: Told) -> tuple[int | None, dict[str, str]] | None:
        """What to keep in place of a set; None where it is kept as it is."""
        sets = self._sets
        if id_ in sets.known or id_ in self._new:
            return None
        remembered = sets.remembered(id_)
        if remembered is not None and (
            remembered[0] is None or remembered[0] in sets.known or remembered[0] in self._new
        ):
            return remembered
        labels, wrong = fitted(_OBJECT.decode(told.labels))
        labels, too_various = sets.bounded(told.workspace, labels, self._new)
        for what in (*wrong, *too_various):
            self._wrong[told.workspace, told.source, what] += 1
        kept = label_set_of(told.workspace, labels)
        if kept is not None and kept not in sets.known and kept not in self._new:
            for row in sets.rows(told.workspace, labels):
                if row.id not in sets.known and row.id not in self._new:
                    self._new.add(row.id)
                    self._admitted.rows.append(row)
        if kept == id_:
            return None
        sets.remember(id_, (kept, labels))
        return kept, labels

    def notices(self) -> list[Notice]:
        """What was too much, counted."""
        now = now_us()
        return [
            Notice(source, "label", what[:80], "labels", count, now, workspace)
            for (workspace, source, what), count in self._wrong.items()
        ]
