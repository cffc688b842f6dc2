"""Whose files lie at a path that somebody names without saying so.

Many tools write much the same lines, so a file's looks are the last resort. Where a path is one at which a tool keeps
its files in some home folder (`/backup/laptop/.kimi/sessions`), or holds such places (`/backup/laptop`), they are that
tool's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokometer.host.there import is_folder, is_there
from tokometer.sources.protocol import FileSource

#: Where each source would look in a home folder.
_Homes = dict[Path, list[tuple[str, str]]]


def whose(sources: Mapping[str, FileSource], paths: Sequence[Path]) -> dict[str, list[Path]]:
    """By source, each of `sources`: where it looks, of what is named.

    A path of which no place tells whose it is goes to all of them.
    """
    found: dict[str, list[Path]] = {name: [] for name in sources}
    # Sources of exports have no place of their own.
    placeless = [name for name, source in sources.items() if not source.roots(Path("/"), {})]
    homes: _Homes = {}
    for path in paths:
        inside, below = _places(sources, path, homes)
        if inside:
            for name in inside:
                found[name].append(path)
        elif below:
            for name, root in below:
                found[name].append(root)
            for name in placeless:
                found[name].append(path)
        else:
            for name in sources:
                found[name].append(path)
    return {name: list(dict.fromkeys(places)) for name, places in found.items()}


def _places(sources: Mapping[str, FileSource], path: Path, homes: _Homes) -> tuple[set[str], list[tuple[str, Path]]]:
    """The sources of which a path is a place, or in one; and the places below it, if any home folder is around it."""
    above, prefix = {str(one) for one in (path, *path.parents)}, f"{path}{os.sep}"
    inside: set[str] = set()
    below: list[tuple[str, Path]] = []
    for home in (path, *path.parents) if is_folder(path) else path.parents:
        if home not in homes:
            homes[home] = [(name, str(root)) for name, source in sources.items() for root in source.roots(home, {})]
        for name, root in homes[home]:
            if root in above:
                inside.add(name)
            elif root.startswith(prefix) and is_there(Path(root)):
                below.append((name, Path(root)))
    return inside, below
