"""The pages' custom properties, read so that charts wear the same colours as the page around them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

_RULE: Final = re.compile(r":root(?:\[data-theme=\"(\w+)\"\])?\s*\{(.*?)\}", re.DOTALL)
_PROPERTY: Final = re.compile(r"--([\w-]+):\s*([^;]+);")


@cache
def stylesheet() -> str:
    """The text of the file that holds every design token."""
    return files("tokometer.charts").joinpath("tokens.css").read_text(encoding="utf-8")


@cache
def tokens(name: Theme) -> dict[str, str]:
    """Every custom property as it stands in a theme, by its name without the dashes."""
    found: dict[str, str] = {}
    for theme_name, body in _RULE.findall(stylesheet()):
        if theme_name in ("", name):
            found.update((key, value.strip()) for key, value in _PROPERTY.findall(body))
    return found


@cache
def theme(name: Theme) -> dict[str, Any]:
    """The Vega configuration of a theme: what a chart takes when its spec does not say."""
    token = tokens(name)
    return {
        "background": "transparent",
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": False,
            "gridColor": token["grid"],
            "gridWidth": 1,
            "labelColor": token["text-3"],
            "labelFont": token["sans"],
            "labelFontSize": 11,
            "labelPadding": 8,
            "title": None,
        },
        "text": {"font": token["sans"], "fontSize": 11, "fill": token["text-2"]},
        "rule": {"stroke": token["line-strong"]},
        "signals": [{"name": f"ink_{key.replace('-', '_')}", "value": token[key]} for key in _INKS],
    }


#: Tokens that specs may name, as signals `ink_…`.
_INKS: Final = ("requests", "tokens", "cost", "other", "card", "grid", "line-strong", "text")
