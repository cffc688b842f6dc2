"""Where the ledger and what goes with it are, and opening it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tokometer.host.private import close_cache
from tokometer.host.regular import check_regular
from tokometer.ledger.environment import VariableError, memory_limit
from tokometer.ledger.protocol import LedgerError
from tokometer.settings import FILE_NAME as SETTINGS
from tokometer.settings import read_settings

if TYPE_CHECKING:
    from tokometer.ledger.protocol import Ledger


def data_folder(env: Mapping[str, str], home: Path) -> Path:
    """The folder that holds everything Tokometer keeps, unless `--data` names another.

    Raises:
        VariableError: TOKOMETER_DATA names no folder.
    """
    if env.get("TOKOMETER_DATA"):
        try:
            return Path(env["TOKOMETER_DATA"]).expanduser()
        except RuntimeError:
            raise VariableError("TOKOMETER_DATA", f"is in nobody's home ({env['TOKOMETER_DATA'][:200]!r})") from None
    if env.get("XDG_DATA_HOME"):
        return Path(env["XDG_DATA_HOME"]) / "tokometer"
    return home / ".local" / "share" / "tokometer"


def cache_folder(data: Path, home: Path, env: Mapping[str, str]) -> Path:
    """Where things are kept that can be made again and that all data folders share: the user's cache folder.

    Where that cannot be written (a service's user without a home), `cache/` in the data folder, which is made when it
    is needed.
    """
    root = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else home / ".cache"
    folder = root / "tokometer"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_cache(folder)
    except OSError:
        return data / "cache"
    return folder if os.access(folder, os.W_OK) else data / "cache"


def open_ledger(data: Path, *, url: str = "", read_only: bool = False) -> Ledger:
    """The ledger of a data folder: ClickHouse where `url` (or TOKOMETER_LEDGER) names one, else DuckDB in the folder.

    Raises:
        LedgerLocked: another process holds the DuckDB file.
        LedgerError: it cannot be opened, or was written by a newer Tokometer.
        SettingsError: the folder's settings, which choose what takes part in the rollups, cannot be read.
    """
    url = url or os.environ.get("TOKOMETER_LEDGER", "")
    chosen = read_settings(data / SETTINGS).labels.rollup
    ledger = _open(data, url, read_only=read_only)
    if not read_only:
        try:
            ledger.roll_up(chosen)
        except BaseException:
            ledger.close()
            raise
    return ledger


def _check_file(path: Path) -> None:
    """See that the engine will open a file, and not wait for whoever writes to a pipe."""
    try:
        str(path).encode()
        check_regular(path)
    except UnicodeEncodeError:
        raise LedgerError(f"{str(path)!r} is not UTF-8 text, as the name of a ledger has to be") from None
    except FileNotFoundError:
        return
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; the ledger is a file, or not there yet") from None


def _open(data: Path, url: str, *, read_only: bool) -> Ledger:
    if url:
        from tokometer.ledger.clickhouse import ClickHouseLedger

        return ClickHouseLedger(url)
    limit = memory_limit()
    from tokometer.ledger.duckdb import FILE_NAME, DuckDBLedger

    for name in (FILE_NAME, f"{FILE_NAME}.wal"):
        _check_file(data / name)
    return DuckDBLedger(data / FILE_NAME, read_only=read_only, memory_limit=limit)
