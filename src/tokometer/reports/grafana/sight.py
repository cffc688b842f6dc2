"""What decides how dashboards look beside their declarations: settings, colours, and where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tokometer.charts.colours import Colours
from tokometer.dashboards.context import Context
from tokometer.dashboards.panel import Panel
from tokometer.dashboards.scope import parse_scope
from tokometer.measures import Question, Result
from tokometer.records.providers import PROVIDERS
from tokometer.settings import Settings

#: Where a server listens unless it is told otherwise.
DEFAULT_URL: Final = "http://127.0.0.1:7420"
#: What dashboards and data sources are found by in Grafana.
TAG: Final = "tokometer"
INFINITY: Final = "yesoreyeram-infinity-datasource"
JSON_API: Final = "marcusolsson-json-datasource"


#: Models that get their colours: the first that were seen.
_MOST_MODELS: Final = 40


class UnaskedError(Exception):
    """A declaration asked the ledger, which an export has not."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The settings that thresholds come from, and names with their colours."""

    settings: Settings = field(default_factory=Settings)
    url: str = DEFAULT_URL
    #: Providers that get their names and colours, by slug.
    providers: Sequence[str] = tuple(PROVIDERS)
    #: The colours of other names (models), as `#rrggbb`.
    colours: Mapping[str, str] = field(default_factory=dict)

    def provider_colours(self) -> dict[str, tuple[str, str]]:
        """What people call each provider, and its colour."""
        return {slug: (PROVIDERS[slug].name, PROVIDERS[slug].colour) for slug in self.providers if slug in PROVIDERS}

    def context(self) -> Context:
        """A context for what declarations say without asking: thresholds and bands."""

        def refuse(question: Question) -> Result:
            raise UnaskedError(str(question))

        scope = parse_scope({}, (), datetime.now(UTC))
        return Context(scope, refuse, Colours(), self.settings)

    def every(self, dashboard_id: str, panel: Panel) -> float:
        """How often a panel is renewed (seconds): its own pace, or what the settings say."""
        return self.settings.every(dashboard_id, panel.id, panel.every)


def sight_of(settings: Settings, url: str, data: Path) -> Sight:
    """As the pages of a data folder look: its settings, and the colours that it remembers."""
    given = Colours(data / "colours.json").given()
    models = {name: colour for name, colour in given.items() if name not in PROVIDERS}
    return Sight(settings, url, colours=dict(list(models.items())[:_MOST_MODELS]))
