"""Settings that follow their file while a server runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tokometer.settings.errors import SettingsError
from tokometer.settings.file import read_settings
from tokometer.settings.parts import Settings


class KeptSettings:
    """The settings of a file as they are now. Thread-safe.

    A file that has become invalid changes nothing: the settings before it stay, and :attr:`error` says what is wrong.

    Args:
        path: The file; there need not be one.
        use: Takes new settings into use, for what has to be told; what it raises as SettingsError is the file's error.

    Raises:
        SettingsError: The file is there and cannot be used.
    """

    def __init__(self, path: Path, use: Callable[[Settings], None] = lambda _: None) -> None:
        self.path = path
        self._use = use
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._settings = read_settings(path)
        use(self._settings)
        #: The settings that there were at the start: what only a start takes into use is as it is there.
        self.started_with = self._settings
        #: What is wrong with the file as it is now; None where nothing is.
        self.error: SettingsError | None = None
        #: When the settings in use were read.
        self.read_at = datetime.now(UTC)

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    def current(self) -> Settings:
        """The settings; read anew where the file has changed since, which costs one `stat` where it has not."""
        stamp = self._stamp()
        if stamp != self._seen:
            with self._lock:
                if stamp != self._seen:
                    self._renew()
                    # Only now: whoever asks meanwhile waits for the new settings instead of getting the old ones.
                    self._seen = stamp
        return self._settings

    def _renew(self) -> None:
        try:
            settings = read_settings(self.path)
            self._use(settings)
        except SettingsError as error:
            self.error = error
            return
        self.error = None
        self._settings = settings
        self.read_at = datetime.now(UTC)

    def _stamp(self) -> tuple[int, int, int] | None:
        """What differs when the file is another one; None where there is none."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
