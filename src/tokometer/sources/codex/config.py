"""The one setting of Codex that changes what a call costs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

#: What Codex calls a tier → what it asks the API for, which is what price lists know.
_TIERS = {"fast": "priority"}


def tier_of(setting: str) -> str:
    """The API's name of a service tier; empty for the standard one."""
    word = setting.strip().lower()
    return "" if word in ("", "default", "auto", "standard") else _TIERS.get(word, word)


def configured_tier(home: Path) -> str:
    """The service tier that `config.toml` in Codex's home folder asks for; empty where it asks for none."""
    path = home / "config.toml"
    try:
        status = path.stat()
    except OSError:
        return ""
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _mtime_ns: int, _size: int) -> str:
    """The tier in one version of the file, read once."""
    import tomllib  # 10 ms that a reading with nothing new need not spend

    try:
        setting = tomllib.loads(path.read_text("utf-8")).get("service_tier")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""
    return tier_of(setting) if isinstance(setting, str) else ""
