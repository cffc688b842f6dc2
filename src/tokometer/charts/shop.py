"""Compiled charts and the script that draws them, made once and kept.

Altair and the Vega-Lite compiler together take a second to load, so nothing here imports them unless something has to
be made: a start with a warm cache only reads two files.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from tokometer.charts.theme import THEMES, theme
from tokometer.host.private import private_folder, write_private
from tokometer.host.regular import read_bytes

#: The Vega-Lite that Altair 6 writes and the wheel compiles.
_VEGA_LITE: Final = "6.4"
#: All that a page needs of Vega: no Vega-Lite, no embedding, and the interpreter that a strict CSP calls for.
_SNIPPET: Final = """import {{parse, View, Warn}} from "{vega}";
import {{expressionInterpreter}} from "{interpreter}";
window.tokometerVega = {{parse, View, Warn, expr: expressionInterpreter}};
"""

#: The modules that say how charts look.
_SHAPES: Final = ("specs", "frame", "over_time", "marks")


class ChartShop:
    """Makes and keeps what pages need to draw: `bundle()`, JavaScript, and `charts()`, JSON of every compiled shape.

    Args:
        folder: Where to keep them between starts; without one they live as long as the process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._made: dict[str, bytes] = {}

    def bundle(self) -> bytes:
        """A script that sets `window.tokometerVega`; takes about two seconds the first time."""
        return self._get(f"vega-{self.bundle_key}.js", _make_bundle)

    def charts(self) -> bytes:
        """JSON `{"specs": {kind: Vega spec}, "themes": {name: Vega configuration}}`."""
        return self._get(f"charts-{self.charts_key}.json", _make_charts)

    def warm(self) -> None:
        """Make what is not there yet. For a background thread at the start."""
        self.charts()
        self.bundle()

    @property
    def bundle_key(self) -> str:
        """Changes when the script would; part of its URL, so that browsers may keep it for ever."""
        return _digest(_SNIPPET, version("vl-convert-python"))

    @property
    def charts_key(self) -> str:
        """Changes when a compiled shape or the theme would."""
        folder = files("tokometer.charts")
        source = [folder.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in _SHAPES]
        themes = json.dumps([theme(name) for name in THEMES])
        return _digest(*source, themes, version("vl-convert-python"), version("altair"), _VEGA_LITE)

    def _get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The kept bytes of that name, or freshly made ones; whoever asks meanwhile waits for the same making."""
        with self._lock:
            if name not in self._made:
                self._made[name] = self._read(name) or self._keep(name, make())
            return self._made[name]

    def _read(self, name: str) -> bytes | None:
        if self._folder is None:
            return None
        try:
            return read_bytes(self._folder / name)
        except OSError:
            return None

    def _keep(self, name: str, content: bytes) -> bytes:
        if self._folder is not None:
            try:
                private_folder(self._folder)
                write_private(self._folder / name, content)
            except OSError:
                # Without a place to keep it, it is made again at the next start.
                self._folder = None
        return content


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _make_charts() -> bytes:
    import vl_convert

    from tokometer.charts.specs import SPECS

    specs = {
        kind: vl_convert.vegalite_to_vega(build().to_dict(), vl_version=_VEGA_LITE) for kind, build in SPECS.items()
    }
    return json.dumps(
        {"specs": specs, "themes": {name: theme(name) for name in THEMES}}, separators=(",", ":")
    ).encode()


def _make_bundle() -> bytes:
    import vl_convert

    snippet = _SNIPPET.format(vega=_module("vega"), interpreter=_module("vega-interpreter"))
    script: str = vl_convert.javascript_bundle(snippet, vl_version=_VEGA_LITE)
    return script.encode()


def _module(name: str) -> str:
    """The address under which the wheel holds a module; it does not say it otherwise."""
    address = re.compile(rb"/npm/" + name.encode() + rb"@[0-9.]+/\+esm")
    library = import_module("vl_convert.vl_convert").__file__ or ""
    with open(library, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:  # noqa: PTH123
        found = address.search(content)
        if found:
            return content[found.start() : found.end()].decode()
    raise RuntimeError(f"This vl-convert-python does not hold {name}; install 1.9 or a later 1.x")
