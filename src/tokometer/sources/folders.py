"""The files below a folder, and the names of projects: what all sources of files share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tokometer.host.regular import open_regular
from tokometer.host.there import is_file, leads_to_file, leads_to_folder

_HEAD: Final = 4_096


def below(root: Path, wanted: Callable[[str], bool], enter: Callable[[str], bool] | None = None) -> Iterator[Path]:
    """The files under a folder of which the name is wanted, or the one file that `root` is.

    `enter` says by their names which folders are gone into (all). What cannot be listed is passed over; links to
    folders are followed once.
    """
    if is_file(root):
        if wanted(root.name):
            yield root
        return
    seen: set[tuple[int, int]] = set()
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a Path per folder costs more than listing it
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if leads_to_folder(entry):
                        if enter is None or enter(entry.name):
                            folders.append(entry.path)
                    elif wanted(entry.name) and leads_to_file(entry):
                        yield Path(entry.path)
        except OSError:
            continue


def head(path: Path, most: int = _HEAD) -> bytes:
    """The first bytes of a file, by which its kind is told; empty where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(most) or b""
    except OSError:
        return b""


def setting(env: Mapping[str, str], name: str, home: Path) -> Path | None:
    """The folder that an environment variable names, `~` being the home folder; None where it names none."""
    value = env.get(name, "").strip()
    if not value:
        return None
    return home if value == "~" else home / (value.removeprefix("~/"))


def settings(env: Mapping[str, str], name: str, home: Path) -> list[Path]:
    """The folders that an environment variable lists, separated by commas."""
    parts = env.get(name, "").split(",")
    return [path for part in parts if (path := setting({name: part}, name, home)) is not None]


def data_home(home: Path, env: Mapping[str, str]) -> Path:
    """Where programs that follow the XDG rules keep their data."""
    return setting(env, "XDG_DATA_HOME", home) or home / ".local" / "share"


def config_home(home: Path, env: Mapping[str, str]) -> Path:
    """Where programs that follow the XDG rules keep their settings."""
    return setting(env, "XDG_CONFIG_HOME", home) or home / ".config"


def application_data(home: Path, env: Mapping[str, str], name: str) -> list[Path]:
    """The folders in which a desktop application of this name keeps what it knows: on Linux, macOS and Windows."""
    roaming = setting(env, "APPDATA", home) or home / "AppData" / "Roaming"
    return [config_home(home, env) / name, home / "Library" / "Application Support" / name, roaming / name]


def home_above(path: Path, *markers: str) -> str:
    """The home folder of whoever's file this is: the folder that has one of the markers (`.gemini`) in it, or none."""
    parts = path.parts
    for at in range(len(parts) - 1, 0, -1):
        if parts[at] in markers:
            return str(Path(*parts[:at]))
    return ""


def project(folder: str, home: str) -> str:
    """A working directory as people would write it: `~/code/app`."""
    if home and folder.startswith(home) and folder[len(home) : len(home) + 1] in ("", "/"):
        return f"~{folder[len(home) :]}"
    return folder
