"""Rendering the HTML of pages and panels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tokometer import __version__
from tokometer.server.assets import asset_url

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
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
    made.globals.update(asset=asset_url, version=__version__)
    return made


def render(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template names
    """The HTML of a template."""
    return environment().get_template(name).render(**values)


def warm() -> None:
    """Compile every template, so that the first page does not wait for it."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
