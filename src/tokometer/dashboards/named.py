"""What a declaration names rather than says: limits, levels and conditions that are worked out, each by its name.

`error_rate_limits` is that function; `Benchmark calls.cost_per_mtok` is that class, with what it is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from tokometer.dashboards import leading, limits, reconciled
from tokometer.dashboards.kinds.heatmap import availability_states
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.dashboards.levels import Bands, Benchmark, budget_line, success_objective

_LIMITS: Final = (
    limits.error_rate_limits,
    limits.availability_limits,
    limits.latency_limits,
    limits.health_limits,
    limits.efficiency_limits,
    limits.objective_limits,
)
_UNDER: Final = (
    *(leading.no_words, leading.of_part, leading.of_since),
    *(leading.of_job, leading.of_job_failure, leading.of_machine, leading.of_series),
    *(leading.of_anomaly, leading.of_budget, leading.of_gateway_budget),
    *(reconciled.of_cause, reconciled.of_gap_part),
)
_TO: Final = (
    *(leading.group, leading.part, leading.since),
    *(leading.job, leading.job_failure, leading.machine, leading.series),
    *(leading.anomaly, leading.budget, leading.gateway_budget),
    *(reconciled.gap_cause, reconciled.gap_part),
)
#: By the field in which they make sense.
NAMED: Final[dict[str, dict[str, Callable[..., Any]]]] = {
    "limits": {one.__name__: one for one in (*_LIMITS, availability_states)},
    "levels": {"budget_line": budget_line, "success_objective": success_objective, "Benchmark": Benchmark},
    "bands": {"Bands": Bands},
    "target": {"availability_objective": limits.availability_objective},
    "only": {"has_issues": limits.has_issues, "HasAny": HasAny, "is_named": leading.is_named},
    "under": {one.__name__: one for one in _UNDER},
    "to": {one.__name__: one for one in _TO},
}


def name_of(value: Any) -> str:  # noqa: ANN401 - a function, or a class's value that is called as one
    """What a declaration calls it.

    Raises:
        LookupError: It has no name here.
    """
    known = {name: one for group in NAMED.values() for name, one in group.items()}
    made: Any = known.get(type(value).__name__)
    if isinstance(made, type) and isinstance(value, made):
        [of] = [getattr(value, one.name) for one in fields(made)]
        return f"{type(value).__name__} {of if isinstance(of, str) else name_of(of)}"
    name = getattr(value, "__name__", "")
    if known.get(name) is not value:
        raise LookupError(f"{value!r} has no name in dashboards/named.py")
    return name


def named(field: str, text: str) -> Callable[..., Any]:
    """What a name stands for in a field.

    Raises:
        LookupError: There is none of that name; the message says which there are.
    """
    known = NAMED.get(field, {})
    name, _, rest = text.partition(" ")
    found = known.get(name)
    if found is None or isinstance(found, type) != bool(rest):
        words = [f"{one} …" if isinstance(value, type) else one for one, value in known.items()]
        raise LookupError(f"has to be one of {', '.join(words)}")
    if not isinstance(found, type):
        return found
    made: Callable[..., Any] = found(named("limits", rest) if found is Bands else rest)
    return made
