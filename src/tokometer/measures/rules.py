"""Making dimensions from the rules in `tokometer.toml` (`[dimension.product]`).

Rules are evaluated in the query, so they hold for the past, and a change of them rewrites nothing. A rule looks at
dimensions, labels and other made dimensions. One that names no cube holds in every cube that has what it looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tokometer.measures.ask import condition
from tokometer.measures.catalogue import CUBES
from tokometer.measures.errors import QueryError
from tokometer.measures.made import MADE, Case, Made
from tokometer.measures.query import TIME, Filter, dimension_named, name_in
from tokometer.settings import Declared, SettingsError

_RESERVED: Final = frozenset({TIME, "label", "labels"})


def use(declared: Sequence[Declared], path: Path) -> None:
    """Make these dimensions, and no others, known to all queries of this process. `path` is the file that has them.

    Raises:
        SettingsError: A name is taken, or a rule cannot be understood; then nothing changes.
    """
    before = dict(MADE)
    MADE.clear()
    try:
        _Maker(declared, path).make_all()
    except BaseException:
        MADE.clear()
        MADE.update(before)
        raise


class _Maker:
    """Makes dimensions one by one, those first that others look at."""

    def __init__(self, declared: Sequence[Declared], path: Path) -> None:
        self._declared = {one.name: one for one in declared}
        self._path = path
        self._done: set[str] = set()

    def make_all(self) -> None:
        for one in self._declared.values():
            self._check_name(one)
        for one in self._declared.values():
            self._make(one, ())

    def _check_name(self, one: Declared) -> None:
        if one.name in _RESERVED or one.name in CUBES:
            raise self._error(one, "", "stands for something else already; take another name")

    def _is_free(self, cube: str, one: Declared, *, must: bool) -> bool:
        """Whether a cube has nothing else of this name; where it `must` be, that is a mistake."""
        of_cube = CUBES[cube]
        if one.name not in of_cube.dimensions and one.name not in of_cube.measures:
            return True
        if must:
            what = "dimension" if one.name in of_cube.dimensions else "measure"
            raise self._error(one, "", f"{cube}.{one.name} is a {what} already; take another name")
        return False

    def _make(self, one: Declared, above: tuple[str, ...]) -> None:
        if one.name in self._done:
            return
        if one.name in above:
            circle = " → ".join((*above[above.index(one.name) :], one.name))
            raise self._error(one, "", f"looks at itself: {circle}")
        texts = [
            (f".rule[{number}].where[{place}]", text)
            for number, rule in enumerate(one.rules, start=1)
            for place, text in enumerate(rule.where, start=1)
        ]
        named: dict[str, str] = {}
        for at, text in texts:
            try:
                named[text] = name_in(text)
            except QueryError as error:
                raise self._error(one, at, error.reason) from None
            below = self._declared.get(self._bare(named[text]))
            if below is not None:
                self._make(below, (*above, one.name))
        for cube in self._cubes(one, texts, named):
            self._make_in(cube, one, texts, named)
        self._done.add(one.name)

    def _cubes(self, one: Declared, texts: Sequence[tuple[str, str]], named: dict[str, str]) -> list[str]:
        """The cubes that have all that the rules look at."""
        given = {name.partition(".")[0] for name in named.values()} & CUBES.keys()
        if len(given) > 1:
            raise self._error(one, "", f"looks at {' and '.join(sorted(given))}; a rule is about one of them")
        offered = [cube for cube in given or CUBES if all(self._knows(cube, name) for name in named.values())]
        if not offered:
            # The calls know most; what they do not know is the mistake.
            cube = next(iter(given), "calls")
            at, text = next((at, text) for at, text in texts if not self._knows(cube, named[text]))
            try:
                dimension_named(f"{cube}.{self._bare(named[text])}")
            except QueryError as error:
                raise self._error(one, at, error.reason) from None
        return [cube for cube in offered if self._is_free(cube, one, must=cube == "calls" or cube in given)]

    def _make_in(self, cube: str, one: Declared, texts: Sequence[tuple[str, str]], named: dict[str, str]) -> None:
        at_of = iter(texts)
        cases = []
        for rule in one.rules:
            where = []
            for text in rule.where:
                at, _ = next(at_of)
                name = named[text]
                whole = text if name.partition(".")[0] in CUBES else f"{cube}.{text.lstrip()}"
                try:
                    where.append(condition(Filter.parse(whole)))
                except QueryError as error:
                    raise self._error(one, at, error.reason) from None
            cases.append(Case(rule.value, tuple(where)))
        made = Made(
            title=one.title or one.name.replace("_", " ").capitalize(),
            description=one.description or "Made by rules, see the settings' file.",
            cases=tuple(cases),
            default=one.default,
        )
        made.name = f"{cube}.{one.name}"
        MADE[made.name] = made

    @staticmethod
    def _bare(name: str) -> str:
        cube, dot, rest = name.partition(".")
        return rest if dot and cube in CUBES else name

    def _knows(self, cube: str, name: str) -> bool:
        try:
            dimension_named(f"{cube}.{self._bare(name)}")
        except QueryError:
            return False
        return True

    def _error(self, one: Declared, at: str, reason: str) -> SettingsError:
        return SettingsError(self._path, f"dimension.{one.name}{at}", reason)
