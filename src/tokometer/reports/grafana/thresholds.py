"""From where on a value is worrying, and bad: Grafana's thresholds from our limits, bands and levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from tokometer.charts.axes import Grain
from tokometer.dashboards.kinds.stat import Limits
from tokometer.dashboards.limits import efficiency_limits, health_limits
from tokometer.reports.grafana.sight import Sight, UnaskedError

GOOD: Final = "green"
WARNING: Final = "orange"
CRITICAL: Final = "red"
PLAIN: Final = "text"
INKS: Final = {"good": GOOD, "warning": WARNING, "critical": CRITICAL, "none": PLAIN}
#: Judgements that are numbers with limits in the settings.
_JUDGED: Final = {"judgement.health_score": health_limits, "judgement.token_efficiency": efficiency_limits}
#: What a word of a judgement, an alert or a log line stands for.
WORDS: Final = {
    **dict.fromkeys(("good", "CLOSED", "healthy", "ok", "success", "up", "info"), GOOD),
    **dict.fromkeys(("warning", "HALF_OPEN", "major", "warn", "minor", "ticket", "degraded"), WARNING),
    **dict.fromkeys(("critical", "OPEN", "error", "fatal", "failed", "page", "down", "timeout"), CRITICAL),
}

Step = tuple[float | None, str]


def steps_of(limits: Limits, better: str) -> list[Step]:
    """A colour from each value on, of what a number means whose better side is `better`."""
    if better == "higher":
        low = [] if math.isinf(limits.critical) else [(None, CRITICAL), (limits.critical, WARNING)]
        return [*(low or [(None, WARNING)]), (limits.warning, GOOD)]
    return [(None, GOOD), (limits.warning, WARNING), (limits.critical, CRITICAL)]


def judged_steps(name: str, sight: Sight) -> list[Step]:
    """The steps of a judgement that has limits in the settings; none of others."""
    found = _JUDGED.get(name)
    return steps_of(found(sight.settings), "higher") if found else []


def stripes(bands: Sequence[Any]) -> list[Step]:
    """The steps of the bands of a chart; see drawing.Band."""
    return [(band.low, INKS.get(band.state, PLAIN)) for band in bands]


def level_steps(panel: Any, sight: Sight) -> list[Step]:  # noqa: ANN401 - a Series
    """A line at each target that the settings know; what the ledger would have to be asked for has none."""
    grain: Grain = panel.grain or panel.least or "hour"
    try:
        levels = panel.levels(sight.context(), sight.context().window("7d"), grain)
    except UnaskedError:
        return []
    found = sorted((level.value, INKS.get(level.state, WARNING)) for level in levels)
    return [(None, "transparent"), *found] if found else []


def thresholds(steps: Sequence[Step]) -> ThresholdsConfig:
    """For a panel; one neutral step where there is none."""
    made = [Threshold(value, colour) for value, colour in steps or [(None, PLAIN)]]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def steps_json(steps: Sequence[Step]) -> dict[str, Any]:
    """For one column."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in steps]}
