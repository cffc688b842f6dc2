"""The texts of many records, made fit to be kept: a field at a time, and record by record only where one is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any, Final, get_type_hints

from tokometer.records.kinds import KINDS
from tokometer.records.labels import UNFIT
from tokometer.records.record import Record
from tokometer.records.redaction import MASK, names_a_secret
from tokometer.records.refusal import Notice, Refusal
from tokometer.records.texts import Class, Mended, mended

#: The class of the fields that are no names.
CLASSES: Final[dict[str, Class]] = {
    **dict.fromkeys(("native_id", "path"), "long id"),
    **dict.fromkeys(("source", "workspace", "trace_id", "span_id", "parent_id", "request_id", "group"), "id"),
    **dict.fromkeys(("session_id", "parent_session_id", "call_id", "run_id", "job_id", "invoice"), "id"),
    **dict.fromkeys(("error_message", "message", "comment", "description"), "message"),
    **dict.fromkeys(("stack_trace", "request", "response"), "long"),
}
#: Fields that are numbers by name, …
_BY_NAME: Final = ("parts", "quantities")
#: … and text by name.
_LABELS: Final = "labels"
#: What a label may say although it is named like a secret: nothing of it.
_SAYS_NOTHING: Final = frozenset({"", "true", "false", UNFIT, MASK})
#: More different values than this of one field are looked at by themselves.
_MANY: Final = 8
_NOTHING: Final = {""}


@cache
def texts_of(kind: str) -> Mapping[str, Class]:
    """Field → its class, of every field of a kind that is text (and not one of a few words)."""
    hints = get_type_hints(KINDS[kind])
    return {name: CLASSES.get(name, "name") for name in KINDS[kind].__struct_fields__ if hints[name] is str}


class Fitting:
    """Makes the texts of records fit, and counts what it changes by source and field."""

    def __init__(self, place: str, at: int) -> None:
        self._place = place
        self._at = at
        self._notices: dict[tuple[str, str, str], Notice] = {}

    @property
    def notices(self) -> list[Notice]:
        """What was changed, counted by source, topic and field; never its content."""
        return list(self._notices.values())

    def fit(self, records: Sequence[Record], taken: Mapping[str, Sequence[Any]], positions: Sequence[int] = ()) -> None:
        """Change what has to be changed in some records of one kind. `taken` has their fields' values, by name."""
        kind = records[0].kind
        wrong: list[tuple[str, dict[str, Mended]]] = []
        together: dict[Class, tuple[list[str], set[str]]] = {}
        for name, of in texts_of(kind).items():
            different = set(taken[name])
            if len(different) > _MANY:
                # By itself: it is likely to be ids of one make, of which one look is enough.
                if found := mended(different, of):
                    wrong.append((name, found))
            elif different != _NOTHING:
                names, texts = together.setdefault(of, ([], set()))
                names.append(name)
                texts |= different
        for of, (names, texts) in together.items():
            if found := mended(texts, of):
                wrong += ((name, found) for name in names)
        # First the source, under whose new name everything is counted.
        wrong.sort(key=lambda one: one[0] != "source")
        for name, found in wrong:
            for at, (record, value) in enumerate(zip(records, taken[name], strict=True)):
                new = found.get(value)
                if new is not None:
                    setattr(record, name, new.text)
                    self._count(record, f"{kind}.{name}", new, positions[at] if positions else 0)
        self._fit_objects(kind, records, taken, positions)

    def _fit_objects(
        self, kind: str, records: Sequence[Record], taken: Mapping[str, Sequence[Any]], positions: Sequence[int]
    ) -> None:
        """Those fields that are objects: labels, and numbers by name."""
        for name in (_LABELS, *_BY_NAME):
            if not any(objects := taken.get(name, ())):
                continue
            given = set(chain.from_iterable(filter(None, objects)))
            keys = mended(given, "label" if name == _LABELS else "name")
            values: dict[str, Mended] = {}
            secrets: set[str] = set()
            if name == _LABELS:
                values = mended({value for one in objects if one for value in one.values() if value != UNFIT}, "label")
                secrets = {key for key in given if names_a_secret(key)}
            if not keys and not values and not secrets:
                continue
            for at, (record, one) in enumerate(zip(records, objects, strict=True)):
                if one and (not keys.keys().isdisjoint(one) or not secrets.isdisjoint(one) or _any(values, one)):
                    setattr(
                        record,
                        name,
                        self._fitted(
                            f"{kind}.{name}", record, one, keys, values, secrets, positions[at] if positions else 0
                        ),
                    )

    def _fitted(
        self,
        name: str,
        record: Record,
        given: Mapping[str, Any],
        keys: Mapping[str, Mended],
        values: Mapping[str, Mended],
        secrets: set[str],
        position: int,
    ) -> dict[str, Any]:
        fitted: dict[str, Any] = {}
        for key, value in given.items():
            new_key, new = keys.get(key), values.get(value) if values else None
            if key in secrets and value not in _SAYS_NOTHING and not str(value).startswith(MASK):
                new = Mended(MASK, secret=True, words="")
            for one in (new_key, new):
                if one is not None:
                    self._count(record, name, one, position)
            fitted[key if new_key is None else new_key.text] = value if new is None else new.text
        return fitted

    def _count(self, record: Record, name: str, new: Mended, position: int) -> None:
        if new.secret:
            self._add(record, "secret", name, position)
        if new.words:
            self._add(record, "text", f"{name}: {new.words}", position)

    def _add(self, record: Record, topic: str, name: str, position: int) -> None:
        key = (record.source, topic, name)
        before = self._notices.get(key)
        self._notices[key] = (
            Notice(record.source, topic, name, f"{self._place}:{position}", 1, self._at, record.workspace)
            if before is None
            else replace(before, count=before.count + 1)
        )


def _any(values: Mapping[str, Mended], labels: Mapping[str, str]) -> bool:
    return bool(values) and any(value in values for value in labels.values())


def fit_to_tell(refusals: Sequence[Refusal], notices: Sequence[Notice]) -> tuple[list[Refusal], list[Notice]]:
    """Refusals and notices whose own words are fit to be kept and told: a field's name may hold a secret, too."""
    told: list[Refusal | Notice] = [*refusals, *notices]
    sources = mended({one.source for one in told}, "id")
    said = {one.place for one in told} | {one.name for one in notices}
    said.update(text for one in refusals for text in (one.field, one.reason))
    texts = mended(said, "label")
    if not sources and not texts:
        return list(refusals), list(notices)

    def fit(text: str) -> str:
        return texts[text].text if text in texts else text

    def source(name: str) -> str:
        return sources[name].text if name in sources else name

    return (
        [
            replace(one, source=source(one.source), place=fit(one.place), field=fit(one.field), reason=fit(one.reason))
            for one in refusals
        ],
        [replace(one, source=source(one.source), place=fit(one.place), name=fit(one.name)) for one in notices],
    )
