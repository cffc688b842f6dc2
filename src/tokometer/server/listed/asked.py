"""What an address asks for of a list of records: those of `/api/query`, and the list's own parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from tokometer.dashboards.calendar import RANGES
from tokometer.measures import CUBES, Filter, Listing, Query, QueryError, dimension_named
from tokometer.measures.behind import Behind, behind
from tokometer.measures.comparisons import Comparison, comparable, is_comparison
from tokometer.measures.errors import suggest, told
from tokometer.measures.facts import FACTS, SHOWN
from tokometer.measures.kinds import Count
from tokometer.measures.labels import split

#: Records on a page, where nobody says how many.
USUAL: Final = 100
_DEFAULT: Final = {"cube": "calls", "since": "24h", "until": "", "tz": "UTC", "sort": "-at", "search": "", "after": ""}
_OWN: Final = (*_DEFAULT, "measure", "where", "column", "limit", "count", "format")
#: What the addresses of dashboards say beside; it means nothing to a list.
_ELSEWHERE: Final = frozenset(
    {"compare", "complete", "trend", "show", "per", "by", "grain", "hide", "of", "live", "facet"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The list that is asked for. `where` are the asker's own filters, without those of the measure."""

    cube: str
    measure: str
    where: tuple[Filter, ...]
    compared: tuple[Comparison, ...]
    since: str
    until: str
    tz: str
    columns: tuple[str, ...]
    sort: str
    search: str
    after: str
    limit: int

    @property
    def narrowed(self) -> bool:
        """Whether something is asked for by which nothing is summed up beforehand."""
        return bool(self.search or self.compared)

    @property
    def behind(self) -> Behind | None:
        """What the measure counts; None where the list is of no measure."""
        return behind(self.measure) if self.measure else None

    @property
    def filters(self) -> tuple[Filter, ...]:
        """All filters, those of the measure included."""
        return (*self.where, *(self.behind.where if self.behind else ()))

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns, by their short names."""
        if self.columns:
            return self.columns
        more = self.behind.shown if self.behind else ""
        usual = SHOWN[self.cube]
        return usual if not more or more in usual or self._stands(more) else (*usual, more)

    def _stands(self, more: str) -> bool:
        """Whether what is shown says it already, in units for people."""
        return more.endswith("_us") and f"{more.removesuffix('_us')}_ms" in SHOWN[self.cube]

    def listing(self, extra: Iterable[str] = (), **changes: Any) -> Listing:  # noqa: ANN401 - fields of a listing
        """The question, with further columns beside those that are shown."""
        given: dict[str, Any] = {
            "cube": self.cube,
            "columns": tuple(dict.fromkeys((*self.shown, *extra))),
            "where": self.filters,
            "compared": self.compared,
            "since": self.since,
            "until": self.until,
            "tz": self.tz,
            "sort": self.sort,
            "search": self.search,
            "after": self.after,
            "limit": self.limit,
        }
        return Listing(**{**given, **changes})

    def counting(self, **changes: Any) -> Query:  # noqa: ANN401 - fields of a query
        """How many records the list has, without a search and comparisons."""
        return self._query(counted(self.cube), changes.pop("where", self.filters), **changes)

    def computing(self) -> Query | None:
        """The value that the records add up to; None where the list is of no measure."""
        return self._query(self.measure, self.where) if self.measure else None

    def _query(self, measure: str, where: tuple[Filter, ...], **changes: Any) -> Query:  # noqa: ANN401
        given = {"since": self.since, "until": self.until, "tz": self.tz}
        return Query(measures=(measure,), where=where, **{**given, **changes})

    def params(self) -> list[tuple[str, str]]:
        """The same as parameters of an address, without what is usual."""
        told = [("measure", self.measure)] if self.measure else [("cube", self.cube)]
        told += [("where", str(one)) for one in (*self.where, *self.compared)]
        told += [(name, getattr(self, name)) for name in ("since", "until", "tz")]
        told += [("column", ",".join(self.columns))] if self.columns else []
        told += [("sort", self.sort)] if self.sort != _DEFAULT["sort"] else []
        told += [("search", self.search), ("after", self.after)]
        told += [("limit", str(self.limit))] if self.limit != USUAL else []
        return [(name, value) for name, value in told if value]

    def address(self, path: str = "/explore", **changes: Any) -> str:  # noqa: ANN401 - fields
        """The address of this list, changed; of its first page, unless the change says which."""
        changed = replace(self, **{"after": "", **changes})
        return f"{path}?{urlencode(changed.params())}"

    def other(self, cube: str) -> str:
        """The address of the same window of another kind of record, with the filters that it knows, too."""
        kept = []
        for one in self.where:
            name = f"{cube}.{one.dimension.partition('.')[2]}"
            try:
                kept.append(Filter(name, one.op, one.values))
            except QueryError:
                continue
        known = comparable(cube)
        compared = tuple(one for one in self.compared if one.fact in known)
        changes: dict[str, Any] = {"where": tuple(kept), "compared": compared, "columns": self._known(cube)}
        return self.address(cube=cube, measure="", sort=_DEFAULT["sort"], **changes)

    def _known(self, cube: str) -> tuple[str, ...]:
        """The chosen columns that another kind of record has, too; the usual ones where it has none of them."""
        there = {*FACTS[cube], *CUBES[cube].dimensions}
        return tuple(name for name in self.columns if name in there)


def counted(cube: str) -> str:
    """The measure that counts a cube's records."""
    return next(m.name for m in CUBES[cube].measures.values() if isinstance(m, Count) and not m.where)


