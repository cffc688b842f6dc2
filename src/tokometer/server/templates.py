"""Rendering the HTML of pages and panels."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokometer import __version__
from tokometer.dashboards.drill import counted as leads_to
from tokometer.host.private import private_folder
from tokometer.records.plural import counted
from tokometer.records.providers import provider_name
from tokometer.records.units import USD, show
from tokometer.server.assets import asset_url

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@once
def environment() -> Environment:
    """Templates escape everything, and fail on a name that is missing."""
    # Not needed to be ready, and loaded right after.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("tokometer.server", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(asset=asset_url, version=__version__, drilled=leads_to)
    made.filters["spoken"] = _spoken
    made.filters["counted"] = counted
    made.filters["day"] = _day
    made.filters["provider"] = provider_name
    made.filters["minute"] = _minute
    made.filters["dollars"] = lambda amount: show(Decimal(amount), USD)
    return made


def _day(told: str | date) -> str:
    """A day, of which its ISO date or time is told: 3 Nov 2026."""
    return f"{date.fromisoformat(str(told)[:10]):%-d %b %Y}"


def _minute(told: str) -> str:
    """An ISO time in UTC, to the minute: 3 Nov 2026, 12:04 UTC."""
    return f"{datetime.fromisoformat(told).astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def _spoken(text: str) -> Markup:
    """A sentence as HTML, what stands in backticks as code."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def render(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template names
    """The HTML of a template."""
    return environment().get_template(name).render(**values)


def warm(cache: Path) -> None:
    """Compile every template, so that the first page does not wait for it; `cache` keeps them for the next start.

    Jinja notices when a template, or Jinja itself, is another one than what it kept.
    """
    from jinja2 import FileSystemBytecodeCache
    from jinja2.bccache import Bucket

    class Cache(FileSystemBytecodeCache):
        """Keeps what fits."""

        def dump_bytecode(self, bucket: Bucket) -> None:
            """A full disk costs the next start a moment, not this one its pages."""
            with suppress(OSError):
                super().dump_bytecode(bucket)

    folder = cache / "templates"
    with suppress(OSError):
        # What lies there is run: nobody else may put anything there.
        private_folder(folder)
        if folder.stat().st_mode & 0o022 == 0:
            environment().bytecode_cache = Cache(str(folder))
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
