"""A question: which measures, by what, where, when."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from tokometer.measures.axis import GRAINS
from tokometer.measures.catalogue import CUBES
from tokometer.measures.cube import Cube
from tokometer.measures.errors import QueryError, suggest, told
from tokometer.measures.kinds import Dimension, Measure
from tokometer.measures.labels import PREFIX, is_label, label_named, quoted, split
from tokometer.measures.made import MADE

Op = Literal["=", "!=", "in", "not in", "contains", "prefix"]
N = TypeVar("N", Measure, Dimension)
OPS: Final[tuple[Op, ...]] = get_args(Op)
#: As many values as a filter takes, and dimensions and measures a query.
MOST_VALUES: Final = 1000
MOST_NAMES: Final = 100
#: The rows that an answer may have, and the most that `limit` and `top` take.
MOST_ROWS: Final = 100_000
_MANY: Final = ("in", "not in")
_LABEL: Final = rf"(?:\w+\.)?{re.escape(PREFIX)}"
#: A label's key may be in quotes, and without them be anything up to an operator.
_NAME: Final = rf'{_LABEL}"(?:[^"\\]|\\.)*"|{_LABEL}.+?(?=\s*!?=|\s+(?:not in|in|contains|prefix)\b)|[\w.]+'
_TEXT_FILTER: Final = re.compile(rf"\s*({_NAME})\s*(!=|=|not in\b|in\b|contains\b|prefix\b)\s*(.*)", re.DOTALL)
TIME: Final = "time"


class Filter(Struct, frozen=True, forbid_unknown_fields=True):
    """Only records whose value of a dimension is one of some values (`=`, `in`), or is none of them (`!=`, `not in`).

    With `contains` (whatever the case) and `prefix`: whose value contains, or begins with, one of them.
    """

    dimension: str
    op: Op
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "dimension", dimension_named(self.dimension).name)
        for value in self.values:
            _text(value, "where")
        if not self.values or len(self.values) > MOST_VALUES:
            raise QueryError("where", f"{self.dimension} takes one to {MOST_VALUES} values, not {len(self.values)}")
        if self.op in ("contains", "prefix") and len(self.values) > MOST_NAMES:
            raise QueryError("where", f"{self.op} takes one to {MOST_NAMES} values, not {len(self.values)}")
        if self.op not in OPS:
            raise QueryError("where", f"there is no operator {self.op!r}; it is one of {', '.join(OPS)}")

    @classmethod
    def parse(cls, given: object) -> Filter:
        """A filter from its JSON object (`values`, or `value` for one), or from text: `calls.model in a, b`."""
        if isinstance(given, Filter):
            return given
        if isinstance(given, str):
            return cls._of_text(given)
        if not isinstance(given, Mapping):
            raise QueryError("where", f"a filter is an object or text, not {type(given).__name__}")
        unknown = sorted(set(given) - {"dimension", "op", "value", "values"})
        if unknown or "dimension" not in given or not ("value" in given or "values" in given):
            raise QueryError(
                "where",
                "a filter has dimension, op and values" + (f", not {str(unknown[0])[:60]!r}" if unknown else ""),
            )
        values = given["values"] if "values" in given else given["value"]
        listed = values if isinstance(values, list | tuple) else [values]
        op = given.get("op", "in" if len(listed) > 1 else "=")
        if not isinstance(op, str):
            raise QueryError("where", f"there is no operator {str(op)[:60]!r}; it is one of {', '.join(OPS)}")
        return cls(_text(given["dimension"], "where"), op, tuple(_text(value, "where") for value in listed))  # type: ignore[arg-type]

    @classmethod
    def _of_text(cls, text: str) -> Filter:
        match = _TEXT_FILTER.fullmatch(text)
        if match is None:
            raise QueryError("where", f"{told(text, 60)!r} is no filter; write <dimension> <operator> <value>")
        name, op, rest = match.groups()
        values: tuple[str, ...] = (rest,)
        if rest.startswith("[") and op in _MANY:
            try:
                listed = json.loads(rest)
            except (ValueError, RecursionError) as error:
                raise QueryError("where", f"the list of values is no JSON: {error}") from None
            values = tuple(_text(value, "where") for value in listed)
        elif op in _MANY:
            values = tuple(part.strip() for part in rest.split(","))
        return cls(name, op, values)  # type: ignore[arg-type]

    def __str__(self) -> str:
        value = json.dumps(self.values, ensure_ascii=False) if self.op in _MANY else self.values[0]
        return f"{quoted(self.dimension)} {self.op} {value}"


class Query(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What to compute. Names are qualified (`calls.cost`); the declarations themselves (`Calls.cost`) do as well.

    Raises:
        QueryError: a name is unknown (with what it may have been), or two parts of the question do not fit together.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    #: All time, unless another window is named: none is left out without a word.
    since: str = "all"
    until: str = ""
    #: The length of the buckets of a series, or `auto`; without it there is no time axis.
    grain: str = ""
    tz: str = "UTC"
    #: Names of measures and dimensions, or `time`; with a minus in front, the largest first.
    order: tuple[str, ...] = ()
    limit: int = 0
    #: `previous`: the same of the period before, as columns of their own.
    compare: str = ""
    #: Only the largest so many of the first dimension of `by`; the others together as Other, unless `other` is false.
    top: int = 0
    other: bool = True

    def __post_init__(self) -> None:
        force_setattr(self, "measures", tuple(measure_named(str(name)).name for name in self.measures))
        force_setattr(self, "by", tuple(dimension_named(str(name)).name for name in self.by))
        force_setattr(self, "where", tuple(Filter.parse(given) for given in self.where))
        force_setattr(self, "order", tuple(self._ordered(str(name)) for name in self.order))
        self._check()

    # -- to and from the outside ---------------------------------------------------------------------------------

    @classmethod
    def parse(cls, given: object) -> Query:
        """A query from its JSON object. A single name may stand for a list of one."""
        if not isinstance(given, Mapping):
            raise QueryError("query", f"a query is an object, not {type(given).__name__}")
        for name in given:
            if name not in cls.__struct_fields__:
                raise QueryError(
                    told(name, 60),
                    f"a query has no such field{suggest(str(name), cls.__struct_fields__)}; "
                    f"it has {', '.join(cls.__struct_fields__)}",
                )
        values = {name: FIELDS[name](value, name) for name, value in given.items() if value is not None}
        if "measures" not in values:
            raise QueryError("measures", "name at least one, such as calls.cost")
        return cls(**values)

    @classmethod
    def from_params(cls, params: Iterable[tuple[str, str]]) -> Query:
        """A query from URL parameters.

        `measure`, `by`, `order` and `where` may come several times, all but `where` also as a list with commas. A
        dimension's own name is a filter: `calls.model=a&calls.model=b`.
        """
        return cls.parse(given_by(params))

    def to_json(self) -> dict[str, Any]:
        """The query as a JSON object; :meth:`parse` gives it back."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built

    def to_params(self) -> list[tuple[str, str]]:
        """The query as URL parameters; :meth:`from_params` gives it back."""
        params: list[tuple[str, str]] = []
        for name, value in self.to_json().items():
            if name == "where":
                params.extend((name, str(given)) for given in self.where)
            elif name in _LISTS:
                params.append(("measure" if name == "measures" else name, ",".join(map(quoted, value))))
            else:
                params.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
        return params

    # -- what it names -------------------------------------------------------------------------------------------

    @property
    def cube(self) -> type[Cube]:
        """The cube that is asked."""
        return CUBES[self.measures[0].partition(".")[0]]

    @property
    def asked(self) -> list[Measure]:
        """The measures, in order."""
        return [measure_named(name) for name in self.measures]

    @property
    def grouped(self) -> list[Dimension]:
        """The dimensions of `by`, in order."""
        return [dimension_named(name) for name in self.by]

    def _ordered(self, name: str) -> str:
        sign, bare = ("-", name[1:]) if name.startswith("-") else ("", name.removeprefix("+"))
        if bare == TIME:
            if not self.grain:
                raise QueryError("order", "there is no time in the result without a grain")
            return name
        known = {full: full for full in (*self.measures, *self.by)} | {
            full.partition(".")[2]: full for full in (*self.measures, *self.by)
        }
        if bare not in known and f"{PREFIX}" in bare:
            bare = dimension_named(bare).name
        if bare not in known:
            raise QueryError(
                "order", f"{bare[:80]!r} is not in the result{suggest(bare, known)}; it has {', '.join(known)}"
            )
        return sign + known[bare]

    def _check(self) -> None:
        if not self.measures:
            raise QueryError("measures", "name at least one, such as calls.cost")
        self._check_names()
        if self.grain and self.grain not in (*GRAINS, "auto"):
            close = suggest(self.grain, GRAINS)
            raise QueryError(
                "grain", f"there is no grain {self.grain!r}{close}; it is auto or one of {', '.join(GRAINS)}"
            )
        if self.compare not in ("", "previous"):
            raise QueryError("compare", f"{self.compare!r} cannot be compared with; it takes 'previous'")
        if self.compare and any(name.partition(".")[2] in ("day", "week", "month") for name in self.by):
            raise QueryError("compare", "days have no counterpart in the period before; use `grain` instead of `by`")
        if self.limit < 0 or self.top < 0:
            raise QueryError("limit", "limit and top are 0 (no limit) or more")
        if self.top and not self.by:
            raise QueryError("top", "top needs a dimension in `by`")

    def _check_names(self) -> None:
        for field, names in (("measures", self.measures), ("by", self.by), ("where", self.where)):
            if len(names) > MOST_NAMES:
                raise QueryError(field, f"at most {MOST_NAMES}")
            if field != "where" and len(set(names)) < len(names):
                raise QueryError(field, "a name is there twice")
        named = [*self.measures, *self.by, *(given.dimension for given in self.where)]
        for name in named:
            if name.partition(".")[0] != self.cube.name:
                raise QueryError("by", f"{name} is not of the same cube as {self.measures[0]}; ask for them one by one")


