"""Panels and dashboards as plain data: what their TOML says, what is kept of people's own, what the page composes.

Derived from the fields of the dataclasses: a value is written where it is not its default, and read with the type that
its field has. What is worked out (limits, levels) is named; see :mod:`tokometer.dashboards.named`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, cast, get_args, get_origin

from tokometer.dashboards.answers import JUDGED, described
from tokometer.dashboards.calendar import RANGES
from tokometer.dashboards.grammar import DIMENSIONS, KINDS, WINDOWS, Field, fields_of, is_named, item_of, parts_of
from tokometer.dashboards.named import name_of, named
from tokometer.dashboards.panel import Dashboard, Panel, Placed, Section
from tokometer.dashboards.scope import DEFAULT_RANGE
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.measures import CUBES, Filter, QueryError, dimension_named
from tokometer.records.values import check_unicode

#: Panels of a dashboard, sections of it, and parts of anything in a panel.
MOST_PANELS: Final = 60
_MOST_SECTIONS: Final = 30
_MOST_PARTS: Final = 50
#: Characters of a text.
_LONGEST: Final = 500
#: What numbers may be, by field; others are from 0 on.
_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {"width": (1, 12), "every": (1, 86_400), "top": (1, 60)}
_MOST_NUMBER: Final = 1e12
_ID: Final = re.compile(r"[a-z0-9_]{1,60}")
_CONTROLS: Final = ("", "trend")


class DeclarationError(ValueError):
    """A declaration cannot be used: where (`section 1, panel 2 (Cost)`), which field, and what would be right."""

    def __init__(self, where: str, field: str, reason: str) -> None:
        super().__init__(": ".join(filter(None, (where, field, reason))))
        self.where = where
        self.field = field
        self.reason = reason


# -- to plain data -----------------------------------------------------------------------------------------------------


def dashboard_plain(board: Dashboard) -> dict[str, Any]:
    """A dashboard as plain data, without its id and its letter."""
    told: dict[str, Any] = {"title": board.title}
    if board.range != DEFAULT_RANGE:
        told["range"] = board.range
    if board.about:
        told["about"] = board.about
    told["section"] = [_section_plain(section, board.id) for section in board.sections]
    return told


def _section_plain(section: Section, home: str) -> dict[str, Any]:
    head = {name: value for name in ("title", "control") if (value := getattr(section, name))}
    return head | {"panel": [panel_plain(panel, home) for panel in section.panels]}


def panel_plain(panel: Panel, home: str) -> dict[str, Any]:
    """A panel as plain data; its id is that within its dashboard `home`."""
    return {"kind": panel.kind, "id": panel.id.removeprefix(f"{home}.")} | {
        name: value for name, value in _fields_plain(cast("Placed", panel)) if name != "id"
    }


def _fields_plain(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a dataclass
    for name, field in fields_of(type(value)).items():
        held = getattr(value, name)
        if field.required or held != field.default:
            yield name, _plain(held)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    if isinstance(value, Filter):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if callable(value):
        return name_of(value)
    if is_dataclass(value):
        return dict(_fields_plain(value))
    return value


# -- from plain data ---------------------------------------------------------------------------------------------------


def dashboard_of(told: object, id_: str, key: str = "") -> Dashboard:
    """The dashboard that plain data declares.

    Raises:
        DeclarationError: Something cannot be meant; the first such thing is told.
    """
    if not isinstance(told, Mapping):
        raise DeclarationError("", "", "a dashboard is a table with a title and sections")
    _only("", told, ("title", "range", "about", "section"))
    range_ = told.get("range", DEFAULT_RANGE)
    choices = tuple(name for name in RANGES if name != "custom")
    if range_ not in choices:
        raise DeclarationError("", "range", _one_of(range_, choices))
    listed = told.get("section", [])
    if not isinstance(listed, list) or len(listed) > _MOST_SECTIONS:
        raise DeclarationError("", "section", f"is a list of at most {_MOST_SECTIONS} tables: write [[section]]")
    used: set[str] = set()
    sections = tuple(_section_of(one, at, id_, used) for at, one in enumerate(listed, 1))
    title = _text("", "title", told.get("title", ""))
    if not title.strip():
        raise DeclarationError("", "title", "is missing")
    return Dashboard(
        id=id_, title=title, key=key, range=range_, sections=sections, about=_text("", "about", told.get("about", ""))
    )


def _section_of(told: object, number: int, home: str, used: set[str]) -> Section:
    where = f"section {number}"
    if not isinstance(told, Mapping):
        raise DeclarationError(where, "", "is a table: write [[section]]")
    _only(where, told, ("title", "control", "panel"))
    control = told.get("control", "")
    if control not in _CONTROLS:
        raise DeclarationError(where, "control", _one_of(control, _CONTROLS))
    listed = told.get("panel", [])
    if not isinstance(listed, list):
        raise DeclarationError(where, "panel", "is a list of tables: write [[section.panel]]")
    made = []
    for at, one in enumerate(listed, 1):
        panel = panel_of(one, home, f"{where}, panel {at}", number=len(used) + 1)
        if panel.id in used:
            raise DeclarationError(f"{where}, panel {at}", "id", "is that of another panel")
        used.add(panel.id)
        made.append(panel)
        if len(used) > MOST_PANELS:
            raise DeclarationError(where, "", f"a dashboard has at most {MOST_PANELS} panels")
    return Section(tuple(made), _text(where, "title", told.get("title", "")), control)


def panel_of(told: object, home: str, where: str = "panel", number: int = 1) -> Panel:
    """The panel that plain data declares, on the dashboard `home`.

    Raises:
        DeclarationError: Something cannot be meant.
    """
    if not isinstance(told, Mapping):
        raise DeclarationError(where, "", "is a table: write [[section.panel]]")
    title = told.get("title", "")
    if isinstance(title, str) and title.strip():
        where = f"{where} ({title[:40]})"
    kind = told.get("kind", "")
    if kind not in KINDS:
        raise DeclarationError(where, "kind", _one_of(kind, tuple(KINDS)))
    id_ = str(told.get("id") or f"panel_{number}")
    if not _ID.fullmatch(id_):
        raise DeclarationError(where, "id", "has to be lower-case letters, digits and underscores")
    given = {name: value for name, value in told.items() if name not in ("kind", "id")}
    values = _values(KINDS[kind], given, where) | {"id": f"{home}.{id_}"}
    try:
        panel = cast("Panel", KINDS[kind](**values))
    except TypeError:
        missing = [name for name, one in fields_of(KINDS[kind]).items() if one.required and name not in values]
        raise DeclarationError(where, missing[0], "is missing") from None
    _check(panel, given, where)
    return panel


def _values(kind: Any, told: Mapping[str, Any], where: str, prefix: str = "") -> dict[str, Any]:  # noqa: ANN401
    """The values of the fields of a dataclass."""
    known = fields_of(kind)
    _only(where, told, tuple(known), prefix)
    return {name: _value(known[name], known[name].hint, value, where, prefix + name) for name, value in told.items()}


def _value(field: Field, hint: Any, told: Any, where: str, at: str) -> Any:  # noqa: ANN401, PLR0911 - one type after another
    """A value with the type that its field has."""
    if field.name == "filters":
        return _filters(told, where, at)
    if field.name == "window" or field.words:
        return _word(field, told, where, at)
    if get_origin(hint) is tuple:
        return _tuple(field, hint, told, where, at)
    if type(None) in parts_of(hint) and told is None:
        return None
    if is_named(hint) or hint is Filter:
        return _read(field, hint, told, where, at)
    kind = parts_of(hint)[0]
    if is_dataclass(kind):
        return _part(kind, told, where, at)
    return _simple(field.name, hint, told, where, at)


def _word(field: Field, told: object, where: str, at: str) -> object:
    # A figure beside another may be of the viewer's window.
    words = field.words or ((*WINDOWS, "range") if "." in at else WINDOWS)
    if told not in words:
        raise DeclarationError(where, at, _one_of(told, words))
    return told


def _read(field: Field, hint: Any, told: object, where: str, at: str) -> Any:  # noqa: ANN401 - a type and a value of it
    """What a text stands for: a filter, or something that is worked out."""
    try:
        return Filter.parse(told) if hint is Filter else named(field.name, _text(where, at, told))
    except QueryError as error:
        raise DeclarationError(where, at, error.reason) from None
    except LookupError as error:
        raise DeclarationError(where, at, str(error)) from None


def _part(hint: Any, told: object, where: str, at: str) -> Any:  # noqa: ANN401 - a type and a value of it
    """A part that is a value itself: a column, a second figure."""
    known = fields_of(hint)
    needed = [name for name, one in known.items() if one.required]
    if isinstance(told, str):
        # A column that is only its measure.
        told = {needed[0]: told}
    if not isinstance(told, Mapping):
        raise DeclarationError(where, at, "has to be a table")
    made = _values(hint, told, where, f"{at}.")
    missing = [name for name in needed if name not in made]
    if missing:
        raise DeclarationError(where, f"{at}.{missing[0]}", "is missing")
    return hint(**made)


def _tuple(field: Field, hint: Any, told: Any, where: str, at: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(told, list | tuple):
        raise DeclarationError(where, at, "has to be a list: […, …]")
    item, inner = item_of(hint), get_args(hint)
    if item is None and len(told) != len(inner):
        raise DeclarationError(where, at, f"has to be a list of {len(inner)}")
    if len(told) > _MOST_PARTS:
        raise DeclarationError(where, at, f"has at most {_MOST_PARTS} parts")
    if item is not None and get_args(item) == (str, str, str):
        # A figure that is only its measure is called as that is.
        told = [[one, _title_of(one), "other"] if isinstance(one, str) else one for one in told]
    hints = [item] * len(told) if item is not None else inner
    return tuple(
        _value(field, kind, one, where, f"{at}[{number}]")
        for number, (kind, one) in enumerate(zip(hints, told, strict=True), 1)
    )


def _simple(name: str, hint: Any, told: Any, where: str, at: str) -> Any:  # noqa: ANN401 - a type and a value of it
    if hint is str:
        return _text(where, at, told)
    if hint is bool:
        if not isinstance(told, bool):
            raise DeclarationError(where, at, "has to be true or false")
        return told
    if isinstance(told, bool) or not isinstance(told, int | float | Decimal) or not math.isfinite(told):
        raise DeclarationError(where, at, "has to be a number")
    least, most = _BOUNDS.get(name, (-_MOST_NUMBER if hint is float else 0, _MOST_NUMBER if hint is float else 1_000))
    if not least <= told <= most:
        raise DeclarationError(where, at, f"has to be from {least:,g} to {most:,g}")
    if hint is int and told != int(told):
        raise DeclarationError(where, at, "has to be a whole number")
    return hint(told)


def _filters(told: object, where: str, at: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """`{provider = ["openai"]}`, as the viewer's filters are kept."""
    if isinstance(told, list | tuple):
        told = {one[0]: one[1] for one in told if isinstance(one, list | tuple) and len(one) == 2}  # noqa: PLR2004
    if not isinstance(told, Mapping) or len(told) > _MOST_PARTS:
        raise DeclarationError(where, at, 'has to be a table: { provider = ["openai"] }')
    found = []
    for name, values in told.items():
        listed = [values] if isinstance(values, str) else values
        if not isinstance(listed, list | tuple) or not listed or len(listed) > _MOST_PARTS:
            raise DeclarationError(where, f"{at}.{name}", f"has to be a list of up to {_MOST_PARTS} values")
        _dimension(f"calls.{name}", where, f"{at}.{name}")
        found.append((str(name), tuple(_text(where, f"{at}.{name}", one) for one in listed)))
    return tuple(found)


