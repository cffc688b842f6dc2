"""Keeping the map of a table: a file beside the settings, and a `[[target]]` that names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokometer.cli.problems import Mistake

if TYPE_CHECKING:
    from tokometer.sources.table.mapping import TableMap

FOLDER: Final = "tables"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def save_map(data: Path, name: str, url: str, maps: Sequence[TableMap], secret_env: str = "") -> Path:
    """Write the map, and name its table in `tokometer.toml`, where it is asked from now on; return the map's file.

    Raises:
        Mistake: The name is none, or the settings cannot be changed.
    """
    from tokometer.host.private import private_folder, write_private
    from tokometer.host.regular import read_bytes
    from tokometer.settings import FILE_NAME, SettingsError, read_settings
    from tokometer.sources.table.mapping import map_text, toml_value

    if not _NAME.fullmatch(name):
        raise Mistake(f"--save {name!r}: a name has letters, digits, - and _ only")
    settings = data / FILE_NAME
    try:
        known = {one.called: one for one in read_settings(settings).targets if one.source == "table"}
    except SettingsError as error:
        raise Mistake(f"the map is not saved: {error}") from error
    if name in known and known[name].url != url:
        raise Mistake(f"the name {name!r} is taken by {known[name].url}: choose another")
    file = data / FOLDER / f"{name}.toml"
    private_folder(data)
    private_folder(file.parent)
    write_private(file, map_text(list(maps)).encode())
    if name in known:
        return file
    before = read_bytes(settings) if settings.exists() else b""
    told = [f"source = {toml_value('table')}", f"name = {toml_value(name)}", f"url = {toml_value(url)}"]
    told += [f"secret_env = {toml_value(secret_env)}"] if secret_env else []
    told.append(f"options = {{ map = {toml_value(str(file))} }}")
    block = "\n".join(["[[target]]", *told, ""]).encode()
    write_private(settings, before + (b"\n" if before.endswith(b"\n") else b"\n\n" if before else b"") + block)
    try:
        read_settings(settings)
    except SettingsError as error:
        write_private(settings, before)
        raise Mistake(f"the map is {file}, but tokometer.toml cannot name it: {error}") from error
    return file