def given_by(params: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The JSON object that URL parameters stand for; see :meth:`Query.from_params`."""
    given: dict[str, Any] = {}
    chosen: dict[str, list[str]] = {}
    for key, value in params:
        name = {"measure": "measures"}.get(key, key)
        if "." in name:
            chosen.setdefault(dimension_named(name).name, []).append(value)
        elif name == "where":
            given.setdefault("where", []).append(value)
        elif name in _LISTS:
            given.setdefault(name, []).extend(split(value))
        else:
            given[name] = value
    for name, values in chosen.items():
        given.setdefault("where", []).append({"dimension": name, "op": "in", "values": values})
    return given


_LISTS: Final = ("measures", "by", "order")
_MEASURES: Final = {m.name: m for cube in CUBES.values() for m in cube.measures.values()}
_DIMENSIONS: Final = {d.name: d for cube in CUBES.values() for d in cube.dimensions.values()}


def measure_named(name: str) -> Measure:
    """The measure with a name such as `calls.cost`.

    Raises:
        QueryError: there is none; the message says which there are.
    """
    return _named(name, "measure", _MEASURES)


def name_in(text: str) -> str:
    """The name of the dimension in the text of a filter, as it stands there.

    Raises:
        QueryError: The text is no filter.
    """
    match = _TEXT_FILTER.fullmatch(text)
    if match is None:
        raise QueryError("where", f"{told(text, 60)!r} is no filter; write <dimension> <operator> <value>")
    return match[1]


def dimension_named(name: str) -> Dimension:
    """The dimension with a name such as `calls.model`; see :func:`measure_named`.

    `calls.label.team` is one whatever the key, and so is what the settings make by rules.
    """
    cube, _, rest = name.partition(".")
    if cube in CUBES and is_label(rest):
        return label_named(cube, rest)
    if is_label(name):
        return label_named("calls", name)
    return _named(name, "dimension", _DIMENSIONS | MADE)


def _named(name: str, what: str, known: Mapping[str, N]) -> N:
    found = known.get(name)
    if found is not None:
        return found
    if "." not in name and f"calls.{name}" in known:
        return known[f"calls.{name}"]
    cube = name.partition(".")[0]
    offered = [full for full in known if full.startswith(f"{cube}.")] or list(known)
    meant = suggest(name, known) or f"; there are {', '.join(offered)}"
    raise QueryError("measures" if what == "measure" else "by", f"there is no {what} {told(name, 80)!r}{meant}")


def _text(value: object, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise QueryError(field, f"{told(value, 60)!r} is no text")
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryError(field, f"{told(text, 60)!r} is no text: character {error.start + 1} is half of one") from None
    return text


def _texts(value: object, field: str) -> tuple[str, ...]:
    listed: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    return tuple(_text(item, field) for item in listed)


def _filters(value: object, _field: str) -> tuple[Filter, ...]:
    listed: Sequence[object] = value if isinstance(value, list | tuple) else [value]
    return tuple(Filter.parse(item) for item in listed)


def _number(value: object, field: str) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_ROWS:
        raise QueryError(field, f"{told(value, 60)!r} is no whole number from 0 to {MOST_ROWS:,}")
    return value


def _flag(value: object, field: str) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    found = value if isinstance(value, bool) else flags.get(str(value).lower())
    if found is None:
        raise QueryError(field, f"{told(value, 60)!r} is neither true nor false")
    return found


#: How each field is read from JSON or a URL.
FIELDS: Final[dict[str, Any]] = {
    "measures": _texts,
    "by": _texts,
    "where": _filters,
    "since": _text,
    "until": _text,
    "grain": _text,
    "tz": _text,
    "order": _texts,
    "limit": _number,
    "compare": _text,
    "top": _number,
    "other": _flag,
}
