"""Labels as dimensions: `calls.label.team`, whatever the key; made when they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from tokometer.ledger import Readable, Statement
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.errors import QueryError, told
from tokometer.measures.kinds import Dimension
from tokometer.records.labels import MAX_KEY, cleaned

PREFIX: Final = "label."
#: A name that can stand in text without quotes.
_PLAIN: Final = re.compile(r"[\w.]+")
_QUOTE: Final = '"'


@dataclass(eq=False)
class Label(Dimension):
    """The value of one label; empty where a record has none."""

    key: str = field(default="", kw_only=True)


def is_label(rest: str) -> bool:
    """Whether a dimension's name without its cube is that of a label."""
    return rest.startswith(PREFIX)


def label_named(cube: str, rest: str) -> Label:
    """The dimension of a label. `rest` is its name without the cube: `label.team`, or `label."any text"` as JSON.

    Raises:
        QueryError: The key is none that a label can have.
    """
    key = rest.removeprefix(PREFIX)
    if len(key) > 1 and key.startswith(_QUOTE) and key.endswith(_QUOTE):
        try:
            key = json.loads(key)
        except ValueError:
            raise QueryError("by", f"{told(rest, 80)!r} is no name: in quotes, a key is text as JSON has it") from None
    key = cleaned(key)
    if not 0 < len(key) <= MAX_KEY:
        raise QueryError("by", f"a label's key has 1 to {MAX_KEY} characters: {cube}.{PREFIX}team")
    return label_of(cube, key)


@lru_cache(maxsize=4_096)
def label_of(cube: str, key: str) -> Label:
    """The dimension of the label with this key, as records have it."""
    # What begins with a quote would be read as quoted.
    shown = json.dumps(key, ensure_ascii=False) if key.startswith(_QUOTE) else key
    label = Label(title=key, description=f"The label `{key}`; empty where there is none.", key=key)
    label.name = f"{cube}.{PREFIX}{shown}"
    return label


def quoted(name: str) -> str:
    """A dimension's name as it can stand in a line of text, or in a list with commas."""
    cube, _, rest = name.partition(".")
    if not is_label(rest) or _PLAIN.fullmatch(rest):
        return name
    key = rest.removeprefix(PREFIX)
    return name if key.startswith(_QUOTE) else f"{cube}.{PREFIX}{json.dumps(key, ensure_ascii=False)}"


def known_labels(ledger: Readable, workspaces: Sequence[str] = ("default",)) -> dict[str, int]:
    """The keys of the labels of these workspaces, in alphabetical order, with how many different values each has."""
    values = {f"w{i}": workspace for i, workspace in enumerate(workspaces)}
    where = f"workspace IN ({', '.join(f'${name}' for name in values)})"
    rows = DIALECTS[ledger.engine].labels.format(where)
    sql = f"SELECT label, count(DISTINCT given) FROM ({rows}) AS labels GROUP BY label ORDER BY label"
    return dict(ledger.fetch(Statement(sql, values)))


def split(text: str) -> list[str]:
    """The parts of a list with commas; those between quotes separate nothing."""
    parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"]|")+', text)
    return [part.strip() for part in parts if part.strip()]
