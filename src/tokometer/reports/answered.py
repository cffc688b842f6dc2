"""A panel's answer with all that an export says beside its numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tokometer.dashboards import Context, Dashboard, Panel, Scope, View, titled
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.panel import narrowed, own_window
from tokometer.dashboards.unheard import unheard, unknown
from tokometer.measures import Question, Result, dimension_named


@dataclass(frozen=True, slots=True)
class Answered:
    """A panel, and what it answers to a viewer's choices."""

    panel: Panel
    title: str
    view: View
    #: The window that it is about whatever the viewer chooses, in words; '' where it is the viewer's.
    own_window: str
    #: What is to be known of it, in sentences: filters that it does not follow, what its answer lacks.
    remarks: tuple[str, ...]
    #: What was chosen and what was left out, by the viewer and by itself: (dimension's short name, values).
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    without: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether anything was left out by a filter."""
        return bool(self.where or self.without)


def answered(panel: Panel, context: Context) -> Answered:
    """Ask a panel.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    missing: dict[str, None] = {}

    def ask(question: Question) -> Result:
        result = context.ask(question)
        missing.update(dict.fromkeys(result.meta.missing))
        return result

    narrow = narrowed(panel, replace(context, ask=ask))
    view = panel.view(narrow)
    scope = narrow.scope
    title = str(view.shown.get("title") or "") or titled(panel, scope)
    remarks = [f"Not filtered by {', '.join(names)}" for names in (unheard(panel, scope),) if names]
    remarks += [f"Unknown by {', '.join(names)}" for names in (unknown(panel, scope),) if names]
    remarks += [f"Not complete: {words}" for words in missing]
    return Answered(panel, title, view, own_window(panel, title), tuple(remarks), scope.where, scope.without)


def filters_of(scope: Scope) -> list[tuple[str, str]]:
    """The viewer's filters in words: (dimension, values)."""
    return [
        (f"{dimension_named(f'calls.{name}').title}{verb}", ", ".join(values))
        for verb, pairs in (("", scope.where), (" not", scope.without))
        for name, values in pairs
    ]


def window_of(answer: Answered, scope: Scope) -> str:
    """What times a panel is about, in words."""
    window = answer.view.window
    if window is None or window.asked[0] == "all":
        return answer.own_window or "All time"
    dates = window_text(window)
    named = answer.own_window or (scope.window.title if window is scope.window else window.title)
    return dates if not named or named == dates else f"{named} ({dates})"


def stem_of(of: Panel | Dashboard) -> str:
    """What the name of a panel's or dashboard's file begins with."""
    return of.id.replace(".", "-")
