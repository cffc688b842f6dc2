"""What the server prepares while nobody waits."""

from __future__ import annotations

from pathlib import Path

from tokometer.dashboards import DASHBOARDS
from tokometer.dashboards.scope import parse_scope
from tokometer.server import panels, rendering, runtime


def test_the_first_page_is_prepared_until_somebody_asks(tmp_path: Path) -> None:
    """Left alone, every panel is answered; once a viewer has asked, only what viewers ask for."""
    for asked in (False, True):
        found = runtime.start(tmp_path / str(asked), demo=False, discover=False, home=tmp_path, env={})
        try:
            if asked:
                scope = parse_scope({"tz": ["Pacific/Chatham"]}, (), found.now())
                panels.rendered(found, rendering.panels()["usage.periods"], scope)
            panels.warm(found)
            assert len(found.rendered) == (1 if asked else len(DASHBOARDS["usage"].panels))
        finally:
            found.close()
