"""One figure: large, with its change, its course, and whether it is where it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import JUDGED, STANDING, described, judgement_of, rows_of
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import periods, spark
from tokometer.dashboards.drill import BETWEEN
from tokometer.dashboards.figure import figure
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.dashboards.rows import course
from tokometer.judgement.certainty import CERTAINTY
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import Number
from tokometer.settings import Settings

_COST: Final = "calls.cost"
#: What a judgement knows of money that does not rest on a cost.
_EARNED: Final = "revenue"
#: A second figure's window, where it is the viewer's.
_CHOSEN: Final = "range"
#: What a standing is called beside its colour.
WORDS: Final = {"good": "Good", "warning": "Warning", "critical": "Critical", "none": "No data"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond which a value is worrying, and bad, in the measure's unit. Which side is bad is the measure's matter.

    A value at a limit has not crossed it: what has to be at least 99.9 % is well at 99.9 %.
    """

    warning: float
    critical: float

    def standing(self, value: Number | None, better: str) -> str:
        """`good`, `warning`, `critical`, or `none` where there is no value."""
        if value is None:
            return "none"
        sign = -1 if better == "higher" else 1
        size = sign * float(value)
        if size > sign * self.critical:
            return "critical"
        return "warning" if size > sign * self.warning else "good"


@dataclass(frozen=True, slots=True)
class Also:
    """A second figure under the large one, of the same window, another, or the viewer's (`range`)."""

    of: str
    words: str
    window: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat(Placed):
    """One measure or judgement of one window."""

    kind: ClassVar[str] = "stat"
    of: str
    width: int = 3
    #: Limits from the settings, for a measure; a judgement has its own standing.
    limits: Callable[[Settings], Limits] | None = None
    #: The judgement whose standing it bears, where it is a fact of one.
    stands: str = ""
    also: tuple[Also, ...] = ()
    #: What is said where there is no value: what is not configured, or what would have to come in.
    nothing: str = ""
    #: The colour of its course.
    colour: str = "other"

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        chosen = not self.window or any(also.window == _CHOSEN for also in self.also)
        return ("range", "compare", "complete") if chosen else ("compare",)

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(dict.fromkeys((self.of, *(also.of for also in self.also))))

    def view(self, context: Context) -> View:
        """The value now and before, and where it stands."""
        scope, window = context.scope, context.window(self.window)
        asked = [self.of, *(CERTAINTY_NAMES if self.of == _COST else ())]
        rows = rows_of(context, asked, window=window, compare=True)
        row = rows[0] if rows else {}
        sure = self._sure(row)
        value, before = row.get(self.of), row.get(self.of + PREVIOUS)
        standing = self._standing(context, value, row)
        when = scope.before.capitalize() if not self.window else "The period before"
        shown: dict[str, Any] = {
            "figure": figure(self.of, value, before=before, when=when),
            "of_window": window.title if self.window and self.window != "all" and "{range}" not in self.title else "",
            # Known, but nothing that is good or bad, has no state.
            "standing": "" if value is not None and standing == "none" else standing,
            "nothing": self.nothing if value is None else "",
            "mark": mark_of({name: row.get(full) for name, full in sure.items()}),
            "colour": self.colour,
            "spark": self._spark(context),
            "also": [self._also(context, also) for also in self.also],
        }
        shown["word"] = str(row.get(f"{self.of}.status") or WORDS.get(shown["standing"], "")).capitalize()
        columns = ("measure", "value", "previous")
        # Beside an amount, how many calls are not in it.
        told = [self.of, *sure.values()]
        table = [(name, row.get(name), row.get(name + PREVIOUS)) for name in told]
        table += [(also["name"], also["value"], None) for also in shown["also"]]
        return View(shown, Table(columns, table), window, empty=value is None)

    def _sure(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Under which names the row says how sure the cost is that the figure is, or rests on; none where it is not."""
        of, _, fact = self.of.removeprefix(JUDGED).partition(".")
        if not self.of.startswith(JUDGED):
            names = dict(zip(CERTAINTY, CERTAINTY_NAMES, strict=True)) if self.of == _COST else {}
        else:
            names = {name: f"{JUDGED}{of}.{name}" for name in CERTAINTY if fact != _EARNED}
        return {name: full for name, full in names.items() if full in row}

    def _standing(self, context: Context, value: Number | None, row: dict[str, Any]) -> str:
        if self.of.startswith(JUDGED):
            judged, fact = judgement_of(self.of)
            borne = self.stands if fact else f"{JUDGED}{judged.name}"
            return str(row.get(borne + STANDING) or "none") if borne else ""
        if self.limits is None:
            return ""
        return self.limits(context.settings).standing(value, described(self.of).better)

    def _spark(self, context: Context) -> dict[str, Any]:
        if self.of.startswith(JUDGED) or self.window == "all":
            return {"points": "", "top": ""}
        # What is of minutes or of today has its course over the last hours.
        window = context.window("24h" if self.window == "today" or self.window.endswith("m") else self.window)
        grain = context.grain(window)
        rows = rows_of(context, [self.of], window=window, grain=grain)
        line = course(rows, self.of, periods(window, grain, context.scope.now))
        return spark(line, described(self.of).unit)

    def _also(self, context: Context, also: Also) -> dict[str, Any]:
        window = context.scope.window if also.window == _CHOSEN else context.window(also.window or self.window)
        rows = rows_of(context, [also.of], window=window)
        value = rows[0].get(also.of) if rows else None
        found = figure(also.of, value)
        shown = {"words": also.words, "text": found.text, "exact": found.exact, "name": also.of, "value": value}
        return shown | {"within": BETWEEN.join(filter(None, window.asked)) if also.window else ""}