def asked_by(params: Iterable[tuple[str, str]], *, lenient: bool = False) -> Asked:
    """What parameters ask for. `lenient` takes those of dashboards, too: a range, and dimensions by their short names.

    Raises:
        QueryError: There is no such parameter, or something in it is wrong.
    """
    given: dict[str, str] = dict(_DEFAULT)
    where: list[Filter] = []
    compared: list[str] = []
    columns: list[str] = []
    chosen: dict[str, list[str]] = {}
    for name, value in params:
        if name == "where" and is_comparison(value):
            compared.append(value)
        elif name == "where":
            where.append(Filter.parse(value))
        elif name == "column":
            columns += split(value)
        elif name in _OWN:
            given[name] = value
        elif "." in name:
            chosen.setdefault(dimension_named(name).name, []).append(value)
        elif lenient:
            _elsewhere(given, chosen, name, value)
        else:
            known = suggest(name, _OWN) or f"; there are {', '.join(_OWN)}"
            raise QueryError(told(name, 60), f"a list has no such parameter{known}")
    measure = given.get("measure", "")
    cube = behind(measure).cube if measure else given["cube"]
    where += [Filter(name, "in", tuple(values)) for name, values in chosen.items() if name.startswith(f"{cube}.")]
    asked = Asked(
        cube,
        behind(measure).measure.name if measure else "",
        tuple(dict.fromkeys(where)),
        tuple(dict.fromkeys(Comparison.parse(one, cube) for one in compared)),
        since=given["since"],
        until=given["until"],
        tz=given["tz"],
        columns=(),
        sort=given["sort"] or _DEFAULT["sort"],
        search=given["search"].strip(),
        after=given["after"],
        limit=_limit(given.get("limit", "")),
    )
    # Names are looked up, and errors told, by the question itself.
    listing = Listing(cube=cube, columns=tuple(columns), where=asked.where, sort=asked.sort, search=asked.search)
    return replace(asked, columns=listing.columns if columns else (), sort=listing.sort)


def _elsewhere(given: dict[str, str], chosen: dict[str, list[str]], name: str, value: str) -> None:
    """A parameter of a dashboard: its range is the window, and its filters are of calls."""
    if name == "range":
        given["since"] = value if value in RANGES and value != "custom" else given["since"]
    elif name not in _ELSEWHERE:
        try:
            chosen.setdefault(dimension_named(f"calls.{name}").name, []).append(value)
        except QueryError:
            return


def _limit(text: str) -> int:
    if text and not (text.isdecimal() and 0 < int(text) <= _MOST):
        raise QueryError("limit", f"a page has 1 to {_MOST:,} records, not {told(text, 40)!r}")
    return int(text) if text else USUAL


#: Records on one page. Files have more.
_MOST: Final = 1_000


def offered(cube: str) -> list[tuple[str, str]]:
    """The columns that can be chosen, with their titles, what is mostly looked at first."""
    titles = {name: fact.title for name, fact in FACTS[cube].items()}
    titles |= {
        name: one.title for name, one in CUBES[cube].dimensions.items() if not one.is_time and name not in titles
    }
    usual = [name for name in SHOWN[cube] if name in titles]
    rest = sorted((name for name in titles if name not in usual), key=lambda name: titles[name].casefold())
    return [(name, titles[name]) for name in (*usual, *rest)]