def _text(where: str, at: str, told: object) -> str:
    if not isinstance(told, str):
        raise DeclarationError(where, at, "has to be text in quotes")
    if len(told) > _LONGEST:
        raise DeclarationError(where, at, f"is longer than {_LONGEST} characters")
    try:
        check_unicode(told)
    except ValueError as error:
        raise DeclarationError(where, at, str(error)) from None
    return told


# -- names -------------------------------------------------------------------------------------------------------------


def _check(panel: Panel, told: Mapping[str, Any], where: str) -> None:
    """See that measures, judgements and dimensions are there."""
    for name in panel.measures:
        if not _is_measure(name):
            raise DeclarationError(where, _field_of(name, told), f"there is no measure {name[:80]!r}{_meant(name)}")
    cube = panel.measures[0].partition(".")[0] if panel.measures else "calls"
    for field in DIMENSIONS:
        value = getattr(panel, field, "")
        for one in value if isinstance(value, tuple) else (value,):
            if one:
                _dimension(f"{'calls' if cube == JUDGED.rstrip('.') else cube}.{one}", where, field)


def _is_measure(name: str) -> bool:
    try:
        described(name)
    except (LookupError, StopIteration, AttributeError):
        return False
    return True


def _title_of(name: str) -> str:
    return described(name).title if _is_measure(name) else name


