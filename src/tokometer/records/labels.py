"""Labels: what senders say of a record beyond its fields, as text by text. How they are read, and how much is kept.

Sources turn whatever they are given into text (:func:`labels_from`); nothing is refused for its labels. What is kept of
that is decided in one place, when records are committed: :func:`fitted` bounds one record's labels, and
:class:`Bounds` says how many different ones there may be (`tokometer.ledger.labels`). Either reports what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

#: Labels of one record; of more the alphabetically first are kept.
MAX_LABELS: Final = 32
#: Characters of a key. A longer one is not kept: cut, two might become one.
MAX_KEY: Final = 64
#: Characters of a value; a longer one is cut and ends with an ellipsis.
MAX_VALUE: Final = 256
#: Stands for values beyond the number that is kept of a key.
OTHER: Final = "…other"
#: Tags are labels with this in front of them, and `true` as their value; all of a record's together are `tags`.
TAG: Final = "tag."
TAGS: Final = "tags"
#: What stands, until records are committed, for something that is no label: a list of objects, a prompt. It cannot be
#: anybody's value: NUL is taken out of those.
UNFIT: Final = "\0unfit"

#: Levels of objects in objects that become `a.b.c`.
_DEEPEST: Final = 4
#: Control characters become spaces: no label is known by them, and terminals act on them.
_CONTROL: Final = dict.fromkeys((*range(32), *range(127, 160)), " ")


class Bounds(NamedTuple):
    """How many different labels a workspace may have. What is beyond them is replaced, and reported."""

    keys: int = 1_000
    #: Of these, tags.
    tags: int = 500
    #: Different values of one key; the others become :data:`OTHER`.
    values: int = 10_000
    #: Different values of all keys together.
    pairs: int = 200_000
    #: Different sets of labels; in further ones the most various labels become :data:`OTHER`.
    sets: int = 100_000


def labels_from(given: Mapping[str, object], left_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """Labels from an object of anything: numbers become text, lists are joined, objects in it become `outer.inner`.

    Whatever cannot be text, and whatever is named in `left_out`, becomes :data:`UNFIT`; null is nothing.
    """
    found: dict[str, str] = {}
    _flatten(given, "", found, left_out, _DEEPEST)
    return found


def metadata_from(given: Mapping[str, object], left_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """Labels from an object of metadata, in which `tags` may be a list of tags (as LiteLLM has it)."""
    found = labels_from(given, left_out)
    if isinstance(given.get(TAGS), list):
        found.update(tags_from(given[TAGS]))
    return found


def tags_from(given: object) -> dict[str, str]:
    """Labels from a list of tags (or from text with commas): each by itself, and all of them together.

    `["prod", "search"]` becomes `tag.prod` = `true`, `tag.search` = `true` and `tags` = `prod, search`: the first to
    filter by, the last to group by.
    """
    listed: Iterable[object] = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else ()
    texts = [text_of(tag) for tag in listed]
    tags = sorted({text for text in texts if text and text != UNFIT})
    found = {TAG + tag: "true" for tag in tags}
    if tags:
        found[TAGS] = ", ".join(tags)
    if UNFIT in texts or not isinstance(given, str | list | None):
        found[TAGS] = found.get(TAGS, UNFIT)
    return found


def text_of(value: object) -> str:
    """A value as a label has it: empty where there is none, :data:`UNFIT` where it is no text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = [text_of(item) for item in value if not isinstance(item, list | dict)]
        return UNFIT if len(texts) < len(value) or UNFIT in texts else ", ".join(texts)
    return _number(value) if isinstance(value, int | float | Decimal) else UNFIT


def _number(value: float | Decimal) -> str:
    try:
        return str(value)
    except ValueError:  # a whole number of thousands of digits
        return UNFIT


def cleaned(text: str) -> str:
    """Text that every engine takes and every terminal shows: no control characters, no halves of characters."""
    if not text.isprintable():
        text = text.translate(_CONTROL)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.strip()


def fitted(labels: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The labels of one record within its bounds, in alphabetical order, and what was wrong with the others.

    What was wrong names a key at most (there are few), never a value.
    """
    kept: dict[str, str] = {}
    wrong: list[str] = []
    for key in sorted(labels):
        value = labels[key]
        name = cleaned(key)
        if not name or len(name) > MAX_KEY:
            wrong.append(f"a key longer than {MAX_KEY} characters" if name else "a label without a key")
        elif value == UNFIT:
            wrong.append(f"{name}: not text")
        elif len(kept) == MAX_LABELS and name not in kept:
            wrong.append(f"more than {MAX_LABELS} labels")
        else:
            text = cleaned(value)
            if len(text) > MAX_VALUE:
                wrong.append(f"{name}: longer than {MAX_VALUE} characters")
                text = text[: MAX_VALUE - 1] + "…"
            if text:
                kept[name] = text
    return kept, wrong


def _flatten(
    given: Mapping[str, object], prefix: str, found: dict[str, str], left_out: frozenset[str], levels: int
) -> None:
    for key, value in given.items():
        name = f"{prefix}{cleaned(str(key))}"
        if key in left_out and value not in (None, "", [], {}):
            found[name] = UNFIT
        elif isinstance(value, dict) and levels > 1:
            _flatten(value, f"{name}.", found, left_out, levels - 1)
        elif value not in (None, "", []):
            found[name] = text_of(value)