def _dimension(name: str, where: str, field: str) -> None:
    try:
        dimension_named(name)
    except QueryError as error:
        raise DeclarationError(where, field, error.reason) from None


def _field_of(name: str, told: object, at: str = "") -> str:
    """The field in which a name stands."""
    inner = told.items() if isinstance(told, Mapping) else enumerate(told, 1) if isinstance(told, list | tuple) else ()
    for key, value in inner:
        place = f"{at}[{key}]" if isinstance(key, int) else f"{at}.{key}".lstrip(".")
        if value == name:
            return place
        if found := _field_of(name, value, place):
            return found
    return "" if at else "of"


def names_of_measures() -> list[str]:
    """Every measure, judgement and fact of one."""
    found = [f"{cube.name}.{name}" for cube in CUBES.values() for name in cube.measures]
    for judgement in JUDGEMENTS.values():
        found += [judgement.full_name, *(f"{judgement.full_name}.{fact.name}" for fact in judgement.facts)]
    return found


def _meant(name: str) -> str:
    near = get_close_matches(name[:100].lower(), names_of_measures(), 2, 0.5)
    return f"; did you mean {' or '.join(near)}?" if near else "; see docs/reference/measures.md"


def _one_of(told: object, known: tuple[str, ...]) -> str:
    near = get_close_matches(str(told)[:100].lower(), known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    words = ", ".join(word for word in known if word)
    return f"has to be one of {words}{hint}" if told else f"is missing: one of {words}"


def _only(where: str, told: Mapping[str, Any], known: tuple[str, ...], prefix: str = "") -> None:
    for name in told:
        if name not in known:
            near = get_close_matches(str(name)[:100].lower(), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise DeclarationError(where, f"{prefix}{str(name)[:60]}", f"is not known; {hint}")
